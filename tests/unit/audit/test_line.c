// SPDX-License-Identifier: BSD-2-Clause
#include "events.h"

#include <inttypes.h>
#include <stdio.h>

#include <json-c/json.h>

#include "audit/line.h"

/* The text that a JSON reader gets back. */
static void assert_reads_as(const char *bytes, size_t n, const char *expected)
{
	struct pw_line line = { 0 };
	json_object *string;

	pw_line_string(&line, bytes, n);
	pw_line_add(&line, "", 1);
	assert_false(line.failed);
	for (size_t i = 0; i + 1 < line.length; i++)
		assert_true((unsigned char)line.data[i] >= 0x20);
	string = json_tokener_parse(line.data);
	assert_non_null(string);
	assert_string_equal(json_object_get_string(string), expected);
	json_object_put(string);
	pw_line_done(&line);
}

#define READS_AS(bytes, expected) assert_reads_as(bytes, sizeof(bytes) - 1, expected)

static void plain_text_stays(void **state)
{
	(void)state;
	READS_AS("", "");
	READS_AS("/srv/dicom/phantom 1.dcm", "/srv/dicom/phantom 1.dcm");
	READS_AS("R\xc3\xb6ntgen \xe6\x97\xa5\xe6\x9c\xac", "R\xc3\xb6ntgen \xe6\x97\xa5\xe6\x9c\xac");
	READS_AS("say \"hi\"", "say \"hi\"");
}

static void controls_are_escaped(void **state)
{
	(void)state;
	READS_AS("a\nb", "a\\x0ab");
	READS_AS("a\0b", "a\\x00b");
	READS_AS("\x1b[31m", "\\x1b[31m");
	READS_AS("\x7f", "\\x7f");
	READS_AS("\xc2\x85", "\\xc2\\x85");			/* next line, a C1 control */
	READS_AS("\xe2\x80\xa8", "\\xe2\\x80\\xa8");		/* line separator */
	READS_AS("\xe2\x80\xae" "gpj", "\\xe2\\x80\\xaegpj");	/* right-to-left override */
	READS_AS("\xef\xbb\xbf", "\\xef\\xbb\\xbf");		/* byte order mark */
}

static void a_backslash_is_doubled(void **state)
{
	(void)state;
	READS_AS("a\\x0ab", "a\\\\x0ab");
	READS_AS("\\", "\\\\");
}

static void invalid_utf8_is_escaped(void **state)
{
	(void)state;
	READS_AS("\xff", "\\xff");
	READS_AS("\xc3", "\\xc3");			/* cut short */
	READS_AS("\xc0\xaf", "\\xc0\\xaf");		/* overlong */
	READS_AS("\xe0\x80\xaf", "\\xe0\\x80\\xaf");
	READS_AS("\xed\xa0\x80", "\\xed\\xa0\\x80");	/* a surrogate */
	READS_AS("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
	READS_AS("\x80" "a", "\\x80" "a");
}

/* Bytes are looked at eight at a time; it makes no difference where one stands. */
static void every_byte_at_every_place(void **state)
{
	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		for (size_t at = 0; at < 20; at++) {
			struct pw_line alone = { 0 }, line = { 0 };
			char bytes[20];

			memset(bytes, 'x', sizeof(bytes));
			bytes[at] = (char)byte;
			pw_line_untrusted(&alone, &bytes[at], 1);
			pw_line_untrusted(&line, bytes, sizeof(bytes));
			assert_int_equal(line.length, sizeof(bytes) - 1 + alone.length);
			assert_memory_equal(line.data + at, alone.data, alone.length);
			for (size_t i = 0; i < line.length; i++)
				if (i < at || i >= at + alone.length)
					assert_int_equal(line.data[i], 'x');
			pw_line_done(&alone);
			pw_line_done(&line);
		}
	}
}

/* Two different byte strings never become the same text. */
static void escaping_is_unambiguous(void **state)
{
	struct pw_line line[2] = { 0 };

	(void)state;
	pw_line_untrusted(&line[0], "\n", 1);
	pw_line_untrusted(&line[1], "\\x0a", 4);
	assert_true(line[0].length != line[1].length ||
		    memcmp(line[0].data, line[1].data, line[0].length) != 0);
	pw_line_done(&line[0]);
	pw_line_done(&line[1]);
}

static void numbers(void **state)
{
	struct pw_line line = { 0 };

	(void)state;
	pw_line_u64(&line, 0);
	pw_line_literal(&line, " ");
	pw_line_u64(&line, UINT64_MAX);
	assert_int_equal(line.length, 22);
	assert_memory_equal(line.data, "0 18446744073709551615", 22);
	/* On both sides of each power of ten and of two. */
	for (size_t i = 0; i < 84; i++) {
		uint64_t power = i < 64 ? 1ULL << i : 1;
		char text[32];

		for (size_t j = 64; j < i; j++)
			power *= 10;
		for (uint64_t value = power - 2; value != power + 2; value++) {
			line.length = 0;
			pw_line_u64(&line, value);
			assert_int_equal(line.length, snprintf(text, sizeof(text), "%" PRIu64, value));
			assert_memory_equal(line.data, text, line.length);
		}
	}
	line.length = 0;
	pw_line_nanoseconds(&line, 0);
	pw_line_nanoseconds(&line, 120000007);
	pw_line_nanoseconds(&line, 999999999);
	assert_int_equal(line.length, 30);
	assert_memory_equal(line.data, ".000000000.120000007.999999999", 30);
	pw_line_done(&line);
}

static void the_buffer_grows(void **state)
{
	struct pw_line line = { 0 };
	char block[1000];

	(void)state;
	memset(block, 'x', sizeof(block));
	for (int i = 0; i < 100; i++)
		pw_line_add(&line, block, sizeof(block));
	assert_int_equal(line.length, 100000);
	assert_false(pw_line_reserve(&line, SIZE_MAX / 2 + 1));
	assert_true(line.failed);
	pw_line_add(&line, block, sizeof(block));
	assert_int_equal(line.length, 100000);
	pw_line_done(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_stays),
		cmocka_unit_test(controls_are_escaped),
		cmocka_unit_test(a_backslash_is_doubled),
		cmocka_unit_test(invalid_utf8_is_escaped),
		cmocka_unit_test(escaping_is_unambiguous),
		cmocka_unit_test(every_byte_at_every_place),
		cmocka_unit_test(numbers),
		cmocka_unit_test(the_buffer_grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
