// SPDX-License-Identifier: BSD-2-Clause
#include "common/words.h"

#include <stdint.h>
#include <string.h>

#include <phiward/abi.h>
#include <phiward/words.h>

#include "common/cleanup.h"

#define NEAR_LENGTH_MAX PW_NAME_MAX

#define NAME_ENTRY(number, text) [number] = (text),
#define WORDS(symbol, list, max)                                                                   \
	static const char *const symbol##_names[] = {list(NAME_ENTRY)};                            \
	_Static_assert(PW_ARRAY_SIZE(symbol##_names) == (max), "every number has a name");         \
	const struct pw_words symbol = {symbol##_names, PW_ARRAY_SIZE(symbol##_names)}

WORDS(pw_words_action, PW_ACTION_LIST, PW_ACTION_MAX_);
WORDS(pw_words_verdict, PW_VERDICT_LIST, PW_VERDICT_MAX_);
WORDS(pw_words_mode, PW_MODE_LIST, PW_MODE_MAX_);
WORDS(pw_words_rescue, PW_RESCUE_LIST, PW_RESCUE_MAX_);
WORDS(pw_words_record, PW_RECORD_LIST, PW_RECORD_MAX_);
WORDS(pw_words_audit, PW_AUDIT_LIST, PW_AUDIT_MAX_);
WORDS(pw_words_on_loss, PW_ON_LOSS_LIST, PW_ON_LOSS_MAX_);
WORDS(pw_words_reason, PW_REASON_LIST, PW_REASON_MAX_);
WORDS(pw_words_loss, PW_LOSS_LIST, PW_LOSS_MAX_);
WORDS(pw_words_proto, PW_PROTO_LIST, PW_PROTO_MAX_);
WORDS(pw_words_direction, PW_DIRECTION_LIST, PW_DIRECTION_MAX_);
WORDS(pw_words_raw, PW_RAW_LIST, PW_RAW_MAX_);
WORDS(pw_words_system, PW_SYSTEM_LIST, PW_SYSTEM_MAX_);
WORDS(pw_words_counter, PW_COUNTER_LIST, PW_COUNTER_MAX_);

const char *pw_word_name(const struct pw_words *words, unsigned int number)
{
	return words->names[number < words->n ? number : 0];
}

unsigned int pw_word_number(const struct pw_words *words, const char *name)
{
	unsigned int i;

	for (i = 1; i < words->n; i++)
		if (!strcmp(words->names[i], name))
			return i;

	return 0;
}

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Edits, and swaps of two neighbours, that turn @a into @b. */
static unsigned int distance(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned int rows[3][NEAR_LENGTH_MAX + 1];
	unsigned int *before = rows[0], *last = rows[1], *row = rows[2], *spare;
	size_t i, j;

	for (j = 0; j <= nb; j++)
		last[j] = j;
	for (i = 1; i <= na; i++) {
		row[0] = i;
		for (j = 1; j <= nb; j++) {
			row[j] = min3(last[j] + 1, row[j - 1] + 1,
				      last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		spare = before;
		before = last;
		last = row;
		row = spare;
	}

	return last[nb];
}

void pw_near_offer(struct pw_near *near, const char *candidate)
{
	size_t n = strlen(near->text), m = strlen(candidate);
	unsigned int d;

	if (!n || !m || n > NEAR_LENGTH_MAX || m > NEAR_LENGTH_MAX)
		return;
	d = distance(near->text, n, candidate, m);
	if (d > (n + 2) / 3 || d >= m)
		return;
	if (!near->best || d < near->distance) {
		near->best = candidate;
		near->distance = d;
	}
}
