/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a log begins whose first segments were deleted: the record that says so stands further
 * down in it, and is looked for before the log is checked.
 */
#ifndef PW_AUDIT_BEGIN_H
#define PW_AUDIT_BEGIN_H

#include "audit/keep.h"

struct pw_begin {
	struct pw_expired expired;	/* the last segment that was deleted */
	uint64_t segment;		/* of the record of that; 0: there is none */
	uint64_t line;			/* where it stands, from 1 */
	char *record;			/* length bytes */
	size_t length;
};

/* The newest record that says that segment @deleted was deleted, if there is one: ret->segment. */
int pw_begin_find(int dir, char **names, size_t n, uint64_t deleted, struct pw_begin *ret);
void pw_begin_done(struct pw_begin *begin);

#endif
