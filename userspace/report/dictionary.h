/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts by number, each once, in the order in which they came. Number 0 is the empty text. */
#ifndef PW_REPORT_DICTIONARY_H
#define PW_REPORT_DICTIONARY_H

#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"

struct pw_dictionary_entry {
	const char *text;	/* length bytes and a NUL */
	size_t length;
	uint64_t hash;
};

struct pw_dictionary {
	struct pw_arena *arena;
	struct pw_dictionary_entry *entries;
	size_t n, capacity;
	uint32_t *slots;	/* number + 1; 0: free */
	size_t nslots;		/* a power of two, or 0 */
};

/* The number of @text. -ENOMEM. */
int pw_dictionary_add(struct pw_dictionary *dictionary, const char *text, size_t length,
		      uint32_t *ret);
void pw_dictionary_done(struct pw_dictionary *dictionary);

#endif
