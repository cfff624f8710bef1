// SPDX-License-Identifier: BSD-2-Clause
#include "report/sessions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/words.h"
#include "publish/glass.h"

/* The last one of this number: should the machine have lost its state, it counts anew. */
static struct pw_session *find(const struct pw_sessions *sessions, uint64_t number)
{
	for (size_t i = sessions->n; i; i--)
		if (sessions->list[i - 1].number == number)
			return &sessions->list[i - 1];
	return NULL;
}

static int begin(struct pw_sessions *sessions, uint64_t number, char *what, int64_t time)
{
	struct pw_session *larger =
		reallocarray(sessions->list, sessions->n + 1, sizeof(*larger));

	if (!larger) {
		free(what);
		return -ENOMEM;
	}
	sessions->list = larger;
	larger[sessions->n++] = (struct pw_session){ .number = number, .began = time, .what = what };
	return 0;
}

static void set(char **text, int64_t *moment, char *to, int64_t time)
{
	free(*text);
	*text = to;
	*moment = time;
}

int pw_sessions_add(struct pw_sessions *sessions, const char *action, bool allowed, const char *text,
		    size_t length, int64_t time)
{
	_cleanup_free_ char *copy = strndup(text, length);
	struct pw_session *session;
	uint64_t number;
	char *rest;

	if (!copy)
		return -ENOMEM;
	if (!allowed || !pw_glass_number_in(copy, &number))
		return 0;
	rest = strchr(copy, ':') + 1;
	rest = strdup(rest + (*rest == ' '));
	if (!rest)
		return -ENOMEM;
	if (!strcmp(action, "start"))
		return begin(sessions, number, rest, time);
	session = find(sessions, number);
	if (session && !strcmp(action, "stop"))
		set(&session->end, &session->ended, rest, time);
	else if (session && !strcmp(action, "review"))
		set(&session->review, &session->reviewed, rest, time);
	else
		free(rest);
	return 0;
}

void pw_sessions_pass(struct pw_sessions *sessions, uint64_t count)
{
	if (sessions->n)
		sessions->list[sessions->n - 1].passed += count;
}

bool pw_sessions_reason(const char *reason, size_t length)
{
	const char *word = pw_word_name(&pw_words_reason, PW_REASON_BREAKGLASS);

	return length == strlen(word) && !memcmp(reason, word, length);
}

size_t pw_sessions_waiting(const struct pw_sessions *sessions)
{
	size_t waiting = 0;

	for (size_t i = 0; i < sessions->n; i++)
		waiting += !sessions->list[i].reviewed;
	return waiting;
}

void pw_sessions_done(struct pw_sessions *sessions)
{
	for (size_t i = 0; i < sessions->n; i++) {
		free(sessions->list[i].what);
		free(sessions->list[i].end);
		free(sessions->list[i].review);
	}
	free(sessions->list);
	*sessions = (struct pw_sessions){ 0 };
}
