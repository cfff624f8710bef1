/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What time it is for what expires, and which rules of the policy do. A clock is believed when the
 * kernel says that something keeps it right, or said so at some time and the clock is not before that.
 */
#ifndef PW_DAEMON_CLOCK_H
#define PW_DAEMON_CLOCK_H

#include "common/instant.h"
#include "policy/diag.h"

struct pw_daemon;
struct pw_policy;

/* `synchronised`: whether it is believed. */
struct pw_clock pw_clock_now(const struct pw_daemon *daemon);

/*
 * Before @policy is put into force: what is expired goes, with warnings in @diag. @again: it was in
 * force and comes back; within the same boot nothing more expires than when it was applied.
 */
void pw_clock_expire(struct pw_daemon *daemon, struct pw_policy *policy, bool again,
		     struct pw_diag *diag);

/* A policy was put into force with what pw_clock_expire() judged last. */
void pw_clock_applied(struct pw_daemon *daemon);

/* Once a minute: what expires soon is told once a day. */
void pw_clock_tick(struct pw_daemon *daemon);

#endif
