// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <string.h>

#include "common/base64.h"
#include "common/cleanup.h"
#include "common/sha256.h"
#include "common/text.h"
#include "daemon/answer.h"
#include "daemon/bundle.h"
#include "daemon/daemon.h"
#include "daemon/foresee.h"
#include "daemon/token.h"
#include "policy/lint.h"
#include "policy/parse.h"
#include "publish/pins.h"
#include "publish/probation.h"
#include "publish/probe.h"
#include "publish/protocol.h"
#include "publish/sources.h"
#include "publish/status.h"
#include "publish/store.h"
#include "report/query.h"
#include "report/why.h"

#define WHY_RECORDS 1000

struct command {
	const char *name;
	unsigned int right;	/* one of these */
	const char *const *members;	/* beside "command" */
	void (*run)(struct pw_daemon *daemon, struct pw_client *client, json_object *request);
};

/* Whether @object has no members but those of @known. */
static bool only_members(json_object *object, const char *const *known)
{
	json_object_object_foreach(object, key, value) {
		const char *const *name = known;

		(void)value;
		while (*name && strcmp(*name, key))
			name++;
		if (!*name)
			return false;
	}
	return true;
}

/* ---- apply --------------------------------------------------------------------------------- */

/* A member that may be absent: then false. */
static bool read_flag(json_object *request, const char *name, bool *ret)
{
	*ret = false;
	return !json_object_object_get_ex(request, name, NULL) || pw_json_bool(request, name, ret);
}

static int apply_sources(struct pw_daemon *daemon, uid_t uid, const struct pw_source *sources,
			 size_t n, const struct pw_apply *how, struct pw_diag *diag)
{
	struct pw_policy *policy;
	int r = pw_policy_parse(sources, n, &policy, diag);

	if (r < 0)
		return r;
	pw_policy_lint(policy, PW_LINT_FILES | PW_LINT_BRIEF, diag);
	if (diag->errors) {
		pw_policy_free(policy);
		return -EINVAL;
	}
	return pw_daemon_apply(daemon, policy, how, uid, diag);
}

static bool wait_for_scan(struct pw_daemon *daemon, struct pw_client *client, json_object *answer)
{
	for (size_t i = 0; i < PW_WAITING_MAX; i++)
		if (!daemon->waiting[i].client) {
			daemon->waiting[i] = (struct pw_waiting){ client, answer };
			pw_client_keep(client);
			return true;
		}
	return false;
}

/* What one apply is about: the texts of a policy, or a bundle. */
struct wanted {
	struct pw_source *sources;
	size_t nsources;
	uint8_t *bundle;	/* NULL: there are sources */
	size_t length;
	struct pw_apply how;
	bool wait;
};

static int read_bundle(json_object *request, struct wanted *wanted)
{
	const char *text;

	if (json_object_object_get_ex(request, "sources", NULL) ||
	    !pw_json_string(request, "bundle", &text) || !pw_base64_length(text, &wanted->length))
		return -EBADMSG;
	wanted->bundle = malloc(wanted->length + 1);
	if (!wanted->bundle)
		return -ENOMEM;
	return pw_base64_read(text, wanted->bundle, wanted->length) ? 0 : -EBADMSG;
}

static int read_wanted(json_object *request, struct wanted *wanted)
{
	struct pw_apply *how = &wanted->how;

	if (!read_flag(request, "allow_downgrade", &how->allow_downgrade) ||
	    !read_flag(request, "wait", &wanted->wait))
		return -EBADMSG;
	if (json_object_object_get_ex(request, "try_ms", NULL) &&
	    (!pw_json_u64(request, "try_ms", &how->try_ms) || how->try_ms < PW_PROBATION_MS_MIN ||
	     how->try_ms > PW_PROBATION_MS_MAX))
		return -EBADMSG;
	return json_object_object_get_ex(request, "bundle", NULL) ?
		       read_bundle(request, wanted) :
		       pw_sources_read(request, &wanted->sources, &wanted->nsources);
}

static void add_applied(struct pw_daemon *daemon, json_object *answer)
{
	const struct pw_catalog *catalog = pw_ward_catalog(daemon->ward);

	if (!answer)
		return;
	pw_json_add(answer, "policy", json_object_new_string(catalog->policy));
	pw_json_add(answer, "version", json_object_new_uint64(catalog->version));
	pw_json_add(answer, "generation", json_object_new_uint64(catalog->generation));
}

static void apply(struct pw_daemon *daemon, struct pw_client *client, const struct wanted *wanted)
{
	const uid_t uid = pw_client_peer(client)->uid;
	struct pw_diag diag = { 0 };
	json_object *answer;
	int r;

	r = wanted->bundle ?
		    pw_bundle_apply(daemon, wanted->bundle, wanted->length, &wanted->how, uid,
				    &diag) :
		    apply_sources(daemon, uid, wanted->sources, wanted->nsources, &wanted->how,
				  &diag);
	answer = pw_answer_diag(r, &diag);
	pw_diag_done(&diag);
	if (!r)
		add_applied(daemon, answer);
	if (!r && wanted->wait && pw_ward_scanning(daemon->ward) &&
	    wait_for_scan(daemon, client, answer))
		return;
	pw_client_answer(client, answer);
}

/* Who may only hand in bundles has no say beside them. */
static bool may_apply(const struct pw_client *client, json_object *request)
{
	static const char *const members[] = { "command", "bundle", "try_ms", NULL };

	return pw_client_peer(client)->rights & PW_RIGHT_ADMIN || only_members(request, members);
}

static void run_apply(struct pw_daemon *daemon, struct pw_client *client, json_object *request)
{
	struct wanted wanted = { 0 };

	if (!may_apply(client, request))
		pw_client_answer(client, pw_answer_error(PW_EXIT_UNKNOWN, "members of " PW_GROUP_FLEET
							 " hand in a bundle, and try it, and ask for nothing else"));
	else if (read_wanted(request, &wanted) < 0)
		pw_client_answer(client, pw_answer_error(PW_EXIT_USAGE, "no proper apply"));
	else
		apply(daemon, client, &wanted);
	pw_sources_free(wanted.sources, wanted.nsources);
	free(wanted.bundle);
}

void pw_control_scan_over(struct pw_daemon *daemon)
{
	for (size_t i = 0; i < PW_WAITING_MAX; i++) {
		struct pw_waiting waiting = daemon->waiting[i];

		daemon->waiting[i] = (struct pw_waiting){ 0 };
		if (waiting.client)
			pw_client_answer(waiting.client, waiting.answer);
	}
}

static void forget_client(void *data, struct pw_client *client)
{
	struct pw_daemon *daemon = data;

	for (size_t i = 0; i < PW_WAITING_MAX; i++)
		if (daemon->waiting[i].client == client) {
			json_object_put(daemon->waiting[i].answer);
			daemon->waiting[i] = (struct pw_waiting){ 0 };
		}
}

/* ---- The others ---------------------------------------------------------------------------- */

static void run_status(struct pw_daemon *daemon, struct pw_client *client, json_object *request)
{
	json_object *status = NULL;
	int r = pw_status_collect(daemon->ward, &status);

	(void)request;
	if (!r)	/* it cannot tell when nothing is in the kernel */
		pw_json_add(status, "daemon", json_object_new_boolean(1));
	if (!r && daemon->log)
		pw_json_add(status, "log", pw_retain_status(daemon));
	if (!r)
		pw_json_add(status, "reviews", json_object_new_uint64(daemon->glass.sessions.n));
	pw_client_answer(client, r < 0 ? pw_answer_errno(r, "what is enforced cannot be read") :
					 pw_answer_with("status", status));
}

/* What needs nothing but who wants it. */
static void change(struct pw_daemon *daemon, struct pw_client *client,
		   int (*how)(struct pw_daemon *, const struct pw_peer *, struct pw_diag *))
{
	struct pw_diag diag = { 0 };
	int r = how(daemon, pw_client_peer(client), &diag);

	pw_client_answer(client, pw_answer_diag(r, &diag));
	pw_diag_done(&diag);
}

static void run_confirm(struct pw_daemon *daemon, struct pw_client *client, json_object *request)
{
	(void)request;
	change(daemon, client, pw_probation_confirm);
}

static void run_revert(struct pw_daemon *daemon, struct pw_client *client, json_object *request)
{
	(void)request;
	change(daemon, client, pw_probation_revert);
}

/* Nothing beside "ok" where no policy is in force. */
static void run_policy(struct pw_daemon *daemon, struct pw_client *client, json_object *request)
{
	const struct pw_policy *policy = daemon->ward ? pw_ward_policy(daemon->ward) : NULL;
	json_object *answer = pw_answer_diag(0, NULL);
	int r = policy ? pw_sources_add(answer, policy->sources, policy->nsources) : 0;

	(void)request;
	if (r < 0) {
		json_object_put(answer);
		answer = pw_answer_errno(r, "the policy in force cannot be read");
	}
	pw_client_answer(client, answer);
}

static void run_doctor(struct pw_daemon *daemon, struct pw_client *client, json_object *request)
{
	_cleanup_(pw_probe_freep) struct pw_probe *probe = NULL;
	json_object *requirements = NULL;
	int r = pw_probe_run(&probe);

	(void)daemon;
	(void)request;
	if (!r)
		r = pw_probe_json(probe, &requirements);
	pw_client_answer(client, r < 0 ? pw_answer_errno(r, "the requirements cannot be looked at") :
					 pw_answer_with("requirements", requirements));
}

static void run_canary(struct pw_daemon *daemon, struct pw_client *client, json_object *request)
{
	struct pw_canary canary = { 0 };
	json_object *object;
	int r = pw_watch_canary(daemon, &canary);

	(void)request;
	if (r < 0) {
		pw_client_answer(client, pw_answer_errno(r, "the canary cannot be tried"));
		return;
	}
	object = json_object_new_object();
	if (object) {
		pw_json_add(object, "file", json_object_new_boolean(canary.file));
		pw_json_add(object, "net", json_object_new_boolean(canary.net));
	}
	pw_client_answer(client, pw_answer_with("canary", object));
}

/* The newest records only: what is read here is not read from the rings meanwhile. */
static int collect_why(struct pw_why *why, const char *subject, int64_t since)
{
	const struct pw_query query = { .since = since, .subject = subject, .user = -1 };
	struct pw_reader reader;
	int r = pw_reader_open(PW_LOG_DIR, &reader);

	if (r < 0)
		return r;
	r = pw_reader_seek_last(&reader, WHY_RECORDS);
	while (!r && (r = pw_reader_next(&reader)) > 0)
		r = reader.record && pw_query_matches(&query, reader.record) ?
			    pw_why_add(why, reader.record) : 0;
	pw_reader_close(&reader);
	pw_why_sort(why);
	return r;
}

static json_object *answer_why(const struct pw_why *why)
{
	_cleanup_free_ char *text = NULL;
	size_t length;
	FILE *to = open_memstream(&text, &length);
	json_object *object = json_object_new_object();

	if (!to || !object) {
		json_object_put(object);
		return NULL;
	}
	pw_why_print_all(to, why, false);
	if (fclose(to) == 0)
		pw_json_add(object, "text", json_object_new_string(text));
	pw_json_add(object, "refusals", json_object_new_uint64(why->n));
	pw_json_add(object, "allowed", json_object_new_uint64(why->allowed));
	pw_json_add(object, "lost", json_object_new_uint64(why->lost));
	return object;
}

/* Who may see no paths cannot ask for one either: it is taken as a program. */
static void run_foresee(struct pw_daemon *daemon, struct pw_client *client, json_object *request)
{
	pw_client_answer(client, pw_foresee(daemon, request));
}

static void run_why(struct pw_daemon *daemon, struct pw_client *client, json_object *request)
{
	struct pw_why why = { 0 };
	const char *about = NULL, *subject = NULL;
	uint64_t since = 0;
	int r = 0;

	pw_json_string(request, "about", &about);
	pw_json_string(request, "subject", &subject);
	pw_json_u64(request, "since", &since);
	pw_watch_settle(daemon, true);
	if (about)
		r = pw_why_parse(about, &why.about);
	if (why.about.path) {
		why.about.program = why.about.path;
		why.about.path = NULL;
	}
	if (!r)
		r = collect_why(&why, subject, since > INT64_MAX ? INT64_MAX : (int64_t)since);
	pw_client_answer(client, r < 0 ? pw_answer_errno(r, "the log cannot be read") :
					 pw_answer_with("why", answer_why(&why)));
	pw_why_done(&why);
}

/* What changes all that is in force, and needs to know no more than who wants it. */
static void run_change(int (*change)(struct pw_daemon *daemon, uid_t uid, struct pw_diag *diag),
		       struct pw_daemon *daemon, struct pw_client *client)
{
	struct pw_diag diag = { 0 };
	int r = change(daemon, pw_client_peer(client)->uid, &diag);

	pw_client_answer(client, pw_answer_diag(r, &diag));
	pw_diag_done(&diag);
}

static void run_unload(struct pw_daemon *daemon, struct pw_client *client, json_object *request)
{
	(void)request;
	run_change(pw_daemon_unload, daemon, client);
}

static void run_seal(struct pw_daemon *daemon, struct pw_client *client, json_object *request)
{
	(void)request;
	run_change(pw_daemon_seal, daemon, client);
}

static void run_drain(struct pw_daemon *daemon, struct pw_client *client, json_object *request)
{
	int r = pw_watch_settle(daemon, true);

	(void)request;
	pw_client_answer(client, r < 0 ? pw_answer_errno(r, "the log cannot be written") :
					 pw_answer_diag(0, NULL));
}

/* Who made the report gets it only if this answers that the record is in the log. */
static void run_report(struct pw_daemon *daemon, struct pw_client *client, json_object *request)
{
	char text[sizeof(((struct pw_note *)NULL)->text)];
	uint8_t bytes[PW_SHA256_LEN];
	const char *digest;
	int r;

	if (!pw_json_string(request, "digest", &digest) ||
	    !pw_text_unhex(bytes, digest, sizeof(bytes))) {
		pw_client_answer(client, pw_answer_error(PW_EXIT_USAGE, "no proper report"));
		return;
	}
	snprintf(text, sizeof(text), "report with the SHA-256 %s, for user %u", digest,
		 pw_client_peer(client)->uid);
	r = pw_ward_note(daemon->ward, PW_RECORD_SYSTEM, PW_ACTION_REPORT, PW_VERDICT_ALLOW,
			 PW_REASON_ADMIN, text);
	if (!r)
		r = pw_watch_drain(daemon, true);
	pw_client_answer(client, r < 0 ? pw_answer_errno(r, "the report cannot be recorded") :
					 pw_answer_diag(0, NULL));
}

/* ---- Sessions of break-glass ---------------------------------------------------------------- */

static bool takes_tokens(const struct pw_daemon *daemon)
{
	const struct pw_policy *policy = pw_ward_policy(daemon->ward);

	return policy && policy->glass[PW_GLASS_KIND_BREAKGLASS].tokens;
}

static unsigned int rights_of(void *data, int fd, const struct pw_peer *peer)
{
	struct pw_daemon *daemon = data;
	_cleanup_free_ gid_t *groups = NULL;
	unsigned int rights = 0;
	size_t n = 0;

	if (!daemon->ward)
		return 0;
	if (takes_tokens(daemon))
		rights |= PW_RIGHT_TOKEN;
	if (pw_peer_groups(fd, &groups, &n) < 0)
		return rights;
	for (int kind = 0; kind < PW_GLASS_KINDS; kind++)
		if (pw_ward_may_open(daemon->ward, kind, peer->uid, groups, n))
			rights |= PW_RIGHT_GLASS(kind);
	return rights;
}

/* A text that may be absent; false when it is no text, or too long for @to. */
static bool read_text(json_object *request, const char *name, char *to, size_t size)
{
	const char *text = "";

	if (json_object_object_get_ex(request, name, NULL) && !pw_json_string(request, name, &text))
		return false;
	return (size_t)snprintf(to, size, "%s", text) < size;
}

/* The caller frees *@ret. False: there is one, and it is none that can be looked at. */
static bool read_token(json_object *request, uint8_t **ret, size_t *ret_length)
{
	const char *text;

	if (!json_object_object_get_ex(request, "token", NULL))
		return true;
	if (!pw_json_string(request, "token", &text) || !pw_base64_length(text, ret_length) ||
	    !*ret_length)
		return false;
	*ret = malloc(*ret_length);

	return *ret && pw_base64_read(text, *ret, *ret_length);
}

static void run_glass(struct pw_daemon *daemon, struct pw_client *client, json_object *request)
{
	_cleanup_free_ uint8_t *der = NULL;
	struct pw_glass_session session = { 0 };
	struct pw_glass_token token = { 0 };
	struct pw_diag diag = { 0 };
	json_object *answer;
	uint64_t for_ms;
	bool service;
	int r;

	if (!read_flag(request, "service", &service) || !pw_json_u64(request, "for_ms", &for_ms) ||
	    !read_text(request, "reason", session.reason, sizeof(session.reason)) ||
	    !read_text(request, "ticket", session.ticket, sizeof(session.ticket)) ||
	    !read_text(request, "subject", session.subject, sizeof(session.subject)) ||
	    !read_text(request, "object", session.object, sizeof(session.object)) ||
	    !read_token(request, &der, &token.length)) {
		pw_client_answer(client, pw_answer_error(PW_EXIT_USAGE, "no proper breakglass"));
		return;
	}
	session.kind = service ? PW_GLASS_KIND_SERVICE : PW_GLASS_KIND_BREAKGLASS;
	token.der = der;
	r = pw_glass_open(daemon, pw_client_peer(client), &session, &token, for_ms, &diag);
	answer = pw_answer_diag(r, &diag);
	pw_diag_done(&diag);
	if (!r && answer)
		pw_json_add(answer, "session", pw_glass_status(daemon));
	pw_client_answer(client, answer);
}

static void run_glass_end(struct pw_daemon *daemon, struct pw_client *client, json_object *request)
{
	(void)request;
	change(daemon, client, pw_glass_end);
}

static void run_review(struct pw_daemon *daemon, struct pw_client *client, json_object *request)
{
	struct pw_diag diag = { 0 };
	const char *note;
	uint64_t number;
	int r;

	if (!pw_json_u64(request, "session", &number) || !pw_json_string(request, "note", &note)) {
		pw_client_answer(client, pw_answer_error(PW_EXIT_USAGE, "no proper review"));
		return;
	}
	r = pw_glass_review(daemon, pw_client_peer(client), number, note, &diag);
	pw_client_answer(client, pw_answer_diag(r, &diag));
	pw_diag_done(&diag);
}

static const char *const glass_members[] = { "command", "service", "for_ms", "reason", "ticket",
					     "subject", "object", "token", NULL };
static const char *const review_members[] = { "command", "session", "note", NULL };
static const char *const no_members[] = { "command", NULL };
static const char *const apply_members[] = { "command", "sources", "bundle", "allow_downgrade",
					     "try_ms", "wait", NULL };

static const char *const report_members[] = { "command", "digest", NULL };
static const char *const foresee_members[] = { "command", "pid", "path", "addr", "port", NULL };
static const char *const why_members[] = { "command", "about", "subject", "since", NULL };

static const struct command commands[] = {
	{ PW_COMMAND_APPLY, PW_RIGHT_ADMIN | PW_RIGHT_BUNDLE, apply_members, run_apply },
	{ PW_COMMAND_CONFIRM, PW_RIGHT_ADMIN | PW_RIGHT_BUNDLE, no_members, run_confirm },
	{ PW_COMMAND_REVERT, PW_RIGHT_ADMIN | PW_RIGHT_BUNDLE, no_members, run_revert },
	{ PW_COMMAND_STATUS, PW_RIGHT_VIEW, no_members, run_status },
	{ PW_COMMAND_POLICY, PW_RIGHT_ADMIN, no_members, run_policy },
	{ PW_COMMAND_DOCTOR, PW_RIGHT_VIEW, no_members, run_doctor },
	{ PW_COMMAND_CANARY, PW_RIGHT_VIEW, no_members, run_canary },
	{ PW_COMMAND_WHY, PW_RIGHT_VIEW, why_members, run_why },
	{ PW_COMMAND_FORESEE, PW_RIGHT_VIEW, foresee_members, run_foresee },
	{ PW_COMMAND_DRAIN, PW_RIGHT_VIEW, no_members, run_drain },
	{ PW_COMMAND_REPORT, PW_RIGHT_AUDIT, report_members, run_report },
	/* Who may only look is refused, too, but with a record. */
	{ PW_COMMAND_GLASS, PW_RIGHTS_GLASS | PW_RIGHT_TOKEN | PW_RIGHT_VIEW, glass_members,
	  run_glass },
	{ PW_COMMAND_GLASS_END, PW_RIGHTS_GLASS | PW_RIGHT_TOKEN | PW_RIGHT_VIEW, no_members,
	  run_glass_end },
	{ PW_COMMAND_REVIEW, PW_RIGHT_AUDIT, review_members, run_review },
	{ PW_COMMAND_SEAL, PW_RIGHT_ADMIN, no_members, run_seal },
	{ PW_COMMAND_UNLOAD, PW_RIGHT_ADMIN, no_members, run_unload },
};

static const struct command *find_command(json_object *request)
{
	const char *name;

	if (!pw_json_string(request, "command", &name))
		return NULL;
	for (size_t i = 0; i < PW_ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static void answer_request(void *data, struct pw_client *client, json_object *request)
{
	const struct command *command = find_command(request);

	if (!command)
		pw_client_answer(client, pw_answer_error(PW_EXIT_USAGE, "no such command"));
	else if (!only_members(request, command->members))
		pw_client_answer(client, pw_answer_error(PW_EXIT_USAGE,
							 "the request has a member that is not known"));
	else if (!(pw_client_peer(client)->rights & command->right))
		pw_client_answer(client, pw_answer_error(PW_EXIT_UNKNOWN, "you may not do that; become "
							 "root or join the group " PW_GROUP_ADMIN));
	else
		command->run(data, client, request);
}

int pw_control_open(struct pw_daemon *daemon)
{
	const struct pw_server_calls calls = { answer_request, forget_client, rights_of, daemon };

	return pw_server_open(daemon->event, PW_CONTROL_SOCKET, &calls, &daemon->server);
}
