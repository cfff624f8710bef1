/* SPDX-License-Identifier: BSD-2-Clause */
/* How differences of policies are shown, and the policy in force to compare with. */
#ifndef PW_CLI_DIFFERENCES_H
#define PW_CLI_DIFFERENCES_H

#include "policy/compare.h"

/* A table on standard output, with the line that makes each so, and how many there are. */
void pw_differences_show(const struct pw_differences *differences);
/* The same as one JSON object. */
void pw_differences_show_json(const struct pw_differences *differences);

/*
 * The policy in force, from the daemon; NULL: there is none. An exit code when it cannot be had, which
 * has then been said.
 */
int pw_in_force(struct pw_policy **ret);

#endif
