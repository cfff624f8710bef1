// SPDX-License-Identifier: BSD-2-Clause
#include "fleet/trial.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bundle/bundle.h"
#include "bundle/cms.h"
#include "common/cleanup.h"
#include "fleet/health.h"
#include "fleet/phiwardd.h"
#include "publish/protocol.h"
#include "publish/store.h"

#define TRYING "trying.phb"

const char *pw_trial_text(enum pw_trial trial)
{
	switch (trial) {
	case PW_TRIAL_NONE:
		return "none";
	case PW_TRIAL_KEPT:
		return "kept";
	case PW_TRIAL_REFUSED:
		return "refused";
	case PW_TRIAL_BACK:
		return "back";
	case PW_TRIAL_STUCK:
		return "stuck";
	case PW_TRIAL_UNJUDGED:
		return "unjudged";
	}

	return "none";
}

static void set_bad(struct pw_fleet_state *state, const char *hex, uint64_t sequence,
		    bool unhealthy, const char *why)
{
	snprintf(state->bad, sizeof(state->bad), "%s", hex);
	snprintf(state->why, sizeof(state->why), "%s", why);
	state->bad_sequence = sequence;
	state->unhealthy = unhealthy;
}

/* ---- The end ------------------------------------------------------------------------------- */

static enum pw_trial fail(const char *control, struct pw_fleet_state *state, const char *unhealthy)
{
	char why[PW_FLEET_WHY_SIZE / 2], text[PW_FLEET_WHY_SIZE];
	int r = state->for_good ? -ENODATA :
				  pw_phiwardd_end(control, PW_COMMAND_REVERT, why, sizeof(why));

	snprintf(text, sizeof(text), "%.150s%s", unhealthy,
		 r == -ENODATA ? "; there is no way back: nothing was in force before" : "");
	set_bad(state, state->trying, state->sequence, true, text);
	state->trying[0] = '\0';
	if (r == -ENODATA)
		return PW_TRIAL_STUCK;
	/* Where phiwardd cannot be asked, or went back by itself, the policy before returns too. */
	state->applied = time(NULL);

	return PW_TRIAL_BACK;
}

/* Nothing is wrong with the bundle: it is tried again when the channel says so anew. */
static enum pw_trial too_late(struct pw_fleet_state *state, const char *why)
{
	char text[PW_FLEET_WHY_SIZE];

	snprintf(text, sizeof(text), "it was not confirmed before the policy of before returned: %.150s",
		 why);
	set_bad(state, state->trying, state->sequence, false, text);
	state->trying[0] = '\0';

	return PW_TRIAL_BACK;
}

/* ---- Looking ------------------------------------------------------------------------------- */

int pw_trial_look(const char *der, size_t length, const char *control, int64_t since, char *why,
		  size_t size)
{
	_cleanup_(pw_bundle_freep) struct pw_bundle *bundle = NULL;
	_cleanup_(pw_cms_freep) struct pw_cms *cms = NULL;
	struct pw_diag diag = {};
	int r = pw_cms_read("bundle", der, length, &cms, &diag);

	if (!r)
		r = pw_bundle_parse("bundle", cms->content, cms->length, &bundle, &diag);
	pw_diag_done(&diag);
	if (r < 0) {
		snprintf(why, size, "its health checks cannot be read");
		return r;
	}

	return pw_health_wait(&bundle->head.health, control, since * 1000000000, why, size);
}

static enum pw_trial finish(int dir, const char *control, struct pw_fleet_state *state,
			    const char *der, size_t length)
{
	char why[PW_FLEET_WHY_SIZE];
	int r;

	if (pw_trial_look(der, length, control, state->applied, why, sizeof(why)) < 0)
		return fail(control, state, why);
	r = state->for_good ? 0 : pw_phiwardd_end(control, PW_COMMAND_CONFIRM, why, sizeof(why));
	if (r == -EACCES)
		return too_late(state, why);
	if (r < 0) {
		snprintf(state->why, sizeof(state->why), "%s", why);
		return PW_TRIAL_UNJUDGED;
	}
	/* What stays behind is read no more, and overwritten by the next one. */
	unlinkat(dir, TRYING, 0);
	memcpy(state->good, state->trying, sizeof(state->good));
	state->trying[0] = '\0';
	state->bad[0] = '\0';
	state->why[0] = '\0';

	return PW_TRIAL_KEPT;
}

enum pw_trial pw_trial_run(int dir, const char *control, struct pw_fleet_state *state,
			   const char *hex, uint64_t sequence, const char *der, size_t length)
{
	char why[PW_FLEET_WHY_SIZE];
	enum pw_trial trial;
	bool before;
	int r;

	r = pw_store_write(dir, TRYING, der, length);
	if (r < 0) {
		snprintf(state->why, sizeof(state->why), "it cannot be kept: %s", strerror(-r));
		return PW_TRIAL_UNJUDGED;
	}
	r = pw_phiwardd_has_policy(control, &before);
	if (r < 0) {
		snprintf(state->why, sizeof(state->why), "phiwardd gives no status: %s", strerror(-r));
		return PW_TRIAL_UNJUDGED;
	}
	state->for_good = !before;
	r = pw_phiwardd_apply(control, der, length, before ? PW_TRIAL_MS : 0, why, sizeof(why));
	if (r == -EACCES) {
		set_bad(state, hex, sequence, false, why);
		pw_fleet_state_write(dir, state);
		return PW_TRIAL_REFUSED;
	}
	if (r < 0) {
		snprintf(state->why, sizeof(state->why), "%s", why);
		return PW_TRIAL_UNJUDGED;
	}
	snprintf(state->trying, sizeof(state->trying), "%s", hex);
	state->applied = time(NULL);
	pw_fleet_state_write(dir, state);
	trial = finish(dir, control, state, der, length);
	pw_fleet_state_write(dir, state);

	return trial;
}

enum pw_trial pw_trial_resume(int dir, const char *control, struct pw_fleet_state *state)
{
	_cleanup_free_ char *der = NULL;
	enum pw_trial trial;
	size_t length;

	if (!*state->trying)
		return PW_TRIAL_NONE;
	if (pw_store_read(dir, TRYING, PW_BUNDLE_BYTES_MAX, &der, &length) < 0) {
		state->trying[0] = '\0';
		return PW_TRIAL_NONE;
	}
	trial = finish(dir, control, state, der, length);
	pw_fleet_state_write(dir, state);

	return trial;
}
