// SPDX-License-Identifier: BSD-2-Clause
#include "fleet/config.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "bundle/document.h"
#include "common/text.h"
#include "fleet/channel.h"

#define CONFIG_BYTES_MAX 65536
#define URL_MAX 1024

static const char *read_url(struct pw_reader *reader, const struct pw_yaml *node, const char *name)
{
	const char *text = pw_document_text(reader, node, name, URL_MAX);
	size_t n = text ? strlen(text) : 0;

	if (!text)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (text[i] <= ' ' || text[i] > '~' || text[i] == '?' || text[i] == '#')
			n = 0;
	if (n < sizeof("https://x") - 1 || !pw_text_begins(text, "https://") || text[n - 1] == '/') {
		pw_error(reader, &node->at, "'%s' must begin with https://, have no query, and no slash "
			 "at its end", name);
		return NULL;
	}

	return text;
}

static void read_tree(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	((struct pw_fleet_config *)out)->url = read_url(reader, node, "url");
}

static void read_put(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	((struct pw_fleet_config *)out)->put = read_url(reader, node, "put");
}

static void read_channel(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	((struct pw_fleet_config *)out)->channel = node->text;
	if (!pw_channel_is_name(node->text))
		pw_error(reader, &node->at, "'channel' has letters, digits, '-' and '_', a letter first");
}

static void read_syslog(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	const char *text = pw_document_text(reader, node, "syslog", URL_MAX);
	const char *colon = text ? strrchr(text, ':') : NULL;
	uint64_t port;

	if (!text)
		return;
	for (const char *c = text; c && c < colon; c++)
		if (*c <= ' ' || *c > '~' || strchr("/@?#%", *c))
			colon = NULL;
	if (!colon || colon == text || pw_text_number(colon + 1, 1, 65535, &port))
		pw_error(reader, &node->at, "'syslog' must be HOST:PORT");
	else
		((struct pw_fleet_config *)out)->syslog = text;
}

#define PATH_KEY(name)                                                                             \
	static void read_##name(struct pw_reader *reader, const struct pw_yaml *node, void *out)   \
	{                                                                                          \
		((struct pw_fleet_config *)out)->name = read_file(reader, node, #name);            \
	}

static const char *read_file(struct pw_reader *reader, const struct pw_yaml *node, const char *name)
{
	const char *text = pw_document_text(reader, node, name, PATH_MAX - 1);

	if (text && *text != '/')
		pw_error(reader, &node->at, "'%s' must be an absolute path", name);

	return text;
}

PATH_KEY(ca)
PATH_KEY(certificate)
PATH_KEY(key)

bool pw_fleet_duration(const char *text, uint64_t *ret_s)
{
	uint64_t ms;

	if (!pw_text_amount(text, pw_units_time, &ms) || ms > 366 * 86400000ULL)
		return false;
	*ret_s = ms / 1000;

	return true;
}

static void read_duration(struct pw_reader *reader, const struct pw_yaml *node, const char *name,
			  uint64_t low_s, uint64_t *ret)
{
	uint64_t seconds;

	if (!node->plain || !pw_fleet_duration(node->text, &seconds) || seconds < low_s)
		pw_error(reader, &node->at, "'%s' must be a time from %u s to 366d, as 15m", name,
			 (unsigned int)low_s);
	else
		*ret = seconds;
}

static void read_every(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	read_duration(reader, node, "every", 10, &((struct pw_fleet_config *)out)->every_s);
}

static void read_grace(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	read_duration(reader, node, "grace", 60, &((struct pw_fleet_config *)out)->grace_s);
}

static void read_report_every(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	read_duration(reader, node, "every", 10, &((struct pw_fleet_config *)out)->report_s);
}

static const struct pw_key report_keys[] = {
	{"put", PW_YAML_SCALAR, NULL, read_put},
	{"syslog", PW_YAML_SCALAR, NULL, read_syslog},
	{"every", PW_YAML_SCALAR, NULL, read_report_every},
};

static void read_report(struct pw_reader *reader, const struct pw_yaml *map, void *out)
{
	const struct pw_fleet_config *config = out;
	size_t errors = reader->diag->errors;

	pw_map_read(reader, map, "'report'", &map->at, report_keys, PW_ARRAY_SIZE(report_keys), out);
	if (reader->diag->errors == errors && !config->put == !config->syslog)
		pw_error(reader, &map->at, "'report' must have one of 'put' and 'syslog'");
}

static const struct pw_key config_keys[] = {
	{"phiward_fleet", PW_YAML_SCALAR, "the schema, 1", pw_read_schema},
	{"url", PW_YAML_SCALAR, "https:// and where the published tree is", read_tree},
	{"channel", PW_YAML_SCALAR, "the name of a channel", read_channel},
	{"ca", PW_YAML_SCALAR, "a file with the certificates of authorities of servers", read_ca},
	{"certificate", PW_YAML_SCALAR, "the file of this device's certificate", read_certificate},
	{"key", PW_YAML_SCALAR, "the file of its private key", read_key},
	{"every", PW_YAML_SCALAR, NULL, read_every},
	{"grace", PW_YAML_SCALAR, NULL, read_grace},
	{"report", PW_YAML_MAP, NULL, read_report},
};

int pw_fleet_config_parse(const struct pw_source *source, struct pw_fleet_config **ret,
			  struct pw_diag *diag)
{
	static const struct pw_document document = {"a fleet.yaml", CONFIG_BYTES_MAX, config_keys,
						    PW_ARRAY_SIZE(config_keys)};
	_cleanup_(pw_arena_freep) struct pw_arena *arena = pw_arena_new();
	struct pw_fleet_config *config;
	int r;

	config = arena ? pw_arena_array(arena, 1, sizeof(*config)) : NULL;
	if (!config)
		return -ENOMEM;
	*config = (struct pw_fleet_config){.every_s = 900, .grace_s = 7 * 86400, .report_s = 3600,
					   .arena = arena};
	r = pw_document_read(&document, source, NULL, arena, config, diag);
	if (r < 0)
		return r;
	(void)TAKE_PTR(arena);
	*ret = config;

	return 0;
}

int pw_fleet_config_read(const char *path, struct pw_fleet_config **ret, struct pw_diag *diag)
{
	_cleanup_free_ char *text = NULL;
	struct pw_source source = {.name = (char *)path};
	int r = pw_document_load(path, CONFIG_BYTES_MAX, &text, &source.length, diag);

	source.text = text;

	return r ? r : pw_fleet_config_parse(&source, ret, diag);
}

struct pw_fleet_config *pw_fleet_config_free(struct pw_fleet_config *config)
{
	if (config)
		pw_arena_free(config->arena);

	return NULL;
}
