// SPDX-License-Identifier: BSD-2-Clause
#include "records.h"

#include <locale.h>
#include <stdio.h>
#include <time.h>

#include "report/table.h"

static char *output;
static size_t length;
static FILE *to;

static int set_up(void **state)
{
	(void)state;
	to = open_memstream(&output, &length);
	return to ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	fclose(to);
	free(output);
	return 0;
}

static const char *printed(void)
{
	fflush(to);
	return output;
}

static void a_row(void **state)
{
	struct pw_table table = { .to = to };
	json_object *record = test_record(5);

	(void)state;
	set_text(record, "path", "/srv/dicom/a.dcm");
	set_text(record, "object", "images");
	set_text(record, "exe", "/usr/bin/cat");
	set_number(record, "auid", 1000);
	pw_table_row(&table, record);
	assert_string_equal(printed(), "       5 2023-11-14 22:13:25+0000  deny    others       read    cat"
			    "        0(1000)  images     /srv/dicom/a.dcm\n");
	json_object_put(record);
}

/* In mode permissive a refusal did not take place. */
static void a_refusal_that_was_not_applied(void **state)
{
	struct pw_table table = { .to = to };
	json_object *record = test_record(5);

	(void)state;
	json_object_object_add(record, "enforced", json_object_new_boolean(0));
	pw_table_row(&table, record);
	assert_non_null(strstr(printed(), "  would   others "));
	assert_null(strstr(printed(), "deny"));
	json_object_put(record);
}

static void a_gap(void **state)
{
	struct pw_table table = { .to = to };
	json_object *gap = test_gap(3, 9);

	(void)state;
	pw_table_row(&table, gap);
	assert_string_equal(printed(), "       - 2023-11-14 22:13:20+0000  gap     7 records lost "
			    "(numbers 3 to 9): ring of others full\n");
	json_object_put(gap);
}

static void a_record_of_nulls(void **state)
{
	struct pw_table table = { .to = to, .colour = true, .width = 120 };
	json_object *record = json_object_new_object();

	(void)state;
	pw_table_row(&table, record);
	assert_int_equal(printed()[7], '-');
	json_object_put(record);
}

static void colour_only_when_asked(void **state)
{
	struct pw_table plain = { .to = to }, coloured = { .to = to, .colour = true };
	json_object *record = test_record(5);

	(void)state;
	pw_table_head(&plain);
	pw_table_row(&plain, record);
	assert_null(strchr(printed(), '\033'));
	pw_table_row(&coloured, record);
	assert_non_null(strstr(printed(), "\033[31mdeny"));
	json_object_put(record);
}

static void what_a_record_is_about(void **state)
{
	json_object *record = test_record(5);
	char *what;

	(void)state;
	set_text(record, "proto", "tcp");
	set_text(record, "addr", "10.20.5.4");
	set_number(record, "port", 104);
	set_text(record, "peer", "pacs");
	what = pw_record_what(record);
	assert_string_equal(what, "tcp 10.20.5.4:104 (pacs)");
	free(what);
	set_text(record, "addr", "fd00::1");
	set_text(record, "peer", NULL);
	what = pw_record_what(record);
	assert_string_equal(what, "tcp [fd00::1]:104");
	free(what);
	json_object_put(record);
	record = test_record(6);
	set_text(record, "path", NULL);
	what = pw_record_what(record);
	assert_string_equal(what, "-");
	free(what);
	set_text(record, "verdict", "allow");
	what = pw_record_what(record);
	assert_string_equal(what, "various files");
	free(what);
	set_text(record, "volume", "/dev/sda1");
	assert_false(pw_record_is_various(record));
	json_object_put(record);
}

static void assert_fits(const char *text, size_t columns, const char *expected)
{
	rewind(to);
	pw_text_fit(to, text, columns);
	fputc('\0', to);
	assert_string_equal(printed(), expected);
	assert_true(pw_text_columns(expected) <= columns || columns < 5);
}

static void texts_are_cut_in_the_middle(void **state)
{
	(void)state;
	assert_fits("/srv/dicom/a.dcm", 16, "/srv/dicom/a.dcm");
	assert_fits("/srv/dicom/a.dcm", 15, "/srv/d.../a.dcm");
	assert_fits("abcdef", 5, "a...f");
	assert_fits("abcdef", 4, "abcdef");
	assert_fits("R\xc3\xb6ntgen\xc3\xa4\xc3\xb6\xc3\xbc", 7, "R\xc3\xb6...\xc3\xb6\xc3\xbc");
	assert_fits("", 5, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_row), TEST(a_refusal_that_was_not_applied), TEST(a_gap),
		TEST(a_record_of_nulls), TEST(colour_only_when_asked),
		TEST(what_a_record_is_about), TEST(texts_are_cut_in_the_middle),
	};

	setenv("TZ", "UTC0", 1);
	tzset();
	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
