// SPDX-License-Identifier: BSD-2-Clause
/* What the policy says about the log. */
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "policy/reader.h"

#define MS 1ULL
#define SECOND (1000 * MS)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)
#define MIB (1ULL << 20)

const struct pw_log_policy pw_log_default = {
	.flush_ms = SECOND,
	.segment_bytes = PW_LOG_SEGMENT_MAX,
	.age_ms = DAY,
	.warn_free = 10,
};

struct unit {
	const char *name;
	uint64_t of;
};

static const struct unit times[] = {{"ms", MS}, {"s", SECOND}, {"m", 60 * SECOND}, {"h", HOUR},
				    {"d", DAY}, {NULL, 0}};
static const struct unit sizes[] = {{"M", MIB}, {NULL, 0}};
static const struct unit shares[] = {{"%", 1}, {NULL, 0}};

/* A whole number and its unit, in one piece: "400d". */
static bool parse(const char *text, const struct unit *units, uint64_t *ret)
{
	size_t digits = strspn(text, "0123456789");
	char number[24];

	if (!digits || digits >= sizeof(number))
		return false;
	memcpy(number, text, digits);
	number[digits] = '\0';
	for (; units->name; units++)
		if (!strcmp(text + digits, units->name))
			return pw_text_number(number, 0, UINT32_MAX, ret) == 0 &&
			       !__builtin_mul_overflow(*ret, units->of, ret);

	return false;
}

bool pw_duration_parse(const char *text, uint64_t *ret)
{
	return parse(text, times, ret);
}

static void read_number(struct pw_reader *reader, const struct pw_yaml *node, const char *name,
			const struct unit *units, const char *low, const char *high, uint64_t *out)
{
	uint64_t from = 0, to = 0, value;

	parse(low, units, &from);
	parse(high, units, &to);
	if (!node->plain || !parse(node->text, units, &value) || value < from || value > to)
		pw_error(reader, &node->at, "'%s' must be from %s to %s, this is %s%.40s%s", name, low,
			 high, node->plain ? "" : "\"", node->text, node->plain ? "" : "\"");
	else
		*out = value;
}

static void read_flush(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	read_number(reader, node, "flush", times, "100ms", "60s",
		    &((struct pw_log_policy *)out)->flush_ms);
}

static void read_segment(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	read_number(reader, node, "segment", sizes, "1M", "64M",
		    &((struct pw_log_policy *)out)->segment_bytes);
}

static void read_age(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	read_number(reader, node, "age", times, "1h", "31d", &((struct pw_log_policy *)out)->age_ms);
}

static void read_keep(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	read_number(reader, node, "keep", times, "1d", "36500d",
		    &((struct pw_log_policy *)out)->keep_ms);
}

static void read_warn_free(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	read_number(reader, node, "warn_free", shares, "0%", "50%",
		    &((struct pw_log_policy *)out)->warn_free);
}

static const struct pw_key log_keys[] = {
	{"flush", PW_YAML_SCALAR, NULL, read_flush},
	{"segment", PW_YAML_SCALAR, NULL, read_segment},
	{"age", PW_YAML_SCALAR, NULL, read_age},
	{"keep", PW_YAML_SCALAR, NULL, read_keep},
	{"warn_free", PW_YAML_SCALAR, NULL, read_warn_free},
};

void pw_read_log(struct pw_reader *reader, const struct pw_yaml *node, struct pw_log_policy *log)
{
	pw_map_read(reader, node, "'log'", &node->at, log_keys, PW_ARRAY_SIZE(log_keys), log);
}
