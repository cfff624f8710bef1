/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which lines were verified before, so that a look at a large fleet verifies what is new: one file
 * in the cache of the user who looks, of which nobody else may write.
 */
#ifndef PW_FLEET_SEEN_H
#define PW_FLEET_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/sha256.h"

struct pw_seen {
	uint8_t key[PW_SHA256_LEN];	/* SHA-256 of the authority, the name and the line */
	int64_t until;		/* the end of its certificate */
};

/* Sorts. */
void pw_seen_sort(struct pw_seen *seen, size_t n);
const struct pw_seen *pw_seen_find(const struct pw_seen *seen, size_t n,
				   const uint8_t key[static PW_SHA256_LEN]);

/* An absent or broken file is an empty one; the caller frees *@ret. */
int pw_seen_read(const char *directory, struct pw_seen **ret, size_t *ret_n);
int pw_seen_write(const char *directory, const struct pw_seen *seen, size_t n);

#endif
