// SPDX-License-Identifier: BSD-2-Clause
/* Sessions of break-glass, from the records of a log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/sessions.h"

static void add(struct pw_sessions *sessions, const char *action, bool allowed, const char *text,
		int64_t time)
{
	assert_int_equal(pw_sessions_add(sessions, action, allowed, text, strlen(text), time), 0);
}

static void a_session_is_told_whole(void **state)
{
	struct pw_sessions sessions = {};
	const struct pw_session *session;

	(void)state;
	pw_sessions_pass(&sessions, 5);
	add(&sessions, "start", true, "session 7: breakglass by uid 1: why: so", 10);
	pw_sessions_pass(&sessions, 2);
	assert_int_equal(pw_sessions_waiting(&sessions), 1);
	add(&sessions, "stop", true, "session 7: expired", 20);
	pw_sessions_pass(&sessions, 1);
	assert_int_equal(pw_sessions_waiting(&sessions), 1);
	add(&sessions, "review", true, "session 7: reviewed by uid 2: fine", 30);
	assert_int_equal(pw_sessions_waiting(&sessions), 0);
	assert_int_equal(sessions.n, 1);
	session = &sessions.list[0];
	assert_int_equal(session->number, 7);
	assert_int_equal(session->passed, 3);
	assert_int_equal(session->began, 10);
	assert_int_equal(session->ended, 20);
	assert_int_equal(session->reviewed, 30);
	assert_string_equal(session->what, "breakglass by uid 1: why: so");
	assert_string_equal(session->end, "expired");
	assert_string_equal(session->review, "reviewed by uid 2: fine");
	pw_sessions_done(&sessions);
}

static void what_is_no_session_is_left_out(void **state)
{
	struct pw_sessions sessions = {};

	(void)state;
	add(&sessions, "start", false, "session 1: refused", 1);
	add(&sessions, "start", true, "rescue: phiward.mode=off", 1);
	add(&sessions, "stop", true, "session 2: expired", 1);
	add(&sessions, "review", true, "session 2: fine", 1);
	assert_int_equal(sessions.n, 0);
	add(&sessions, "start", true, "session 2: x", 1);
	add(&sessions, "review", true, "session 1: fine", 2);
	add(&sessions, "other", true, "session 2: x", 2);
	add(&sessions, "review", false, "session 2: fine", 2);
	assert_int_equal(pw_sessions_waiting(&sessions), 1);
	assert_null(sessions.list[0].end);
	pw_sessions_done(&sessions);
}

/* A machine that lost its state counts anew. */
static void the_last_of_a_number_is_meant(void **state)
{
	struct pw_sessions sessions = {};

	(void)state;
	add(&sessions, "start", true, "session 1: a", 1);
	add(&sessions, "start", true, "session 1: b", 2);
	add(&sessions, "stop", true, "session 1: expired", 3);
	assert_null(sessions.list[0].end);
	assert_non_null(sessions.list[1].end);
	assert_int_equal(pw_sessions_waiting(&sessions), 2);
	pw_sessions_done(&sessions);
}

static void the_reason_is_known(void **state)
{
	static const char reason[] = "it would be refused, but break-glass is open for it";

	(void)state;
	assert_true(pw_sessions_reason(reason, strlen(reason)));
	assert_false(pw_sessions_reason(reason, strlen(reason) - 1));
	assert_false(pw_sessions_reason("no rule allows it", 17));
	assert_false(pw_sessions_reason("", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_is_told_whole),
		cmocka_unit_test(what_is_no_session_is_left_out),
		cmocka_unit_test(the_last_of_a_number_is_meant),
		cmocka_unit_test(the_reason_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
