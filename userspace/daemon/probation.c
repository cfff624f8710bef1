// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/probation.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/bundle.h"
#include "daemon/daemon.h"

#define NS_PER_USEC 1000ULL

/* The kernel's timer comes first; where it could not, this one goes back. */
#define GRACE_USEC 50000ULL

static int refuse(struct pw_diag *diag, int error, const char *text)
{
	pw_diag_add(diag, PW_DIAG_ERROR, NULL, "%s", text);

	return error;
}

/* ---- Its end ------------------------------------------------------------------------------- */

static void note_return(struct pw_daemon *daemon, const char *what, const char *why)
{
	char text[400];

	snprintf(text, sizeof(text), "%s was on probation and not confirmed: %s", what, why);
	pw_daemon_note(daemon, PW_RECORD_POLICY, PW_ACTION_RETURN, PW_VERDICT_ALLOW,
		       PW_REASON_ADMIN, "%s", text);
	pw_daemon_say_loudly(daemon, text);
}

static void forget(struct pw_daemon *daemon)
{
	daemon->probation.on = false;
	daemon->probation.end = sd_event_source_disable_unref(daemon->probation.end);
}

static void over(struct pw_daemon *daemon, const char *why)
{
	const bool back = pw_ward_went_back(daemon->ward);

	forget(daemon);
	/* Which refusals made it fail stands in the log before its end. */
	pw_watch_settle(daemon, true);
	note_return(daemon, daemon->probation.what, why);
	if (back)
		pw_daemon_put_back(daemon);
}

void pw_probation_look(struct pw_daemon *daemon, const char *why)
{
	struct pw_probation probation;

	if (!daemon->ward || !daemon->probation.on)
		return;
	if (!pw_ward_on_probation(daemon->ward, &probation) ||
	    probation.until != daemon->probation.until)
		over(daemon, why);
}

static int on_end(sd_event_source *source, uint64_t usec, void *data)
{
	struct pw_daemon *daemon = data;

	(void)source;
	(void)usec;
	if (daemon->ward)
		pw_ward_go_back(daemon->ward);
	pw_probation_look(daemon, "its time was over");
	return 0;
}

void pw_probation_start(struct pw_daemon *daemon)
{
	if (!pw_ward_went_back(daemon->ward))
		return;
	note_return(daemon, "what was in force", "phiwardd ended meanwhile");
}

void pw_probation_close(struct pw_daemon *daemon)
{
	forget(daemon);
}

/* ---- Its beginning ------------------------------------------------------------------------- */

static void copy_bundle(struct pw_daemon_probation *state, const struct pw_highest *bundle)
{
	snprintf(state->name, sizeof(state->name), "%s", bundle->name);
	state->version = bundle->version;
	memcpy(state->digest, bundle->digest, sizeof(state->digest));
	memcpy(state->vendor, bundle->vendor, sizeof(state->vendor));
}

void pw_probation_begun(struct pw_daemon *daemon, uid_t uid, const struct pw_highest *bundle)
{
	const struct pw_catalog *catalog = pw_ward_catalog(daemon->ward);
	struct pw_daemon_probation *state = &daemon->probation;
	struct pw_probation probation;
	int r;

	pw_ward_on_probation(daemon->ward, &probation);
	forget(daemon);
	*state = (struct pw_daemon_probation){ .on = true, .uid = uid, .until = probation.until };
	snprintf(state->what, sizeof(state->what), "%s version %" PRIu64, catalog->policy,
		 catalog->version);
	if (bundle)
		copy_bundle(state, bundle);
	r = sd_event_add_time(daemon->event, &state->end, CLOCK_BOOTTIME,
			      probation.until / NS_PER_USEC + GRACE_USEC, 1, on_end, daemon);
	if (r < 0)
		pw_journal_say(daemon->journal, LOG_ERR, "the kernel ends the probation, and the next "
			       "start of phiwardd records it: %s", strerror(-r));
}

/* ---- On command ---------------------------------------------------------------------------- */

static int check(const struct pw_daemon *daemon, const struct pw_peer *peer, struct pw_diag *diag)
{
	const struct pw_daemon_probation *state = &daemon->probation;

	if (!daemon->ward || !state->on)
		return refuse(diag, -ESTALE, "no policy is on probation: phiward status says which one "
			      "is in force");
	if (!(peer->rights & PW_RIGHT_ADMIN) && peer->uid != state->uid)
		return refuse(diag, -EPERM, "another user put the policy on probation");

	return 0;
}

int pw_probation_confirm(struct pw_daemon *daemon, const struct pw_peer *peer, struct pw_diag *diag)
{
	const struct pw_daemon_probation *state = &daemon->probation;
	const struct pw_highest bundle = { state->name, state->version, state->digest, state->vendor };
	int r = check(daemon, peer, diag);

	if (r < 0)
		return r;
	pw_daemon_act_for(daemon, peer->uid);
	r = pw_ward_confirm(daemon->ward, diag);
	pw_ward_set_by(daemon->ward, "phiwardd");
	if (r < 0) {
		pw_probation_look(daemon, "its time was over");
		return r;
	}
	if (*bundle.name)
		pw_bundle_keep(daemon, &bundle, diag);
	forget(daemon);
	pw_watch_applied(daemon);

	return 0;
}

int pw_probation_revert(struct pw_daemon *daemon, const struct pw_peer *peer, struct pw_diag *diag)
{
	char why[64];
	int r = check(daemon, peer, diag);

	if (r < 0)
		return r;
	pw_ward_go_back(daemon->ward);
	snprintf(why, sizeof(why), "uid %u went back", peer->uid);
	over(daemon, why);

	return 0;
}
