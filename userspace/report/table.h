/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records as a table for people: local time with its offset, one row a record,
 * what it is about last so that nothing after it needs room. Rows are printed
 * as they come; a log can be longer than memory.
 */
#ifndef PW_REPORT_TABLE_H
#define PW_REPORT_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include <json-c/json.h>

struct pw_table {
	FILE *to;
	size_t width;		/* columns of the terminal; 0: rows are never shortened */
	bool colour;
	bool user_names;	/* the log is this machine's: show users by name */
};

/* What suits @to: width and colour only where it is a terminal (and NO_COLOR is not set). */
struct pw_table pw_table_for(FILE *to, bool user_names);

void pw_table_head(const struct pw_table *table);
void pw_table_row(const struct pw_table *table, json_object *record);

/* `2026-11-24 03:18:22+0100`, local; the size that the text needs. */
#define PW_LOCAL_TIME_SIZE 40
void pw_local_time(int64_t ns, char text[PW_LOCAL_TIME_SIZE]);

/*
 * What a record is about: its path, its address and port, its text; the caller
 * frees it. Never NULL but for want of memory.
 */
char *pw_record_what(json_object *record);

/* Whether it is about a packet that came in, which no program of this machine asked for. */
bool pw_record_came_in(json_object *record);

/* Whether a program wrote to a pipe, which has no name and lies on no file system that is mounted. */
bool pw_record_is_pipe(json_object *record);

/* Whether it stands for reads of files that it does not name, as the policy wants with `folded`. */
bool pw_record_is_various(json_object *record);

/* Columns that a text of records takes on a terminal. */
size_t pw_text_columns(const char *text);

/* Prints @text in at most @columns, cut in the middle where it is longer. */
void pw_text_fit(FILE *to, const char *text, size_t columns);

#endif
