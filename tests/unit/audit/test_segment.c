// SPDX-License-Identifier: BSD-2-Clause
/* When a segment ends, and that a seal is made once whatever the disk does. */
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

#include "audit/segment.h"
#include "audit/verify.h"

struct fixture {
	char dir[TEST_DIRECTORY];
	int dirfd;
	struct pw_state state;
	struct pw_log_file file;
	struct pw_segment segment;
};

static void open_segment(struct fixture *f)
{
	char *torn;

	assert_int_equal(pw_log_file_open(f->dirfd, &f->file, &torn), 0);
	assert_null(torn);
	assert_int_equal(pw_segment_open(&f->segment, &f->file, f->dirfd, &f->state, -1), 0);
}

static void close_segment(struct fixture *f)
{
	pw_segment_close(&f->segment);
	pw_log_file_close(&f->file);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->dirfd = make_directory(f->dir);
	open_segment(f);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	close_segment(f);
	remove_directory(f->dir, f->dirfd);
	free(f);
	return 0;
}

static int append(struct fixture *f, uint64_t now)
{
	char line[256];
	int n = snprintf(line, sizeof(line), "{\"schema\":1,\"boot\":\"%s\",\"x\":0,\"seq\":%d,\"time\":\""
			 "2026-11-24T03:18:22.123456789Z\",\"mono\":1,\"count\":1,\"first\":null,\"last\":null,\"y\":0}\n",
			 f->segment.sealer.boot, (int)++f->state.seq);
	int r = pw_segment_append(&f->segment, &f->file, line, (size_t)n, now);

	if (r)
		f->state.seq--;
	f->state.settled = f->state.seq;
	return r;
}

static void assert_whole(struct fixture *f, uint64_t segments, uint64_t records)
{
	struct pw_verify v = { 0 };

	assert_int_equal(pw_verify(f->dirfd, &v), 0);
	if (v.broken)
		fail_msg("%s:%d: %s", v.file, (int)v.line, v.what);
	assert_int_equal(v.segments, segments);
	assert_int_equal(v.records, records);
	assert_int_equal(v.unsealed, 0);
	pw_verify_done(&v);
}

static void full_and_old(void **state)
{
	struct fixture *f = *state;

	f->file.full = 400;
	assert_int_equal(append(f, 1), 0);
	assert_int_equal(append(f, 2), 0);
	assert_int_equal(append(f, 3), 0);
	assert_int_equal(append(f, 4), 0);
	assert_int_equal(f->segment.last.end, PW_END_SIZE);
	assert_int_equal(f->segment.number, 2);
	f->file.full = PW_LOG_FULL_BYTES;
	assert_int_equal(append(f, 4 + PW_SEGMENT_AGE_NS - 1), 0);
	assert_int_equal(f->segment.number, 2);
	assert_int_equal(append(f, 4 + PW_SEGMENT_AGE_NS), 0);
	assert_int_equal(f->segment.last.end, PW_END_AGE);
	assert_int_equal(f->segment.number, 3);
	assert_int_equal(pw_segment_checkpoint(&f->segment, &f->file, PW_END_STOP), 0);
	assert_whole(f, 3, 6);
}

static void old_and_at_rest(void **state)
{
	struct fixture *f = *state;

	f->segment.age = 100;
	assert_int_equal(append(f, 1), 0);
	assert_int_equal(pw_segment_tick(&f->segment, &f->file, 100), 0);
	assert_int_equal(f->segment.nclosed, 0);
	assert_int_equal(pw_segment_tick(&f->segment, &f->file, 101), 0);
	assert_int_equal(f->segment.nclosed, 1);
	assert_int_equal(f->segment.closing.end, PW_END_AGE);
	/* One without records does not age. */
	assert_int_equal(pw_segment_tick(&f->segment, &f->file, 1000), 0);
	assert_int_equal(f->segment.nclosed, 1);
	assert_int_equal(append(f, 1000), 0);
	assert_int_equal(pw_segment_checkpoint(&f->segment, &f->file, PW_END_STOP), 0);
	assert_int_equal(pw_segment_tick(&f->segment, &f->file, 9000), 0);
	assert_int_equal(f->segment.nclosed, 2);
	assert_whole(f, 2, 2);
}

/* What was sealed and could not be written goes first when there is room again. */
static void a_full_disk(void **state)
{
	struct fixture *f = *state;
	struct rlimit before, limit;

	assert_int_equal(append(f, 1), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = (struct rlimit){ (rlim_t)f->file.size + 100, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_true(pw_segment_checkpoint(&f->segment, &f->file, PW_END_OPEN) < 0);
	assert_true(f->segment.pending_length > 0);
	assert_true(append(f, 2) < 0);
	assert_true(pw_segment_checkpoint(&f->segment, &f->file, PW_END_OPEN) < 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(append(f, 3), 0);
	assert_int_equal(f->segment.last.size, 1);
	assert_int_equal(pw_segment_checkpoint(&f->segment, &f->file, PW_END_STOP), 0);
	assert_whole(f, 1, 2);
}

/* A tree that could not follow the file is made again from it. */
static void a_tree_that_is_not_that_of_the_file(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(append(f, 1), 0);
	assert_int_equal(pw_segment_checkpoint(&f->segment, &f->file, PW_END_OPEN), 0);
	f->segment.stale = true;
	assert_int_equal(append(f, 2), 0);
	assert_int_equal(f->segment.tree.size, 1);
	assert_int_equal(pw_segment_checkpoint(&f->segment, &f->file, PW_END_OPEN), 0);
	assert_int_equal(f->segment.last.size, 2);
	assert_whole(f, 1, 2);
}

static void the_key_file(void **state)
{
	struct fixture *f = *state;
	struct pw_sealer one = f->segment.sealer, two;
	struct stat st;

	assert_int_equal(fstatat(f->dirfd, PW_SEALER_FILE, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(pw_sealer_open(f->dirfd, &f->state, -1, &two), 0);
	assert_memory_equal(one.key, two.key, sizeof(one.key));
	assert_string_equal(one.log, two.log);
	assert_int_equal(unlinkat(f->dirfd, PW_SEALER_FILE, 0), 0);
	assert_int_equal(pw_sealer_open(f->dirfd, &f->state, -1, &two), 0);
	assert_memory_not_equal(one.key, two.key, sizeof(one.key));
	assert_string_not_equal(one.log, two.log);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(full_and_old), TEST(old_and_at_rest), TEST(a_full_disk),
		TEST(a_tree_that_is_not_that_of_the_file),
		TEST(the_key_file),
	};

	/* A write beyond the limit on the size of files shall fail, not kill. */
	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
