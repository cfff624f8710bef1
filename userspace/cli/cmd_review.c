// SPDX-License-Identifier: BSD-2-Clause
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "cli/command.h"
#include "cli/control_client.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "publish/pins.h"
#include "publish/store.h"
#include "report/search.h"
#include "report/sessions.h"
#include "report/table.h"

static const struct option options[] = {
	{ "note", required_argument, NULL, 'n' },
	{ "all", no_argument, NULL, 'a' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

struct wish {
	const char *note;
	bool all, json;
};

/* ---- What the log says ---------------------------------------------------------------------- */

static int add_record(struct pw_sessions *sessions, json_object *record)
{
	const char *action = pw_record_text(record, "action"), *text = pw_record_text(record, "path");
	int64_t time;

	if (!action || !text || pw_record_time(record, &time) < 0)
		return 0;
	return pw_sessions_add(sessions, action, pw_record_is(record, "verdict", "allow"), text,
			       strlen(text), time);
}

static int find_sessions(struct pw_search *search, struct pw_sessions *sessions)
{
	struct pw_query query = PW_QUERY_ANY;
	struct pw_found found;
	int r;

	query.type = "breakglass";
	r = pw_search_begin(search, &query);
	while (!r && (r = pw_search_next(search, &found)) > 0)
		r = found.record ? add_record(sessions, found.record) : 0;
	return r;
}

/* What @session let pass is refused by the policy, and of the time when it was open. */
static int count_passed(struct pw_search *search, struct pw_session *session)
{
	struct pw_query query = PW_QUERY_ANY;
	struct pw_found found;
	int r;

	query.verdict = "deny";
	query.since = session->began;
	query.until = session->ended;
	r = pw_search_begin(search, &query);
	while (!r && (r = pw_search_next(search, &found)) > 0) {
		const char *reason = found.record ? pw_record_text(found.record, "reason") : NULL;

		if (reason && pw_sessions_reason(reason, strlen(reason)))
			session->passed += pw_record_number(found.record, "count", 1);
		r = 0;
	}
	return r;
}

/* ---- What is shown ---------------------------------------------------------------------------- */

static void add_time(json_object *object, const char *name, int64_t time)
{
	char text[PW_LOCAL_TIME_SIZE];

	if (time)
		pw_local_time(time, text);
	json_object_object_add(object, name, time ? json_object_new_string(text) : NULL);
}

static void add_text(json_object *object, const char *name, const char *text)
{
	json_object_object_add(object, name, text ? json_object_new_string(text) : NULL);
}

static void print_json(const struct pw_session *session)
{
	json_object *object = json_object_new_object();

	json_object_object_add(object, "session", json_object_new_uint64(session->number));
	add_time(object, "began", session->began);
	add_text(object, "what", session->what);
	json_object_object_add(object, "passed", json_object_new_uint64(session->passed));
	add_time(object, "ended", session->ended);
	add_text(object, "end", session->end);
	add_time(object, "reviewed", session->reviewed);
	add_text(object, "review", session->review);
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

static void print_session(const struct pw_session *session)
{
	char began[PW_LOCAL_TIME_SIZE];

	pw_local_time(session->began, began);
	printf("session %" PRIu64 ", %s: ", session->number, began);
	pw_text_print(stdout, session->what);
	printf("\n  %" PRIu64 " access%s let pass; ", session->passed, session->passed == 1 ? "" : "es");
	pw_text_print(stdout, session->end ? session->end : "its end is not recorded");
	fputs("\n  ", stdout);
	pw_text_print(stdout, session->review ? session->review : "waits for its review");
	putchar('\n');
}

static int print_sessions(struct pw_search *search, struct pw_sessions *sessions,
			  const struct wish *wish)
{
	for (size_t i = 0; i < sessions->n; i++) {
		struct pw_session *session = &sessions->list[i];
		int r;

		if (session->reviewed && !wish->all)
			continue;
		r = count_passed(search, session);
		if (r < 0)
			return r;
		if (wish->json)
			print_json(session);
		else
			print_session(session);
	}
	if (!wish->json && !pw_sessions_waiting(sessions))
		puts("no session waits for its review");
	return 0;
}

static int list(const char *path, const struct wish *wish)
{
	struct pw_sessions sessions = { 0 };
	struct pw_search *search;
	int r = pw_open_search(path, &search), waiting;

	if (r)
		return r;
	r = find_sessions(search, &sessions);
	if (!r)
		r = print_sessions(search, &sessions, wish);
	waiting = pw_sessions_waiting(&sessions) > 0;
	pw_sessions_done(&sessions);
	pw_search_close(search);
	if (r < 0)
		return pw_search_failed(path, r);
	return pw_flush(waiting ? PW_EXIT_NO : PW_EXIT_YES);
}

/* ---- Signing off ------------------------------------------------------------------------------- */

static int sign_off(const char *argument, const char *note)
{
	json_object *request, *response = NULL;
	uint64_t number;
	int r;

	if (pw_text_number(argument, 1, INT64_MAX, &number) < 0)
		return pw_fail(PW_EXIT_USAGE, "'%s' is no number of a session", argument);
	request = json_object_new_object();
	json_object_object_add(request, "command", json_object_new_string(PW_COMMAND_REVIEW));
	json_object_object_add(request, "session", json_object_new_uint64(number));
	json_object_object_add(request, "note", json_object_new_string(note));
	r = pw_control_ask(request, &response);
	json_object_put(request);
	if (r < 0)
		return pw_control_fail(r);
	r = pw_control_report(response);
	json_object_put(response);
	if (r == PW_EXIT_YES)
		printf("session %" PRIu64 " is reviewed\n", number);
	return pw_flush(r);
}

int pw_cmd_review(const struct pw_command *self, int argc, char **argv)
{
	struct wish wish = { 0 };
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'n')
			wish.note = optarg;
		else if (option == 'a')
			wish.all = true;
		else if (option == 'j')
			wish.json = true;
		else
			return pw_usage(self, option);
	}
	if (argc - optind > 1 || (wish.note && (optind == argc || wish.all || wish.json)))
		return pw_usage(self, '?');
	if (wish.note)
		return sign_off(argv[optind], wish.note);
	if (optind == argc)
		pw_control_drain();
	return list(optind < argc ? argv[optind] : PW_LOG_DIR, &wish);
}
