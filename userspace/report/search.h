/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The records of a log that match a query, in the order of the log: found by the index where
 * there is one, else by reading all of it.
 */
#ifndef PW_REPORT_SEARCH_H
#define PW_REPORT_SEARCH_H

#include "report/query.h"

struct pw_search;

/* What was found last; valid until the next one. */
struct pw_found {
	json_object *record;	/* borrowed; NULL: the line is none */
	const char *malformed;	/* why */
	const char *line;	/* without its newline; length bytes */
	size_t length;
	const char *file;
	uint64_t number;	/* of the line in it */
};

/*
 * @path: a directory with a log, or one file of it. @cache: where indexes are kept, or NULL: it is
 * read without.
 */
int pw_search_open(const char *path, const char *cache, struct pw_search **ret);
struct pw_search *pw_search_close(struct pw_search *search);

/*
 * Only what stands behind the record with this number, or before it; until the next call. -ENOENT:
 * there is no such record.
 */
int pw_search_after(struct pw_search *search, uint64_t seq);
int pw_search_before(struct pw_search *search, uint64_t seq);

/* What is looked for from now on: what was in the log by then. @query is borrowed. */
int pw_search_begin(struct pw_search *search, const struct pw_query *query);

/* Only the last @n of them. */
int pw_search_last(struct pw_search *search, uint64_t n);

/*
 * 1: there is one; 0: no more. Lines that are no record are found too, where somebody
 * has to know of them. -ESTALE: the log is not what it was when it was indexed; the index is gone.
 */
int pw_search_next(struct pw_search *search, struct pw_found *ret);

/* The record, or gap, that has this number. 1, or 0: there is none. */
int pw_search_number(struct pw_search *search, uint64_t seq, struct pw_found *ret);

#endif
