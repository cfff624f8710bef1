// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include <phiward/version.h>

#include "common/cleanup.h"
#include "common/words.h"
#include "daemon/answer.h"
#include "daemon/bundle.h"
#include "daemon/clock.h"
#include "daemon/daemon.h"
#include "publish/pins.h"

/* Numbers may be on their way for PW_SETTLE_NS; then all of them stand in the log. */
#define UNLOAD_SETTLES 30
#define UNLOAD_SETTLE_NS 100000000L

/* ---- What is said about it ----------------------------------------------------------------- */

void pw_daemon_say_diag(struct pw_daemon *daemon, const struct pw_diag *diag)
{
	for (size_t i = 0; i < diag->n; i++) {
		const struct pw_diag_entry *entry = &diag->entries[i];
		_cleanup_free_ char *line = NULL;

		if (entry->level == PW_DIAG_NOTE)
			continue;
		line = pw_answer_line(entry);
		pw_journal_say(daemon->journal,
			       entry->level == PW_DIAG_ERROR ? LOG_ERR : LOG_WARNING, "%s",
			       line ? line : "out of memory");
	}
}

void pw_daemon_note(struct pw_daemon *daemon, enum pw_record_type type, enum pw_action action,
		    enum pw_verdict verdict, enum pw_reason reason, const char *format, ...)
{
	char text[sizeof(((struct pw_note *)NULL)->text)];
	va_list arguments;
	int r;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	r = pw_ward_note(daemon->ward, type, action, verdict, reason, text);
	if (r < 0)
		pw_journal_say(daemon->journal, LOG_ERR, "no record could be made of this%s: %s",
			       r == -EAGAIN ? ", the log counts it as lost" : "", text);
}

/* A console that takes nothing must not hold up the daemon. */
void pw_daemon_say_loudly(struct pw_daemon *daemon, const char *text)
{
	_cleanup_close_ int fd = open("/dev/console", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		dprintf(fd, "phiward: %s\r\n", text);
	pw_journal_say(daemon->journal, LOG_ALERT, "%s", text);
}

/* ---- The kernel's side --------------------------------------------------------------------- */

static void on_notice(void *data, const struct pw_event *event, const struct pw_catalog *catalog)
{
	struct pw_daemon *daemon = data;

	pw_journal_refusal(daemon->journal, event, catalog);
}

int pw_daemon_open_log(struct pw_daemon *daemon)
{
	struct pw_kernel *kernel = pw_ward_kernel(daemon->ward);
	const struct pw_log_config config = {
		.log_dir = daemon->directories.log,
		.state_dir = daemon->directories.state,
		.ring_members = pw_kernel_map(kernel, PW_MAP_RING_MEMBERS),
		.ring_others = pw_kernel_map(kernel, PW_MAP_RING_OTHERS),
		.ring_tamper = pw_kernel_map(kernel, PW_MAP_RING_TAMPER),
		.state = pw_kernel_state(kernel),
		.state_map = pw_kernel_map(kernel, PW_MAP_SHARED),
		.actors = &daemon->actor.actors,
		.notice = on_notice,
		.notice_data = daemon,
	};
	int r = pw_log_open(&config, &daemon->log);

	return r < 0 ? r : pw_watch_log(daemon);
}

int pw_daemon_open(struct pw_daemon *daemon, struct pw_diag *diag)
{
	int r = pw_ward_open(daemon->directories.state, daemon->directories.log,
			     &daemon->ward, diag);

	if (r < 0)
		return r;
	r = pw_daemon_open_log(daemon);
	if (r < 0)
		pw_journal_say(daemon->journal, LOG_CRIT, "the log in %s cannot be opened: %s; "
			       "it is tried again", PW_LOG_DIR, strerror(-r));
	return 0;
}

void pw_daemon_close(struct pw_daemon *daemon)
{
	pw_watch_forget_log(daemon);
	if (daemon->log && pw_log_end(daemon->log) < 0)
		pw_journal_say(daemon->journal, LOG_ERR, "the log in %s could not be closed with a "
			       "checkpoint; the next start does it", PW_LOG_DIR);
	daemon->log = pw_log_close(daemon->log);
	daemon->ward = pw_ward_close(daemon->ward);
}

/* ---- On command ---------------------------------------------------------------------------- */

void pw_daemon_act_for(struct pw_daemon *daemon, uid_t uid)
{
	char by[32];

	snprintf(by, sizeof(by), "uid %u", uid);
	pw_ward_set_by(daemon->ward, by);
}

static int refuse(struct pw_diag *diag, int error, const char *text)
{
	pw_diag_add(diag, PW_DIAG_ERROR, NULL, "%s", text);
	return error;
}

/*
 * The record says what was wrong when that is the version, or the seal: the policy itself has no
 * fault that could be found later. What else was wrong can have paths in it, and this is shown to
 * those who may not see them.
 */
static void note_refused(struct pw_daemon *daemon, const struct pw_policy *policy, uid_t uid,
			 int error, const struct pw_diag *diag)
{
	const bool said = (error == -ESTALE || error == -EKEYREJECTED) && diag->n;
	const char *why = said ? diag->entries[diag->n - 1].text : NULL;

	pw_daemon_note(daemon, PW_RECORD_POLICY, PW_ACTION_APPLY, PW_VERDICT_DENY,
		       PW_REASON_ADMIN, "%s version %" PRIu64 ", by uid %u%s%s", policy->name,
		       policy->version, uid, why ? ": " : "", why ? why : "");
}

/* A change that the seal refuses: a record, and an error for who asked. */
static int refuse_sealed(struct pw_daemon *daemon, enum pw_action action, uid_t uid,
			 const struct pw_policy *policy, struct pw_diag *diag)
{
	const char *sealed = pw_word_name(&pw_words_reason, PW_REASON_SEALED);

	pw_daemon_note(daemon, PW_RECORD_POLICY, action, PW_VERDICT_DENY, PW_REASON_SEALED,
		       "%s version %" PRIu64 ", by uid %u: %s", policy ? policy->name : "the policy",
		       policy ? policy->version : 0, uid, sealed);
	return refuse(diag, -EPERM, sealed);
}

int pw_daemon_want_ward(struct pw_daemon *daemon, struct pw_diag *diag)
{
	int r = daemon->ward ? 0 : pw_daemon_open(daemon, diag);

	return r < 0 ? refuse(diag, r, "nothing can be enforced on this machine as it is; "
				       "phiward doctor says why") : 0;
}

/* Frees @policy when @error says that it was not taken over. */
static int applied(struct pw_daemon *daemon, struct pw_policy *policy, const struct pw_apply *how,
		   const struct pw_highest *bundle, uid_t uid, int error,
		   const struct pw_diag *diag)
{
	pw_ward_set_by(daemon->ward, "phiwardd");
	/* One that went before is over, whether or not this one took its place. */
	pw_probation_look(daemon, "another policy was applied");
	if (!error && how->try_ms)
		pw_probation_begun(daemon, uid, bundle);
	if (error < 0) {
		note_refused(daemon, policy, uid, error, diag);
		pw_policy_free(policy);
		return error;
	}
	pw_clock_applied(daemon);
	pw_watch_applied(daemon);
	return 0;
}

int pw_daemon_apply_signed(struct pw_daemon *daemon, struct pw_policy *policy,
			   const struct pw_trust *trust, const struct pw_highest *bundle,
			   const struct pw_apply *how, uid_t uid, struct pw_diag *diag)
{
	int r;

	pw_daemon_act_for(daemon, uid);
	pw_clock_expire(daemon, policy, false, diag);
	r = pw_ward_sealed(daemon->ward) ?
		    pw_ward_succeed(daemon->ward, policy, trust, how->try_ms, diag) :
		    pw_ward_apply(daemon->ward, policy, how, diag);
	return applied(daemon, policy, how, bundle, uid, r, diag);
}

int pw_daemon_apply(struct pw_daemon *daemon, struct pw_policy *policy, const struct pw_apply *how,
		    uid_t uid, struct pw_diag *diag)
{
	int r = pw_daemon_want_ward(daemon, diag);

	if (!r && pw_ward_sealed(daemon->ward))
		r = refuse_sealed(daemon, PW_ACTION_APPLY, uid, policy, diag);
	else if (!r)
		r = pw_bundle_refuse_unsigned(daemon, policy, uid, diag);
	if (r < 0) {
		pw_policy_free(policy);
		return r;
	}
	pw_daemon_act_for(daemon, uid);
	pw_clock_expire(daemon, policy, false, diag);
	r = pw_ward_apply(daemon->ward, policy, how, diag);
	return applied(daemon, policy, how, NULL, uid, r, diag);
}

/* Writes all that was issued; false when some numbers still are in neither line nor gap. */
static bool settle(struct pw_daemon *daemon)
{
	const struct pw_state *state = pw_kernel_state(pw_ward_kernel(daemon->ward));
	const struct timespec pause = { .tv_nsec = UNLOAD_SETTLE_NS };

	for (int i = 0; i < UNLOAD_SETTLES; i++) {
		if (pw_watch_settle(daemon, true) < 0)
			return false;
		if (__atomic_load_n(&state->settled, __ATOMIC_RELAXED) ==
		    __atomic_load_n(&state->seq, __ATOMIC_RELAXED))
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

/*
 * The maps live as long as somebody has them open: what was decided until the
 * last program was detached is written before they are closed.
 */
int pw_daemon_unload(struct pw_daemon *daemon, uid_t uid, struct pw_diag *diag)
{
	int r;

	if (!daemon->ward)
		return 0;
	if (pw_ward_sealed(daemon->ward))
		return refuse_sealed(daemon, PW_ACTION_UNLOAD, uid, pw_ward_policy(daemon->ward),
				     diag);
	pw_glass_unload(daemon);
	pw_probation_close(daemon);
	pw_daemon_act_for(daemon, uid);
	r = pw_ward_unload(daemon->ward);
	if (r < 0) {
		pw_journal_say(daemon->journal, LOG_ERR, "unload: %s", strerror(-r));
		return refuse(diag, r, "not everything could be detached; phiward status says "
				       "what is still in force");
	}
	if (!settle(daemon))
		pw_journal_say(daemon->journal, LOG_ERR, "records were still missing in the log "
			       "when phiward was unloaded");
	pw_control_scan_over(daemon);
	pw_daemon_close(daemon);
	pw_watch_applied(daemon);
	return 0;
}

int pw_daemon_seal(struct pw_daemon *daemon, uid_t uid, struct pw_diag *diag)
{
	int r;

	if (!daemon->ward)
		return refuse(diag, -ENODATA, "not sealed: no policy is in force");
	pw_daemon_act_for(daemon, uid);
	r = pw_ward_seal(daemon->ward, diag);
	pw_ward_set_by(daemon->ward, "phiwardd");
	if (r < 0)
		pw_daemon_note(daemon, PW_RECORD_POLICY, PW_ACTION_SEAL, PW_VERDICT_DENY,
			       PW_REASON_ADMIN, "the policy, by uid %u: %s", uid,
			       diag->n ? diag->entries[diag->n - 1].text : strerror(-r));
	return r;
}
