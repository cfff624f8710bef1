/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The records of a time, as rows of numbers: what a report counts and shows. Each column has a
 * dictionary of its texts, which are as in the log: JSON strings without their quotes.
 */
#ifndef PW_REPORT_ROWS_H
#define PW_REPORT_ROWS_H

#include <stdbool.h>

#include "audit/members.h"
#include "report/dictionary.h"
#include "report/sessions.h"

/* The names stand in the data of the page too. */
#define PW_COLUMNS(X)                                                                              \
	X(TYPE, "type") X(ACTION, "action") X(VERDICT, "verdict") X(SUBJECT, "subject")            \
	X(OBJECT, "object") X(PERSON, "person") X(ACTOR, "actor") X(PROGRAM, "program")            \
	X(CHAIN, "chain") X(WHAT, "what") X(VOLUME, "volume") X(PHI, "phi") X(POLICY, "policy")    \
	X(RULE, "rule") X(REASON, "reason") X(ZONE, "zone") X(HOUR, "hour") X(DAY, "day")

#define PW_COLUMN_ID(id, name) PW_COLUMN_##id,
enum pw_column { PW_COLUMNS(PW_COLUMN_ID) PW_COLUMNS_N };

#define PW_ROWS_MAX 2000000	/* more than a browser can show */

struct pw_row {
	uint64_t seq;		/* the first of the numbers that it stands for */
	uint64_t span;		/* how many more there are */
	uint64_t count;		/* events; of a gap: numbers */
	int64_t since, time;	/* ns since 1970: of the first event and of the last */
	bool folded;		/* reads of files that it does not name */
	uint32_t ids[PW_COLUMNS_N];
};

struct pw_rows {
	/* in */
	int64_t since, until;	/* 0: no bound */
	bool user_names;	/* the log is this machine's */
	bool is_public;		/* no path and no person */
	/* out */
	struct pw_row *rows;
	size_t n, capacity;
	uint64_t malformed;	/* lines that are no records */
	struct pw_sessions sessions;	/* of all of the log, whatever time is asked for; texts as in it */
	struct pw_dictionary texts[PW_COLUMNS_N];
};

/* -E2BIG: more than PW_ROWS_MAX; or an error of reading. */
int pw_rows_read(int dir, struct pw_rows *rows);
void pw_rows_done(struct pw_rows *rows);

/* The text of a row in this column. */
const char *pw_row_text(const struct pw_rows *rows, const struct pw_row *row, enum pw_column column);
bool pw_row_is(const struct pw_rows *rows, const struct pw_row *row, enum pw_column column,
	       const char *text);

#endif
