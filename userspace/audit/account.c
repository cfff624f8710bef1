// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit/account.h"

static uint64_t load(const __u64 *number)
{
	return __atomic_load_n(number, __ATOMIC_ACQUIRE);
}

static void store(__u64 *number, uint64_t value)
{
	__atomic_store_n(number, value, __ATOMIC_RELEASE);
}

void pw_account_open(struct pw_account *account, struct pw_state *state, uint64_t last_in_log)
{
	__u64 none = 0;

	*account = (struct pw_account){ .state = state };
	if (load(&state->settled) == 0 &&
	    __atomic_compare_exchange_n(&state->seq, &none, last_in_log, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		store(&state->settled, last_in_log);
	if (load(&state->settled) > load(&state->seq))
		store(&state->settled, load(&state->seq));
}

void pw_account_done(struct pw_account *account)
{
	free(account->seen);
	*account = (struct pw_account){ 0 };
}

/* Index of the first range that ends at or after @number. */
static size_t find(const struct pw_account *account, uint64_t number)
{
	size_t low = 0, high = account->n;

	if (high && account->seen[high - 1].last < number)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (account->seen[middle].last < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool pw_account_knows(const struct pw_account *account, uint64_t number)
{
	size_t at = find(account, number);

	return number <= account->state->settled ||
	       (at < account->n && account->seen[at].first <= number);
}

static int insert(struct pw_account *account, size_t at, struct pw_range range)
{
	if (account->n == account->capacity) {
		size_t capacity = account->capacity ? 2 * account->capacity : 64;
		struct pw_range *seen = reallocarray(account->seen, capacity, sizeof(*seen));

		if (!seen)
			return -ENOMEM;
		account->seen = seen;
		account->capacity = capacity;
	}
	memmove(account->seen + at + 1, account->seen + at,
		(account->n - at) * sizeof(*account->seen));
	account->seen[at] = range;
	account->n++;
	return 0;
}

static void remove_ranges(struct pw_account *account, size_t at, size_t n)
{
	memmove(account->seen + at, account->seen + at + n,
		(account->n - at - n) * sizeof(*account->seen));
	account->n -= n;
}

static void advance(struct pw_account *account)
{
	uint64_t settled = load(&account->state->settled);

	if (!account->n || account->seen[0].first > settled + 1)
		return;
	store(&account->state->settled, account->seen[0].last);
	remove_ranges(account, 0, 1);
}

int pw_account_add(struct pw_account *account, struct pw_range range)
{
	uint64_t settled = load(&account->state->settled);
	size_t at, end;
	int r;

	if (range.first <= settled)
		range.first = settled + 1;
	if (range.first > range.last)
		return 0;
	at = find(account, range.first - 1);
	for (end = at; end < account->n && account->seen[end].first <= range.last + 1; end++) {
		if (account->seen[end].first < range.first)
			range.first = account->seen[end].first;
		if (account->seen[end].last > range.last)
			range.last = account->seen[end].last;
	}
	if (end > at) {
		account->seen[at] = range;
		remove_ranges(account, at + 1, end - at - 1);
	} else {
		r = insert(account, at, range);
		if (r)
			return r;
	}
	advance(account);
	return 0;
}

void pw_account_stall(struct pw_account *account)
{
	if (!account->disk.first)
		account->disk.first = load(&account->state->seq) + 1;
	account->disk.last = UINT64_MAX;
}

void pw_account_resume(struct pw_account *account)
{
	if (account->disk.last == UINT64_MAX)
		account->disk.last = load(&account->state->seq);
	if (account->disk.last <= load(&account->state->settled))
		account->disk = (struct pw_range){ 0 };
}

uint64_t pw_account_lost(const struct pw_state *state)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < PW_LOSS_MAX_; i++)
		lost += load(&state->lost[i].count);
	return lost;
}

/* The first missing range at or above *@from and up to @limit; false: there is none. */
static bool next_missing(const struct pw_account *account, uint64_t from, uint64_t limit,
			 struct pw_range *ret)
{
	size_t at = find(account, from);

	if (at < account->n && account->seen[at].first <= from) {
		from = account->seen[at].last + 1;
		at++;
	}
	ret->first = from;
	ret->last = at < account->n && account->seen[at].first <= limit ?
			    account->seen[at].first - 1 : limit;
	return ret->first <= ret->last;
}

static uint64_t count_missing(const struct pw_account *account, uint64_t limit)
{
	uint64_t missing = 0;
	struct pw_range range;

	for (uint64_t from = account->state->settled + 1;
	     next_missing(account, from, limit, &range); from = range.last + 1)
		missing += range.last - range.first + 1;
	return missing;
}

/* The window of numbers that were lost for a reason; empty when first is 0. */
static struct pw_range window_of(const struct pw_account *account, enum pw_loss reason)
{
	const struct pw_lost *lost = &account->state->lost[reason];

	if (reason == PW_LOSS_DISK)
		return account->disk;
	return (struct pw_range){ load(&lost->first), load(&lost->last) };
}

/* Why range->first is missing; the range is cut to the numbers of which the same is true. */
static uint32_t why_missing(const struct pw_account *account, struct pw_range *range)
{
	uint32_t reasons = 0;

	for (unsigned int i = 1; i < PW_LOSS_UNKNOWN; i++) {
		struct pw_range window = window_of(account, i);

		if (!window.first || window.last < range->first)
			continue;
		if (window.first > range->first) {
			if (window.first <= range->last)
				range->last = window.first - 1;
			continue;
		}
		reasons |= 1U << i;
		if (window.last < range->last)
			range->last = window.last;
	}
	return reasons & (1U << PW_LOSS_DISK) ? 1U << PW_LOSS_DISK : reasons;
}

/* The windows begin anew behind @limit; losses that the kernel adds meanwhile stay in them. */
static void close_windows(struct pw_account *account, uint64_t limit)
{
	for (size_t i = 1; i < PW_LOSS_UNKNOWN; i++) {
		struct pw_lost *lost = &account->state->lost[i];
		__u64 first = load(&lost->first);

		if (first && first <= limit)
			__atomic_compare_exchange_n(&lost->first, &first,
						    load(&lost->last) > limit ? limit + 1 : 0,
						    false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
	}
}

static int add_gap(struct pw_gaps *gaps, struct pw_gap gap)
{
	if (gaps->n == gaps->capacity) {
		size_t capacity = gaps->capacity ? 2 * gaps->capacity : 64;
		struct pw_gap *more = reallocarray(gaps->gaps, capacity, sizeof(*more));

		if (!more)
			return -ENOMEM;
		gaps->gaps = more;
		gaps->capacity = capacity;
	}
	gaps->gaps[gaps->n++] = gap;
	return 0;
}

static int list_missing(const struct pw_account *account, uint64_t limit, struct pw_gaps *gaps)
{
	struct pw_gap gap;
	int r = 0;

	gaps->limit = limit;
	for (uint64_t from = load(&account->state->settled) + 1;
	     !r && next_missing(account, from, limit, &gap.range); from = gap.range.last + 1) {
		gap.reasons = why_missing(account, &gap.range);
		r = add_gap(gaps, gap);
	}
	return r;
}

int pw_account_find_gaps(struct pw_account *account, uint64_t issued, uint64_t now,
			 struct pw_gaps *gaps)
{
	struct pw_state *state = account->state;
	uint64_t missing = count_missing(account, issued), limit = account->mark;

	gaps->n = 0;
	gaps->limit = 0;
	if (!missing) {
		account->mark_time = 0;
		return 0;
	}
	/* Nothing was issued meanwhile and the kernel's losses are all that is missing. */
	if (pw_account_lost(state) - load(&state->gapped) == missing &&
	    load(&state->seq) == issued)
		return list_missing(account, issued, gaps);
	if (account->mark_time && now - account->mark_time < PW_SETTLE_NS)
		return 0;
	account->mark = issued;
	if (!account->mark_time)
		limit = 0;
	account->mark_time = now;
	return limit ? list_missing(account, limit, gaps) : 0;
}

int pw_account_close(struct pw_account *account, const struct pw_gaps *gaps)
{
	struct pw_state *state = account->state;
	uint64_t lost;
	int r;

	for (size_t i = 0; i < gaps->n; i++) {
		const struct pw_range *range = &gaps->gaps[i].range;

		store(&state->gapped, load(&state->gapped) + range->last - range->first + 1);
		r = pw_account_add(account, *range);
		if (r < 0)
			return r;
	}
	close_windows(account, gaps->limit);
	lost = pw_account_lost(state);
	if (load(&state->gapped) > lost)
		__atomic_fetch_add(&state->lost[PW_LOSS_UNKNOWN].count,
				   load(&state->gapped) - lost, __ATOMIC_ACQ_REL);
	return 0;
}
