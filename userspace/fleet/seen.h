/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which lines were verified before, and which certificates, so that a look at a large fleet verifies
 * what is new: one file in the cache of the user who looks, of which nobody else may write.
 */
#ifndef PW_FLEET_SEEN_H
#define PW_FLEET_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/sha256.h"

struct pw_seen {
	uint8_t key[PW_SHA256_LEN];	/* SHA-256 of the authority, the name and the line */
	uint8_t signer[PW_SHA256_LEN];	/* SHA-256 of the authority and the certificate's own */
	int64_t until;		/* the end of its certificate */
};

struct pw_seen_all {
	struct pw_seen *lines;	/* sorted by key */
	uint8_t (*signers)[PW_SHA256_LEN];	/* sorted */
	size_t n;		/* of each */
};

const struct pw_seen *pw_seen_line(const struct pw_seen_all *all,
				   const uint8_t key[static PW_SHA256_LEN]);
bool pw_seen_signer(const struct pw_seen_all *all, const uint8_t signer[static PW_SHA256_LEN]);

/* An absent or broken file is an empty one. 0 or -ENOMEM. */
int pw_seen_read(const char *directory, struct pw_seen_all *ret);
int pw_seen_write(const char *directory, const struct pw_seen *seen, size_t n);
void pw_seen_done(struct pw_seen_all *all);

#endif
