// SPDX-License-Identifier: BSD-2-Clause
/* What the policy says about the log. */
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "policy/reader.h"

#define MS 1ULL
#define SECOND (1000 * MS)
#define DAY (24 * 3600 * SECOND)
#define MIB (1ULL << 20)

const struct pw_log_policy pw_log_default = {
	.flush_ms = SECOND,
	.segment_bytes = PW_LOG_SEGMENT_MAX,
	.age_ms = DAY,
	.warn_free = 10,
};

static const struct pw_unit sizes[] = {{"M", MIB}, {NULL, 0}};
static const struct pw_unit shares[] = {{"%", 1}, {NULL, 0}};

static void read_number(struct pw_reader *reader, const struct pw_yaml *node, const char *name,
			const struct pw_unit *units, const char *low, const char *high, uint64_t *out)
{
	uint64_t from = 0, to = 0, value;

	pw_text_amount(low, units, &from);
	pw_text_amount(high, units, &to);
	if (!node->plain || !pw_text_amount(node->text, units, &value) || value < from || value > to)
		pw_error(reader, &node->at, "'%s' must be from %s to %s, this is %s%.40s%s", name, low,
			 high, node->plain ? "" : "\"", node->text, node->plain ? "" : "\"");
	else
		*out = value;
}

void pw_read_time(struct pw_reader *reader, const struct pw_yaml *node, const char *name,
		  const char *low, const char *high, uint64_t *out)
{
	read_number(reader, node, name, pw_units_time, low, high, out);
}

static void read_flush(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	read_number(reader, node, "flush", pw_units_time, "100ms", "60s",
		    &((struct pw_log_policy *)out)->flush_ms);
}

static void read_segment(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	read_number(reader, node, "segment", sizes, "1M", "64M",
		    &((struct pw_log_policy *)out)->segment_bytes);
}

static void read_age(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	read_number(reader, node, "age", pw_units_time, "1h", "31d", &((struct pw_log_policy *)out)->age_ms);
}

static void read_keep(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	read_number(reader, node, "keep", pw_units_time, "1d", "36500d",
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
