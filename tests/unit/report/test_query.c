// SPDX-License-Identifier: BSD-2-Clause
#include "records.h"

#include <errno.h>

#include "report/query.h"

static json_object *record;

static int set_up(void **state)
{
	(void)state;
	record = test_record(5);
	set_text(record, "object", "images");
	set_text(record, "exe", "/usr/bin/cat");
	set_text(record, "comm", "calls itself");
	set_text(record, "path", "/srv/dicom/a b/x.dcm");
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

static void everything(void **state)
{
	(void)state;
	assert_true(pw_query_matches(&PW_QUERY_ANY, record));
}

/* Each filter lets its own pass and holds another back. */
#define BOTH(member, passes, held)                                                                 \
	do {                                                                                       \
		struct pw_query query = PW_QUERY_ANY;                                              \
		query.member = (passes);                                                           \
		assert_true(pw_query_matches(&query, record));                                     \
		query.member = (held);                                                             \
		assert_false(pw_query_matches(&query, record));                                    \
	} while (0)

static void one_filter_each(void **state)
{
	(void)state;
	BOTH(subject, "others", "archive");
	BOTH(object, "images", "image");
	BOTH(program, "/usr/bin/cat", "/bin/cat");
	BOTH(program, "cat", "usr");
	BOTH(program, "calls itself", "ca");
	BOTH(verdict, "deny", "allow");
	BOTH(type, "file", "net");
	BOTH(user, 0, 1);
	BOTH(user, 1000, 1001);
	BOTH(path, "/srv/*", "/var/*");
	BOTH(path, "*.dcm", "*.DCM");
	BOTH(path, "/srv/dicom/a b/x.dc?", "/srv/dicom");
	BOTH(since, 1700000005 * S, 1700000005 * S + 1);
	BOTH(until, 1700000005 * S, 1700000005 * S - 1);
}

static void filters_together(void **state)
{
	struct pw_query query = { .object = "images", .verdict = "allow", .user = -1 };

	(void)state;
	assert_false(pw_query_matches(&query, record));
	query.verdict = "deny";
	assert_true(pw_query_matches(&query, record));
}

static void a_member_that_is_null_matches_nothing(void **state)
{
	struct pw_query query = { .object = "null", .user = -1 };

	(void)state;
	set_text(record, "object", NULL);
	assert_false(pw_query_matches(&query, record));
	query = (struct pw_query){ .path = "*", .user = -1 };
	set_text(record, "path", NULL);
	assert_false(pw_query_matches(&query, record));
}

/* An escaped name is matched as it is shown. */
static void escaped_names(void **state)
{
	(void)state;
	set_text(record, "path", "/srv/a\\x0ab\\\\c");
	BOTH(path, "/srv/a\\x0ab\\\\c", "/srv/ax0ab\\c");
}

static void one_event_in_the_time_is_enough(void **state)
{
	struct pw_query query = { .user = -1, .since = 1700000003 * S, .until = 1700000003 * S };
	json_object *record = test_record(5);

	(void)state;
	assert_false(pw_query_matches(&query, record));
	set_text(record, "since", "2023-11-14T22:13:22.000000000Z");
	assert_true(pw_query_matches(&query, record));
	query.since = query.until = 1700000001 * S;
	assert_false(pw_query_matches(&query, record));
	query.since = query.until = 1700000006 * S;
	assert_false(pw_query_matches(&query, record));
	query.until = 0;
	query.since = 1700000003 * S;
	set_text(record, "since", "2023-11-14");
	assert_false(pw_query_matches(&query, record));
	json_object_put(record);
}

static void gaps_pass_but_for_time_and_type(void **state)
{
	struct pw_query query = { .object = "images", .verdict = "deny", .subject = "x",
				  .path = "/x", .user = 7 };
	json_object *gap = test_gap(3, 9);

	(void)state;
	assert_true(pw_query_matches(&query, gap));
	query.since = 1700000001 * S;
	assert_false(pw_query_matches(&query, gap));
	query.since = 0;
	query.type = "file";
	assert_false(pw_query_matches(&query, gap));
	query.type = "gap";
	assert_true(pw_query_matches(&query, gap));
	json_object_put(gap);
}

static void users(void **state)
{
	int64_t user = -1;

	(void)state;
	assert_int_equal(pw_query_user("0", &user), 0);
	assert_int_equal(user, 0);
	assert_int_equal(pw_query_user("root", &user), 0);
	assert_int_equal(user, 0);
	assert_int_equal(pw_query_user("4294967294", &user), 0);
	assert_int_equal(user, 4294967294);
	assert_int_equal(pw_query_user("no such user", &user), -ENOENT);
	assert_int_equal(pw_query_user("", &user), -ENOENT);
	assert_int_equal(pw_query_user("-1", &user), -ENOENT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(everything), TEST(one_filter_each), TEST(filters_together),
		TEST(a_member_that_is_null_matches_nothing), TEST(escaped_names),
		TEST(one_event_in_the_time_is_enough), TEST(gaps_pass_but_for_time_and_type), TEST(users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
