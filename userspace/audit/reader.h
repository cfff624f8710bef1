/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading a log, oldest record first, one line in memory at a time. Works on
 * any copy of the directory; needs no daemon and no rights but to read.
 */
#ifndef PW_AUDIT_READER_H
#define PW_AUDIT_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <json-c/json.h>

struct pw_reader {
	int dir;
	bool single;		/* one file only, not what follows it */
	FILE *file;
	char *name;		/* of the present file */
	uint64_t number;	/* of its segment */
	uint64_t line_number;	/* from 1 */
	char *line;		/* the present line without its newline */
	size_t length;
	size_t capacity;
	json_tokener *tokener;
	json_object *record;	/* the present line, parsed; NULL: it is malformed */
	const char *malformed;	/* what is wrong with it */
	bool partial;		/* at the end: the last line has no end (yet) */
};

/* @path: a directory with a log, or one file of it. */
int pw_reader_open(const char *path, struct pw_reader *ret_reader);
void pw_reader_close(struct pw_reader *reader);

/*
 * The next line that is no checkpoint: 1 when there is one (reader->record is NULL when it is no
 * record: say so and go on), 0 at the end, or a negative errno. After 0 it may
 * be called again: lines written meanwhile follow, also in a new file.
 */
int pw_reader_next(struct pw_reader *reader);

/*
 * Goes to the last @lines of the newest file, or to those in its last MiB; line
 * numbers count from there.
 */
int pw_reader_seek_last(struct pw_reader *reader, size_t lines);

/*
 * One line, without its newline, as a record, which the caller puts; or NULL, and why it is none.
 * @tokener: as pw_record_tokener() makes it.
 */
json_object *pw_record_parse(json_tokener *tokener, const char *line, size_t length,
			     const char **ret_malformed);
json_tokener *pw_record_tokener(void);

/* Members of a record; NULL or @otherwise where the member is null. */
const char *pw_record_text(json_object *record, const char *name);
uint64_t pw_record_number(json_object *record, const char *name, uint64_t otherwise);
bool pw_record_true(json_object *record, const char *name);
bool pw_record_is(json_object *record, const char *name, const char *text);

/* `time` of a record as ns since 1970. -EBADMSG when it is no time. */
#define PW_RECORD_TIME_LEN 30
int pw_record_time_parse(const char text[static PW_RECORD_TIME_LEN], int64_t *ret_ns);
int pw_record_time(json_object *record, int64_t *ret_ns);
/* The same of its `since`, which is that of its first event; of `time` where it has none. */
int pw_record_since(json_object *record, int64_t *ret_ns);

#endif
