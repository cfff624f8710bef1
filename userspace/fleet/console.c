// SPDX-License-Identifier: BSD-2-Clause
#include "fleet/console.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "fleet/pull.h"
#include "fleet/report.h"

static void say(struct pw_console *console, const struct pw_pulled *pulled)
{
	const struct pw_channel *channel = pulled->channel;
	char what[256] = "";

	if (pulled->what == PW_PULL_UNCHANGED) {
		snprintf(console->said, sizeof(console->said), "unchanged");
		return;
	}
	if (channel)
		snprintf(what, sizeof(what), "%s version %" PRIu64, channel->bundle, channel->version);
	switch (console->trial) {
	case PW_TRIAL_NONE:
		if (!strcmp(pulled->hex, console->state.good))
			snprintf(console->said, sizeof(console->said), "%s is in force", what);
		else if (!strcmp(pulled->hex, console->state.bad))
			snprintf(console->said, sizeof(console->said), "%s was tried and failed",
				 what);
		else
			snprintf(console->said, sizeof(console->said), "%s %s", what,
				 pw_rollout_text(pulled->rollout));
		break;
	case PW_TRIAL_KEPT:
		snprintf(console->said, sizeof(console->said), "%s is in force and healthy", what);
		break;
	default:
		snprintf(console->said, sizeof(console->said), "%s: %s: %.300s", what,
			 pw_trial_text(console->trial), console->state.why);
	}
}

/* What is to be remembered of a poll that was answered. */
static int deal(struct pw_console *console, struct pw_pulled *pulled)
{
	struct pw_fleet_state *state = &console->state;

	state->contact = time(NULL);
	state->failures = 0;
	if (pulled->what == PW_PULL_BUNDLE)
		console->trial = pw_trial_run(console->dir, console->control, state, pulled->hex,
					      pulled->channel->sequence, pulled->bundle,
					      pulled->length);
	say(console, pulled);
	if (console->trial == PW_TRIAL_UNJUDGED)
		return -EAGAIN;
	if (pulled->what != PW_PULL_UNCHANGED)
		memcpy(state->etag, pulled->etag, sizeof(state->etag));

	return 0;
}

static void judge_contact(struct pw_console *console)
{
	const int64_t now = time(NULL);

	/* A clock that was set back says nothing. */
	console->offline = console->state.contact &&
			   now - console->state.contact > (int64_t)console->config->grace_s;
}

int pw_console_round(struct pw_console *console, struct pw_diag *diag)
{
	struct pw_fleet_state *state = &console->state;
	struct pw_pulled pulled;
	int r, w;

	console->said[0] = '\0';
	console->trial = pw_trial_resume(console->dir, console->control, state);
	r = pw_pull(console->http, console->config, console->device, state, &pulled, diag);
	if (r < 0) {
		state->failures++;
		snprintf(console->said, sizeof(console->said), "no contact");
	} else {
		r = deal(console, &pulled);
	}
	pw_pulled_done(&pulled);
	judge_contact(console);
	/* That nobody took it shows where it is waited for. */
	console->untold = pw_report(console, diag) < 0;
	w = pw_fleet_state_write(console->dir, state);
	if (w < 0)
		pw_diag_add(diag, PW_DIAG_ERROR, NULL, "state.json cannot be written: %s",
			    strerror(-w));

	return r ? r : w;
}
