/* SPDX-License-Identifier: BSD-2-Clause */
/* Test cases tried against a policy, and what they say of it. */
#ifndef PW_PUBLISH_TRIALS_H
#define PW_PUBLISH_TRIALS_H

#include <stdio.h>

#include "bundle/bundle.h"
#include "publish/judge.h"

/* Whether @judgement is what the case says. */
static inline bool pw_trial_holds(const struct pw_trial *trial,
				  const struct pw_judgement *judgement)
{
	return (judgement->answer.verdict == PW_VERDICT_ALLOW) == trial->may;
}

/* "viewer may read images: ct-console.yaml:60", without where the case stands. */
void pw_trial_print(FILE *to, const struct pw_policy *policy, const struct pw_trial *trial,
		    const struct pw_judgement *judgement);

/*
 * The policy of a bundle, under the site's file in it, when all test cases in it hold. 0, -ENOMEM, or
 * -EINVAL with errors in @diag, also at each case that does not hold.
 */
int pw_bundle_policy(const struct pw_bundle *bundle, struct pw_policy **ret, struct pw_diag *diag);

#endif
