/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside the policy stage: the doors of pw_net_compile(). */
#ifndef PW_POLICY_DOORS_H
#define PW_POLICY_DOORS_H

#include "policy/netcompile.h"

/* Fills tables->doors, in order of protocol and port; errors as pw_net_compile(). */
int pw_doors_build(const struct pw_policy *policy, struct pw_net_tables *tables,
		   struct pw_diag *diag);

#endif
