/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside the policy stage: sets of ports, each range with the rule that allows it. */
#ifndef PW_POLICY_RANGES_H
#define PW_POLICY_RANGES_H

#include "policy/policy.h"

/*
 * The union of @a and @b; both disjoint and ascending, and so is the result.
 * Where both have a port, the lower rule number stays. Touching ranges of one
 * rule become one. @ret_union may be one of the two. -E2BIG, and nothing is
 * written, when it does not fit.
 */
int pw_ranges_unite(const struct pw_port_set *a, const struct pw_port_set *b,
		    struct pw_port_set *ret_union);

/* @ports of one rule as a set; they are disjoint, ascending, at most PW_PORT_RANGES. */
struct pw_port_set pw_ranges_of(const struct pw_ports *ports, size_t n, uint32_t rule);

#endif
