/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether two subjects can share a program. */
#ifndef PW_POLICY_APART_H
#define PW_POLICY_APART_H

#include "policy/policy.h"

/*
 * Whether no task could enter both by one program: `users` or `started_by` must
 * have nothing in common. Judged by names, as they stand in the policy: a user
 * given by name may be one given by number.
 */
bool pw_subjects_apart(const struct pw_subject_policy *a, const struct pw_subject_policy *b);

#endif
