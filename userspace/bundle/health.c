// SPDX-License-Identifier: BSD-2-Clause
/* `health` of a manifest: what must be so after a bundle was applied. */
#include <errno.h>
#include <string.h>

#include "bundle/document.h"
#include "common/json.h"
#include "common/text.h"

#define WITHIN_S 60
#define WITHIN_MAX_S 3600
#define TEXT_MAX 255

static void read_within(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	uint64_t ms;

	if (!pw_text_amount(node->text, pw_units_time, &ms) || ms < 1000 ||
	    ms > WITHIN_MAX_S * 1000)
		pw_error(reader, &node->at, "'within' must be a time from 1s to 1h");
	else
		((struct pw_health *)out)->within_s = ms / 1000;
}

static void read_enforcing(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	((struct pw_health *)out)->enforcing = pw_read_bool(reader, node);
}

static void read_connect(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct pw_texts *texts = &((struct pw_health *)out)->connect;
	const char *colon;
	uint64_t port;

	pw_document_texts(reader, list, "connect", TEXT_MAX, texts);
	for (size_t i = 0; i < texts->n; i++) {
		colon = strrchr(texts->list[i], ':');
		if (!colon || colon == texts->list[i] || pw_text_number(colon + 1, 1, 65535, &port))
			pw_error(reader, &list->at, "'connect' is a list of HOST:PORT");
	}
}

static void read_units(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct pw_texts *texts = &((struct pw_health *)out)->units;

	pw_document_texts(reader, list, "units", TEXT_MAX, texts);
	for (size_t i = 0; i < texts->n; i++)
		if (!strchr(texts->list[i], '.') || strpbrk(texts->list[i], "/* "))
			pw_error(reader, &list->at, "'units' is a list of units of systemd, as "
				 "orthanc.service");
}

static void read_subjects(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	pw_document_texts(reader, list, "no_refusals_of", TEXT_MAX,
			  &((struct pw_health *)out)->no_refusals_of);
}

static const struct pw_key health_keys[] = {
	{"within", PW_YAML_SCALAR, NULL, read_within},
	{"enforcing", PW_YAML_SCALAR, NULL, read_enforcing},
	{"connect", PW_YAML_LIST, NULL, read_connect},
	{"units", PW_YAML_LIST, NULL, read_units},
	{"no_refusals_of", PW_YAML_LIST, NULL, read_subjects},
};

bool pw_health_any(const struct pw_health *health)
{
	return health->enforcing || health->connect.n || health->units.n || health->no_refusals_of.n;
}

void pw_bundle_read_health(struct pw_reader *reader, const struct pw_yaml *map, void *out)
{
	struct pw_health *health = &((struct pw_bundle_head *)out)->health;

	health->within_s = WITHIN_S;
	pw_map_read(reader, map, "'health'", &map->at, health_keys, PW_ARRAY_SIZE(health_keys),
		    health);
	if (!pw_health_any(health))
		pw_error(reader, &map->at, "'health' must have one of 'enforcing', 'connect', 'units' "
			 "and 'no_refusals_of'");
}
