/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A policy on probation: the one before it decides again unless it is confirmed in time, which the
 * kernel sees to (bpf/probation.bpf.h). Until then neither the accepted policy nor anything else that a
 * restart goes by changes, so that a start of phiwardd or of the machine goes back, too.
 */
#ifndef PW_PUBLISH_PROBATION_H
#define PW_PUBLISH_PROBATION_H

#include "policy/policy.h"
#include "publish/kernel.h"

#define PW_PROBATION_MS_MIN 1000ULL
#define PW_PROBATION_MS_MAX (24 * 3600 * 1000ULL)

/* Puts what is swapped in next on probation for @for_ms. What decides now is what is gone back to. */
int pw_probation_begin(struct pw_kernel *kernel, uint64_t for_ms);

/*
 * A policy on probation was swapped in. What is gone back to has generation @back_generation then (0: it
 * has it already), so that nothing that was decided under it before counts any more.
 */
void pw_probation_swapped(struct pw_kernel *kernel, uint64_t back_generation);

/* Whether a policy is on probation; *@ret is the kernel's state in any case. */
bool pw_probation_on(const struct pw_kernel *kernel, struct pw_probation *ret);

/* Ends it, and what is in force stays. False: it was over before, or there was none. */
bool pw_probation_keep(struct pw_kernel *kernel);

/* Ends it, and the policy before decides. False: there was none. */
bool pw_probation_go_back(struct pw_kernel *kernel);

/* What it went back to is looked at, or nothing is in force any more. */
void pw_probation_forget(struct pw_kernel *kernel);

/* The slot of a bank that nobody needs. */
uint32_t pw_probation_idle_slot(const struct pw_kernel *kernel);

/*
 * Which policy was not confirmed is kept, so that a start does not put it into force for its
 * higher version. With NULL that there is none.
 */
int pw_unconfirmed_write(int state_dir, const struct pw_policy *policy);
bool pw_unconfirmed_is(int state_dir, const struct pw_policy *policy);

#endif
