/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a policy means beyond its words: who can read each object, what is
 * allowed but dangerous, what can do nothing.
 */
#ifndef PW_POLICY_LINT_H
#define PW_POLICY_LINT_H

#include "policy/diag.h"
#include "policy/policy.h"

/* Look at the programs that exist on this machine: a script cannot have access. */
#define PW_LINT_FILES (1U << 0)
/* No notes: not who can read what. */
#define PW_LINT_BRIEF (1U << 1)

/* Notes and warnings, and errors where a program cannot be what the policy wants. */
void pw_policy_lint(const struct pw_policy *policy, unsigned int flags, struct pw_diag *diag);

#endif
