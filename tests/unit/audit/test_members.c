// SPDX-License-Identifier: BSD-2-Clause
#include "events.h"

#include <stdlib.h>

#include "audit/members.h"
#include "audit/reader.h"
#include "audit/record.h"

static struct pw_line line;
static struct pw_members members;

static int set_up(void **state)
{
	struct pw_recorder recorder;
	struct test_event e;

	(void)state;
	assert_int_equal(pw_recorder_init(&recorder, -1), 0);
	test_event_init(&e, 123);
	test_event_names(&e, &e.event.path_len, NAMES("a\\ \"\n\xc3\xa9\xff</script>\0srv"));
	pw_record_event(&recorder, &e.event, 1, &line);
	line.length--;
	pw_recorder_done(&recorder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	pw_line_done(&line);
	return 0;
}

static bool reads(void)
{
	return pw_members_read(line.data, line.length, &members);
}

/* The first @from of the line becomes @to, which may not be longer by more than there is room. */
static void replace(const char *from, const char *to)
{
	char *text = strndup(line.data, line.length), *at = strstr(text, from);

	assert_non_null(at);
	line.length = 0;
	pw_line_add(&line, text, (size_t)(at - text));
	pw_line_add(&line, to, strlen(to));
	pw_line_add(&line, at + strlen(from), strlen(at + strlen(from)));
	free(text);
}

static void every_member_is_the_parser_s(void **state)
{
#define NAME(id, name) name,
	static const char *const names[] = { PW_MEMBERS(NAME) };
	json_tokener *tokener = pw_record_tokener();
	const char *malformed;
	json_object *record = pw_record_parse(tokener, line.data, line.length, &malformed);

	(void)state;
	assert_true(reads());
	assert_non_null(record);
	for (size_t i = 0; i < PW_MEMBERS_N; i++) {
		json_object *member = NULL;
		char *raw = strndup(members.values[i].at, members.values[i].length);

		json_object_object_get_ex(record, names[i], &member);
		assert_string_equal(raw, json_object_to_json_string_ext(
			member, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
		free(raw);
	}
	json_object_put(record);
	json_tokener_free(tokener);
}

static void numbers(void **state)
{
	uint64_t number = 0;

	(void)state;
	assert_true(reads());
	assert_true(pw_member_number(&members.values[PW_MEMBER_SEQ], &number));
	assert_int_equal(number, 123);
	assert_false(pw_member_number(&members.values[PW_MEMBER_OBJECT], &number));
	assert_false(pw_member_number(&members.values[PW_MEMBER_TIME], &number));
	replace("\"seq\":123", "\"seq\":18446744073709551615");
	assert_true(reads());
	assert_true(pw_member_number(&members.values[PW_MEMBER_SEQ], &number));
	assert_int_equal(number, UINT64_MAX);
	replace("709551615", "709551616");
	assert_true(reads());
	assert_false(pw_member_number(&members.values[PW_MEMBER_SEQ], &number));
}

static void lists_are_passed_over(void **state)
{
	(void)state;
	replace("\"object\":null", "\"object\":[{\"pid\":1,\"exe\":\"/x]\"},{\"pid\":null,\"exe\":[]}]");
	assert_true(reads());
	assert_int_equal(members.values[PW_MEMBER_OBJECT].at[0], '[');
	replace("[]}]", "[[[[]]]]}]");
	assert_false(reads());
}

static void other_forms_are_none(void **state)
{
	static const char *const changes[][2] = {
		{ "{\"schema\":1", "{\"schema\":2" }, { "{\"schema\":1", "{\"schema\": 1" },
		{ "\"seq\":123", "\"seq\":0123" }, { "\"seq\":123", "\"seq\":-1" },
		{ "\"seq\":123", "\"seq\":1.5" }, { "\"seq\":123", "\"seq\":" },
		{ "\"seq\":123", "\"seq\":123456789012345678901" },
		{ "\"seq\":123", "\"seq\":\"\\n\"" }, { "\"seq\":123", "\"seq\":\"\\u0041\"" },
		{ "\"seq\":123", "\"seq\":\"\xff\"" }, { "\"seq\":123", "\"seq\":\"\t\"" },
		{ "\"seq\":123", "\"seq\":nul" }, { "\"seq\":123", "\"seq\":[1" },
		{ "\"seq\":123", "\"seq\":[1,]" }, { "\"seq\":123", "\"seq\":{\"a\"}" },
		{ "\"seq\":123,", "" }, { "\"seq\"", "\"sec\"" },
	};

	(void)state;
	assert_true(reads());
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		replace(changes[i][0], changes[i][1]);
		assert_false(reads());
		tear_down(NULL);
		set_up(NULL);
	}
	for (size_t n = 0; n < line.length; n++)
		assert_false(pw_members_read(line.data, n, &members));
	pw_line_add(&line, "}", 1);
	assert_false(reads());
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(every_member_is_the_parser_s), TEST(numbers), TEST(lists_are_passed_over),
		TEST(other_forms_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
