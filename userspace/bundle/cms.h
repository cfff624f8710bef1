/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bundle as a file: CMS SignedData (RFC 5652) in DER, with what is signed inside and the
 * certificates of the signers beside it. Whether anybody trusts them: bundle/trust.h.
 */
#ifndef PW_BUNDLE_CMS_H
#define PW_BUNDLE_CMS_H

#include <stdint.h>

#include <openssl/x509.h>

#include "policy/diag.h"

struct pw_signer {
	char *subject;		/* of its certificate; "?" where there is none */
	char *issuer;
	uint8_t fingerprint[PW_DIGEST_LEN];	/* SHA-256 of the certificate */
	int64_t not_before, not_after;		/* of the certificate, as in common/instant.h */
	const X509 *certificate;	/* NULL: it is not in the bundle */
	const char *digest;	/* the name of the algorithm */
	const char *broken;	/* why it does not sign what is there, or NULL */
	/* Filled in by pw_trust_judge(). */
	const char *role;	/* that it counts for, or NULL */
	const char *uncounted;	/* why it counts for none, or NULL */
};

struct pw_cms {
	const char *content;	/* what is signed */
	size_t length;
	uint8_t digest[PW_DIGEST_LEN];	/* SHA-256 of it */
	struct pw_signer *signers;
	size_t nsigners;
	STACK_OF(X509) *certificates;	/* all that lie in the bundle; NULL: none */
	struct CMS_ContentInfo_st *info;	/* owns the content */
};

/* Whether a file that begins like this is a bundle rather than a text. */
bool pw_cms_is(const void *data, size_t length);

/*
 * Takes a file apart and tries its signatures: not whether anybody trusts them. -EINVAL with an
 * error in @diag, at @file; -ENOMEM.
 */
int pw_cms_read(const char *file, const void *der, size_t length, struct pw_cms **ret,
		struct pw_diag *diag);
struct pw_cms *pw_cms_free(struct pw_cms *cms);

static inline void pw_cms_freep(struct pw_cms **cms)
{
	*cms = pw_cms_free(*cms);
}

/* A bundle that nobody has signed. The caller frees *@ret. */
int pw_cms_build(const char *content, size_t length, uint8_t **ret, size_t *ret_length);

/*
 * A bundle with one signature more, by @key, whose certificate is the first of @chain; the others
 * lead to the one that is trusted. All others stay as they are. Errors as pw_cms_read().
 */
int pw_cms_sign(const char *file, const void *der, size_t length, STACK_OF(X509) *chain,
		EVP_PKEY *key, uint8_t **ret, size_t *ret_length, struct pw_diag *diag);

#endif
