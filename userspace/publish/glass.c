// SPDX-License-Identifier: BSD-2-Clause
#include "publish/glass.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "publish/store.h"

#define SESSIONS_FILE "breakglass.json"
#define NUMBER_PREFIX "session "

/* ---- The list -------------------------------------------------------------------------------- */

void pw_glass_done(struct pw_glass_sessions *sessions)
{
	free(sessions->list);
	*sessions = (struct pw_glass_sessions){};
}

struct pw_glass_session *pw_glass_find(const struct pw_glass_sessions *sessions, uint64_t number)
{
	for (size_t i = 0; i < sessions->n; i++)
		if (sessions->list[i].number == number)
			return &sessions->list[i];

	return NULL;
}

static struct pw_glass_session *append(struct pw_glass_sessions *sessions,
				       const struct pw_glass_session *session)
{
	struct pw_glass_session *larger =
		realloc(sessions->list, (sessions->n + 1) * sizeof(*larger));

	if (!larger)
		return NULL;
	sessions->list = larger;
	larger[sessions->n] = *session;

	return &larger[sessions->n++];
}

struct pw_glass_session *pw_glass_add(struct pw_glass_sessions *sessions,
				      const struct pw_glass_session *session)
{
	struct pw_glass_session *added = append(sessions, session);

	if (added)
		added->number = ++sessions->last;

	return added;
}

void pw_glass_remove(struct pw_glass_sessions *sessions, uint64_t number)
{
	struct pw_glass_session *session = pw_glass_find(sessions, number);

	if (!session)
		return;
	sessions->n--;
	memmove(session, session + 1,
		(size_t)(sessions->list + sessions->n - session) * sizeof(*session));
}

/* ---- The file -------------------------------------------------------------------------------- */

static const char *const kept_texts[] = {"boot", "subject", "object", "ticket", "token",
					     "reason"};

/* The text of @session that kept_texts[@i] names, and its room. */
static char *text_of(struct pw_glass_session *session, size_t i, size_t *ret_size)
{
	struct {
		char *text;
		size_t size;
	} texts[] = {
		{session->boot, sizeof(session->boot)},
		{session->subject, sizeof(session->subject)},
		{session->object, sizeof(session->object)},
		{session->ticket, sizeof(session->ticket)},
		{session->token, sizeof(session->token)},
		{session->reason, sizeof(session->reason)},
	};

	*ret_size = texts[i].size;
	return texts[i].text;
}

static int put_session(json_object *list, const struct pw_glass_session *session)
{
	struct pw_glass_session copy = *session;
	json_object *object = json_object_new_object();
	size_t size;
	int r;

	r = pw_json_append(list, object);
	if (r == 0)
		r = pw_json_add(object, "number", json_object_new_uint64(session->number));
	if (r == 0)
		r = pw_json_add(object, "service",
				json_object_new_boolean(session->kind == PW_GLASS_KIND_SERVICE));
	if (r == 0)
		r = pw_json_add(object, "uid", json_object_new_uint64(session->uid));
	if (r == 0)
		r = pw_json_add(object, "auid", json_object_new_uint64(session->auid));
	if (r == 0)
		r = pw_json_add(object, "pid", json_object_new_uint64((uint64_t)session->pid));
	if (r == 0)
		r = pw_json_add(object, "ended", json_object_new_boolean(session->ended));
	if (r == 0)
		r = pw_json_add(object, "until", json_object_new_uint64(session->until));
	if (r == 0)
		r = pw_json_add(object, "until_real",
				json_object_new_uint64((uint64_t)session->until_real));
	for (size_t i = 0; r == 0 && i < PW_ARRAY_SIZE(kept_texts); i++)
		r = pw_json_add(object, kept_texts[i],
				json_object_new_string(text_of(&copy, i, &size)));

	return r;
}

int pw_glass_save(int state_dir, const struct pw_glass_sessions *sessions)
{
	_cleanup_(pw_json_putp) json_object *object = json_object_new_object();
	json_object *list = json_object_new_array();
	int r;

	r = pw_json_add(object, "sessions", list);
	if (r == 0)
		r = pw_json_add(object, "last", json_object_new_uint64(sessions->last));
	for (size_t i = 0; r == 0 && i < sessions->n; i++)
		r = put_session(list, &sessions->list[i]);

	return r < 0 ? r : pw_store_write_json(state_dir, SESSIONS_FILE, object);
}

static bool get_session(json_object *object, struct pw_glass_session *ret)
{
	struct pw_glass_session session = {};
	uint64_t uid, auid, pid, until_real;
	const char *text;
	bool service;
	size_t size;

	if (!pw_json_u64(object, "number", &session.number) ||
	    !pw_json_bool(object, "service", &service) || !pw_json_u64(object, "uid", &uid) ||
	    !pw_json_u64(object, "auid", &auid) || !pw_json_u64(object, "pid", &pid) ||
	    !pw_json_bool(object, "ended", &session.ended) ||
	    !pw_json_u64(object, "until", &session.until) ||
	    !pw_json_u64(object, "until_real", &until_real))
		return false;
	session.kind = service ? PW_GLASS_KIND_SERVICE : PW_GLASS_KIND_BREAKGLASS;
	session.uid = (uint32_t)uid;
	session.auid = (uint32_t)auid;
	session.pid = (int32_t)pid;
	session.until_real = (int64_t)until_real;
	for (size_t i = 0; i < PW_ARRAY_SIZE(kept_texts); i++) {
		char *to = text_of(&session, i, &size);

		if (!pw_json_string(object, kept_texts[i], &text) || strlen(text) >= size)
			return false;
		memcpy(to, text, strlen(text) + 1);
	}

	*ret = session;
	return true;
}

int pw_glass_load(int state_dir, struct pw_glass_sessions *ret)
{
	_cleanup_(pw_glass_donep) struct pw_glass_sessions sessions = {};
	_cleanup_(pw_json_putp) json_object *object = NULL;
	json_object *list;
	int r;

	*ret = sessions;
	r = pw_store_read_json(state_dir, SESSIONS_FILE, &object);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (!pw_json_array(object, "sessions", &list) ||
	    !pw_json_u64(object, "last", &sessions.last))
		return -EBADMSG;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct pw_glass_session session;

		if (!get_session(json_object_array_get_idx(list, i), &session))
			return -EBADMSG;
		if (!append(&sessions, &session))
			return -ENOMEM;
	}

	*ret = sessions;
	sessions = (struct pw_glass_sessions){};
	return 0;
}

/* ---- Texts ------------------------------------------------------------------------------------- */

const char *pw_glass_wrong_text(const char *text, size_t max)
{
	size_t length = strlen(text), n;

	if (!*text || strspn(text, " ") == length)
		return "is empty";
	if (length >= max)
		return "is too long";
	for (; length; text += n, length -= n) {
		n = pw_text_utf8(text, length);
		if (!n || pw_text_control((unsigned char)*text))
			return "is more than one line of text";
	}

	return NULL;
}

void pw_glass_scope(const struct pw_glass_session *session, char *text, size_t size)
{
	const char *subject = session->subject, *object = session->object;

	if (!*subject && !*object)
		snprintf(text, size, "all that the policy names");
	else
		snprintf(text, size, "%s %s", *subject ? "subject" : "object",
			 *subject ? subject : object);
}

void pw_glass_login(uint32_t auid, char text[static PW_GLASS_LOGIN_MAX])
{
	if (auid == UINT32_MAX)
		strcpy(text, "none");
	else
		snprintf(text, PW_GLASS_LOGIN_MAX, "%u", auid);
}

void pw_glass_time(int64_t real, char text[static 32])
{
	const time_t seconds = (time_t)real;
	struct tm tm;

	gmtime_r(&seconds, &tm);
	if (!strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &tm))
		*text = '\0';
}

void pw_glass_start_text(const struct pw_glass_session *session, char *text, size_t size)
{
	char scope[PW_NAME_MAX + 32], until[32], auid[PW_GLASS_LOGIN_MAX];

	pw_glass_scope(session, scope, sizeof(scope));
	pw_glass_time(session->until_real, until);
	pw_glass_login(session->auid, auid);
	snprintf(text, size,
		 NUMBER_PREFIX "%" PRIu64 ": %s by uid %u, auid %s, pid %d, for %s, until %s%s%s%s%s: %s",
		 session->number, pw_glass_names[session->kind], session->uid, auid, session->pid,
		 scope, until, *session->ticket ? ", ticket " : "", session->ticket,
		 *session->token ? ", by the token " : "", session->token, session->reason);
}

bool pw_glass_number_in(const char *text, uint64_t *ret)
{
	const char *end;
	char number[24];

	if (!pw_text_begins(text, NUMBER_PREFIX))
		return false;
	text += strlen(NUMBER_PREFIX);
	end = strchr(text, ':');
	if (!end || (size_t)(end - text) >= sizeof(number))
		return false;
	memcpy(number, text, (size_t)(end - text));
	number[end - text] = '\0';

	return pw_text_number(number, 1, UINT64_MAX, ret) == 0;
}
