// SPDX-License-Identifier: BSD-2-Clause
/* What stands beside a subject, an object or a rule: whose it is, why, against which risk, how long. */
#include <string.h>

#include "common/instant.h"
#include "policy/reader.h"
#include "policy/tree.h"

#define REMARK_MAX 200
#define DAY 86400

void pw_read_remark_text(struct pw_reader *reader, const struct pw_yaml *node, char **ret)
{
	size_t n = strlen(node->text);

	if (n > REMARK_MAX)
		pw_error(reader, &node->at, "a text of %zu bytes; at most %d", n, REMARK_MAX);
	else
		*ret = pw_arena_copy(reader->arena, node->text, n);
}

static void read_owner(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	pw_read_remark_text(reader, node, &((struct pw_remark *)out)->owner);
}

static void read_reason(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	pw_read_remark_text(reader, node, &((struct pw_remark *)out)->reason);
}

static void read_risk(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	pw_read_remark_text(reader, node, &((struct pw_remark *)out)->risk);
}

static void read_essential(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	((struct pw_remark *)out)->essential = pw_read_bool(reader, node);
}

/* A day such as 2027-01-31, to its end in UTC. */
static bool read_day(const char *text, int64_t *ret)
{
	if (strlen(text) != strlen("2027-01-31") || !pw_instant_parse(text, ret))
		return false;
	*ret += DAY;

	return true;
}

static void read_expires(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	struct pw_remark *remark = out;

	remark->expires_at = node->at;
	if (!read_day(node->text, &remark->expires))
		pw_error(reader, &node->at, "'%.40s' is no day: write it as 2027-01-31", node->text);
}

/* An essential rule has no end: the first four, and the last. */
static const struct pw_key remark_keys[] = {
	{"owner", PW_YAML_SCALAR, NULL, read_owner},
	{"reason", PW_YAML_SCALAR, NULL, read_reason},
	{"risk", PW_YAML_SCALAR, NULL, read_risk},
	{"essential", PW_YAML_SCALAR, NULL, read_essential},
	{"expires", PW_YAML_SCALAR, NULL, read_expires},
};

void pw_read_remark(struct pw_reader *reader, const struct pw_yaml *map, bool rule,
		  struct pw_remark *ret)
{
	size_t n = PW_ARRAY_SIZE(remark_keys) - !rule, i;
	const struct pw_yaml *key;

	for (i = 0; i < n; i++) {
		key = pw_tree_key(map, remark_keys[i].name);
		/* Whoever reads the mapping reports what is no single value. */
		if (key && key->value->kind == PW_YAML_SCALAR && *key->value->text)
			remark_keys[i].parse(reader, key->value, ret);
	}
	if (ret->essential && ret->expires)
		pw_error(reader, &ret->expires_at, "what is essential does not expire");
}

void pw_read_elsewhere(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	(void)reader, (void)node, (void)out;
}
