/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-256 of many short messages side by side, one in each lane of a vector, by Intel's
 * multi-buffer library: a record takes a third of what one message after the other takes,
 * on processors with instructions for SHA-256 too. Where the library does not run, which it does
 * not without AES instructions, one after the other.
 */
#ifndef PW_COMMON_SHA256_MANY_H
#define PW_COMMON_SHA256_MANY_H

#include <stddef.h>
#include <stdint.h>

#include "common/sha256.h"

#define PW_SHA256_MANY 128	/* messages in one call */

struct pw_message {
	const uint8_t *data;
	size_t length;
};

struct pw_sha256_many;

/* -ENOMEM, or the errors of common/sha256.h. */
int pw_sha256_many_open(struct pw_sha256_many **ret);
struct pw_sha256_many *pw_sha256_many_close(struct pw_sha256_many *many);

/*
 * At most PW_SHA256_MANY messages; none of them in @digests. -EIO when one was not hashed; then no
 * digest counts.
 */
int pw_sha256_many(struct pw_sha256_many *many, const struct pw_message *messages, size_t n,
		   uint8_t (*digests)[PW_SHA256_LEN]);

#endif
