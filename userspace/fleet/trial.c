// SPDX-License-Identifier: BSD-2-Clause
#include "fleet/trial.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bundle/bundle.h"
#include "bundle/cms.h"
#include "common/cleanup.h"
#include "fleet/health.h"
#include "fleet/phiwardd.h"
#include "publish/store.h"

#define GOOD "good.phb"
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

/* ---- Back ---------------------------------------------------------------------------------- */

/* The only place where a console goes to an older version. */
static int go_back(int dir, const char *control, char *why, size_t size)
{
	_cleanup_free_ char *der = NULL;
	size_t length;
	int r = pw_store_read(dir, GOOD, PW_BUNDLE_BYTES_MAX, &der, &length);

	if (r < 0) {
		snprintf(why, size, "no bundle was good before");
		return r;
	}

	return pw_phiwardd_apply(control, der, length, why, size);
}

static enum pw_trial fail(int dir, const char *control, struct pw_fleet_state *state,
			  const char *unhealthy)
{
	char why[PW_FLEET_WHY_SIZE / 2], text[PW_FLEET_WHY_SIZE];
	int r = go_back(dir, control, why, sizeof(why));

	snprintf(text, sizeof(text), "%.150s%s%s", unhealthy, r ? "; there is no way back: " : "",
		 r ? why : "");
	set_bad(state, state->trying, state->sequence, true, text);
	state->trying[0] = '\0';
	if (r < 0)
		return PW_TRIAL_STUCK;
	state->applied = time(NULL);

	return PW_TRIAL_BACK;
}

/* ---- Looking ------------------------------------------------------------------------------- */

/* phiwardd has judged these bytes: what is signed can be read. */
static int look(const char *der, size_t length, const char *control, int64_t since, char *why,
		size_t size)
{
	_cleanup_(pw_bundle_freep) struct pw_bundle *bundle = NULL;
	_cleanup_(pw_cms_freep) struct pw_cms *cms = NULL;
	struct pw_diag diag = {};
	int r = pw_cms_read(TRYING, der, length, &cms, &diag);

	if (!r)
		r = pw_bundle_parse(TRYING, cms->content, cms->length, &bundle, &diag);
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

	if (look(der, length, control, state->applied, why, sizeof(why)) < 0)
		return fail(dir, control, state, why);
	if (renameat(dir, TRYING, dir, GOOD) < 0)
		return PW_TRIAL_UNJUDGED;
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
	int r;

	r = pw_store_write(dir, TRYING, der, length);
	if (r < 0) {
		snprintf(state->why, sizeof(state->why), "it cannot be kept: %s", strerror(-r));
		return PW_TRIAL_UNJUDGED;
	}
	r = pw_phiwardd_apply(control, der, length, why, sizeof(why));
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
