// SPDX-License-Identifier: BSD-2-Clause
#include "records.h"

#include "report/keys.h"

static json_object *record;

static int set_up(void **state)
{
	(void)state;
	record = test_record(5);
	set_text(record, "object", "images");
	set_text(record, "exe", "/usr/bin/c\\\\at");
	set_text(record, "comm", "x \"y\"");
	set_text(record, "path", "/srv/dicom/a\\x0ab/x.dcm");
	set_number(record, "uid", 0);
	set_number(record, "auid", 1000);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	json_object_put(record);
	return 0;
}

static bool may_match(const struct pw_query *query)
{
	struct pw_query_keys wanted;
	struct pw_line_keys line;
	size_t n;
	const char *text = json_object_to_json_string_length(
		record, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &n);

	pw_keys_of_query(query, &wanted);
	pw_keys_of_line(text, n, &line);
	assert_true(line.plain);
	return pw_keys_may_match(&wanted, &line);
}

#define BOTH(member, passes, held)                                                                 \
	do {                                                                                       \
		struct pw_query query = PW_QUERY_ANY;                                              \
		query.member = (passes);                                                           \
		assert_true(may_match(&query));                                                    \
		assert_true(pw_query_matches(&query, record));                                     \
		query.member = (held);                                                             \
		assert_false(may_match(&query));                                                   \
	} while (0)

static void what_matches_has_the_keys(void **state)
{
	(void)state;
	assert_true(may_match(&PW_QUERY_ANY));
	BOTH(type, "file", "net");
	BOTH(verdict, "deny", "allow");
	BOTH(subject, "others", "images");
	BOTH(object, "images", "others");
	BOTH(program, "/usr/bin/c\\\\at", "/usr/bin/cat");
	BOTH(program, "c\\\\at", "at");
	BOTH(program, "x \"y\"", "x");
	BOTH(user, 0, 1);
	BOTH(user, 1000, 100);
	BOTH(path, "/srv/dicom/a\\x0ab/x.dcm", "/srv/dicom/a/x.dcm");
}

static void patterns_by_their_directory(void **state)
{
	(void)state;
	BOTH(path, "/srv/dicom/a\\x0ab/*", "/srv/dicom/a/*");
	BOTH(path, "/srv/dicom/a*", "/srv/dico/a*");
	BOTH(path, "/srv/d*", "/sr/d*");
	BOTH(path, "/srv/dicom/a?x0ab/x.dcm", "/sro/dicom/a?x0ab/x.dcm");
	BOTH(path, "*.dcm", "/var/x/*");
	BOTH(path, "/[s]rv/*", "/srv/dicom/a\\x0ab/x.dcm/*");
}

/* A path of more levels than are looked at, in the line and in the pattern. */
static void deep_paths(void **state)
{
	char path[200], pattern[200];
	struct pw_query query = { .path = pattern, .user = -1 };

	(void)state;
	for (size_t i = 0; i < 160; i++)
		path[i] = i % 2 ? 'd' : '/';
	path[160] = '\0';
	set_text(record, "path", path);
	for (size_t i = 0; i <= 160; i++) {
		memcpy(pattern, path, i);
		strcpy(pattern + i, "*");
		assert_true(may_match(&query));
	}
}

static void gaps_pass_unless_a_type_is_asked_for(void **state)
{
	struct pw_query query = { .object = "images", .user = 7 };

	(void)state;
	json_object_put(record);
	record = test_gap(3, 9);
	assert_true(may_match(&query));
	query.type = "file";
	assert_false(may_match(&query));
	query = (struct pw_query){ .type = "gap", .user = -1 };
	assert_true(may_match(&query));
}

static void what_has_another_form_is_looked_at(void **state)
{
	const struct pw_query query = { .object = "nothing", .user = -1 };
	struct pw_query_keys wanted;
	struct pw_line_keys line;

	(void)state;
	pw_keys_of_query(&query, &wanted);
	pw_keys_of_line("rubbish", 7, &line);
	assert_false(line.plain);
	assert_true(pw_keys_may_match(&wanted, &line));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(what_matches_has_the_keys), TEST(patterns_by_their_directory), TEST(deep_paths),
		TEST(gaps_pass_unless_a_type_is_asked_for), TEST(what_has_another_form_is_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
