// SPDX-License-Identifier: BSD-2-Clause
/* Rows, groups of them, and the page, from lines in a file. */
#include "records.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "report/groups.h"
#include "report/page.h"

static char dir[] = "/tmp/pw-test-XXXXXX";
static int dirfd_;
static FILE *log_file;
static struct pw_rows rows;

static int set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/pw-test-XXXXXX");
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	if (!mkdtemp(dir))
		return -1;
	dirfd_ = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	log_file = fdopen(openat(dirfd_, "audit.log", O_WRONLY | O_CREAT | O_CLOEXEC, 0600), "w");
	rows = (struct pw_rows){ 0 };
	return log_file ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	pw_rows_done(&rows);
	fclose(log_file);
	unlinkat(dirfd_, "audit.log", 0);
	close(dirfd_);
	return rmdir(dir);
}

/* Takes the record over. */
static void add(json_object *record)
{
	fprintf(log_file, "%s\n", json_object_to_json_string_ext(
		record, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(record);
}

/* Somebody reads a file of an object. */
static json_object *access_by(uint64_t seq, int64_t uid, const char *exe)
{
	json_object *record = test_record(seq);

	set_text(record, "verdict", "allow");
	set_text(record, "object", "images");
	set_text(record, "path", "/srv/a</script>\"b\\\\c");
	set_text(record, "exe", exe);
	set_number(record, "uid", uid);
	set_number(record, "auid", uid);
	return record;
}

static void read_rows(void)
{
	fflush(log_file);
	assert_int_equal(pw_rows_read(dirfd_, &rows), 0);
}

static void assert_column(size_t row, enum pw_column column, const char *expected)
{
	assert_true(row < rows.n);
	assert_string_equal(pw_row_text(&rows, &rows.rows[row], column), expected);
}

static void what_a_row_says(void **state)
{
	json_object *record = access_by(5, 1000, "/usr/bin/viewer");

	(void)state;
	set_text(record, "actor", "anna");
	set_text(record, "actor_by", "viewer");
	set_text(record, "policy", "ct");
	set_number(record, "version", 3);
	add(record);
	read_rows();
	assert_int_equal(rows.n, 1);
	assert_int_equal(rows.rows[0].seq, 5);
	assert_int_equal(rows.rows[0].time, 1700000005 * S);
	assert_column(0, PW_COLUMN_PERSON, "user 1000");
	assert_column(0, PW_COLUMN_ACTOR, "anna, as viewer stated");
	assert_column(0, PW_COLUMN_POLICY, "ct version 3");
	assert_column(0, PW_COLUMN_WHAT, "/srv/a</script>\\\"b\\\\\\\\c");
	assert_column(0, PW_COLUMN_HOUR, "23");
	assert_column(0, PW_COLUMN_DAY, "2023-11-14");
	assert_column(0, PW_COLUMN_ZONE, "+0100");
}

static void persons(void **state)
{
	json_object *record = access_by(1, 0, "/x");

	(void)state;
	set_number(record, "auid", 1000);
	add(record);
	record = access_by(2, 998, "/x");
	set_text(record, "auid", NULL);
	add(record);
	record = access_by(3, 0, "/x");
	set_text(record, "uid", NULL);
	set_text(record, "auid", NULL);
	add(record);
	read_rows();
	assert_column(0, PW_COLUMN_PERSON, "user 1000, as user 0");
	assert_column(1, PW_COLUMN_PERSON, "user 998, no login");
	assert_column(2, PW_COLUMN_PERSON, "");
}

static json_object *net(uint64_t seq, const char *addr, const char *peer)
{
	json_object *record = test_record(seq);

	set_text(record, "type", "net");
	set_text(record, "action", "connect");
	set_text(record, "proto", "tcp");
	set_text(record, "addr", addr);
	set_text(record, "peer", peer);
	set_number(record, "port", 104);
	set_number(record, "pid", 7);
	return record;
}

static void peers(void **state)
{
	json_object *record = net(3, "10.0.0.2", "scanner");

	(void)state;
	add(net(1, "10.0.0.1", "pacs"));
	add(net(2, "fd00::1", NULL));
	set_text(record, "action", "listen");
	set_text(record, "pid", NULL);
	add(record);
	record = net(4, "10.0.0.1", NULL);
	json_object_object_add(record, "port", json_object_new_string("\"x"));
	set_text(record, "proto", NULL);
	add(record);
	read_rows();
	assert_column(0, PW_COLUMN_WHAT, "tcp 10.0.0.1:104 (pacs)");
	assert_column(1, PW_COLUMN_WHAT, "tcp [fd00::1]:104");
	assert_column(2, PW_COLUMN_WHAT, "tcp 104 from 10.0.0.2 (scanner)");
	assert_column(3, PW_COLUMN_WHAT, "ip 10.0.0.1:0");
}

static json_object *with_parents(json_object *record, const char *parents)
{
	json_object_object_add(record, "parents", json_tokener_parse(parents));
	return record;
}

static void by_whom_a_program_was_started(void **state)
{
	json_object *start = with_parents(test_record(1), "[{\"pid\":3,\"exe\":\"/bin/s\\\"h\"},"
					  "{\"pid\":2,\"exe\":null},{\"pid\":1,\"exe\":\"/init\"}]");

	(void)state;
	rows.since = 1700000002 * S;
	set_text(start, "type", "exec");
	add(start);
	for (uint64_t seq = 2; seq < 2000; seq++) {
		json_object *record = test_record(seq);

		if (seq % 2) {
			set_number(record, "run", (int64_t)(seq == 3 ? 1 : seq - 1));
		} else {
			with_parents(record, "[]");
			set_text(record, "type", "exec");
		}
		add(record);
	}
	read_rows();
	assert_int_equal(rows.n, 1998);
	assert_column(1, PW_COLUMN_CHAIN, "/bin/s\\\"h, ..., /init");
	assert_column(0, PW_COLUMN_CHAIN, "");
	assert_column(1997, PW_COLUMN_CHAIN, "");
}

static void gaps_and_repetitions(void **state)
{
	json_object *record = access_by(20, 1, "/x");

	(void)state;
	add(test_gap(3, 9));
	set_number(record, "count", 4);
	set_number(record, "first", 20);
	set_number(record, "last", 23);
	add(record);
	record = access_by(24, 1, "/x");
	set_number(record, "count", 100);
	set_text(record, "path", NULL);
	add(record);
	record = access_by(25, 1, "/x");
	set_text(record, "path", NULL);
	add(record);
	record = access_by(26, 1, "/x");
	set_text(record, "path", NULL);
	set_text(record, "verdict", "deny");
	add(record);
	read_rows();
	assert_int_equal(rows.rows[0].seq, 3);
	assert_int_equal(rows.rows[0].span, 6);
	assert_int_equal(rows.rows[0].count, 7);
	assert_int_equal(rows.rows[1].span, 3);
	assert_int_equal(rows.rows[1].count, 4);
	assert_false(rows.rows[1].folded);
	assert_true(rows.rows[2].folded);
	assert_true(rows.rows[3].folded);
	assert_false(rows.rows[4].folded);
	assert_column(3, PW_COLUMN_WHAT, "various files");
	assert_column(4, PW_COLUMN_WHAT, "");
}

static void what_is_no_record_is_counted(void **state)
{
	(void)state;
	fputs("rubbish\n\n", log_file);
	add(access_by(1, 1, "/x"));
	for (size_t i = 0; i < 300000; i++)
		fputc('x', log_file);
	fputs("\n{\"schema\":1,\"checkpoint\":\"\"}\n", log_file);
	add(access_by(2, 1, "/x"));
	fputs("the end is not there yet", log_file);
	read_rows();
	assert_int_equal(rows.n, 2);
	assert_int_equal(rows.malformed, 3);
}

static void a_time(void **state)
{
	(void)state;
	for (uint64_t seq = 1; seq < 9; seq++)
		add(access_by(seq, 1, "/x"));
	rows.since = 1700000003 * S;
	rows.until = 1700000005 * S;
	read_rows();
	assert_int_equal(rows.n, 3);
	assert_int_equal(rows.rows[0].seq, 3);
}

static bool any_row(const struct pw_rows *all, const struct pw_row *row)
{
	(void)all;
	(void)row;
	return true;
}

static void groups(void **state)
{
	static const struct pw_grouping by_person = { { PW_COLUMN_PERSON }, 1, any_row };
	static const struct pw_grouping each = { .wanted = any_row };
	struct pw_group *list;
	size_t n;

	(void)state;
	for (uint64_t seq = 1; seq <= 300; seq++) {
		json_object *record = access_by(seq, (int64_t)(seq % 100 ? seq % 100 : 99), "/x");

		if (seq == 99)
			set_text(record, "verdict", "deny");
		if (seq == 199)
			set_text(record, "action", "write");
		add(record);
	}
	read_rows();
	assert_int_equal(pw_groups_make(&rows, &by_person, &list, &n), 0);
	assert_int_equal(n, 99);
	pw_groups_sort(list, n);
	assert_string_equal(pw_row_text(&rows, list[0].row, PW_COLUMN_PERSON), "user 99");
	assert_int_equal(list[0].events, 6);
	assert_int_equal(list[0].deeds[PW_DEED_READ], 4);
	assert_int_equal(list[0].deeds[PW_DEED_CHANGE], 1);
	assert_int_equal(list[0].deeds[PW_DEED_REFUSED], 1);
	assert_int_equal(list[0].first, 1700000099 * S);
	assert_int_equal(list[0].last_seq, 300);
	pw_groups_sort_by_text(&rows, PW_COLUMN_PERSON, list, n);
	assert_string_equal(pw_row_text(&rows, list[1].row, PW_COLUMN_PERSON), "user 10");
	free(list);
	assert_int_equal(pw_groups_make(&rows, &each, &list, &n), 0);
	assert_int_equal(n, 300);
	free(list);
}

static char *make_page(void)
{
	struct pw_verify verify = { 0 };
	struct pw_page page = { .rows = &rows, .verify = &verify, .source = "/a&b", .maker = "<me>" };
	char *text = NULL;
	size_t length;
	FILE *to = open_memstream(&text, &length);

	assert_int_equal(pw_page_write(to, &page), 0);
	fclose(to);
	return text;
}

static void assert_has(const char *page, const char *text, bool wanted)
{
	if (!strstr(page, text) == wanted)
		fail_msg("%s: %s", wanted ? "not there" : "there", text);
}

static void no_text_becomes_markup(void **state)
{
	char *page;

	(void)state;
	add(access_by(1, 1000, "/opt/</td><i>"));
	read_rows();
	page = make_page();
	assert_has(page, "/opt/&lt;/td&gt;&lt;i&gt;", true);
	assert_has(page, "/opt/\\u003c/td>\\u003ci>", true);
	assert_has(page, "/srv/a\\u003c/script>\\\"b\\\\\\\\c", true);
	assert_has(page, "/srv/a<", false);
	assert_has(page, "from /a&amp;b", true);
	assert_has(page, "by &lt;me&gt;", true);
	free(page);
}

static void the_public_sees_no_path_and_no_person(void **state)
{
	json_object *record = with_parents(access_by(1, 4321, "/opt/eva/bin/x"),
					   "[{\"pid\":3,\"exe\":\"/opt/eva/sh\"}]");
	char *page;

	(void)state;
	set_text(record, "comm", "eva's");
	set_text(record, "actor", "eva");
	add(record);
	record = access_by(2, 4321, NULL);
	set_text(record, "comm", "eva's");
	add(record);
	rows.is_public = true;
	read_rows();
	assert_column(0, PW_COLUMN_PROGRAM, "x");
	assert_column(0, PW_COLUMN_CHAIN, "sh");
	assert_column(0, PW_COLUMN_WHAT, "");
	assert_column(1, PW_COLUMN_PROGRAM, "");
	page = make_page();
	assert_has(page, "eva", false);
	assert_has(page, "4321", false);
	assert_has(page, "/srv", false);
	assert_has(page, "<me>", false);
	assert_has(page, "For the public", true);
	free(page);
}

static void a_log_of_nothing(void **state)
{
	char *page;

	(void)state;
	read_rows();
	page = make_page();
	assert_has(page, "no records, checkpoint none", true);
	assert_has(page, "\"rows\":0", true);
	free(page);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(what_a_row_says), TEST(persons), TEST(peers), TEST(by_whom_a_program_was_started),
		TEST(gaps_and_repetitions), TEST(what_is_no_record_is_counted), TEST(a_time),
		TEST(groups), TEST(no_text_becomes_markup), TEST(the_public_sees_no_path_and_no_person),
		TEST(a_log_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
