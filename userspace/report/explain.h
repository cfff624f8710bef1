/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All that is known of one record, in plain words: what was tried, by whom, which line of the
 * policy decided, and what would have allowed it.
 */
#ifndef PW_REPORT_EXPLAIN_H
#define PW_REPORT_EXPLAIN_H

#include "report/search.h"
#include "report/why.h"

struct pw_explain {
	uint64_t seq;		/* the number asked for; a log has each once */
	json_object *record;	/* who has it: a record, or the gap that it is in; NULL: nobody yet */
	json_object *run;	/* of the exec that it refers to, which names the ancestors; or NULL */
	struct pw_why before;	/* programs that had entered no subject by then */
};

/* Takes one record of the log into account, oldest first. 1: that was it; -ENOMEM. */
int pw_explain_add(struct pw_explain *explain, json_object *record);

/* Looks for it in a log. 1: found, 0: the log has no such number, or the errors of a search. */
int pw_explain_find(struct pw_explain *explain, struct pw_search *search);

/* @tell: PW_TELL_*. */
void pw_explain_print(FILE *to, const struct pw_explain *explain, unsigned int tell);

void pw_explain_done(struct pw_explain *explain);

#endif
