/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The account of sequence numbers. Every number up to state.settled stands in
 * the log, as a line or inside the range of a gap line; of the numbers above,
 * this knows which stand there already. What is missing is either on its way
 * (a number is taken before the slot in a ring) or lost; pw_account_find_gaps()
 * tells the two apart.
 */
#ifndef PW_AUDIT_ACCOUNT_H
#define PW_AUDIT_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <phiward/abi.h>

/* How long a number may be on its way, when the kernel's own counters do not settle it. */
#define PW_SETTLE_NS 2000000000ULL

struct pw_range {
	uint64_t first, last;
};

struct pw_account {
	struct pw_state *state;		/* borrowed, shared with the kernel */
	struct pw_range *seen;		/* ascending, disjoint, not adjacent, above settled */
	size_t n, capacity;
	uint64_t mark;			/* numbers up to this were issued at mark_time */
	uint64_t mark_time;		/* ns; 0: no mark */
	struct pw_range disk;		/* issued while the log could not be written */
};

/* A missing range and why: a set of (1 << enum pw_loss), 0 when that is not known. */
struct pw_gap {
	struct pw_range range;
	uint32_t reasons;
};

struct pw_gaps {
	struct pw_gap *gaps;
	size_t n, capacity;
	uint64_t limit;		/* every number up to here is in the log once these are */
};

/* State in which nothing was issued yet is made to go on after @last_in_log. */
void pw_account_open(struct pw_account *account, struct pw_state *state, uint64_t last_in_log);
void pw_account_done(struct pw_account *account);

/* Whether @number stands in the log. */
bool pw_account_knows(const struct pw_account *account, uint64_t number);

/* @range stands in the log from now on. -ENOMEM. */
int pw_account_add(struct pw_account *account, struct pw_range range);

/* The log cannot be written; and it can again. */
void pw_account_stall(struct pw_account *account);
void pw_account_resume(struct pw_account *account);

/*
 * What is lost for certain. To be called after all that was in the rings when
 * @issued was read from state.seq has been taken from there and added. The
 * caller writes a line for each gap and then calls pw_account_close(). -ENOMEM.
 */
int pw_account_find_gaps(struct pw_account *account, uint64_t issued, uint64_t now,
			 struct pw_gaps *gaps);
int pw_account_close(struct pw_account *account, const struct pw_gaps *gaps);

/* How many numbers the kernel and this account say are lost. */
uint64_t pw_account_lost(const struct pw_state *state);

#endif
