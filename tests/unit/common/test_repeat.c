// SPDX-License-Identifier: BSD-2-Clause
/* When what is counted is recorded, and where no more runs are counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <phiward/repeat.h>

#define SECOND 1000000000ULL
#define HOUR (3600 * SECOND)
#define BEGAN (1000 * SECOND)

static void refusals_are_told_more_and_more_seldom(void **state)
{
	static const uint64_t waits[] = {1, 2, 4, 8, 16, 32, 64, 64, 64};
	struct pw_repeat repeat = {};
	uint64_t now = BEGAN;

	(void)state;
	pw_repeat_start(&repeat, now, PW_REPEAT_NS);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		assert_int_equal(pw_repeat_due(&repeat, 1), now + waits[i] * SECOND);
		now = pw_repeat_due(&repeat, 1);
		repeat.last = now;
		pw_repeat_told(&repeat, now);
	}
}

static void uses_are_told_after_a_minute_and_then_more_and_more_seldom(void **state)
{
	static const uint64_t waits[] = {64, 128, 256, 512, 512};
	struct pw_repeat repeat = {.leader = 1};
	uint64_t now = BEGAN;

	(void)state;
	pw_repeat_start(&repeat, now, PW_AGAIN_NS);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		assert_int_equal(pw_repeat_due(&repeat, 1), now + waits[i] * SECOND);
		now = pw_repeat_due(&repeat, 1);
		repeat.last = now;
		pw_repeat_told(&repeat, now);
	}
	assert_int_equal(pw_repeat_due(&repeat, 0), now + 64 * SECOND);
}

static void reads_are_told_once_an_hour(void **state)
{
	struct pw_repeat repeat = {.leader = 1};

	(void)state;
	pw_repeat_start(&repeat, BEGAN, PW_FOLD_NS);
	assert_int_equal(pw_repeat_due(&repeat, 1), BEGAN + HOUR);
	repeat.last = BEGAN + 5 * SECOND;
	assert_int_equal(pw_repeat_due(&repeat, 1), BEGAN + HOUR);
	for (uint64_t hour = 1; hour < 5; hour++) {
		pw_repeat_told(&repeat, BEGAN + hour * HOUR);
		assert_int_equal(pw_repeat_due(&repeat, 1), BEGAN + (hour + 1) * HOUR);
	}
}

static void reads_are_told_when_their_run_is_over_and_quiet(void **state)
{
	struct pw_repeat repeat = {};

	(void)state;
	pw_repeat_start(&repeat, BEGAN, PW_FOLD_NS);
	assert_int_equal(pw_repeat_due(&repeat, 0), BEGAN + 64 * SECOND);
	repeat.last = BEGAN + 100 * SECOND;	/* a fork goes on */
	assert_int_equal(pw_repeat_due(&repeat, 0), BEGAN + 164 * SECOND);
	repeat.last = BEGAN + HOUR - SECOND;	/* and on, and still there is one an hour */
	assert_int_equal(pw_repeat_due(&repeat, 0), BEGAN + HOUR);
}

static void refusals_keep_half_of_the_room(void **state)
{
	(void)state;
	assert_true(pw_use_has_room(0));
	assert_true(pw_use_has_room(2047));
	assert_false(pw_use_has_room(2048));
	assert_false(pw_use_has_room(PW_REPEATS_MAX));
	assert_int_equal(PW_REPEATS_MAX, 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refusals_are_told_more_and_more_seldom),
		cmocka_unit_test(uses_are_told_after_a_minute_and_then_more_and_more_seldom),
		cmocka_unit_test(reads_are_told_once_an_hour),
		cmocka_unit_test(reads_are_told_when_their_run_is_over_and_quiet),
		cmocka_unit_test(refusals_keep_half_of_the_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
