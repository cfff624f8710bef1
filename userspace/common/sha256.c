// SPDX-License-Identifier: BSD-2-Clause
/*
 * Records are short and there are many of them: EVP takes a sixth longer than the functions
 * below it, which OpenSSL 3 calls deprecated and has.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "common/sha256.h"

#include <errno.h>
#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

struct pw_sha256 {
	SHA256_CTX context;
};

int pw_sha256_start(struct pw_sha256 **ret)
{
	struct pw_sha256 *sha = malloc(sizeof(*sha));

	if (!sha)
		return -ENOMEM;
	SHA256_Init(&sha->context);
	*ret = sha;

	return 0;
}

int pw_sha256_restart(struct pw_sha256 *sha)
{
	return SHA256_Init(&sha->context) == 1 ? 0 : -EIO;
}

int pw_sha256_add(struct pw_sha256 *sha, const void *data, size_t length)
{
	return SHA256_Update(&sha->context, data, length) == 1 ? 0 : -EIO;
}

int pw_sha256_end(struct pw_sha256 *sha, uint8_t digest[static PW_SHA256_LEN])
{
	return SHA256_Final(digest, &sha->context) == 1 ? 0 : -EIO;
}

struct pw_sha256 *pw_sha256_free(struct pw_sha256 *sha)
{
	free(sha);

	return NULL;
}

int pw_hmac_sha256(const uint8_t key[static PW_SHA256_LEN], const void *data, size_t length,
		   uint8_t mac[static PW_SHA256_LEN])
{
	return HMAC(EVP_sha256(), key, PW_SHA256_LEN, data, length, mac, NULL) ? 0 : -EIO;
}
