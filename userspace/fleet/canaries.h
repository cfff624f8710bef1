/* SPDX-License-Identifier: BSD-2-Clause */
/* Who tries a bundle first, and whether it did them no harm: by what consoles have told. */
#ifndef PW_FLEET_CANARIES_H
#define PW_FLEET_CANARIES_H

#include "fleet/table.h"

/*
 * Chooses @n of @fleet for @channel: those who are well and listen to it, in the order of the
 * rollout. -EINVAL with an error in @diag when there are not so many; -ENOMEM.
 */
int pw_canaries_choose(const struct pw_fleet *fleet, size_t n, struct pw_channel *channel,
		       struct pw_diag *diag);

/*
 * Whether each canary of @channel has had its bundle for so long as it holds, is healthy and in no
 * trouble, and has seen at most @refusals kinds of refusals since. -EAGAIN with what is missing in @diag.
 */
int pw_canaries_judge(const struct pw_fleet *fleet, const struct pw_channel *channel,
		      uint64_t refusals, struct pw_diag *diag);

#endif
