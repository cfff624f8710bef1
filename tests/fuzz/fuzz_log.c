// SPDX-License-Identifier: BSD-2-Clause
/* Bytes of a log file: every line is a record or is said to be none; all of it is read. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/checkpoint.h"
#include "audit/reader.h"
#include "audit/scan.h"
#include "report/keys.h"
#include "report/table.h"
#include "report/why.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t count_lines(const uint8_t *data, size_t size)
{
	uint64_t lines = 0;

	for (size_t i = 0, start = 0; i < size; i++) {
		if (data[i] != '\n')
			continue;
		lines += !pw_checkpoint_is((const char *)data + start, i - start);
		start = i + 1;
	}
	return lines;
}

static bool same_number(json_object *record, const char *name, const struct pw_member *member)
{
	uint64_t number = UINT64_MAX;

	pw_member_number(member, &number);
	return pw_record_number(record, name, UINT64_MAX) == number || number > INT64_MAX;
}

/* What is read where it stands is what the parser reads, and no record that matches is passed over. */
static void compare_members(struct pw_reader *reader, const struct pw_query *query)
{
	struct pw_query_keys wanted;
	struct pw_line_keys keys;
	struct pw_members members;
	bool plain = pw_members_read(reader->line, reader->length, &members);

	if (plain && !reader->record)
		abort();
	if (plain && (!same_number(reader->record, "seq", &members.values[PW_MEMBER_SEQ]) ||
		      !same_number(reader->record, "uid", &members.values[PW_MEMBER_UID])))
		abort();
	pw_keys_of_query(query, &wanted);
	pw_keys_of_line(reader->line, reader->length, &keys);
	if (reader->record && pw_query_matches(query, reader->record) &&
	    !pw_keys_may_match(&wanted, &keys))
		abort();
}

static void use_record(struct pw_reader *reader, FILE *sink, struct pw_why *why)
{
	const struct pw_query query = { .path = "/*[a]?", .since = 1, .user = 0 };
	struct pw_query own = { .user = (int64_t)pw_record_number(reader->record, "uid", 0) };
	struct pw_table table = { .to = sink, .width = 140 };
	struct pw_range range;
	bool gap;

	pw_scan_line(reader->line, strlen(reader->line), &range, &gap);
	pw_query_matches(&query, reader->record);
	own.path = pw_record_text(reader->record, "path");
	own.program = pw_record_text(reader->record, "exe");
	compare_members(reader, &own);
	pw_table_row(&table, reader->record);
	if (pw_why_add(why, reader->record) < 0)
		abort();
}

static char path[64];

static void remove_log(void)
{
	unlink(path);
}

static const char *put_log(const uint8_t *data, size_t size)
{
	FILE *file;

	if (!path[0]) {
		snprintf(path, sizeof(path), "/tmp/pw-fuzz-log-%d", (int)getpid());
		atexit(remove_log);
	}
	file = fopen(path, "we");
	if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
		abort();
	return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *sink = fopen("/dev/null", "we");
	struct pw_reader reader;
	struct pw_why why = { 0 };
	uint64_t lines = 0;

	if (!sink || pw_reader_open(put_log(data, size), &reader) < 0)
		abort();
	while (pw_reader_next(&reader) == 1) {
		if (!reader.record == !reader.malformed)
			abort();
		lines++;
		compare_members(&reader, &PW_QUERY_ANY);
		if (reader.record)
			use_record(&reader, sink, &why);
	}
	if (lines != count_lines(data, size))
		abort();
	pw_why_sort(&why);
	for (size_t i = 0; i < why.n; i++)
		pw_why_print(sink, &why, i, true);
	pw_why_done(&why);
	pw_reader_close(&reader);
	fclose(sink);
	return 0;
}
