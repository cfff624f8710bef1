// SPDX-License-Identifier: BSD-2-Clause
#include "events.h"

#include <stdlib.h>

#include "audit/account.h"

#define S 1000000000ULL

struct fixture {
	struct pw_state state;
	struct pw_account account;
	struct pw_gaps gaps;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	pw_account_open(&f->account, &f->state, 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	pw_account_done(&f->account);
	free(f->gaps.gaps);
	free(f);
	return 0;
}

static void add(struct fixture *f, uint64_t first, uint64_t last)
{
	assert_int_equal(pw_account_add(&f->account, (struct pw_range){ first, last }), 0);
}

/* As the kernel does when there is no room. */
static void lose(struct fixture *f, enum pw_loss reason, uint64_t number)
{
	struct pw_lost *lost = &f->state.lost[reason];

	lost->count++;
	if (!lost->first || number < lost->first)
		lost->first = number;
	if (number > lost->last)
		lost->last = number;
}

static size_t settle(struct fixture *f, uint64_t now)
{
	assert_int_equal(pw_account_find_gaps(&f->account, f->state.seq, now, &f->gaps), 0);
	return f->gaps.n;
}

static void assert_gap(const struct fixture *f, size_t i, uint64_t first, uint64_t last,
		       uint32_t reasons)
{
	assert_true(i < f->gaps.n);
	assert_int_equal(f->gaps.gaps[i].range.first, first);
	assert_int_equal(f->gaps.gaps[i].range.last, last);
	assert_int_equal(f->gaps.gaps[i].reasons, reasons);
}

static void numbers_in_any_order(void **state)
{
	static const uint64_t order[] = { 5, 1, 9, 3, 2, 7, 8, 4, 6, 10 };
	struct fixture *f = *state;

	f->state.seq = 10;
	for (size_t i = 0; i < 10; i++) {
		assert_false(pw_account_knows(&f->account, order[i]));
		add(f, order[i], order[i]);
		assert_true(pw_account_knows(&f->account, order[i]));
	}
	assert_int_equal(f->state.settled, 10);
	assert_int_equal(f->account.n, 0);
}

static void settled_stops_before_what_is_missing(void **state)
{
	struct fixture *f = *state;

	f->state.seq = 8;
	add(f, 1, 3);
	add(f, 5, 8);
	assert_int_equal(f->state.settled, 3);
	assert_false(pw_account_knows(&f->account, 4));
	assert_true(pw_account_knows(&f->account, 2));
	assert_true(pw_account_knows(&f->account, 5));
	add(f, 2, 6);
	assert_int_equal(f->state.settled, 8);
}

static void ranges_that_touch_become_one(void **state)
{
	struct fixture *f = *state;

	f->state.seq = 100;
	add(f, 10, 20);
	add(f, 30, 40);
	add(f, 50, 60);
	assert_int_equal(f->account.n, 3);
	add(f, 21, 29);
	assert_int_equal(f->account.n, 2);
	add(f, 15, 55);
	assert_int_equal(f->account.n, 1);
	assert_int_equal(f->account.seen[0].first, 10);
	assert_int_equal(f->account.seen[0].last, 60);
}

/* The kernel's counters explain all that is missing: no need to wait. */
static void losses_that_the_kernel_counted(void **state)
{
	struct fixture *f = *state;

	f->state.seq = 10;
	add(f, 1, 3);
	add(f, 6, 8);
	lose(f, PW_LOSS_RING_OTHERS, 4);
	lose(f, PW_LOSS_RING_OTHERS, 5);
	lose(f, PW_LOSS_RING_MEMBERS, 9);
	lose(f, PW_LOSS_RING_MEMBERS, 10);
	assert_int_equal(settle(f, S), 2);
	assert_gap(f, 0, 4, 5, 1U << PW_LOSS_RING_OTHERS);
	assert_gap(f, 1, 9, 10, 1U << PW_LOSS_RING_MEMBERS);
	assert_int_equal(pw_account_close(&f->account, &f->gaps), 0);
	assert_int_equal(f->state.settled, 10);
	assert_int_equal(f->state.gapped, 4);
	assert_int_equal(pw_account_lost(&f->state), 4);
	assert_int_equal(f->state.lost[PW_LOSS_RING_OTHERS].first, 0);
	assert_int_equal(settle(f, 9 * S), 0);
}

/* One number is on its way: nothing is declared lost before it had its time. */
static void a_number_on_its_way(void **state)
{
	struct fixture *f = *state;

	f->state.seq = 5;
	add(f, 1, 3);
	add(f, 5, 5);
	assert_int_equal(settle(f, 10 * S), 0);
	assert_int_equal(settle(f, 11 * S), 0);
	add(f, 4, 4);
	assert_int_equal(settle(f, 20 * S), 0);
	assert_int_equal(f->state.settled, 5);
}

static void a_number_that_never_comes(void **state)
{
	struct fixture *f = *state;

	f->state.seq = 5;
	add(f, 1, 3);
	add(f, 5, 5);
	assert_int_equal(settle(f, 10 * S), 0);
	f->state.seq = 7;	/* 6 and 7 are newer than the mark */
	assert_int_equal(settle(f, 12 * S), 1);
	assert_gap(f, 0, 4, 4, 0);
	assert_int_equal(pw_account_close(&f->account, &f->gaps), 0);
	assert_int_equal(f->state.lost[PW_LOSS_UNKNOWN].count, 1);
	assert_int_equal(f->state.settled, 5);
	assert_int_equal(settle(f, 13 * S), 0);
	assert_int_equal(settle(f, 14 * S), 1);
	assert_gap(f, 0, 6, 7, 0);
}

/* A lost number and one on its way: the counters alone do not tell which is which. */
static void losses_beside_one_on_its_way(void **state)
{
	struct fixture *f = *state;

	f->state.seq = 5;
	add(f, 1, 3);
	lose(f, PW_LOSS_RING_OTHERS, 4);
	assert_int_equal(settle(f, 10 * S), 0);
	add(f, 5, 5);
	assert_int_equal(settle(f, 10 * S + 1), 1);
	assert_gap(f, 0, 4, 4, 1U << PW_LOSS_RING_OTHERS);
}

static void a_range_with_several_reasons_is_cut(void **state)
{
	struct fixture *f = *state;

	f->state.seq = 10;
	for (uint64_t n = 2; n <= 6; n++)
		lose(f, PW_LOSS_RING_OTHERS, n);
	for (uint64_t n = 5; n <= 9; n++)
		lose(f, PW_LOSS_RING_MEMBERS, n);
	assert_int_equal(settle(f, S), 5);
	assert_gap(f, 0, 1, 1, 0);
	assert_gap(f, 1, 2, 4, 1U << PW_LOSS_RING_OTHERS);
	assert_gap(f, 2, 5, 6, 1U << PW_LOSS_RING_OTHERS | 1U << PW_LOSS_RING_MEMBERS);
	assert_gap(f, 3, 7, 9, 1U << PW_LOSS_RING_MEMBERS);
	assert_gap(f, 4, 10, 10, 0);
}

static void losses_while_the_disk_was_full(void **state)
{
	struct fixture *f = *state;

	f->state.seq = 3;
	add(f, 1, 3);
	pw_account_stall(&f->account);
	f->state.seq = 6;
	pw_account_stall(&f->account);
	lose(f, PW_LOSS_RING_OTHERS, 5);
	lose(f, PW_LOSS_RING_OTHERS, 6);
	pw_account_resume(&f->account);
	f->state.seq = 7;
	lose(f, PW_LOSS_RING_OTHERS, 7);
	add(f, 4, 4);
	assert_int_equal(settle(f, S), 2);
	assert_gap(f, 0, 5, 6, 1U << PW_LOSS_DISK);
	assert_gap(f, 1, 7, 7, 1U << PW_LOSS_RING_OTHERS);
	assert_int_equal(pw_account_close(&f->account, &f->gaps), 0);
	assert_int_equal(pw_account_lost(&f->state), 3);
	pw_account_resume(&f->account);
	assert_int_equal(f->account.disk.first, 0);
}

/* New state goes on after the log; state of a daemon that died stays as it is. */
static void opening(void **state)
{
	struct pw_state fresh = { 0 }, old = { .seq = 50, .settled = 40 };
	struct pw_state odd = { .seq = 3, .settled = 9 };
	struct pw_account account;

	(void)state;
	pw_account_open(&account, &fresh, 1234);
	assert_int_equal(fresh.seq, 1234);
	assert_int_equal(fresh.settled, 1234);
	pw_account_open(&account, &old, 1234);
	assert_int_equal(old.seq, 50);
	assert_int_equal(old.settled, 40);
	pw_account_open(&account, &odd, 0);
	assert_int_equal(odd.settled, 3);
}

/* Whatever the order and the losses, each number ends up in exactly one place. */
static void every_number_exactly_once(void **state)
{
	unsigned int seed = 1;

	for (int round = 0; round < 200; round++) {
		struct fixture *f = *state;
		uint64_t lines = 0, gaps = 0;

		pw_account_done(&f->account);
		memset(&f->state, 0, sizeof(f->state));
		pw_account_open(&f->account, &f->state, 0);
		f->state.seq = 300;
		for (uint64_t n = 1; n <= 300; n++) {
			if (rand_r(&seed) % 3 == 0) {
				lose(f, 1 + rand_r(&seed) % 2, n);
			} else if (!pw_account_knows(&f->account, n)) {
				add(f, n, n);
				lines++;
			}
		}
		settle(f, S);
		for (size_t i = 0; i < f->gaps.n; i++)
			gaps += f->gaps.gaps[i].range.last - f->gaps.gaps[i].range.first + 1;
		assert_int_equal(pw_account_close(&f->account, &f->gaps), 0);
		assert_int_equal(lines + gaps, 300);
		assert_int_equal(f->state.settled, 300);
		assert_int_equal(pw_account_lost(&f->state), gaps);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(numbers_in_any_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(settled_stops_before_what_is_missing, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(ranges_that_touch_become_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(losses_that_the_kernel_counted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_number_on_its_way, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_number_that_never_comes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(losses_beside_one_on_its_way, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_range_with_several_reasons_is_cut, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(losses_while_the_disk_was_full, set_up, tear_down),
		cmocka_unit_test(opening),
		cmocka_unit_test_setup_teardown(every_number_exactly_once, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
