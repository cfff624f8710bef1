/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a line can be found by, as numbers: a hash of each text that a query may ask for. Two
 * texts may have one number, so a line that has the number asked for still has to be looked at;
 * one that has it not need not be.
 */
#ifndef PW_REPORT_KEYS_H
#define PW_REPORT_KEYS_H

#include "audit/members.h"
#include "report/query.h"

#define PW_KEYS_LINE_MAX 64
#define PW_KEYS_QUERY_MAX 8

struct pw_line_keys {
	bool plain;		/* false: not the form that phiwardd writes; it may be anything */
	bool gap;
	uint64_t first, last;	/* the numbers that it stands for */
	const char *time;	/* PW_RECORD_TIME_LEN bytes of the line, which need be no time */
	const char *since;	/* the same of its first event */
	size_t n;
	int64_t keys[PW_KEYS_LINE_MAX];
};

void pw_keys_of_line(const char *line, size_t length, struct pw_line_keys *ret);

/* What a line must have, all of it, to match. */
struct pw_query_keys {
	size_t n;
	int64_t keys[PW_KEYS_QUERY_MAX];
	bool gaps;		/* a gap line has to be looked at all the same */
};

void pw_keys_of_query(const struct pw_query *query, struct pw_query_keys *ret);

/* Whether a line has to be looked at. */
bool pw_keys_may_match(const struct pw_query_keys *query, const struct pw_line_keys *line);

/* The number under which gap lines stand, and lines in no known form. */
int64_t pw_key_gap(void);
int64_t pw_key_odd(void);

#endif
