// SPDX-License-Identifier: BSD-2-Clause
/* Bytes of a ring entry: refused, or one line that is one JSON object with all members. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "audit/entry.h"
#include "audit/record.h"
#include "audit/ring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever the names in it are, its number is where the tail begins, and nowhere else. */
static void check_tail(const struct pw_line *line)
{
	size_t head = pw_entry_head(line->data, line->length), rest = line->length - head;

	if (!rest || pw_entry_head(line->data + head + 1, rest - 1) != rest - 1 ||
	    memcmp(line->data + head + rest - 2, "}\n", 2) != 0)
		abort();
}

static void check_line(const struct pw_line *line)
{
	json_tokener *tokener = json_tokener_new();
	json_object *record;
	size_t members = 0;

	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	record = json_tokener_parse_ex(tokener, line->data, (int)line->length);
	if (!record || json_object_get_type(record) != json_type_object)
		abort();
	json_object_object_foreach(record, key, value) {
		(void)value;
		if (members >= pw_record_nfields || strcmp(key, pw_record_fields[members++]) != 0)
			abort();
	}
	if (members != pw_record_nfields ||
	    memchr(line->data, '\n', line->length) != line->data + line->length - 1)
		abort();
	json_object_put(record);
	json_tokener_free(tokener);
	check_tail(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pw_recorder recorder;
	struct pw_line line = { 0 };
	void *entry = malloc(size + 1);	/* aligned as in a ring, and its end is watched */

	memcpy(entry, data, size);
	if (size >= sizeof(struct pw_event))	/* so that the corpus outlives a version */
		((struct pw_event *)entry)->abi = PW_ABI_VERSION;
	if (!recorder.batch && pw_recorder_init(&recorder, -1) < 0)
		abort();
	if (!recorder.batch)
		pw_recorder_begin(&recorder);
	if (pw_event_is_valid(entry, size)) {
		pw_record_event(&recorder, entry, 1 + size % 3, &line);
		check_line(&line);
	}
	pw_line_done(&line);
	free(entry);
	return 0;
}
