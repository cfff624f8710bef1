/* SPDX-License-Identifier: BSD-2-Clause */
/* A bundle on trial: applied, looked at, and kept or gone back from. */
#ifndef PW_FLEET_TRIAL_H
#define PW_FLEET_TRIAL_H

#include "fleet/state.h"
#include "policy/diag.h"

enum pw_trial {
	PW_TRIAL_NONE,		/* there was none */
	PW_TRIAL_KEPT,
	PW_TRIAL_REFUSED,	/* by phiwardd: what was in force stays */
	PW_TRIAL_BACK,		/* it was not healthy; the last good one is in force again */
	PW_TRIAL_STUCK,		/* it was not healthy, and is in force: there was no way back */
	PW_TRIAL_UNJUDGED,	/* phiwardd could not be asked: later */
};

/*
 * Tries @der, whose name is @hex, from the channel's document @sequence; @state is written before
 * and after. Why it was not kept is in state->why.
 */
enum pw_trial pw_trial_run(int dir, const char *control, struct pw_fleet_state *state,
			   const char *hex, uint64_t sequence, const char *der, size_t length);

/* Goes on with one during which the machine went down. */
enum pw_trial pw_trial_resume(int dir, const char *control, struct pw_fleet_state *state);

const char *pw_trial_text(enum pw_trial trial);

#endif
