/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-256 in pieces. start() allocates; end() writes the digest; restart() begins
 * another one with the same memory; free() accepts NULL. Errors: -ENOMEM, or -EIO when
 * OpenSSL refuses.
 */
#ifndef PW_COMMON_SHA256_H
#define PW_COMMON_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define PW_SHA256_LEN 32

struct pw_sha256;

int pw_sha256_start(struct pw_sha256 **ret) __attribute__((warn_unused_result));
int pw_sha256_restart(struct pw_sha256 *sha) __attribute__((warn_unused_result));
int pw_sha256_add(struct pw_sha256 *sha, const void *data, size_t length)
	__attribute__((warn_unused_result));
int pw_sha256_end(struct pw_sha256 *sha, uint8_t digest[static PW_SHA256_LEN])
	__attribute__((warn_unused_result));
struct pw_sha256 *pw_sha256_free(struct pw_sha256 *sha);

/* The whole of another one: of the byte @prefix and @data. */
int pw_sha256_prefixed(struct pw_sha256 *sha, uint8_t prefix, const void *data, size_t length,
		       uint8_t digest[static PW_SHA256_LEN]) __attribute__((warn_unused_result));

/* HMAC of one piece of data. */
int pw_hmac_sha256(const uint8_t key[static PW_SHA256_LEN], const void *data, size_t length,
		   uint8_t mac[static PW_SHA256_LEN]) __attribute__((warn_unused_result));

static inline void pw_sha256_freep(struct pw_sha256 **sha)
{
	*sha = pw_sha256_free(*sha);
}

#endif
