/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bundle on trial: put on probation (publish/probation.h), looked at, and confirmed or gone back from.
 * A first policy has none before it: it is applied for good.
 */
#ifndef PW_FLEET_TRIAL_H
#define PW_FLEET_TRIAL_H

#include "fleet/state.h"
#include "policy/diag.h"

enum pw_trial {
	PW_TRIAL_NONE,		/* there was none */
	PW_TRIAL_KEPT,
	PW_TRIAL_REFUSED,	/* by phiwardd: what was in force stays */
	PW_TRIAL_BACK,		/* it was not healthy, or not confirmed in time; the last good one is in force */
	PW_TRIAL_STUCK,		/* it was not healthy, and is in force: nothing was before it */
	PW_TRIAL_UNJUDGED,	/* phiwardd could not be asked: later */
};

/* Beyond the longest `within` of a bundle: it ends a trial only where nobody else does. */
#define PW_TRIAL_MS (2 * 3600 * 1000ULL)

/*
 * Looks until all is so that bundle @der wants to be so, which phiwardd put into force at @since, in s
 * since 1970: its signatures were judged, and what is signed can be read. 0, or an error and why; -EACCES:
 * the policy lets the calling program not look.
 */
int pw_trial_look(const char *der, size_t length, const char *control, int64_t since, char *why,
		  size_t size);

/*
 * Tries @der, whose name is @hex, from the channel's document @sequence; @state is written before
 * and after. Why it was not kept is in state->why.
 */
enum pw_trial pw_trial_run(int dir, const char *control, struct pw_fleet_state *state,
			   const char *hex, uint64_t sequence, const char *der, size_t length);

/* Goes on with one during which phiward-fleet ended. */
enum pw_trial pw_trial_resume(int dir, const char *control, struct pw_fleet_state *state);

const char *pw_trial_text(enum pw_trial trial);

#endif
