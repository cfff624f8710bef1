// SPDX-License-Identifier: BSD-2-Clause
/* Sessions of break-glass: what is kept of them, and what their records say. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "publish/glass.h"
#include "publish/store.h"

#define FILE_NAME "breakglass.json"

static char directory[] = "/tmp/pw-glass-XXXXXX";
static int state_dir = -1;

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	state_dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return state_dir < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlinkat(state_dir, FILE_NAME, 0);
	close(state_dir);

	return rmdir(directory);
}

static const struct pw_glass_session example = {
	.kind = PW_GLASS_KIND_SERVICE,
	.uid = 1000,
	.auid = 4294967295,
	.pid = 4711,
	.until = 5000000000,
	.until_real = 1795795200,
	.boot = "aaaaaaaa-0000-4000-8000-000000000001",
	.subject = "viewer",
	.ticket = "T-1",
	.reason = "no \"worklist\": since 8:00",
};

static void sessions_are_kept(void **state)
{
	_cleanup_(pw_glass_donep) struct pw_glass_sessions sessions = {}, kept = {};
	struct pw_glass_session *session;

	(void)state;
	assert_int_equal(pw_glass_load(state_dir, &sessions), 0);
	assert_int_equal(sessions.n, 0);
	assert_int_equal(pw_glass_add(&sessions, &example)->number, 1);
	session = pw_glass_add(&sessions, &example);
	assert_int_equal(session->number, 2);
	session->ended = true;
	assert_int_equal(pw_glass_save(state_dir, &sessions), 0);
	assert_int_equal(pw_glass_load(state_dir, &kept), 0);
	assert_int_equal(kept.n, 2);
	assert_int_equal(kept.last, 2);
	for (uint64_t number = 1; number <= 2; number++)
		assert_memory_equal(pw_glass_find(&kept, number), pw_glass_find(&sessions, number),
				    sizeof(*session));
	assert_null(pw_glass_find(&kept, 3));
}

static void no_number_is_given_twice(void **state)
{
	_cleanup_(pw_glass_donep) struct pw_glass_sessions sessions = {}, kept = {};

	(void)state;
	pw_glass_add(&sessions, &example);
	pw_glass_add(&sessions, &example);
	pw_glass_remove(&sessions, 1);
	assert_int_equal(sessions.n, 1);
	assert_int_equal(sessions.list[0].number, 2);
	pw_glass_remove(&sessions, 1);
	pw_glass_remove(&sessions, 2);
	assert_int_equal(pw_glass_save(state_dir, &sessions), 0);
	assert_int_equal(pw_glass_load(state_dir, &kept), 0);
	assert_int_equal(pw_glass_add(&kept, &example)->number, 3);
}

static void a_damaged_file_is_none(void **state)
{
	static const char *const damaged[] = {
		"", "[]", "{}", "{\"sessions\":[],\"last\":\"1\"}", "{\"sessions\":[1],\"last\":1}",
		"{\"sessions\":[{\"number\":1}],\"last\":1}",
	};
	struct pw_glass_sessions sessions;

	(void)state;
	for (size_t i = 0; i < PW_ARRAY_SIZE(damaged); i++) {
		assert_int_equal(pw_store_write(state_dir, FILE_NAME, damaged[i], strlen(damaged[i])), 0);
		assert_int_equal(pw_glass_load(state_dir, &sessions), -EBADMSG);
		assert_int_equal(sessions.n, 0);
	}
}

static void records_say_who_and_what(void **state)
{
	struct pw_glass_session session = example;
	char text[PW_GLASS_TEXT_MAX];
	uint64_t number;

	(void)state;
	session.number = 7;
	pw_glass_start_text(&session, text, sizeof(text));
	assert_string_equal(text, "session 7: service by uid 1000, auid none, pid 4711, for subject viewer, "
			    "until 2026-11-27T16:00:00Z, ticket T-1: no \"worklist\": since 8:00");
	session = (struct pw_glass_session){.number = 8, .auid = 3, .reason = "x", .object = "images"};
	pw_glass_start_text(&session, text, sizeof(text));
	assert_string_equal(text, "session 8: breakglass by uid 0, auid 3, pid 0, for object images, "
			    "until 1970-01-01T00:00:00Z: x");
	session.object[0] = '\0';
	pw_glass_start_text(&session, text, sizeof(text));
	assert_non_null(strstr(text, "for all that the policy names, until"));
	assert_true(pw_glass_number_in(text, &number));
	assert_int_equal(number, 8);
}

/* Whatever is the longest fits a record. */
static void the_longest_fits(void **state)
{
	struct pw_glass_session session = {
		.number = UINT64_MAX, .kind = PW_GLASS_KIND_BREAKGLASS, .uid = UINT32_MAX,
		.auid = UINT32_MAX - 1, .pid = INT32_MAX,
	};
	char text[PW_GLASS_TEXT_MAX];

	(void)state;
	memset(session.object, 'o', sizeof(session.object) - 1);
	memset(session.ticket, 't', sizeof(session.ticket) - 1);
	memset(session.reason, 'r', sizeof(session.reason) - 1);
	session.reason[sizeof(session.reason) - 2] = '!';
	pw_glass_start_text(&session, text, sizeof(text));
	assert_int_equal(text[strlen(text) - 1], '!');
}

static void what_is_no_session_has_no_number(void **state)
{
	static const char *const texts[] = {
		"", "session", "session 1", "session 01: x", "session 0: x", "session -1: x",
		"session 1 : x", " session 1: x", "rescue: off", "session 99999999999999999999: x",
	};
	uint64_t number;

	(void)state;
	for (size_t i = 0; i < PW_ARRAY_SIZE(texts); i++)
		assert_false(pw_glass_number_in(texts[i], &number));
}

static void a_reason_is_one_line_of_text(void **state)
{
	(void)state;
	assert_null(pw_glass_wrong_text("x", 3));
	assert_null(pw_glass_wrong_text("\xc3\xa4", 3));
	assert_string_equal(pw_glass_wrong_text("", 3), "is empty");
	assert_string_equal(pw_glass_wrong_text("  ", 3), "is empty");
	assert_string_equal(pw_glass_wrong_text("abc", 3), "is too long");
	assert_string_equal(pw_glass_wrong_text("a\n", 3), "is more than one line of text");
	assert_string_equal(pw_glass_wrong_text("\033[", 3), "is more than one line of text");
	assert_string_equal(pw_glass_wrong_text("\xc3", 3), "is more than one line of text");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sessions_are_kept),
		cmocka_unit_test(no_number_is_given_twice),
		cmocka_unit_test(a_damaged_file_is_none),
		cmocka_unit_test(records_say_who_and_what),
		cmocka_unit_test(the_longest_fits),
		cmocka_unit_test(what_is_no_session_has_no_number),
		cmocka_unit_test(a_reason_is_one_line_of_text),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
