// SPDX-License-Identifier: BSD-2-Clause
/* A ring is seen through a window that moves. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rings.h"

static struct pw_ring ring;

static int set_up(void **state)
{
	(void)state;
	make_ring(&rings[0]);
	return pw_ring_open(rings[0].fd, &ring);
}

static int tear_down(void **state)
{
	(void)state;
	pw_ring_close(&ring);
	munmap(rings[0].data, 2 * RING_SIZE);
	close(rings[0].memory);
	close(rings[0].fd);
	rings[0] = (struct kernel_ring){ 0 };
	return 0;
}

/* As many as there is room for; returns the number after the last one. */
static uint64_t fill(uint64_t seq)
{
	struct test_event e;

	for (;; seq++) {
		test_event_init(&e, seq);
		if (rings[0].producer - rings[0].consumer + e.event.size + 16 > RING_SIZE)
			return seq;
		put_bytes(0, &e, e.event.size, seq % 5 ? 0 : BPF_RINGBUF_DISCARD_BIT);
	}
}

/* Those that were not discarded, each once and in order, however often what was read is given back. */
static void every_event_is_seen(void **state)
{
	uint64_t seq = 1, end = 1;
	const struct pw_event *event;

	(void)state;
	for (size_t releases = 0; releases < 2000; releases++) {
		end = fill(end);
		for (size_t i = 0; i <= releases % 7; i++) {
			seq += seq % 5 == 0;
			event = pw_ring_peek(&ring);
			if (!event) {
				assert_true(ring.cut);
				break;
			}
			assert_false(ring.cut);
			assert_int_equal(event->seq, seq++);
			pw_ring_advance(&ring);
		}
		/* One was looked at and not taken when the window moves. */
		pw_ring_peek(&ring);
		assert_int_equal(pw_ring_release(&ring), 0);
		assert_non_null(pw_ring_peek(&ring));
	}
	assert_true(seq > 2000);
}

static uint64_t read_window(void)
{
	uint64_t n = 0;

	for (; pw_ring_peek(&ring); n++)
		pw_ring_advance(&ring);
	return n;
}

/* It is cut until something is given back: then there is a next event, as long as there is one. */
static void the_window_ends(void **state)
{
	uint64_t end = fill(1), seen = 0, n;

	(void)state;
	while ((n = read_window())) {
		seen += n;
		assert_int_equal(ring.cut, ring.position < rings[0].producer);
		assert_int_equal(pw_ring_release(&ring), 0);
		assert_false(ring.cut);
	}
	assert_int_equal(seen, end - 1 - (end - 1) / 5);
	assert_int_equal(ring.position, rings[0].producer);
}

/* That is told. What was read is given back, nothing else is, and the next time it goes on. */
static void a_window_that_cannot_move(void **state)
{
	uint64_t end = fill(1), seen = read_window();

	(void)state;
	no_memory = true;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pw_ring_release(&ring), -ENOMEM);
		assert_int_equal(rings[0].consumer, ring.position);
		assert_int_equal(read_window(), 0);
		assert_true(ring.cut);
	}
	no_memory = false;
	assert_int_equal(pw_ring_release(&ring), 0);
	while (pw_ring_peek(&ring)) {
		seen += read_window();
		assert_int_equal(pw_ring_release(&ring), 0);
	}
	assert_int_equal(seen, end - 1 - (end - 1) / 5);
}

/* More than there is room for, or less than there was: what is there is passed over as a whole. */
static void positions_of_no_kernel(void **state)
{
	static const unsigned long off[] = { -8UL, RING_SIZE + 8, 3UL * RING_SIZE };
	struct test_event e;

	(void)state;
	for (uint64_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
		fill(1);
		read_window();
		assert_int_equal(pw_ring_release(&ring), 0);
		rings[0].producer = ring.position + off[i];
		assert_null(pw_ring_peek(&ring));
		assert_int_equal(ring.malformed, i + 1);
		assert_int_equal(pw_ring_release(&ring), 0);
		assert_int_equal(rings[0].consumer, rings[0].producer);
		test_event_init(&e, 100 + i);
		put_bytes(0, &e, e.event.size, 0);
		assert_int_equal(pw_ring_peek(&ring)->seq, 100 + i);
		pw_ring_advance(&ring);
	}
}

/* Read again from there on, and not what was looked at further on. */
static void back_to_the_last_release(void **state)
{
	(void)state;
	fill(1);
	for (uint64_t seq = 1; seq < 4; seq++) {
		assert_int_equal(pw_ring_peek(&ring)->seq, seq);
		pw_ring_advance(&ring);
	}
	assert_int_equal(pw_ring_peek(&ring)->seq, 4);
	rings[0].consumer = 24;	/* as whoever else has it mapped could */
	pw_ring_rewind(&ring);
	assert_int_equal(pw_ring_peek(&ring)->seq, 1);
}

/* What is longer than any event is counted and passed over, also where no window could hold it. */
static void no_event_is_that_long(void **state)
{
	static char bytes[RING_WINDOW];
	struct test_event e;

	(void)state;
	put_bytes(0, bytes, sizeof(bytes), 0);
	test_event_init(&e, 1);
	put_bytes(0, &e, e.event.size, 0);
	assert_null(pw_ring_peek(&ring));
	assert_int_equal(ring.malformed, 1);
	assert_int_equal(pw_ring_release(&ring), 0);
	assert_int_equal(pw_ring_peek(&ring)->seq, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_event_is_seen),
		TEST(the_window_ends),
		TEST(a_window_that_cannot_move),
		TEST(positions_of_no_kernel),
		TEST(back_to_the_last_release),
		TEST(no_event_is_that_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
