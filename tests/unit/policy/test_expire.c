// SPDX-License-Identifier: BSD-2-Clause
/* Rules that have a last day. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/expire.h"
#include "policy/parse.h"

#define DAY 86400
#define LAST 1801353600 /* 2027-01-31, its first second */

static struct pw_policy *policy;
static struct pw_diag diag;

static int parse(void **state)
{
	static char text[] =
		"phiward: 1\nname: p\nversion: 1\nmode: enforce\n"
		"objects: {images: {paths: [/srv/a], on_audit_loss: deny}}\n"
		"subjects:\n"
		"  s:\n"
		"    exec: [/opt/s]\n"
		"    started_by: [init]\n"
		"    access: {images: {actions: [read], expires: 2027-01-31, owner: ward}}\n"
		"    network:\n"
		"      - {connect: {tcp: [1], to: [any]}, expires: 2027-01-31}\n"
		"      - connect: {tcp: [2], to: [any]}\n"
		"others: {network: [{connect: {tcp: [3], to: [any]}, expires: 2027-02-28}]}\n";
	const struct pw_source source = {.name = (char *)"p.yaml", .text = text,
					 .length = sizeof(text) - 1};

	(void)state;
	policy = NULL;
	diag = (struct pw_diag){};

	return pw_policy_parse(&source, 1, &policy, &diag);
}

static int done(void **state)
{
	(void)state;
	policy = pw_policy_free(policy);
	pw_diag_done(&diag);

	return 0;
}

static void expire(int64_t now, bool synchronised)
{
	const struct pw_clock clock = {.now = now, .synchronised = synchronised};

	pw_policy_expire(policy, &clock, &diag);
}

static void expect(size_t reads, size_t rules, size_t others, size_t warnings)
{
	assert_int_equal(!!policy->subjects[0].access[0].actions, reads);
	assert_int_equal(policy->subjects[0].naccess, 1);
	assert_int_equal(policy->subjects[0].nnetwork, rules);
	assert_int_equal(policy->nothers_rules, others);
	assert_int_equal(diag.n, warnings);
}

static void nothing_long_before(void **state)
{
	(void)state;
	expire(LAST + DAY - PW_EXPIRES_SOON - 1, true);
	expect(1, 2, 1, 0);
}

static void announced_before(void **state)
{
	(void)state;
	expire(LAST + DAY - PW_EXPIRES_SOON, true);
	expect(1, 2, 1, 2);
	assert_string_equal(diag.entries[0].text, "this rule of 's' will not be put into force again "
						  "after 2027-01-31; ask its owner: ward");
}

static void holds_to_the_last_second(void **state)
{
	(void)state;
	expire(LAST + DAY - 1, true);
	expect(1, 2, 1, 2);
}

static void is_over_then(void **state)
{
	(void)state;
	expire(LAST + DAY, true);
	expect(0, 1, 1, 2);
	assert_int_equal(policy->subjects[0].network[0].tcp[0].low, 2);
	assert_string_equal(diag.entries[0].text, "this rule of 's' is no longer in force: its last day "
						  "was 2027-01-31; ask its owner: ward");
	assert_int_equal(diag.entries[1].line, 12);
}

static void others_too(void **state)
{
	(void)state;
	expire(LAST + 90LL * DAY, true);
	expect(0, 1, 0, 3);
}

static void not_by_a_clock_that_was_never_right(void **state)
{
	(void)state;
	expire(LAST + 90LL * DAY, false);
	expect(1, 2, 1, 1);
	assert_non_null(strstr(diag.entries[0].text, "3 rules would have expired"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_long_before, parse, done),
		cmocka_unit_test_setup_teardown(announced_before, parse, done),
		cmocka_unit_test_setup_teardown(holds_to_the_last_second, parse, done),
		cmocka_unit_test_setup_teardown(is_over_then, parse, done),
		cmocka_unit_test_setup_teardown(others_too, parse, done),
		cmocka_unit_test_setup_teardown(not_by_a_clock_that_was_never_right, parse, done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
