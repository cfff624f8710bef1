// SPDX-License-Identifier: BSD-2-Clause
/*
 * The log as a whole, with rings in plain memory: this file's pw_ring_open()
 * stands in for ring_map.c, which needs the kernel's rings.
 */
#include "directory.h"
#include "events.h"
#include "rings.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/account.h"
#include "audit/checkpoint.h"
#include "audit/file.h"
#include "audit/log.h"
#include "audit/reader.h"
#include "audit/verify.h"

struct fixture {
	char dir[TEST_DIRECTORY];
	int dirfd;
	struct pw_state state;
	struct pw_log *log;
	unsigned int notices;
	json_object **lines;	/* what the log says, read back */
	size_t nlines;
};

static void forget_lines(struct fixture *f)
{
	for (size_t i = 0; i < f->nlines; i++)
		json_object_put(f->lines[i]);
	free(f->lines);
	f->lines = NULL;
	f->nlines = 0;
}

static void count_notice(void *data, const struct pw_event *event,
			 const struct pw_catalog *catalog)
{
	struct fixture *f = data;

	(void)event;
	(void)catalog;
	f->notices++;
}

static void open_log(struct fixture *f)
{
	struct pw_log_config config = {
		.log_dir = f->dirfd, .state_dir = f->dirfd, .ring_members = rings[0].fd,
		.ring_others = rings[1].fd, .ring_tamper = rings[2].fd, .state = &f->state,
		.state_map = -1, .notice = count_notice, .notice_data = f,
	};

	assert_int_equal(pw_log_open(&config, &f->log), 0);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	for (size_t i = 0; i < NRINGS; i++)
		make_ring(&rings[i]);
	f->dirfd = make_directory(f->dir);
	open_log(f);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	f->log = pw_log_close(f->log);
	remove_directory(f->dir, f->dirfd);
	for (size_t i = 0; i < NRINGS; i++) {
		close(rings[i].fd);
		close(rings[i].memory);
		munmap(rings[i].data, 2 * RING_SIZE);
	}
	forget_lines(f);
	free(f);
	return 0;
}

static void put_event(struct fixture *f, size_t ring, uint64_t seq)
{
	struct test_event e;

	test_event_init(&e, seq);
	e.event.ino = 1000 + seq;	/* each another file */
	if (seq > f->state.seq)
		f->state.seq = seq;
	put_bytes(ring, &e.event, e.event.size, 0);
}

static void put_repeats(struct fixture *f, uint64_t first, uint64_t last)
{
	struct test_event e;

	for (f->state.seq = first; f->state.seq <= last; f->state.seq++) {
		test_event_init(&e, f->state.seq);
		put_bytes(0, &e.event, e.event.size, 0);
	}
	f->state.seq--;
}

static void read_back(struct fixture *f)
{
	struct pw_reader reader;

	forget_lines(f);
	assert_int_equal(pw_reader_open(f->dir, &reader), 0);
	while (pw_reader_next(&reader) == 1) {
		assert_non_null(reader.record);
		f->lines = reallocarray(f->lines, f->nlines + 1, sizeof(*f->lines));
		f->lines[f->nlines++] = json_object_get(reader.record);
	}
	assert_false(reader.partial);
	pw_reader_close(&reader);
}

/* The numbers of the log's lines; a gap is -first, -last. */
static void assert_log(struct fixture *f, const int64_t *expected, size_t n)
{
	size_t at = 0;

	read_back(f);
	for (size_t i = 0; i < f->nlines; i++) {
		if (strcmp(pw_record_text(f->lines[i], "type"), "gap") != 0) {
			assert_true(at < n);
			assert_int_equal(pw_record_number(f->lines[i], "seq", 0), expected[at++]);
			continue;
		}
		assert_true(at + 1 < n);
		assert_int_equal(-(int64_t)pw_record_number(f->lines[i], "first", 0), expected[at++]);
		assert_int_equal(-(int64_t)pw_record_number(f->lines[i], "last", 0), expected[at++]);
	}
	assert_int_equal(at, n);
}

#define ASSERT_LOG(f, ...)                                                                         \
	do {                                                                                       \
		const int64_t numbers_[] = { __VA_ARGS__ };                                        \
		assert_log(f, numbers_, sizeof(numbers_) / sizeof(numbers_[0]));                   \
	} while (0)

/* Each number up to @n has a line, in order. */
static void assert_order(struct fixture *f, uint64_t n)
{
	read_back(f);
	assert_int_equal(f->nlines, n);
	for (size_t i = 0; i < f->nlines; i++)
		assert_int_equal(pw_record_number(f->lines[i], "seq", 0), i + 1);
}

static void assert_whole(struct fixture *f)
{
	struct pw_verify v = { 0 };

	assert_int_equal(pw_verify(f->dirfd, &v), 0);
	if (v.broken)
		fail_msg("%s:%d: %s", v.file, (int)v.line, v.what);
	pw_verify_done(&v);
}

static void two_rings_become_one_order(void **state)
{
	struct fixture *f = *state;

	put_event(f, 0, 1);
	put_event(f, 0, 4);
	put_event(f, 1, 2);
	put_event(f, 1, 3);
	assert_int_equal(pw_log_drain(f->log, 0), 4);
	ASSERT_LOG(f, 1, 2, 3, 4);
	assert_int_equal(f->state.settled, 4);
	assert_int_equal(f->notices, 4);
	assert_int_equal(rings[0].consumer, rings[0].producer);
	assert_int_equal(pw_log_drain(f->log, 1), 0);
}

/* The window of one ends before that of the other, which has newer events left. */
static void one_order_past_the_windows(void **state)
{
	struct fixture *f = *state;
	const uint64_t n = 75;

	for (uint64_t seq = 1; seq <= n; seq++)
		put_event(f, seq % 3 == 0, seq);
	assert_int_equal(pw_log_drain(f->log, 1), n);
	assert_order(f, n);
}

/* It is told; nothing is lost, written twice, or taken for a gap. */
static void a_window_that_cannot_move(void **state)
{
	struct fixture *f = *state;
	const uint64_t n = 75;

	for (uint64_t seq = 1; seq <= n; seq++)
		put_event(f, 0, seq);
	no_memory = true;
	assert_int_equal(pw_log_drain(f->log, 1), -ENOMEM);
	assert_int_equal(pw_log_drain(f->log, 1), -ENOMEM);
	no_memory = false;
	assert_true(pw_log_drain(f->log, 1) > 0);
	assert_int_equal(f->state.settled, n);
	assert_int_equal(f->state.gapped, 0);
	assert_order(f, n);
}

static void more_than_a_ring_holds(void **state)
{
	struct fixture *f = *state;

	for (uint64_t n = 1; n <= 2000; n++) {
		put_event(f, n % 2, n);
		if (n % 50 == 0)
			assert_int_equal(pw_log_drain(f->log, 1), 50);
	}
	assert_order(f, 2000);
}

/* What follows an entry that the kernel is still writing waits; nothing is declared lost. */
static void an_entry_still_being_written(void **state)
{
	struct fixture *f = *state;
	struct test_event e;
	uint32_t *header;

	test_event_init(&e, 1);
	header = put_bytes(0, &e.event, e.event.size, BPF_RINGBUF_BUSY_BIT);
	put_event(f, 0, 2);
	put_event(f, 1, 3);
	assert_int_equal(pw_log_drain(f->log, 1), 1);
	ASSERT_LOG(f, 3);
	*header &= ~BPF_RINGBUF_BUSY_BIT;
	assert_int_equal(pw_log_drain(f->log, 1), 2);
	ASSERT_LOG(f, 3, 1, 2);
	assert_int_equal(f->state.settled, 3);
}

static void a_discarded_entry_and_one_that_is_no_event(void **state)
{
	struct fixture *f = *state;
	struct test_event e;

	test_event_init(&e, 1);
	put_bytes(0, &e.event, e.event.size, BPF_RINGBUF_DISCARD_BIT);
	put_bytes(0, "rubbish", 8, 0);
	f->state.lost[PW_LOSS_RING_MEMBERS] = (struct pw_lost){ 1, 1, 1 };
	put_event(f, 0, 3);
	assert_int_equal(pw_log_drain(f->log, 1), 1);
	ASSERT_LOG(f, 3);	/* 2 may be on its way: one loss does not explain two */
	assert_int_equal(f->state.settled, 0);
}

static void losses_become_gaps(void **state)
{
	struct fixture *f = *state;

	put_event(f, 1, 1);
	f->state.seq = 4;
	f->state.lost[PW_LOSS_RING_OTHERS] = (struct pw_lost){ 3, 2, 4 };
	put_event(f, 1, 5);
	assert_int_equal(pw_log_drain(f->log, 1), 3);
	ASSERT_LOG(f, 1, 5, -2, -4);
	assert_string_equal(pw_record_text(f->lines[2], "reason"), "ring of others full");
	assert_int_equal(pw_record_number(f->lines[2], "count", 0), 3);
	assert_int_equal(f->state.settled, 5);
	assert_int_equal(f->state.gapped, 3);
}

static void assert_numbers(json_object *record, uint64_t count, uint64_t first, uint64_t last)
{
	assert_int_equal(pw_record_number(record, "seq", 0), first);
	assert_int_equal(pw_record_number(record, "count", 0), count);
	assert_int_equal(pw_record_number(record, "first", 0), count > 1 ? first : 0);
	assert_int_equal(pw_record_number(record, "last", 0), count > 1 ? last : 0);
}

static void what_is_repeated_is_one_line(void **state)
{
	struct fixture *f = *state;

	put_event(f, 0, 1);
	put_repeats(f, 2, 4);
	put_event(f, 0, 5);
	put_repeats(f, 6, 6);
	put_event(f, 1, 7);
	put_repeats(f, 8, 9);
	assert_int_equal(pw_log_drain(f->log, 1), 9);
	assert_int_equal(f->state.settled, 9);
	assert_int_equal(f->notices, 9);
	read_back(f);
	assert_int_equal(f->nlines, 6);
	assert_numbers(f->lines[0], 1, 1, 1);
	assert_numbers(f->lines[1], 3, 2, 4);
	assert_numbers(f->lines[2], 1, 5, 5);
	assert_numbers(f->lines[3], 1, 6, 6);
	assert_numbers(f->lines[4], 1, 7, 7);
	assert_numbers(f->lines[5], 2, 8, 9);
	/* Killed before the ring had its room back: all numbers of a line are known again. */
	f->log = pw_log_close(f->log);
	rings[0].consumer = 0;
	f->state.settled = 0;
	open_log(f);
	assert_int_equal(pw_log_drain(f->log, 1), 0);
	assert_int_equal(f->state.settled, 9);
	read_back(f);
	assert_int_equal(f->nlines, 6);
}

static void what_is_not_quite_the_same_has_its_line(void **state)
{
	struct fixture *f = *state;
	struct test_event e;

	put_repeats(f, 1, 1);
#define OTHERWISE(seq_, change)                                                                    \
	do {                                                                                       \
		test_event_init(&e, seq_);                                                         \
		change;                                                                            \
		put_bytes(0, &e.event, e.event.size, 0);                                           \
		f->state.seq = seq_;                                                               \
	} while (0)
	OTHERWISE(2, e.event.action = PW_ACTION_WRITE);
	OTHERWISE(3, e.event.tid++);
	OTHERWISE(4, e.event.uid = 7);
	OTHERWISE(5, e.event.flags |= PW_EVENT_PHI);
	OTHERWISE(6, e.event.rule = 3);
	OTHERWISE(7, e.event.run = 3);
	OTHERWISE(8, test_event_names(&e, &e.event.path_len, NAMES("a")));
	OTHERWISE(9, test_event_names(&e, &e.event.path_len, NAMES("b")));
	OTHERWISE(11, test_event_names(&e, &e.event.path_len, NAMES("b")));
	OTHERWISE(12, e.event.type = PW_RECORD_TAMPER);
	OTHERWISE(13, e.event.type = PW_RECORD_TAMPER);
#undef OTHERWISE
	assert_int_equal(pw_log_drain(f->log, 0), 12);
	read_back(f);
	assert_int_equal(f->nlines, 12);
}

/* The daemon dies after the write and before the ring gets its room back. */
static void events_are_not_written_twice(void **state)
{
	struct fixture *f = *state;
	unsigned long before;

	put_event(f, 0, 2);
	put_event(f, 0, 3);
	before = rings[0].consumer;
	assert_int_equal(pw_log_drain(f->log, 0), 2);
	assert_int_equal(f->state.settled, 0);
	f->log = pw_log_close(f->log);
	rings[0].consumer = before;

	open_log(f);
	put_event(f, 1, 1);
	assert_int_equal(pw_log_drain(f->log, 1), 1);
	ASSERT_LOG(f, 2, 3, 1);
	assert_int_equal(f->state.settled, 3);
}

/* What was recorded while no daemon ran, losses included. */
static void the_daemon_was_dead(void **state)
{
	struct fixture *f = *state;

	put_event(f, 0, 1);
	assert_int_equal(pw_log_drain(f->log, 1), 1);
	f->log = pw_log_close(f->log);
	put_event(f, 0, 2);
	put_event(f, 1, 3);
	f->state.seq = 9;
	f->state.lost[PW_LOSS_RING_OTHERS] = (struct pw_lost){ 6, 4, 9 };
	open_log(f);
	assert_int_equal(pw_log_drain(f->log, 1), 3);
	ASSERT_LOG(f, 1, 2, 3, -4, -9);
	f->log = pw_log_close(f->log);
	open_log(f);
	assert_int_equal(pw_log_drain(f->log, 1), 0);
	ASSERT_LOG(f, 1, 2, 3, -4, -9);
}

/* The gap is in the log, but the daemon died before it could say so in the state. */
static void a_gap_is_not_written_twice(void **state)
{
	struct fixture *f = *state;

	f->state.seq = 2;
	f->state.lost[PW_LOSS_RING_OTHERS] = (struct pw_lost){ 2, 1, 2 };
	assert_int_equal(pw_log_drain(f->log, 1), 1);
	f->log = pw_log_close(f->log);
	f->state.settled = f->state.gapped = 0;
	open_log(f);
	assert_int_equal(pw_log_drain(f->log, 1), 0);
	ASSERT_LOG(f, -1, -2);
	assert_int_equal(f->state.gapped, 2);
}

static void append_to_log(struct fixture *f, const char *text)
{
	int fd = openat(f->dirfd, "audit.log", O_WRONLY | O_APPEND | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

#define TORN "{\"schema\":1,\"boot\":\"01234567-89ab-cdef-0123-456789abcdef\",\"exe\":null"

/* One line, and one of which no more was written than up to @end. */
static void tear(struct fixture *f, const char *end)
{
	put_event(f, 0, 1);
	assert_int_equal(pw_log_drain(f->log, 1), 1);
	f->log = pw_log_close(f->log);
	append_to_log(f, TORN);
	append_to_log(f, end);
}

/* The daemon was killed in the middle of a write: its event is still in the ring. */
static void a_torn_line_of_this_boot(void **state)
{
	struct fixture *f = *state;

	tear(f, ",\"seq\":2,\"ti");
	put_event(f, 0, 2);
	open_log(f);
	assert_int_equal(pw_log_drain(f->log, 1), 1);
	ASSERT_LOG(f, 1, 2);
}

/* The machine stopped: the number is gone, and the new boot's numbers follow it. */
static void a_torn_line_of_another_boot(void **state)
{
	struct fixture *f = *state;

	tear(f, ",\"seq\":2,\"ti");
	memset(&f->state, 0, sizeof(f->state));
	open_log(f);
	assert_int_equal(f->state.seq, 3);
	assert_int_equal(f->state.settled, 3);
	put_event(f, 0, 4);
	assert_int_equal(pw_log_drain(f->log, 1), 1);
	ASSERT_LOG(f, 1, -2, -2, -3, -3, 4);
	assert_whole(f);
}

/* The same before its number was written: then it is one of those that nobody knows. */
static void a_line_torn_before_its_number(void **state)
{
	struct fixture *f = *state;

	tear(f, ",\"seq\":");
	memset(&f->state, 0, sizeof(f->state));
	open_log(f);
	assert_int_equal(f->state.seq, 2);
	put_event(f, 0, 3);
	assert_int_equal(pw_log_drain(f->log, 1), 1);
	ASSERT_LOG(f, 1, -2, -2, 3);
	assert_whole(f);
}

/*
 * The log cannot grow: what stands in the ring stays there, what did not fit
 * the ring meanwhile is a gap that says why.
 */
static void a_full_disk(void **state)
{
	struct fixture *f = *state;
	struct rlimit before, limit;
	struct stat st;

	put_event(f, 0, 1);
	assert_int_equal(pw_log_drain(f->log, 1), 1);
	assert_int_equal(fstatat(f->dirfd, "audit.log", &st, 0), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = (struct rlimit){ (rlim_t)st.st_size + 100, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	put_event(f, 0, 2);
	assert_true(pw_log_drain(f->log, 1) < 0);
	ASSERT_LOG(f, 1);
	f->state.seq = 4;
	f->state.lost[PW_LOSS_RING_MEMBERS] = (struct pw_lost){ 2, 3, 4 };
	assert_true(pw_log_drain(f->log, 1) < 0);
	assert_int_equal(f->state.settled, 1);

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(pw_log_drain(f->log, 1), 2);
	ASSERT_LOG(f, 1, 2, -3, -4);
	assert_string_equal(pw_record_text(f->lines[2], "reason"), "the log could not be written");
	assert_int_equal(f->state.settled, 4);
	assert_int_equal(f->notices, 2);
}

static void only_one_writes(void **state)
{
	struct fixture *f = *state;
	struct pw_log_config config = { .log_dir = f->dirfd, .state_dir = f->dirfd,
					.state = &f->state, .state_map = -1,
					.ring_members = rings[0].fd,
					.ring_others = rings[1].fd,
					.ring_tamper = rings[2].fd };
	struct pw_log *other = NULL;

	assert_int_equal(pw_log_open(&config, &other), -EWOULDBLOCK);
	assert_null(other);
}

static void numbers_go_on_in_new_state(void **state)
{
	struct fixture *f = *state;

	put_event(f, 0, 1);
	put_event(f, 0, 2);
	assert_int_equal(pw_log_drain(f->log, 1), 2);
	f->log = pw_log_close(f->log);
	memset(&f->state, 0, sizeof(f->state));
	open_log(f);
	assert_int_equal(f->state.seq, 3);
	put_event(f, 0, 4);
	assert_int_equal(pw_log_drain(f->log, 1), 1);
	ASSERT_LOG(f, 1, 2, -3, -3, 4);
	assert_string_equal(pw_record_text(f->lines[2], "reason"), "what came after the last "
			    "checkpoint was lost when the machine stopped");
	assert_whole(f);
	/* After a stop nothing is lost. */
	assert_int_equal(pw_log_end(f->log), 0);
	f->log = pw_log_close(f->log);
	memset(&f->state, 0, sizeof(f->state));
	open_log(f);
	put_event(f, 0, 5);
	assert_int_equal(pw_log_drain(f->log, 1), 1);
	ASSERT_LOG(f, 1, 2, -3, -3, 4, 5);
	assert_whole(f);
}

/* What the last line of a file says, a checkpoint. */
static struct pw_checkpoint last_checkpoint(struct fixture *f, const char *name)
{
	int fd = openat(f->dirfd, name, O_RDONLY | O_CLOEXEC);
	struct pw_checkpoint checkpoint;
	char bytes[65536], *start;
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, bytes, sizeof(bytes));
	assert_true(n > 1 && n < (ssize_t)sizeof(bytes));
	close(fd);
	start = memrchr(bytes, '\n', (size_t)n - 1);
	start = start ? start + 1 : bytes;
	assert_int_equal(pw_checkpoint_parse_line(start, (size_t)(bytes + n - 1 - start),
						  &checkpoint), 0);
	return checkpoint;
}

static void what_is_synced_is_sealed(void **state)
{
	struct fixture *f = *state;
	struct pw_checkpoint one, two;
	uint8_t digest[PW_SHA256_LEN];

	put_event(f, 0, 1);
	assert_int_equal(pw_log_drain(f->log, 1), 1);
	one = last_checkpoint(f, PW_LOG_CURRENT);
	assert_true(one.first);
	assert_int_equal(one.size, 1);
	assert_int_equal(one.segment, 1);
	assert_int_equal(one.settled, 1);
	assert_int_equal(one.end, PW_END_OPEN);
	assert_false(one.module);
	put_event(f, 0, 2);
	put_event(f, 0, 3);
	f->state.seq = 5;
	assert_int_equal(pw_log_drain(f->log, 1), 2);
	two = last_checkpoint(f, PW_LOG_CURRENT);
	assert_int_equal(two.size, 3);
	assert_int_equal(two.records, 5);
	assert_int_equal(two.settled, 3);
	assert_int_equal(pw_checkpoint_digest(&one, digest), 0);
	assert_memory_equal(two.previous, digest, sizeof(digest));
	assert_int_equal(pw_log_drain(f->log, 1), 0);
	one = last_checkpoint(f, PW_LOG_CURRENT);
	assert_memory_equal(&one, &two, sizeof(one));
}

static void a_stop_ends_the_segment(void **state)
{
	struct fixture *f = *state;
	struct pw_checkpoint one, two;
	uint8_t digest[PW_SHA256_LEN];

	put_event(f, 0, 1);
	assert_int_equal(pw_log_end(f->log), 0);
	f->log = pw_log_close(f->log);
	one = last_checkpoint(f, PW_LOG_CURRENT);
	assert_int_equal(one.end, PW_END_STOP);
	open_log(f);
	assert_int_equal(pw_log_end(f->log), 0);
	f->log = pw_log_close(f->log);
	assert_int_equal(faccessat(f->dirfd, "audit-00000001.log", F_OK, 0), -1);
	open_log(f);
	put_event(f, 0, 2);
	assert_int_equal(pw_log_drain(f->log, 1), 1);
	assert_int_equal(last_checkpoint(f, "audit-00000001.log").end, PW_END_STOP);
	two = last_checkpoint(f, PW_LOG_CURRENT);
	assert_int_equal(two.segment, 2);
	assert_int_equal(two.size, 1);
	assert_int_equal(pw_checkpoint_digest(&one, digest), 0);
	assert_memory_equal(two.previous, digest, sizeof(digest));
	ASSERT_LOG(f, 1, 2);
}

/* What was not sealed when the daemon died is, by the next one. */
static void a_crash_ends_the_segment(void **state)
{
	struct fixture *f = *state;
	struct pw_checkpoint one;

	put_event(f, 0, 1);
	assert_int_equal(pw_log_drain(f->log, 1), 1);
	put_event(f, 0, 2);
	assert_int_equal(pw_log_drain(f->log, 0), 1);
	f->log = pw_log_close(f->log);
	open_log(f);
	put_event(f, 0, 3);
	assert_int_equal(pw_log_drain(f->log, 1), 1);
	one = last_checkpoint(f, "audit-00000001.log");
	assert_int_equal(one.end, PW_END_CRASH);
	assert_int_equal(one.size, 2);
	assert_int_equal(last_checkpoint(f, PW_LOG_CURRENT).size, 1);
	ASSERT_LOG(f, 1, 2, 3);
}

/* Issued, and in no line when the machine stopped: the next boot says so. */
static void numbers_that_were_in_memory(void **state)
{
	struct fixture *f = *state;

	put_event(f, 0, 1);
	put_event(f, 0, 3);
	f->state.seq = 6;
	assert_int_equal(pw_log_drain(f->log, 1), 2);
	f->log = pw_log_close(f->log);
	memset(&f->state, 0, sizeof(f->state));
	open_log(f);
	assert_int_equal(f->state.seq, 7);
	put_event(f, 0, 8);
	assert_int_equal(pw_log_drain(f->log, 1), 1);
	ASSERT_LOG(f, 1, 3, -2, -2, -4, -6, -7, -7, 8);
	assert_whole(f);
	assert_string_equal(pw_record_text(f->lines[2], "reason"),
			    "in memory when the machine stopped");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(two_rings_become_one_order),
		TEST(one_order_past_the_windows),
		TEST(a_window_that_cannot_move),
		TEST(more_than_a_ring_holds),
		TEST(an_entry_still_being_written),
		TEST(a_discarded_entry_and_one_that_is_no_event),
		TEST(losses_become_gaps),
		TEST(what_is_repeated_is_one_line),
		TEST(what_is_not_quite_the_same_has_its_line),
		TEST(events_are_not_written_twice),
		TEST(the_daemon_was_dead),
		TEST(a_gap_is_not_written_twice),
		TEST(a_torn_line_of_this_boot),
		TEST(a_torn_line_of_another_boot),
		TEST(a_line_torn_before_its_number),
		TEST(a_full_disk),
		TEST(only_one_writes),
		TEST(numbers_go_on_in_new_state),
		TEST(what_is_synced_is_sealed),
		TEST(a_stop_ends_the_segment),
		TEST(a_crash_ends_the_segment),
		TEST(numbers_that_were_in_memory),
	};

	/* A write beyond the limit on the size of files shall fail, not kill. */
	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
