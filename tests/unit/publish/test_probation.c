// SPDX-License-Identifier: BSD-2-Clause
/* Which bank decides, and which nobody needs, while a policy is on probation and after it. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "publish/kernel_private.h"
#include "publish/probation.h"

static struct pw_shared shared;
static struct pw_kernel kernel = {.shared = &shared};
static struct pw_state *const now = &shared.state;

/* As pw_probation_begin() and the swap leave it. */
static void begin(uint32_t back, uint32_t active)
{
	memset(now, 0, sizeof(*now));
	now->probation = (struct pw_probation){.until = 9, .state = PW_PROBATION_ON, .back = back};
	now->active = active;
}

static void test_idle_slot(void **state)
{
	(void)state;
	for (uint32_t active = 0; active < PW_BANK_SLOTS; active++)
		for (uint32_t back = 0; back < PW_BANK_SLOTS; back++) {
			begin(back, active);
			assert_true(pw_probation_idle_slot(&kernel) < PW_BANK_SLOTS);
			assert_int_not_equal(pw_probation_idle_slot(&kernel), active);
			assert_int_not_equal(pw_probation_idle_slot(&kernel), back);
		}
	/* When it is over nobody needs the bank any more. */
	begin(0, 1);
	pw_probation_forget(&kernel);
	assert_int_equal(pw_probation_idle_slot(&kernel), 0);
}

static void test_keep(void **state)
{
	struct pw_probation probation;

	(void)state;
	begin(2, 1);
	assert_true(pw_probation_on(&kernel, &probation));
	assert_int_equal(probation.until, 9);
	assert_true(pw_probation_keep(&kernel));
	assert_int_equal(now->active, 1);
	assert_false(pw_probation_on(&kernel, &probation));
	assert_false(pw_probation_keep(&kernel));
	assert_false(pw_probation_go_back(&kernel));
	assert_int_equal(now->active, 1);
}

static void test_go_back(void **state)
{
	struct pw_probation probation;

	(void)state;
	begin(2, 1);
	assert_true(pw_probation_go_back(&kernel));
	assert_int_equal(now->active, 2);
	assert_int_equal(now->probation.state, PW_PROBATION_OVER);
	assert_false(pw_probation_on(&kernel, &probation));
	assert_false(pw_probation_go_back(&kernel));
	assert_false(pw_probation_keep(&kernel));
	assert_int_equal(now->active, 2);
}

static void test_swapped(void **state)
{
	(void)state;
	begin(3, 0);
	pw_probation_swapped(&kernel, 77);
	assert_int_equal(shared.banks[3].generation, 77);
	assert_int_equal(now->active, 0);
	pw_probation_swapped(&kernel, 0);
	assert_int_equal(shared.banks[3].generation, 77);
	/* The timer was quicker than the swap. */
	now->probation.state = PW_PROBATION_OVER;
	pw_probation_swapped(&kernel, 0);
	assert_int_equal(now->active, 3);
}

static void test_unconfirmed(void **state)
{
	const struct pw_policy one = {.digest = {1}}, other = {.digest = {2}};
	char path[] = "/tmp/phiward-probation-XXXXXX";
	_cleanup_close_ int dir = -EBADF;

	(void)state;
	assert_non_null(mkdtemp(path));
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir >= 0);
	assert_false(pw_unconfirmed_is(dir, &one));
	assert_int_equal(pw_unconfirmed_write(dir, NULL), 0);
	assert_int_equal(pw_unconfirmed_write(dir, &one), 0);
	assert_true(pw_unconfirmed_is(dir, &one));
	assert_false(pw_unconfirmed_is(dir, &other));
	assert_int_equal(pw_unconfirmed_write(dir, NULL), 0);
	assert_false(pw_unconfirmed_is(dir, &one));
	assert_int_equal(rmdir(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_idle_slot), cmocka_unit_test(test_keep),
		cmocka_unit_test(test_go_back),	  cmocka_unit_test(test_swapped),
		cmocka_unit_test(test_unconfirmed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
