/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a policy says to a single request, without a kernel: the decisions of decide.h and
 * decide_net.h over the tables that are compiled for it. Paths are those of the policy, as it is
 * written: no symbolic link is followed, no hard link known. The network is the first namespace's.
 */
#ifndef PW_PUBLISH_JUDGE_H
#define PW_PUBLISH_JUDGE_H

#include <phiward/decide.h>

#include "policy/cases.h"

struct pw_judge;

struct pw_judgement {
	struct pw_answer answer;
	uint32_t rule;		/* what allows it, a number as in policy->rules; 0: no rule of its own */
};

/* @policy is borrowed. 0, or as pw_net_compile(). */
int pw_judge_open(const struct pw_policy *policy, struct pw_judge **ret, struct pw_diag *diag);
struct pw_judge *pw_judge_close(struct pw_judge *judge);

struct pw_judgement pw_judge_trial(const struct pw_judge *judge, const struct pw_trial *trial);

static inline void pw_judge_closep(struct pw_judge **judge)
{
	*judge = pw_judge_close(*judge);
}

#endif
