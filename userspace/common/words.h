/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of the numbers in include/phiward/words.h and abi.h, and back. The
 * tables are expanded from the same lists as the enums.
 */
#ifndef PW_COMMON_WORDS_H
#define PW_COMMON_WORDS_H

#include <stddef.h>

struct pw_words {
	const char *const *names;	/* by number; [0] is "invalid" */
	unsigned int n;
};

extern const struct pw_words pw_words_action;
extern const struct pw_words pw_words_verdict;
extern const struct pw_words pw_words_mode;
extern const struct pw_words pw_words_rescue;
extern const struct pw_words pw_words_record;
extern const struct pw_words pw_words_audit;
extern const struct pw_words pw_words_on_loss;
extern const struct pw_words pw_words_reason;
extern const struct pw_words pw_words_loss;
extern const struct pw_words pw_words_proto;
extern const struct pw_words pw_words_direction;
extern const struct pw_words pw_words_raw;
extern const struct pw_words pw_words_system;
extern const struct pw_words pw_words_counter;

/* The name of @number, or "invalid". */
const char *pw_word_name(const struct pw_words *words, unsigned int number);

/* The number of @name, or 0. */
unsigned int pw_word_number(const struct pw_words *words, const char *name);

/*
 * The candidate most like @text, found by offering them one by one. Nothing is
 * suggested when none is near: more than a third of the letters would change.
 */
struct pw_near {
	const char *text;
	const char *best;		/* borrowed from the caller; NULL: none is near */
	unsigned int distance;
};

void pw_near_offer(struct pw_near *near, const char *candidate);

#endif
