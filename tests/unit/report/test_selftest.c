// SPDX-License-Identifier: BSD-2-Clause
#include "records.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "report/selftest.h"

static json_object *status_of(bool enforcing, int lost)
{
	json_object *status = json_object_new_object();

	json_object_object_add(status, "enforcing", json_object_new_boolean(enforcing));
	json_object_object_add(status, "state", json_object_new_string(enforcing ? "enforcing" : "off"));
	json_object_object_add(status, "lost", json_object_new_int(lost));
	json_object_object_add(status, "generation", json_object_new_int(7));
	json_object_object_add(status, "policy", json_object_new_string("ct-console"));
	json_object_object_add(status, "version", json_object_new_int(3));
	json_object_object_add(status, "digest", json_object_new_string("abcd"));
	return status;
}

static enum pw_outcome outcome_of(const struct pw_selftest *test, const char *what)
{
	for (size_t i = 0; i < test->n; i++)
		if (strstr(test->steps[i].what, what))
			return test->steps[i].outcome;
	return PW_OUTCOME_INVALID;
}

static void the_worst_step_decides(void **state)
{
	struct pw_selftest test = { 0 };

	(void)state;
	assert_int_equal(pw_selftest_outcome(&test), PW_OUTCOME_PASS);
	pw_selftest_add(&test, PW_OUTCOME_PASS, "a", "-");
	assert_int_equal(pw_selftest_outcome(&test), PW_OUTCOME_PASS);
	pw_selftest_add(&test, PW_OUTCOME_UNKNOWN, "b", "-");
	assert_int_equal(pw_selftest_outcome(&test), PW_OUTCOME_UNKNOWN);
	pw_selftest_add(&test, PW_OUTCOME_FAIL, "c", "-");
	pw_selftest_add(&test, PW_OUTCOME_UNKNOWN, "d", "-");
	assert_int_equal(pw_selftest_outcome(&test), PW_OUTCOME_FAIL);
	for (int i = 0; i < 2 * PW_SELFTEST_STEPS; i++)
		pw_selftest_add(&test, PW_OUTCOME_PASS, "more", "%d", i);
	assert_int_equal(test.n, PW_SELFTEST_STEPS);
}

/* Nothing is enforced where this runs: the steps must say so. */
static void where_nothing_is_enforced(void **state)
{
	json_object *good = status_of(true, 0), *bad = status_of(false, 4);
	struct pw_selftest test = { .status = good };

	(void)state;
	pw_selftest_try(&test, "/nonexistent");
	assert_int_equal(outcome_of(&test, "policy is enforced"), PW_OUTCOME_PASS);
	assert_int_equal(outcome_of(&test, "no record was lost"), PW_OUTCOME_PASS);
	assert_int_equal(outcome_of(&test, "canary"), PW_OUTCOME_FAIL);
	assert_int_equal(outcome_of(&test, "protected directory"), PW_OUTCOME_UNKNOWN);
	assert_int_equal(outcome_of(&test, "belongs to no object"), PW_OUTCOME_PASS);
	test = (struct pw_selftest){ .status = bad };
	pw_selftest_try(&test, "/nonexistent");
	assert_int_equal(outcome_of(&test, "policy is enforced"), PW_OUTCOME_FAIL);
	assert_int_equal(outcome_of(&test, "no record was lost"), PW_OUTCOME_FAIL);
	json_object_put(good);
	json_object_put(bad);
}

static void write_record(FILE *log, uint64_t seq, int pid, const char *object)
{
	json_object *record = test_record(seq);

	set_number(record, "pid", pid);
	set_text(record, "object", object);
	fprintf(log, "%s\n", json_object_to_json_string_ext(record, JSON_C_TO_STRING_PLAIN));
	json_object_put(record);
}

static enum pw_outcome find(const char *path, int64_t start, int pid)
{
	struct pw_selftest test = { .refused = true, .start = start, .pid = pid };

	pw_selftest_find_record(&test, path);
	assert_int_equal(test.n, 1);
	return test.steps[0].outcome;
}

/* Ours is the refusal of this process, in an object, since the test began. */
static void the_record_of_the_refusal(void **state)
{
	char path[] = "/tmp/pw-test-XXXXXX";
	FILE *log = fdopen(mkstemp(path), "w");

	(void)state;
	write_record(log, 1, 50, "images");
	write_record(log, 2, 60, NULL);
	write_record(log, 3, 60, "images");
	fclose(log);
	assert_int_equal(find(path, 1700000001 * S, 50), PW_OUTCOME_PASS);
	assert_int_equal(find(path, 1700000002 * S, 50), PW_OUTCOME_FAIL);
	assert_int_equal(find(path, 1700000001 * S, 51), PW_OUTCOME_FAIL);
	assert_int_equal(find(path, 1700000003 * S, 60), PW_OUTCOME_PASS);
	assert_int_equal(find("/nonexistent", 0, 60), PW_OUTCOME_UNKNOWN);
	unlink(path);
}

static void the_page(void **state)
{
	const char *const programs[] = { "/proc/self/exe", "/nonexistent", NULL };
	json_object *status = status_of(true, 0);
	struct pw_selftest test = { .status = status };
	char *text = NULL;
	size_t length;
	FILE *to = open_memstream(&text, &length);

	(void)state;
	pw_selftest_add(&test, PW_OUTCOME_PASS, "opening the canary is refused", "Permission denied");
	pw_selftest_print(to, &test, programs);
	fclose(to);
	assert_non_null(strstr(text, "ct-console version 3 (generation 7)\n    SHA-256 abcd"));
	assert_non_null(strstr(text, "/nonexistent: No such file"));
	assert_non_null(strstr(text, "Result: passed"));
	assert_non_null(strstr(text, "Signature:"));
	free(text);
	json_object_put(status);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_worst_step_decides),
		cmocka_unit_test(where_nothing_is_enforced),
		cmocka_unit_test(the_record_of_the_refusal),
		cmocka_unit_test(the_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
