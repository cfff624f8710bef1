// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "common/text.h"

static void test_number(void **state)
{
	uint64_t n = 7;

	(void)state;
	assert_int_equal(pw_text_number("0", 0, 10, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(pw_text_number("18446744073709551615", 0, UINT64_MAX, &n), 0);
	assert_true(n == UINT64_MAX);
	n = 7;
	assert_int_equal(pw_text_number("18446744073709551616", 0, UINT64_MAX, &n), -ERANGE);
	assert_int_equal(pw_text_number("99999999999999999999999", 0, UINT64_MAX, &n), -ERANGE);
	assert_int_equal(pw_text_number("11", 0, 10, &n), -ERANGE);
	assert_int_equal(pw_text_number("1", 2, 10, &n), -ERANGE);
	assert_int_equal(pw_text_number("", 0, 10, &n), -EINVAL);
	assert_int_equal(pw_text_number("01", 0, 10, &n), -EINVAL);
	assert_int_equal(pw_text_number("+1", 0, 10, &n), -EINVAL);
	assert_int_equal(pw_text_number("-1", 0, 10, &n), -EINVAL);
	assert_int_equal(pw_text_number(" 1", 0, 10, &n), -EINVAL);
	assert_int_equal(pw_text_number("1q", 0, 10, &n), -EINVAL);
	assert_int_equal(n, 7);
}

static void test_utf8(void **state)
{
	(void)state;
	assert_int_equal(pw_text_utf8("a", 1), 1);
	assert_int_equal(pw_text_utf8("\xc3\xa4", 2), 2);
	assert_int_equal(pw_text_utf8("\xe2\x82\xac", 3), 3);
	assert_int_equal(pw_text_utf8("\xf0\x9f\x92\x8a", 4), 4);
	assert_int_equal(pw_text_utf8("", 0), 0);
	assert_int_equal(pw_text_utf8("\xc3\xa4", 1), 0);		/* cut */
	assert_int_equal(pw_text_utf8("\x80", 1), 0);			/* continues nothing */
	assert_int_equal(pw_text_utf8("\xc0\xaf", 2), 0);		/* over-long */
	assert_int_equal(pw_text_utf8("\xe0\x9f\xbf", 3), 0);
	assert_int_equal(pw_text_utf8("\xf0\x8f\xbf\xbf", 4), 0);
	assert_int_equal(pw_text_utf8("\xed\xa0\x80", 3), 0);		/* a surrogate */
	assert_int_equal(pw_text_utf8("\xf4\x90\x80\x80", 4), 0);	/* beyond U+10FFFF */
	assert_int_equal(pw_text_utf8("\xff", 1), 0);
}

static void test_print(void **state)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	(void)state;
	pw_text_print(to, "a\nb\x1b[0m\xc3\xa4\xff\x7f");
	fclose(to);
	assert_string_equal(text, "a\\x0ab\\x1b[0m\xc3\xa4\\xff\\x7f");
}

static void test_hex(void **state)
{
	char hex[7];

	(void)state;
	pw_text_hex(hex, (const uint8_t *)"\x00\x9f\xf0", 3);
	assert_string_equal(hex, "009ff0");
	assert_true(pw_text_begins("UUID=1", "UUID="));
	assert_false(pw_text_begins("UUI", "UUID="));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_hex),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
