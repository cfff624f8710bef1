// SPDX-License-Identifier: BSD-2-Clause
/* Which numbers a line accounts for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "audit/scan.h"
#include "common/cleanup.h"

static void assert_scanned(const char *line, uint64_t first, uint64_t last, bool gap)
{
	struct pw_range range = { 0 };
	bool is_gap = !gap;

	if (!first) {
		assert_false(pw_scan_line(line, strlen(line), &range, &is_gap));
		return;
	}
	assert_true(pw_scan_line(line, strlen(line), &range, &is_gap));
	assert_int_equal(range.first, first);
	assert_int_equal(range.last, last);
	assert_int_equal(is_gap, gap);
}

/* A name that would like to be the number. */
#define HEAD                                                                                       \
	"{\"schema\":1,\"boot\":\"01234567-89ab-cdef-0123-456789abcdef\",\"exe\":\",\\\",\\\"seq\\\":7,\""

/* The numbers of a line, as they stand and in another order. */
static void numbers_of_lines(void **state)
{
#define LINE(seq, mono, rest)                                                                      \
	HEAD ",\"seq\":" seq ",\"time\":\"2026-11-24T03:18:22.123456789Z\",\"mono\":" mono "," rest     \
	",\"path\":\"x\"}"
#define ONE "\"count\":1,\"first\":null,\"last\":null"

	(void)state;
	assert_scanned(LINE("12", "5", ONE), 12, 12, false);
	assert_scanned(LINE("12", "5", "\"count\":70,\"first\":null,\"last\":null"), 12, 12, false);
	assert_scanned(LINE("12", "5", "\"count\":2,\"first\":12,\"last\":13"), 12, 13, false);
	assert_scanned(LINE("12", "5", "\"x\":{},\"last\":13,\"first\":12,\"count\":2"), 12, 13, false);
	assert_scanned(LINE("null", "null", "\"count\":2,\"first\":12,\"last\":13"), 12, 13, true);
	assert_scanned(LINE("9223372036854775807", "5", ONE), INT64_MAX, INT64_MAX, false);
	assert_scanned(LINE("12", "5", "\"count\":3,\"first\":12,\"last\":13"), 0, 0, false);
	assert_scanned(LINE("12", "5", "\"count\":2,\"first\":13,\"last\":14"), 0, 0, false);
	assert_scanned(LINE("12", "5", "\"count\":2,\"first\":12,\"last\":null"), 0, 0, false);
	assert_scanned(LINE("12", "5", "\"count\":0,\"first\":null,\"last\":null"), 0, 0, false);
	assert_scanned(LINE("null", "null", ONE), 0, 0, false);
	assert_scanned(LINE("null", "null", "\"count\":2,\"first\":13,\"last\":12"), 0, 0, false);
	assert_scanned(LINE("0", "5", ONE), 0, 0, false);
	assert_scanned(LINE("9223372036854775808", "5", ONE), 0, 0, false);
	assert_scanned(LINE("99999999999999999999", "5", ONE), 0, 0, false);
	assert_scanned(LINE("\"12\"", "5", ONE), 0, 0, false);
	assert_scanned(HEAD ",\"seq\":12,", 0, 0, false);
	assert_scanned(HEAD ",\"seq\":", 0, 0, false);
	assert_scanned(HEAD "}", 0, 0, false);
	assert_scanned("{\"boot\":1,\"seq\":12,\"count\":1}", 0, 0, false);
	assert_scanned("", 0, 0, false);
	assert_scanned("{\"schema\":1,\"checkpoint\":\"x\"}", 0, 0, false);
#undef LINE
#undef ONE
}

static void numbers_of_a_torn_line(void **state)
{
	static const char whole[] =
		HEAD ",\"seq\":12,\"time\":\"2026-11-24T03:18:22.123456789Z\",\"mono\":5,\"count\":2,"
		"\"first\":12,\"last\":13,\"path\":\"x\"";

	(void)state;
	for (size_t length = 0; length < sizeof(whole); length++) {
		_cleanup_free_ char *torn = strndup(whole, length);
		bool known = length > strlen(HEAD ",\"seq\":12");
		bool all = length >= (size_t)(strstr(whole, "\"path\"") - whole);
		struct pw_range range;

		assert_int_equal(pw_scan_torn(torn, &range), known);
		if (known) {
			assert_int_equal(range.first, 12);
			assert_int_equal(range.last, all ? 13 : 12);
		}
	}
	assert_false(pw_scan_torn(HEAD ",\"seq\":null,\"time\":", &(struct pw_range){ 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_of_lines),
		cmocka_unit_test(numbers_of_a_torn_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
