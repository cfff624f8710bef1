/* SPDX-License-Identifier: BSD-2-Clause */
/* Records as the log holds them, made from events. */
#ifndef PW_TEST_RECORDS_H
#define PW_TEST_RECORDS_H

#include "../audit/events.h"

#include <stdlib.h>

#include <json-c/json.h>

#include "audit/record.h"

#define S 1000000000LL

/* A refusal by strangers of reading /srv/a.dcm; changed by the caller member by member. */
static inline json_object *test_record(uint64_t seq)
{
	struct pw_recorder recorder;
	struct pw_line line = { 0 };
	struct test_event e;
	json_object *record;

	assert_int_equal(pw_recorder_init(&recorder, -1), 0);
	recorder.real_offset = 1700000000 * S;
	test_event_init(&e, seq);
	e.event.mono = seq * S;
	pw_record_event(&recorder, &e.event, 1, &line);
	pw_line_add(&line, "", 1);
	assert_false(line.failed);
	record = json_tokener_parse(line.data);
	assert_non_null(record);
	pw_line_done(&line);
	pw_recorder_done(&recorder);
	return record;
}

static inline void set_text(json_object *record, const char *member, const char *text)
{
	json_object_object_add(record, member, text ? json_object_new_string(text) : NULL);
}

static inline void set_number(json_object *record, const char *member, int64_t number)
{
	json_object_object_add(record, member, json_object_new_int64(number));
}

static inline json_object *test_gap(uint64_t first, uint64_t last)
{
	struct pw_recorder recorder;
	struct pw_line line = { 0 };
	json_object *record;

	assert_int_equal(pw_recorder_init(&recorder, -1), 0);
	recorder.now = 1700000000 * S;
	pw_record_gap(&recorder, first, last, "ring of others full", &line);
	pw_line_add(&line, "", 1);
	record = json_tokener_parse(line.data);
	assert_non_null(record);
	pw_line_done(&line);
	pw_recorder_done(&recorder);
	return record;
}

#endif
