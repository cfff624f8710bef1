// SPDX-License-Identifier: BSD-2-Clause
#include "directory.h"
#include "events.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "audit/file.h"
#include "audit/reader.h"
#include "audit/record.h"

struct fixture {
	char dir[TEST_DIRECTORY];
	int dirfd;
	struct pw_recorder recorder;
	struct pw_reader reader;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->dirfd = make_directory(f->dir);
	assert_int_equal(pw_recorder_init(&f->recorder, -1), 0);
	f->reader.dir = -1;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	pw_reader_close(&f->reader);
	pw_recorder_done(&f->recorder);
	remove_directory(f->dir, f->dirfd);
	free(f);
	return 0;
}

static void append(struct fixture *f, const char *name, const char *bytes, size_t n)
{
	int fd = openat(f->dirfd, name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), (ssize_t)n);
	close(fd);
}

#define APPEND(f, name, text) append(f, name, text, sizeof(text) - 1)

static void append_record(struct fixture *f, const char *name, uint64_t seq)
{
	struct pw_line line = { 0 };
	struct test_event e;

	test_event_init(&e, seq);
	pw_record_event(&f->recorder, &e.event, 1, &line);
	append(f, name, line.data, line.length);
	pw_line_done(&line);
}

static void open_reader(struct fixture *f)
{
	assert_int_equal(pw_reader_open(f->dir, &f->reader), 0);
}

static void expect_record(struct fixture *f, uint64_t seq)
{
	assert_int_equal(pw_reader_next(&f->reader), 1);
	assert_null(f->reader.malformed);
	assert_non_null(f->reader.record);
	assert_int_equal(pw_record_number(f->reader.record, "seq", 0), seq);
}

static void expect_malformed(struct fixture *f, const char *name, uint64_t line)
{
	assert_int_equal(pw_reader_next(&f->reader), 1);
	assert_null(f->reader.record);
	assert_non_null(f->reader.malformed);
	assert_string_equal(f->reader.name, name);
	assert_int_equal(f->reader.line_number, line);
}

static void expect_end(struct fixture *f)
{
	assert_int_equal(pw_reader_next(&f->reader), 0);
}

static void an_empty_directory(void **state)
{
	struct fixture *f = *state;

	open_reader(f);
	expect_end(f);
	append_record(f, PW_LOG_CURRENT, 1);
	expect_record(f, 1);
	expect_end(f);
}

static void files_in_order(void **state)
{
	struct fixture *f = *state;

	append_record(f, PW_LOG_CURRENT, 5);
	append_record(f, "audit-00000010.log", 4);
	append_record(f, "audit-00000009.log", 3);
	append_record(f, "audit-00000002.log", 1);
	append_record(f, "audit-00000002.log", 2);
	APPEND(f, "audit-00000003.log", "");
	APPEND(f, "audit-x.log", "not ours\n");
	APPEND(f, "notes.txt", "not ours\n");
	open_reader(f);
	for (uint64_t n = 1; n <= 5; n++)
		expect_record(f, n);
	expect_end(f);
	expect_end(f);
}

static void lines_that_are_none(void **state)
{
	struct fixture *f = *state;
	static char zeros[16];

	append_record(f, PW_LOG_CURRENT, 1);
	APPEND(f, PW_LOG_CURRENT, "\n");
	APPEND(f, PW_LOG_CURRENT, "null\n");
	APPEND(f, PW_LOG_CURRENT, "[]\n");
	APPEND(f, PW_LOG_CURRENT, "{}\n");
	APPEND(f, PW_LOG_CURRENT, "{\"schema\":1}\n");
	APPEND(f, PW_LOG_CURRENT, "{\"schema\":2}\n");
	APPEND(f, PW_LOG_CURRENT, "{\"schema\":1,\"boot\":\n");
	APPEND(f, PW_LOG_CURRENT, "{\"schema\":1} {}\n");
	APPEND(f, PW_LOG_CURRENT, "{\"a\":{\"b\":{\"c\":{\"d\":1}}}}\n");
	append(f, PW_LOG_CURRENT, zeros, sizeof(zeros));
	APPEND(f, PW_LOG_CURRENT, "\n\xff\n");
	append_record(f, PW_LOG_CURRENT, 2);
	open_reader(f);
	expect_record(f, 1);
	for (uint64_t line = 2; line <= 12; line++)
		expect_malformed(f, PW_LOG_CURRENT, line);
	expect_record(f, 2);
	expect_end(f);
}

static void a_line_without_bounds(void **state)
{
	struct fixture *f = *state;
	size_t length = PW_RECORD_LINE_MAX + 10;
	char *line = malloc(length);

	memset(line, 'x', length);
	line[length - 1] = '\n';
	append(f, PW_LOG_CURRENT, line, length);
	append_record(f, PW_LOG_CURRENT, 1);
	free(line);
	open_reader(f);
	expect_malformed(f, PW_LOG_CURRENT, 1);
	expect_record(f, 1);
	expect_end(f);
}

/* The end of a file that another one follows will not come any more. */
static void a_torn_line(void **state)
{
	struct fixture *f = *state;

	append_record(f, "audit-00000001.log", 1);
	APPEND(f, "audit-00000001.log", "{\"schema\":1");
	append_record(f, PW_LOG_CURRENT, 2);
	APPEND(f, PW_LOG_CURRENT, "{\"schema\":1,");
	open_reader(f);
	expect_record(f, 1);
	expect_malformed(f, "audit-00000001.log", 2);
	expect_record(f, 2);
	expect_end(f);
	assert_true(f->reader.partial);
}

static void following_a_log(void **state)
{
	struct fixture *f = *state;

	append_record(f, PW_LOG_CURRENT, 1);
	open_reader(f);
	expect_record(f, 1);
	expect_end(f);
	append_record(f, PW_LOG_CURRENT, 2);
	expect_record(f, 2);
	expect_end(f);
	/* Written after the end was met, and then the file was full, twice over. */
	append_record(f, PW_LOG_CURRENT, 3);
	assert_int_equal(renameat(f->dirfd, PW_LOG_CURRENT, f->dirfd, "audit-00000001.log"), 0);
	append_record(f, PW_LOG_CURRENT, 4);
	assert_int_equal(renameat(f->dirfd, PW_LOG_CURRENT, f->dirfd, "audit-00000002.log"), 0);
	append_record(f, PW_LOG_CURRENT, 5);
	expect_record(f, 3);
	expect_record(f, 4);
	expect_record(f, 5);
	expect_end(f);
	APPEND(f, PW_LOG_CURRENT, "{\"schema\":1,");
	expect_end(f);
	assert_true(f->reader.partial);
}

static void one_file_alone(void **state)
{
	struct fixture *f = *state;
	char path[64];

	append_record(f, "audit-00000001.log", 1);
	append_record(f, PW_LOG_CURRENT, 2);
	snprintf(path, sizeof(path), "%s/audit-00000001.log", f->dir);
	assert_int_equal(pw_reader_open(path, &f->reader), 0);
	expect_record(f, 1);
	expect_end(f);
}

static void what_cannot_be_opened(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(pw_reader_open("/nonexistent", &f->reader), -ENOENT);
	assert_int_equal(pw_reader_open("/dev/null", &f->reader), -EINVAL);
}

/* A full file gets a number of its own and a new one is begun; no line is lost or split. */
static void files_that_are_full(void **state)
{
	struct fixture *f = *state;
	struct pw_log_file file;
	char *torn;

	assert_int_equal(pw_log_file_open(f->dirfd, &file, &torn), 0);
	assert_null(torn);
	file.full = 2000;
	for (uint64_t n = 1; n <= 20; n++) {
		struct pw_line line = { 0 };
		struct test_event e;

		test_event_init(&e, n);
		pw_record_event(&f->recorder, &e.event, 1, &line);
		if (file.size >= file.full)
			assert_int_equal(pw_log_file_follow(&file), 0);
		assert_int_equal(pw_log_file_append(&file, line.data, line.length), 0);
		pw_line_done(&line);
	}
	assert_int_equal(pw_log_file_sync(&file), 0);
	pw_log_file_close(&file);
	assert_int_equal(faccessat(f->dirfd, "audit-00000003.log", F_OK, 0), 0);
	open_reader(f);
	for (uint64_t n = 1; n <= 20; n++)
		expect_record(f, n);
	expect_end(f);
}

/* They are lines of the file, and no records. */
static void checkpoints_are_passed_over(void **state)
{
	struct fixture *f = *state;

	append_record(f, PW_LOG_CURRENT, 1);
	APPEND(f, PW_LOG_CURRENT, "{\"schema\":1,\"checkpoint\":\"one\"}\n");
	append_record(f, PW_LOG_CURRENT, 2);
	APPEND(f, PW_LOG_CURRENT, "{\"schema\":1,\"checkpoint\":\"two\"}\n"
				  "{\"schema\":1,\"checkpoint\":\"three\"}\n");
	open_reader(f);
	expect_record(f, 1);
	expect_record(f, 2);
	assert_int_equal(f->reader.line_number, 3);
	expect_end(f);
	assert_int_equal(pw_reader_seek_last(&f->reader, 1), 0);
	expect_record(f, 2);
	expect_end(f);
	assert_int_equal(pw_reader_seek_last(&f->reader, 2), 0);
	expect_record(f, 1);
}

static void times_of_records(void **state)
{
	struct fixture *f = *state;
	int64_t ns;

	f->recorder.real_offset = 1700000000LL * 1000000000;
	append_record(f, PW_LOG_CURRENT, 7);
	open_reader(f);
	expect_record(f, 7);
	assert_int_equal(pw_record_time(f->reader.record, &ns), 0);
	assert_int_equal(ns, 1700000001000000007);
	json_object_object_add(f->reader.record, "time",
			       json_object_new_string("2026-11-24T03:18:22.1Z"));
	assert_int_equal(pw_record_time(f->reader.record, &ns), -EBADMSG);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(an_empty_directory), TEST(files_in_order), TEST(lines_that_are_none),
		TEST(a_line_without_bounds), TEST(a_torn_line), TEST(following_a_log),
		TEST(one_file_alone), TEST(what_cannot_be_opened), TEST(files_that_are_full),
		TEST(checkpoints_are_passed_over),
		TEST(times_of_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
