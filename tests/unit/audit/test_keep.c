// SPDX-License-Identifier: BSD-2-Clause
/* Which segments are compressed and deleted, and that readers do not notice. */
#include "directory.h"
#include "events.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/bytes.h"
#include "audit/keep.h"
#include "audit/pack.h"
#include "audit/reader.h"
#include "audit/segment.h"

#define SECOND 1000000000LL
#define LARGE 2500000	/* bytes of a segment that needs three frames */

struct fixture {
	char dir[TEST_DIRECTORY];
	int dirfd;
	struct pw_state state;
	struct pw_log_file file;
	struct pw_segment segment;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char *torn;

	assert_non_null(f);
	f->dirfd = make_directory(f->dir);
	assert_int_equal(pw_log_file_open(f->dirfd, &f->file, &torn), 0);
	assert_int_equal(pw_segment_open(&f->segment, &f->file, f->dirfd, &f->state, -1), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	pw_segment_close(&f->segment);
	pw_log_file_close(&f->file);
	remove_directory(f->dir, f->dirfd);
	free(f);
	return 0;
}

/* So many segments of @bytes, and one that grows. */
static void write_segments(struct fixture *f, size_t n, off_t bytes)
{
	char line[256];

	f->file.full = bytes;
	while (f->segment.nclosed < n) {
		int length = snprintf(line, sizeof(line), "{\"schema\":1,\"boot\":\"%s\",\"x\":0,\"seq\":%d,\"time\":\""
				      "2026-11-24T03:18:22.123456789Z\",\"mono\":1,\"count\":1,\"first\":null,\"last\":null,\"y\":0}\n",
				      f->segment.sealer.boot, (int)++f->state.seq);

		assert_int_equal(pw_segment_append(&f->segment, &f->file, line, (size_t)length, 1), 0);
		f->state.settled = f->state.seq;
	}
}

static void pack(struct fixture *f, uint64_t segment)
{
	struct pw_pack *packing;
	int r;

	assert_int_equal(pw_pack_begin(f->dirfd, segment, &packing), 0);
	while ((r = pw_pack_step(packing)) > 0)
		;
	assert_int_equal(r, 0);
	assert_null(pw_pack_end(packing));
}

static void the_oldest_of_age(void **state)
{
	struct fixture *f = *state;
	struct pw_expired expired, parsed;
	struct pw_checkpoint last;
	char text[PW_EXPIRED_TEXT_MAX];
	int64_t closed;

	write_segments(f, 1, 300);
	assert_int_equal(pw_keep_find(f->dirfd, INT64_MAX, 1, &expired), 0);
	write_segments(f, 3, 300);
	assert_int_equal(pw_segment_last(f->dirfd, "audit-00000001.log", &last), 0);
	assert_true(pw_keep_time(last.time, &closed));
	assert_int_equal(pw_keep_find(f->dirfd, closed + 7 * SECOND - 1, 7 * SECOND, &expired), 0);
	assert_int_equal(pw_keep_find(f->dirfd, closed - SECOND, 7 * SECOND, &expired), 0);
	assert_int_equal(pw_keep_find(f->dirfd, closed + 7 * SECOND, 7 * SECOND, &expired), 1);
	assert_int_equal(expired.segment, 1);
	assert_int_equal(expired.size, last.size);
	assert_int_equal(expired.first, 1);
	assert_int_equal(expired.last, last.records);
	pw_expired_text(&expired, text);
	assert_true(pw_expired_parse(text, &parsed));
	assert_memory_equal(&parsed, &expired, sizeof(parsed));
	strcat(text, " ");
	assert_false(pw_expired_parse(text, &parsed));
	pack(f, 1);
	assert_int_equal(pw_keep_find(f->dirfd, closed + 7 * SECOND, 7 * SECOND, &parsed), 1);
	assert_memory_equal(&parsed, &expired, sizeof(parsed));
	assert_int_equal(pw_keep_remove(f->dirfd, 1), 0);
	assert_int_equal(pw_keep_find(f->dirfd, INT64_MAX, 1, &expired), 1);
	assert_int_equal(expired.segment, 2);
	assert_int_equal(pw_keep_remove(f->dirfd, 2), 0);
	/* The newest closed one stays. */
	assert_int_equal(pw_keep_find(f->dirfd, INT64_MAX, 1, &expired), 0);
}

static void the_longest_text_fits_a_note(void **state)
{
	struct pw_expired expired = { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, { 1 }, { 2 } };
	char text[PW_EXPIRED_TEXT_MAX];
	struct pw_expired parsed;

	(void)state;
	pw_expired_text(&expired, text);
	assert_true(strlen(text) < sizeof(((struct pw_note *)NULL)->text));
	assert_true(pw_expired_parse(text, &parsed));
	assert_int_equal(parsed.first, UINT64_MAX);
}

static void a_damaged_end_stays(void **state)
{
	struct fixture *f = *state;
	struct pw_expired expired;
	int fd;

	write_segments(f, 3, 300);
	fd = openat(f->dirfd, "audit-00000001.log", O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, "x\n", 2), 2);
	close(fd);
	assert_int_equal(pw_keep_find(f->dirfd, INT64_MAX, 1, &expired), -EBADMSG);
}

static void assert_lines(struct pw_reader *reader, uint64_t first, uint64_t last)
{
	for (uint64_t n = first; n <= last; n++) {
		assert_int_equal(pw_reader_next(reader), 1);
		assert_int_equal(strtoull(strstr(reader->line, "\"seq\":") + 6, NULL, 10), n);
	}
}

static void readers_go_on(void **state)
{
	struct fixture *f = *state;
	struct pw_reader reader;
	uint64_t at;

	write_segments(f, 3, LARGE);
	assert_int_equal(pw_keep_unpacked(f->dirfd, 1), 1);
	assert_int_equal(pw_reader_open(f->dir, &reader), 0);
	assert_lines(&reader, 1, 100);
	assert_int_equal(pw_keep_unpacked(f->dirfd, 2 * LARGE), 0);
	pack(f, 1);
	assert_int_equal(pw_keep_unpacked(f->dirfd, 1), 2);
	pack(f, 2);
	assert_int_equal(pw_keep_unpacked(f->dirfd, 1), 0);
	assert_lines(&reader, 101, f->state.seq);
	assert_int_equal(pw_reader_next(&reader), 0);
	/* What it waits at the end of gets another name, and is compressed. */
	at = f->state.seq;
	write_segments(f, 5, LARGE);
	pack(f, 3);
	pack(f, 4);
	assert_lines(&reader, at + 1, f->state.seq);
	assert_int_equal(pw_reader_next(&reader), 0);
	assert_int_equal(reader.number, 6);
	pw_reader_close(&reader);
}

static void from_any_place(void **state)
{
	struct fixture *f = *state;
	struct pw_bytes plain, packed;
	static char a[3 * PW_FRAME_BYTES], b[5000];
	size_t n = 0;
	ssize_t got;
	uint64_t size;

	write_segments(f, 2, LARGE);
	assert_int_equal(pw_bytes_open(f->dirfd, "audit-00000001.log", &plain), 0);
	while ((got = pw_bytes_read(&plain, a + n, sizeof(a) - n)) > 0)
		n += (size_t)got;
	pw_bytes_close(&plain);
	pack(f, 1);
	/* Whoever read its name before it was compressed finds it. */
	assert_int_equal(pw_bytes_open(f->dirfd, "audit-00000001.log", &packed), 0);
	assert_int_equal(pw_bytes_size(&packed, &size), 0);
	assert_int_equal(size, n);
	for (size_t at = 0; at < n + 10000; at += 99991) {
		assert_int_equal(pw_bytes_seek(&packed, at), 0);
		got = pw_bytes_read(&packed, b, sizeof(b));
		assert_true(got >= 0 && (got > 0) == (at < n));
		assert_memory_equal(b, a + at, (size_t)got);
	}
	assert_int_equal(pw_bytes_seek(&packed, PW_FRAME_BYTES), 0);
	assert_int_equal(pw_bytes_read(&packed, b, 1), 1);
	assert_int_equal(b[0], a[PW_FRAME_BYTES]);
	pw_bytes_close(&packed);
}

/* Whatever stops it: there is always one whole file. */
static void packing_that_ends_early(void **state)
{
	const struct rlimit small = { 100, RLIM_INFINITY };
	struct fixture *f = *state;
	struct pw_pack *packing;
	struct rlimit before;

	write_segments(f, 2, LARGE);
	assert_int_equal(pw_pack_begin(f->dirfd, 1, &packing), 0);
	assert_int_equal(pw_pack_step(packing), 1);
	pw_pack_end(packing);
	assert_int_equal(faccessat(f->dirfd, "audit-00000001.log", F_OK, 0), 0);
	assert_int_equal(faccessat(f->dirfd, "audit-00000001.log.zst.new", F_OK, 0), -1);
	assert_int_equal(pw_pack_begin(f->dirfd, 1, &packing), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_true(pw_pack_step(packing) < 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	pw_pack_end(packing);
	/* Both are there when the machine stops in between; the first counts, and is done again. */
	assert_int_equal(linkat(f->dirfd, "audit-00000001.log", f->dirfd, "kept", 0), 0);
	pack(f, 1);
	assert_int_equal(faccessat(f->dirfd, "audit-00000001.log", F_OK, 0), -1);
	assert_int_equal(renameat(f->dirfd, "kept", f->dirfd, "audit-00000001.log"), 0);
	assert_int_equal(pw_keep_unpacked(f->dirfd, 1), 1);
	pack(f, 1);
	assert_int_equal(pw_keep_unpacked(f->dirfd, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_oldest_of_age, set_up, tear_down),
		cmocka_unit_test(the_longest_text_fits_a_note),
		cmocka_unit_test_setup_teardown(a_damaged_end_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(readers_go_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(from_any_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(packing_that_ends_early, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
