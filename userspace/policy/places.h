/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside the policy stage: every path that a policy names, in one order. */
#ifndef PW_POLICY_PLACES_H
#define PW_POLICY_PLACES_H

#include "policy/policy.h"

enum pw_place_kind {
	PW_PLACE_OBJECT = 1,
	PW_PLACE_CODE,		/* stated, not the default */
	PW_PLACE_PROTECT,
	PW_PLACE_EXEC,
	PW_PLACE_HELPER,
	PW_PLACE_WRITES,
	PW_PLACE_SOCKET,
};

struct pw_place {
	struct pw_position at;
	const char *path;
	bool below;
	enum pw_place_kind kind;
	size_t owner;			/* index of the object or subject */
	const struct pw_place *above;	/* the nearest entry before with the same path or one above */
};

/*
 * Sorted so that what lies below a directory follows it at once; of equal paths
 * objects come first, then code, what is protected, programs and helpers, then
 * the rest; each by its place in the source.
 */
struct pw_places {
	struct pw_place *list;
	size_t n;
};

int pw_places_collect(const struct pw_policy *policy, struct pw_places *ret);
void pw_places_done(struct pw_places *places);

#endif
