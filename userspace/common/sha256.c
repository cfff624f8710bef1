// SPDX-License-Identifier: BSD-2-Clause
#include "common/sha256.h"

#include <errno.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

/* struct pw_sha256 is never defined: it is OpenSSL's context under our name. */
static EVP_MD_CTX *context(struct pw_sha256 *sha)
{
	return (EVP_MD_CTX *)sha;
}

int pw_sha256_start(struct pw_sha256 **ret)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	if (!md)
		return -ENOMEM;
	if (EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1) {
		EVP_MD_CTX_free(md);
		return -EIO;
	}
	*ret = (struct pw_sha256 *)md;

	return 0;
}

int pw_sha256_restart(struct pw_sha256 *sha)
{
	return EVP_DigestInit_ex(context(sha), NULL, NULL) == 1 ? 0 : -EIO;
}

int pw_sha256_add(struct pw_sha256 *sha, const void *data, size_t length)
{
	return EVP_DigestUpdate(context(sha), data, length) == 1 ? 0 : -EIO;
}

int pw_sha256_end(struct pw_sha256 *sha, uint8_t digest[static PW_SHA256_LEN])
{
	return EVP_DigestFinal_ex(context(sha), digest, NULL) == 1 ? 0 : -EIO;
}

int pw_sha256_prefixed(struct pw_sha256 *sha, uint8_t prefix, const void *data, size_t length,
		       uint8_t digest[static PW_SHA256_LEN])
{
	int r = pw_sha256_restart(sha);

	if (!r)
		r = pw_sha256_add(sha, &prefix, 1);
	if (!r)
		r = pw_sha256_add(sha, data, length);
	return r ? r : pw_sha256_end(sha, digest);
}

struct pw_sha256 *pw_sha256_free(struct pw_sha256 *sha)
{
	EVP_MD_CTX_free(context(sha));

	return NULL;
}

int pw_hmac_sha256(const uint8_t key[static PW_SHA256_LEN], const void *data, size_t length,
		   uint8_t mac[static PW_SHA256_LEN])
{
	return HMAC(EVP_sha256(), key, PW_SHA256_LEN, data, length, mac, NULL) ? 0 : -EIO;
}
