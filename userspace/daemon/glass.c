// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/cleanup.h"
#include "daemon/daemon.h"
#include "daemon/token.h"
#include "publish/pins.h"
#include "publish/store.h"
#include "publish/tokens.h"

#define NS_PER_USEC 1000ULL

static int refuse(struct pw_diag *diag, int error, const char *text)
{
	pw_diag_add(diag, PW_DIAG_ERROR, NULL, "%s", text);
	return error;
}

static void save(struct pw_daemon *daemon)
{
	int r = pw_glass_save(daemon->directories.state, &daemon->glass.sessions);

	if (r < 0)
		pw_journal_say(daemon->journal, LOG_ERR, "which sessions wait for their review cannot be "
			       "kept for the next start of phiwardd: %s", strerror(-r));
}

static void load(struct pw_daemon *daemon)
{
	int r;

	if (daemon->glass.loaded)
		return;
	daemon->glass.loaded = true;
	r = pw_glass_load(daemon->directories.state, &daemon->glass.sessions);
	if (r < 0)
		pw_journal_say(daemon->journal, LOG_ERR, "which sessions wait for their review is not known "
			       "any more, but stands in the log: %s", strerror(-r));
}

/* The session that is open, or whose end is not recorded; NULL: none. */
static struct pw_glass_session *current(struct pw_daemon *daemon)
{
	struct pw_glass_sessions *sessions = &daemon->glass.sessions;

	for (size_t i = 0; i < sessions->n; i++)
		if (!sessions->list[i].ended)
			return &sessions->list[i];
	return NULL;
}

/* ---- For the screen -------------------------------------------------------------------------- */

json_object *pw_glass_status(struct pw_daemon *daemon)
{
	const struct pw_glass_session *session = daemon->ward ? current(daemon) : NULL;
	json_object *object = json_object_new_object();
	char until[32];

	if (!object)
		return NULL;
	pw_json_add(object, "open", json_object_new_boolean(session != NULL));
	if (!session)
		return object;
	pw_glass_time(session->until_real, until);
	pw_json_add(object, "session", json_object_new_uint64(session->number));
	pw_json_add(object, "kind", json_object_new_string(pw_glass_names[session->kind]));
	if (*session->subject)
		pw_json_add(object, "subject", json_object_new_string(session->subject));
	if (*session->object)
		pw_json_add(object, "object", json_object_new_string(session->object));
	pw_json_add(object, "uid", json_object_new_uint64(session->uid));
	pw_json_add(object, "until", json_object_new_string(until));
	pw_json_add(object, "until_boot_ns", json_object_new_uint64(session->until));
	return object;
}

/* Like all files of the daemon it is its own first; here everybody reads it. */
static int write_status(int run, json_object *object)
{
	static const char temporary[] = PW_GLASS_STATUS ".new";
	_cleanup_close_ int fd = -1;
	int r = pw_store_write_json(run, temporary, object);

	if (r < 0)
		return r;
	fd = openat(run, temporary, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fchmod(fd, 0644) < 0 || renameat(run, temporary, run, PW_GLASS_STATUS) < 0)
		return -errno;
	return 0;
}

static void show(struct pw_daemon *daemon)
{
	const struct pw_glass_session *session = daemon->ward ? current(daemon) : NULL;
	struct pw_glass_state *state = &daemon->glass;
	_cleanup_(pw_json_putp) json_object *object = NULL;
	uint64_t number = session ? session->number : 0;
	int r;

	if (state->showing && state->shown == number)
		return;
	object = pw_glass_status(daemon);
	r = object ? write_status(daemon->directories.run, object) : -ENOMEM;
	if (r < 0) {
		pw_journal_say(daemon->journal, LOG_ERR, PW_RUN_DIR "/" PW_GLASS_STATUS ": %s",
			       strerror(-r));
		return;
	}
	state->showing = true;
	state->shown = number;
}

/* ---- The end --------------------------------------------------------------------------------- */

static void over(struct pw_daemon *daemon, struct pw_glass_session *session, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* What it let pass stands in the log before its end. */
static void over(struct pw_daemon *daemon, struct pw_glass_session *session, const char *format, ...)
{
	char how[128], text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(how, sizeof(how), format, arguments);
	va_end(arguments);
	snprintf(text, sizeof(text), "session %" PRIu64 ": %s", session->number, how);
	pw_watch_settle(daemon, true);
	pw_daemon_note(daemon, PW_RECORD_BREAKGLASS, PW_ACTION_STOP, PW_VERDICT_ALLOW,
		       PW_REASON_ADMIN, "%s", text);
	session->ended = true;
	save(daemon);
	pw_ward_glass_forget(daemon->ward);
	snprintf(text, sizeof(text), "%s of uid %u is over: %s", pw_glass_names[session->kind],
		 session->uid, how);
	pw_daemon_say_loudly(daemon, text);
}

static int on_expiry(sd_event_source *source, uint64_t usec, void *data)
{
	(void)source;
	(void)usec;
	pw_glass_look(data);
	return 0;
}

static void wait_for(struct pw_daemon *daemon, uint64_t until)
{
	struct pw_glass_state *state = &daemon->glass;
	/* Not before the kernel's clock has it. */
	uint64_t usec = until / NS_PER_USEC + 1;
	int r;

	state->expiry = sd_event_source_disable_unref(state->expiry);
	r = sd_event_add_time(daemon->event, &state->expiry, CLOCK_BOOTTIME, usec, 1, on_expiry,
			      daemon);
	if (r < 0)
		pw_journal_say(daemon->journal, LOG_ERR, "the end of a session is recorded by the next "
			       "start of phiwardd: %s", strerror(-r));
}

/* A session that this program knows nothing of: its file was lost. It is known by its number. */
static struct pw_glass_session *unknown(struct pw_daemon *daemon, const struct pw_glass *glass)
{
	struct pw_glass_sessions *sessions = &daemon->glass.sessions;
	struct pw_glass_session session = { .kind = glass->flags & PW_GLASS_SERVICE ?
						    PW_GLASS_KIND_SERVICE : PW_GLASS_KIND_BREAKGLASS,
					    .uid = UINT32_MAX, .auid = UINT32_MAX,
					    .until = glass->until };

	if (sessions->last < glass->session)
		sessions->last = glass->session - 1;
	pw_boot_id(session.boot);
	return pw_glass_add(sessions, &session);
}

void pw_glass_look(struct pw_daemon *daemon)
{
	struct pw_glass_session *session;
	struct pw_glass glass = { 0 };
	bool open;

	load(daemon);
	session = current(daemon);
	if (!daemon->ward) {
		show(daemon);
		return;
	}
	open = pw_ward_glass_is_open(daemon->ward, &glass);
	if (glass.until && !session)
		session = unknown(daemon, &glass);
	if (!session) {
		show(daemon);
		return;
	}
	if (open)
		wait_for(daemon, glass.until);
	else if (!glass.until)
		over(daemon, session, "ended with its boot, or when phiward was loaded anew");
	else if (glass.until < session->until)
		over(daemon, session, "ended with its policy");
	else
		over(daemon, session, "expired");
	show(daemon);
}

void pw_glass_unload(struct pw_daemon *daemon)
{
	struct pw_glass_session *session = current(daemon);

	if (!session)
		return;
	pw_ward_glass_end(daemon->ward);
	over(daemon, session, "ended with the policy, which is unloaded");
	show(daemon);
}

/* ---- On command ------------------------------------------------------------------------------ */

static const char *last_error(const struct pw_diag *diag)
{
	for (size_t i = diag->n; i; i--)
		if (diag->entries[i - 1].level == PW_DIAG_ERROR)
			return diag->entries[i - 1].text;

	return "refused";
}

/* What stands in the record of a refusal. */
static void note_refused(struct pw_daemon *daemon, const struct pw_peer *peer,
			 const struct pw_glass_session *session, const struct pw_diag *diag)
{
	char scope[PW_NAME_MAX + 32];

	pw_glass_scope(session, scope, sizeof(scope));
	pw_daemon_note(daemon, PW_RECORD_BREAKGLASS, PW_ACTION_START, PW_VERDICT_DENY,
		       PW_REASON_ADMIN, "%s by uid %u, pid %d, for %s%s%s: %s",
		       pw_glass_names[session->kind], peer->uid, peer->pid, scope,
		       *session->token ? ", by the token " : "", session->token,
		       last_error(diag));
}

static int check_request(const struct pw_peer *peer, const struct pw_glass_session *session,
			 const struct pw_glass_token *token, struct pw_diag *diag)
{
	const bool service = session->kind == PW_GLASS_KIND_SERVICE;
	const char *wrong = pw_glass_wrong_text(session->reason, PW_GLASS_REASON_MAX);

	if (!token->length && !(peer->rights & PW_RIGHT_GLASS(session->kind)))
		return refuse(diag, -EPERM, service ? "'service' of the policy does not name you" :
						      "'breakglass' of the policy does not name you");
	if (wrong) {
		pw_diag_add(diag, PW_DIAG_ERROR, NULL, "the reason %s", wrong);
		return -EINVAL;
	}
	wrong = service || *session->ticket ?
			pw_glass_wrong_text(session->ticket, PW_GLASS_TICKET_MAX) : NULL;
	if (wrong) {
		pw_diag_add(diag, PW_DIAG_ERROR, NULL, "the ticket %s", wrong);
		return -EINVAL;
	}
	if (*session->subject && *session->object)
		return refuse(diag, -EINVAL, "a subject or an object, not both");
	return 0;
}

static int refuse_second(const struct pw_glass_session *open, struct pw_diag *diag)
{
	char until[32];

	pw_glass_time(open->until_real, until);
	pw_diag_add(diag, PW_DIAG_ERROR, NULL,
		    "session %" PRIu64 " of uid %u is open until %s; it can be ended with "
		    "`phiward breakglass --end`", open->number, open->uid, until);
	return -EBUSY;
}

static int record_start(struct pw_daemon *daemon, const struct pw_glass_session *session,
			struct pw_diag *diag)
{
	char text[PW_GLASS_TEXT_MAX];
	int r;

	pw_glass_start_text(session, text, sizeof(text));
	r = pw_ward_note(daemon->ward, PW_RECORD_BREAKGLASS, PW_ACTION_START, PW_VERDICT_ALLOW,
			 PW_REASON_ADMIN, text);
	return r < 0 ? refuse(diag, r, "no record could be made of it; try again") : 0;
}

static int try_open(struct pw_daemon *daemon, const struct pw_peer *peer,
		    struct pw_glass_session *session, const struct pw_glass_token *token,
		    uint64_t for_ms, struct pw_diag *diag)
{
	struct pw_glass glass;
	int r = check_request(peer, session, token, diag);

	if (r == 0 && token->length)
		r = pw_token_judge(daemon, token, session, for_ms, diag);
	if (r < 0)
		return r;
	pw_glass_look(daemon);
	if (current(daemon))
		return refuse_second(current(daemon), diag);
	session = pw_glass_add(&daemon->glass.sessions, session);
	if (!session)
		return refuse(diag, -ENOMEM, "out of memory");
	r = pw_ward_glass_prepare(daemon->ward, session, for_ms, &glass, diag);
	if (r == 0 && *session->token)
		r = pw_tokens_spend(daemon->directories.state, session->token, diag);
	if (r == 0)
		r = record_start(daemon, session, diag);
	if (r < 0) {
		pw_glass_remove(&daemon->glass.sessions, session->number);
		return r;
	}
	/* First who opened it is known, whatever happens next. */
	save(daemon);
	pw_ward_glass_begin(daemon->ward, &glass);
	return 0;
}

static void say_opened(struct pw_daemon *daemon, const struct pw_glass_session *session)
{
	char scope[PW_NAME_MAX + 32], until[32], text[512];

	pw_glass_scope(session, scope, sizeof(scope));
	pw_glass_time(session->until_real, until);
	snprintf(text, sizeof(text), "%s is OPEN for %s until %s, by uid %u: %s",
		 pw_glass_names[session->kind], scope, until, session->uid, session->reason);
	pw_daemon_say_loudly(daemon, text);
}

int pw_glass_open(struct pw_daemon *daemon, const struct pw_peer *peer,
		  struct pw_glass_session *session, const struct pw_glass_token *token,
		  uint64_t for_ms, struct pw_diag *diag)
{
	int r;

	if (!daemon->ward)
		return refuse(diag, -EPERM, "no policy is in force");
	session->uid = peer->uid;
	session->auid = pw_peer_login(peer);
	session->pid = peer->pid;
	r = try_open(daemon, peer, session, token, for_ms, diag);
	if (r < 0) {
		note_refused(daemon, peer, session, diag);
		return r;
	}
	wait_for(daemon, current(daemon)->until);
	show(daemon);
	say_opened(daemon, current(daemon));
	pw_watch_drain(daemon, true);
	return 0;
}

int pw_glass_end(struct pw_daemon *daemon, const struct pw_peer *peer, struct pw_diag *diag)
{
	struct pw_glass_session *session;

	if (!daemon->ward)
		return refuse(diag, -ENODATA, "no session is open");
	pw_glass_look(daemon);
	session = current(daemon);
	if (!session)
		return refuse(diag, -ENODATA, "no session is open");
	if (!(peer->rights & (PW_RIGHT_GLASS(session->kind) | PW_RIGHT_ADMIN)) &&
	    !(*session->token && peer->uid == session->uid))
		return refuse(diag, -EPERM, "the policy does not name you");
	pw_ward_glass_end(daemon->ward);
	over(daemon, session, "ended by uid %u", peer->uid);
	show(daemon);
	return 0;
}

static bool same_user(uid_t a, uid_t b)
{
	return a == b && a != UINT32_MAX;
}

/* Also when somebody logged in as the one and became the other. */
static bool is_own(const struct pw_glass_session *session, const struct pw_peer *peer, uid_t login)
{
	return same_user(session->uid, peer->uid) || same_user(session->uid, login) ||
	       same_user(session->auid, peer->uid) || same_user(session->auid, login);
}

int pw_glass_review(struct pw_daemon *daemon, const struct pw_peer *peer, uint64_t number,
		    const char *note, struct pw_diag *diag)
{
	const char *wrong = pw_glass_wrong_text(note, PW_GLASS_REASON_MAX);
	uid_t login = pw_peer_login(peer);
	const struct pw_glass_session *session;
	char text[PW_GLASS_TEXT_MAX], auid[PW_GLASS_LOGIN_MAX];
	int r;

	if (!daemon->ward)
		return refuse(diag, -ENODATA, "no record can be made while no policy is in force");
	if (wrong) {
		pw_diag_add(diag, PW_DIAG_ERROR, NULL, "the note %s", wrong);
		return -EINVAL;
	}
	pw_glass_look(daemon);
	session = pw_glass_find(&daemon->glass.sessions, number);
	if (!session)
		return refuse(diag, -ENOENT, "no session of this number waits for its review");
	if (!session->ended)
		return refuse(diag, -EBUSY, "it is still open");
	if (is_own(session, peer, login))
		return refuse(diag, -EPERM, "who opened it does not review it");
	pw_glass_login(login, auid);
	snprintf(text, sizeof(text), "session %" PRIu64 ": reviewed by uid %u, auid %s: %s", number,
		 peer->uid, auid, note);
	r = pw_ward_note(daemon->ward, PW_RECORD_BREAKGLASS, PW_ACTION_REVIEW, PW_VERDICT_ALLOW,
			 PW_REASON_ADMIN, text);
	if (r < 0)
		return refuse(diag, r, "no record could be made of it; try again");
	pw_glass_remove(&daemon->glass.sessions, number);
	save(daemon);
	r = pw_watch_drain(daemon, true);
	return r < 0 ? refuse(diag, r, "the log cannot be written") : 0;
}

void pw_glass_close(struct pw_daemon *daemon)
{
	daemon->glass.expiry = sd_event_source_disable_unref(daemon->glass.expiry);
	pw_glass_done(&daemon->glass.sessions);
}
