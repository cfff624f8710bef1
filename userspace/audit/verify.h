/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a log is whole: every hash, every number, every checkpoint, in the order in which
 * they were written. It ends at the first thing that is not as phiwardd would have written it.
 */
#ifndef PW_AUDIT_VERIFY_H
#define PW_AUDIT_VERIFY_H

#include "audit/keys.h"

struct pw_verify_boot {
	char id[PW_BOOT_ID_LEN + 1];
	bool dated;		/* there is a record that says when it began */
	int64_t began;		/* ns since 1970, by the clock of that record */
	uint64_t epoch;		/* of the last checkpoint that the module sealed */
	uint64_t by_module;	/* checkpoints */
	uint64_t by_file;
	uint64_t checked;	/* with a key */
};

struct pw_verify {
	/* in */
	struct pw_keys *keys;			/* NULL: without */
	const struct pw_checkpoint *anchor;	/* NULL: without */
	/* out */
	bool broken;
	char file[32];		/* where; "" : nowhere in particular */
	uint64_t line;
	char what[256];
	uint64_t expired;	/* segments that were deleted, and a record says so */
	uint64_t first;		/* every number from this one, which is 1 where nothing was deleted, */
	uint64_t complete;	/* to this one stands in the log */
	uint64_t issued;	/* by the last checkpoint */
	uint64_t records;	/* numbers that stand in records, not in gaps */
	uint64_t gapped;	/* numbers in gap lines */
	uint64_t segments;
	uint64_t checkpoints;
	uint64_t unsealed;	/* records after the last checkpoint */
	struct pw_checkpoint last;	/* if checkpoints */
	struct pw_verify_boot *boots;
	size_t nboots;
};

/* 0: what it found is in @verify; an errno: it could not be read. */
int pw_verify(int dir, struct pw_verify *verify);
void pw_verify_done(struct pw_verify *verify);

#endif
