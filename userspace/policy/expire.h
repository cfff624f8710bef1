/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules that have a last day. It is judged when a policy is put into force, at an apply or a boot, and
 * never in between: a rule that ended at midnight would end in the middle of an examination.
 */
#ifndef PW_POLICY_EXPIRE_H
#define PW_POLICY_EXPIRE_H

#include "common/instant.h"
#include "policy/diag.h"
#include "policy/policy.h"

/* So long ahead it is announced. Seconds. */
#define PW_EXPIRES_SOON (14 * 86400)

/*
 * Takes away what is expired at @clock, and warns of that and of what will expire soon. A clock that
 * is not synchronised expires nothing; that is a warning, too. A subject whose access expired stays
 * bound by its `writes`.
 */
void pw_policy_expire(struct pw_policy *policy, const struct pw_clock *clock,
		      struct pw_diag *diag);

/* What will expire soon, each as a warning, and nothing else. */
void pw_policy_announce(const struct pw_policy *policy, const struct pw_clock *clock,
			struct pw_diag *diag);

#endif
