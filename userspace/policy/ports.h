/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside the policy stage: lists of ports, disjoint and ascending, without the rules behind them. */
#ifndef PW_POLICY_PORTS_H
#define PW_POLICY_PORTS_H

#include "common/arena.h"
#include "policy/policy.h"

struct pw_ports_list {
	struct pw_ports *list;
	size_t n;
};

/* Sorts @ports and unites those that touch; how many there are then. */
size_t pw_ports_unite(struct pw_ports *ports, size_t n);

/* What lies in @a or @b; in what only in @a. They lie in @arena, which knows when there is no memory. */
struct pw_ports_list pw_ports_sum(struct pw_arena *arena, struct pw_ports_list a,
				  struct pw_ports_list b);
struct pw_ports_list pw_ports_difference(struct pw_arena *arena, struct pw_ports_list a,
					 struct pw_ports_list b);

#endif
