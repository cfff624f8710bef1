// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "publish/rescue.h"

static void test_parse(void **state)
{
	(void)state;
	assert_int_equal(pw_rescue_parse("ro quiet phiward.mode=off\n"), PW_RESCUE_OFF);
	assert_int_equal(pw_rescue_parse("phiward.mode=permissive ro"), PW_RESCUE_PERMISSIVE);
	assert_int_equal(pw_rescue_parse("phiward.mode=off phiward.mode=permissive"),
			 PW_RESCUE_PERMISSIVE);
	assert_int_equal(pw_rescue_parse(""), PW_RESCUE_NONE);
	assert_int_equal(pw_rescue_parse("\n"), PW_RESCUE_NONE);
	assert_int_equal(pw_rescue_parse("phiward.mode=none"), PW_RESCUE_NONE);
	assert_int_equal(pw_rescue_parse("phiward.mode=offf"), PW_RESCUE_NONE);
	assert_int_equal(pw_rescue_parse("xphiward.mode=off"), PW_RESCUE_NONE);
	assert_int_equal(pw_rescue_parse("phiward.mode= off"), PW_RESCUE_NONE);
	assert_int_equal(pw_rescue_parse("phiward.gate=0"), PW_RESCUE_NONE);
}

static void test_granted(void **state)
{
	static const enum pw_rescue off = PW_RESCUE_OFF, permissive = PW_RESCUE_PERMISSIVE,
				    none = PW_RESCUE_NONE;

	(void)state;
	assert_int_equal(pw_rescue_granted(off, off), off);
	assert_int_equal(pw_rescue_granted(permissive, off), permissive);
	assert_int_equal(pw_rescue_granted(off, permissive), permissive);
	assert_int_equal(pw_rescue_granted(permissive, permissive), permissive);
	assert_int_equal(pw_rescue_granted(off, none), none);
	assert_int_equal(pw_rescue_granted(permissive, none), none);
	assert_int_equal(pw_rescue_granted(none, off), none);
	assert_int_equal(pw_rescue_granted(none, permissive), none);
	/* What cannot be read as a word of the policy gives nothing. */
	assert_int_equal(pw_rescue_granted(off, PW_RESCUE_INVALID), none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_granted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
