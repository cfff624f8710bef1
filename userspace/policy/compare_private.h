/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside pw_policy_compare(): what its parts share. */
#ifndef PW_POLICY_COMPARE_PRIVATE_H
#define PW_POLICY_COMPARE_PRIVATE_H

#include "common/arena.h"
#include "policy/compare.h"

/* The two sides of a comparison, and a policy whose freedoms count for the first. */
enum { PW_FIRST, PW_SECOND, PW_ALSO, PW_POLICIES, PW_SIDES = PW_ALSO };

/* A subject of either policy; NULL where it has none of this name, and its programs are others. */
struct pw_pair {
	const char *name;
	const struct pw_subject_policy *side[PW_POLICIES];
	size_t index;		/* in the first policy, or as in struct pw_difference */
};

struct pw_comparison {
	const struct pw_policy *side[PW_POLICIES];
	size_t n;		/* how many there are */
	struct pw_pair *pairs;	/* by name; `others` is the last */
	size_t npairs;
	struct pw_differences *result;
	size_t size;		/* of result->list */
	struct pw_arena *arena;	/* what goes when it is done */
};

/* A difference of @pair (NULL: of no subject) to fill in; NULL when there is no memory. */
struct pw_difference *pw_compare_add(struct pw_comparison *c, const struct pw_pair *pair,
				     enum pw_difference_kind kind, bool allows);

/* -ENOMEM or 0 */
int pw_compare_files(struct pw_comparison *c);
int pw_compare_network(struct pw_comparison *c);
int pw_compare_facts(struct pw_comparison *c);

#endif
