// SPDX-License-Identifier: BSD-2-Clause
/* What a start puts into force: docs/boot.md. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <phiward/version.h>

#include "common/cleanup.h"
#include "common/words.h"
#include "daemon/clock.h"
#include "daemon/daemon.h"
#include "policy/lint.h"
#include "policy/parse.h"
#include "publish/accepted.h"
#include "publish/module.h"
#include "publish/pins.h"
#include "publish/rescue.h"
#include "publish/sources.h"

/* ---- What was accepted --------------------------------------------------------------------- */

static int read_accepted(struct pw_daemon *daemon, struct pw_policy **ret)
{
	struct pw_diag diag = { 0 };
	struct pw_source *sources;
	uint64_t version;
	size_t n;
	int r = pw_ward_accepted(daemon->ward, &sources, &n, &version);

	if (r == 0) {
		r = pw_policy_parse(sources, n, ret, &diag);
		pw_sources_free(sources, n);
	}
	if (r < 0 && r != -ENOENT && r != -ENODATA)
		pw_journal_say(daemon->journal, LOG_CRIT,
			       "the policy accepted last cannot be read: %s", strerror(-r));
	pw_daemon_say_diag(daemon, &diag);
	pw_diag_done(&diag);
	return r;
}

static int restore_text(struct pw_daemon *daemon, struct pw_policy *policy)
{
	struct pw_diag diag = { 0 };
	int r;

	pw_clock_expire(daemon, policy, true, &diag);
	r = pw_ward_restore(daemon->ward, policy, &diag);
	if (r == 0)
		pw_clock_applied(daemon);
	if (r < 0) {
		pw_journal_say(daemon->journal, LOG_CRIT,
			       "the policy accepted last cannot be put into force: %s",
			       strerror(-r));
		pw_policy_free(policy);
	}
	pw_daemon_say_diag(daemon, &diag);
	pw_diag_done(&diag);
	return r;
}

static int restore_image(struct pw_daemon *daemon)
{
	struct pw_diag diag = { 0 };
	int r = pw_ward_restore_image(daemon->ward, &diag);

	if (r == 0) {
		pw_ward_set_trouble(daemon->ward, "the text of the accepted policy cannot be used; "
				    "its image is in force, apply the policy again");
		pw_daemon_say_loudly(daemon, "the text of the accepted policy cannot be used; its image is "
			   "in force");
	} else if (r != -ENOENT) {
		pw_journal_say(daemon->journal, LOG_CRIT,
			       "the image of the policy accepted last cannot be put into force: %s",
			       strerror(-r));
	}
	pw_daemon_say_diag(daemon, &diag);
	pw_diag_done(&diag);
	return r;
}

/* ---- The file ------------------------------------------------------------------------------ */

static int read_file(struct pw_policy **ret, struct pw_diag *diag)
{
	_cleanup_(pw_policy_freep) struct pw_policy *policy = NULL;
	bool site = !access(PW_SITE_FILE, F_OK) || errno != ENOENT;
	int r = pw_policy_read_for_site(PW_POLICY_FILE, site ? PW_SITE_FILE : NULL, &policy, diag);

	if (r < 0)
		return r;
	pw_policy_lint(policy, PW_LINT_FILES | PW_LINT_BRIEF, diag);
	if (diag->errors)
		return -EINVAL;
	*ret = TAKE_PTR(policy);
	return 0;
}

static bool is_newer(const struct pw_policy *policy, uint64_t version, uint64_t site_version)
{
	return policy->version > version ||
	       (policy->version == version && pw_policy_site_version(policy) > site_version);
}

/* The file, when it is newer than what is known. Sealed, it is not looked at before the next boot. */
static int try_file(struct pw_daemon *daemon, uint64_t version, uint64_t site_version)
{
	static const struct pw_apply for_good;
	struct pw_policy *policy = NULL;
	struct pw_diag diag = { 0 };
	int r;

	if (pw_ward_sealed(daemon->ward))
		return -EALREADY;
	if (access(PW_POLICY_FILE, F_OK) < 0 && errno == ENOENT)
		return -ENOENT;
	r = read_file(&policy, &diag);
	if (!r && !is_newer(policy, version, site_version)) {
		pw_policy_free(policy);
		r = -EALREADY;
	} else if (!r && pw_ward_not_confirmed(daemon->ward, policy)) {
		pw_policy_free(policy);
		r = -EALREADY;
		pw_journal_say(daemon->journal, LOG_WARNING, PW_POLICY_FILE " was on probation and not "
			       "confirmed, and does not come into force by itself: apply it");
	} else if (!r) {
		r = pw_daemon_apply(daemon, policy, &for_good, 0, &diag);
	}
	if (r < 0 && r != -EALREADY)
		pw_journal_say(daemon->journal, LOG_ERR, PW_POLICY_FILE " is not in force: %s",
			       strerror(-r));
	pw_daemon_say_diag(daemon, &diag);
	pw_diag_done(&diag);
	return r;
}

/* ---- The way out --------------------------------------------------------------------------- */

/*
 * What the kernel command line may do. It is asked before the first policy of a boot is in
 * force: whoever ends phiwardd afterwards must gain nothing by it.
 */
static enum pw_rescue rescue(struct pw_daemon *daemon, const struct pw_policy *accepted)
{
	const enum pw_rescue asked = pw_rescue_asked();
	enum pw_rescue allowed = PW_RESCUE_OFF, granted;
	char text[160];

	if (asked == PW_RESCUE_NONE || pw_ward_mode(daemon->ward) == PW_MODE_ENFORCE)
		return PW_RESCUE_NONE;
	if (accepted)
		allowed = accepted->rescue;
	else
		pw_ward_image_rescue(daemon->ward, &allowed);
	granted = pw_rescue_granted(asked, allowed);
	snprintf(text, sizeof(text), "rescue: " PW_RESCUE_KEY "%s on the kernel command line: %s",
		 pw_word_name(&pw_words_rescue, asked),
		 granted == PW_RESCUE_NONE ? "the policy does not allow it" :
		 granted == PW_RESCUE_OFF  ? "nothing is enforced" :
					     "nothing is denied");
	if (pw_ward_mode(daemon->ward) == PW_MODE_INVALID) {
		pw_daemon_note(daemon, PW_RECORD_BREAKGLASS, PW_ACTION_START,
			       granted == PW_RESCUE_NONE ? PW_VERDICT_DENY : PW_VERDICT_ALLOW,
			       PW_REASON_ADMIN, "%s", text);
		pw_daemon_say_loudly(daemon, text);
	}
	return granted;
}

/* ---- All together -------------------------------------------------------------------------- */

/* The file when it is newer, else the accepted text, else its image; without them the file. */
static int put_into_force(struct pw_daemon *daemon, struct pw_policy *accepted)
{
	int r;

	if (accepted && try_file(daemon, accepted->version, pw_policy_site_version(accepted)) == 0) {
		pw_policy_free(accepted);
		return 0;
	}
	if (accepted) {
		r = restore_text(daemon, accepted);
		if (r == 0 || r == -EKEYREJECTED)
			return r;
	}
	if (restore_image(daemon) == 0)
		try_file(daemon, pw_ward_catalog(daemon->ward)->version,
			 pw_ward_catalog(daemon->ward)->site_version);
	else if (!accepted)
		try_file(daemon, 0, 0);
	return 0;
}

/* What is sealed had an accepted policy, and goes on with nothing else. */
static int check_accepted(struct pw_daemon *daemon, const struct pw_policy *accepted)
{
	struct pw_diag diag = { 0 };
	int r;

	if (accepted || !pw_ward_sealed(daemon->ward))
		return 0;
	r = pw_ward_foreign(daemon->ward, "no accepted policy", &diag);
	pw_daemon_say_diag(daemon, &diag);
	pw_diag_done(&diag);
	return r;
}

/* Nothing is in force. */
static void say_why(struct pw_daemon *daemon)
{
	static const char lost[] = "the accepted policy is damaged or missing, and so are its "
				   "copies; nothing is enforced, and the gate stays shut";

	if (!pw_accepted_exists(daemon->directories.state)) {
		pw_daemon_say_loudly(daemon, "no policy: nothing is enforced");
		return;
	}
	pw_ward_set_trouble(daemon->ward, lost);
	pw_daemon_say_loudly(daemon, lost);
}

static void heal(struct pw_daemon *daemon)
{
	int r = pw_accepted_heal(daemon->directories.state);

	if (r > 0)
		pw_daemon_say_loudly(daemon, "the accepted policy was damaged; the copy in the initramfs "
			   "takes its place");
	else if (r < 0)
		pw_journal_say(daemon->journal, LOG_CRIT, "the accepted policy is damaged and no "
			       "copy could take its place: %s", strerror(-r));
}

void pw_daemon_put_back(struct pw_daemon *daemon)
{
	struct pw_policy *accepted = NULL;

	if (read_accepted(daemon, &accepted) < 0 || restore_text(daemon, accepted) < 0)
		restore_image(daemon);
	pw_watch_applied(daemon);
}

int pw_daemon_restore(struct pw_daemon *daemon)
{
	_cleanup_(pw_policy_freep) struct pw_policy *accepted = NULL;
	struct pw_diag diag = { 0 };
	enum pw_rescue granted;
	bool unloaded;
	int r;

	heal(daemon);
	r = pw_daemon_open(daemon, &diag);
	pw_daemon_say_diag(daemon, &diag);
	pw_diag_done(&diag);
	if (r == -EACCES) {
		pw_journal_say(daemon->journal, LOG_ERR, "a policy is in force that does not take "
			       "this process for phiwardd: PID 1 has to start it, as a service");
		return r;
	}
	if (r == -EKEYREJECTED)
		return r;
	if (r < 0) {
		pw_journal_say(daemon->journal, LOG_ERR, "nothing can be enforced: %s",
			       strerror(-r));
		pw_watch_applied(daemon);
		return 0;
	}
	unloaded = read_accepted(daemon, &accepted) == -ENODATA;
	granted = rescue(daemon, accepted);
	pw_daemon_note(daemon, PW_RECORD_SYSTEM, PW_ACTION_START, PW_VERDICT_ALLOW,
		       PW_REASON_ADMIN, "phiwardd " PW_VERSION "%s%s", daemon->key ? "; " : "",
		       daemon->key ? daemon->key : "");
	pw_probation_start(daemon);
	r = check_accepted(daemon, accepted);
	if (r < 0)
		return r;
	if (granted == PW_RESCUE_PERMISSIVE)
		pw_ward_rescue(daemon->ward);
	if (granted != PW_RESCUE_OFF)
		r = put_into_force(daemon, TAKE_PTR(accepted));
	if (r < 0)
		return r;
	/* Unloaded on purpose, or rescued: the initramfs knows neither and left the gate shut. */
	if (granted == PW_RESCUE_OFF || unloaded)
		pw_module_open_gate();
	else if (pw_ward_mode(daemon->ward) == PW_MODE_INVALID)
		say_why(daemon);
	pw_watch_applied(daemon);
	return 0;
}
