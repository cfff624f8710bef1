// SPDX-License-Identifier: BSD-2-Clause
/* Signatures of status records: told.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include "bundle/certificate.h"
#include "common/base64.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "common/sha256.h"
#include "fleet/device_keys.h"
#include "fleet/told.h"

#define FILE_MAX (1 << 20)
#define NAME_SIZE 256

struct pw_signing {
	EVP_PKEY *key;
	X509 *own;
	STACK_OF(X509) *others;	/* that lead from it to the authority */
};

struct pw_authority {
	struct pw_device_keys keys;
	X509_STORE *store;
	uint8_t digest[PW_SHA256_LEN];
};

static void free_bio(BIO **bio)
{
	BIO_free(*bio);
}

static void free_cms(CMS_ContentInfo **cms)
{
	CMS_ContentInfo_free(*cms);
}

/* @digest: of the file, or NULL. */
static int read_certificates(const char *path, STACK_OF(X509) **ret, uint8_t *digest)
{
	_cleanup_free_ char *text = NULL;
	size_t length;
	int r = pw_file_read(AT_FDCWD, path, FILE_MAX, &text, &length);

	if (r < 0)
		return r;
	*ret = pw_certificates_read(text, length);
	if (digest && !EVP_Digest(text, length, digest, NULL, EVP_sha256(), NULL))
		return -ENOMEM;

	return *ret ? 0 : -EINVAL;
}

/* ---- Signing ------------------------------------------------------------------------------- */

/* Nobody is there to be asked. */
static int no_passphrase(char *buffer, int size, int writing, void *user)
{
	(void)buffer;
	(void)size;
	(void)writing;
	(void)user;

	return -1;
}

static int read_key(const char *path, EVP_PKEY **ret)
{
	_cleanup_(free_bio) BIO *bio = NULL;
	_cleanup_free_ char *text = NULL;
	size_t length;
	int r = pw_file_read(AT_FDCWD, path, FILE_MAX, &text, &length);

	if (r < 0)
		return r;
	bio = BIO_new_mem_buf(text, (int)length);
	*ret = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
	ERR_clear_error();
	explicit_bzero(text, length);

	return *ret ? 0 : -EINVAL;
}

int pw_signing_read(const char *key, const char *certificate, struct pw_signing **ret)
{
	struct pw_signing *signing = calloc(1, sizeof(*signing));
	int r;

	if (!signing || !OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL)) {
		free(signing);
		return -ENOMEM;
	}
	r = read_key(key, &signing->key);
	if (!r)
		r = read_certificates(certificate, &signing->others, NULL);
	if (!r)
		signing->own = sk_X509_shift(signing->others);
	if (!r && !X509_check_private_key(signing->own, signing->key))
		r = -EINVAL;
	ERR_clear_error();
	if (r < 0)
		signing = pw_signing_free(signing);
	*ret = signing;

	return r;
}

struct pw_signing *pw_signing_free(struct pw_signing *signing)
{
	if (!signing)
		return NULL;
	EVP_PKEY_free(signing->key);
	X509_free(signing->own);
	sk_X509_pop_free(signing->others, X509_free);
	free(signing);

	return NULL;
}

int pw_told_sign(const struct pw_signing *signing, const char *text, size_t length, char **ret,
		   size_t *ret_length)
{
	_cleanup_(free_bio) BIO *bio = BIO_new_mem_buf(text, (int)length);
	_cleanup_(free_cms) CMS_ContentInfo *cms = NULL;
	_cleanup_free_ char *base64 = NULL;
	unsigned char *der = NULL;
	int n;

	cms = bio ? CMS_sign(signing->own, signing->key, signing->others, bio,
			     CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP) : NULL;
	n = cms ? i2d_CMS_ContentInfo(cms, &der) : -1;
	ERR_clear_error();
	if (n < 0)
		return -EINVAL;
	base64 = malloc(PW_BASE64_LEN((size_t)n) + 1);
	if (base64)
		pw_base64_write(base64, der, (size_t)n);
	OPENSSL_free(der);
	if (!base64)
		return -ENOMEM;
	n = asprintf(ret, "%.*s %s\n", (int)length, text, base64);
	if (n < 0)
		return -ENOMEM;
	*ret_length = (size_t)n;

	return 0;
}

/* ---- Verifying ----------------------------------------------------------------------------- */

struct pw_authority *pw_authority_free(struct pw_authority *authority)
{
	if (!authority)
		return NULL;
	X509_STORE_free(authority->store);
	pw_device_keys_close(&authority->keys);
	free(authority);

	return NULL;
}

/* That a certificate ended does not make a record false: it is told beside it. */
int pw_authority_read(const char *path, struct pw_authority **ret)
{
	_cleanup_(pw_certificates_free) STACK_OF(X509) *all = NULL;
	uint8_t digest[PW_SHA256_LEN];
	struct pw_authority *authority;
	int r;

	if (!OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL))
		return -ENOMEM;
	r = read_certificates(path, &all, digest);
	if (r < 0)
		return r;
	authority = calloc(1, sizeof(*authority));
	if (!authority)
		return -ENOMEM;
	if (pw_device_keys_open(&authority->keys))
		authority->store = X509_STORE_new();
	for (int i = 0; authority->store && i < sk_X509_num(all); i++)
		if (!X509_STORE_add_cert(authority->store, sk_X509_value(all, i)))
			r = -ENOMEM;
	if (!authority->store || r < 0) {
		pw_authority_free(authority);
		return -ENOMEM;
	}
	X509_STORE_set_flags(authority->store, X509_V_FLAG_NO_CHECK_TIME);
	X509_STORE_set_purpose(authority->store, X509_PURPOSE_ANY);
	memcpy(authority->digest, digest, sizeof(digest));
	*ret = authority;

	return 0;
}

const uint8_t *pw_authority_digest(const struct pw_authority *authority)
{
	return authority->digest;
}

/* Under which it is known that @certificate is of @authority. */
static bool make_key(const struct pw_authority *authority, const X509 *certificate,
		     uint8_t key[static PW_SHA256_LEN])
{
	uint8_t both[2 * PW_SHA256_LEN];

	memcpy(both, authority->digest, PW_SHA256_LEN);

	return X509_digest(certificate, EVP_sha256(), both + PW_SHA256_LEN, NULL) == 1 &&
	       EVP_Digest(both, sizeof(both), key, NULL, EVP_sha256(), NULL) == 1;
}

static bool is_of(const struct pw_authority *authority, X509 *certificate, STACK_OF(X509) *others)
{
	X509_STORE_CTX *context = X509_STORE_CTX_new_ex(authority->keys.library, NULL);
	bool is = context &&
		  X509_STORE_CTX_init(context, authority->store, certificate, others) &&
		  X509_verify_cert(context) == 1;

	X509_STORE_CTX_free(context);

	return is;
}

static bool has_name(const X509 *certificate, const char *serial)
{
	char name[NAME_SIZE];
	int n = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name,
					  sizeof(name));

	return n > 0 && n < (int)sizeof(name) - 1 && strlen(name) == (size_t)n &&
	       !strcmp(name, serial);
}

static CMS_ContentInfo *read_cms(const struct pw_authority *authority, const char *base64,
				 size_t length)
{
	_cleanup_free_ char *text = strndup(base64, length);
	_cleanup_free_ uint8_t *der = NULL;
	const unsigned char *at;
	CMS_ContentInfo *cms = NULL, *empty;
	size_t n;

	if (!text || !pw_base64_length(text, &n))
		return NULL;
	der = malloc(n + 1);
	if (!der || !pw_base64_read(text, der, n))
		return NULL;
	at = der;
	empty = CMS_ContentInfo_new_ex(authority->keys.library, NULL);
	if (empty)
		cms = d2i_CMS_ContentInfo(&empty, &at, (long)n);
	if (cms && (at != der + n || OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)) {
		CMS_ContentInfo_free(cms);
		return NULL;
	}

	return cms;
}

static bool judge(const struct pw_authority *authority, const struct pw_seen_all *seen,
		  CMS_ContentInfo *cms, const char *text, size_t length, const char *serial,
		  struct pw_told_signer *ret)
{
	_cleanup_(free_bio) BIO *bio = BIO_new_mem_buf(text, (int)length);
	_cleanup_(pw_certificates_free) STACK_OF(X509) *others = CMS_get1_certs(cms);
	STACK_OF(X509) *signers = NULL;
	struct tm end = {};
	bool is = false;
	X509 *one;

	if (bio && CMS_verify(cms, NULL, NULL, bio, NULL, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) == 1)
		signers = CMS_get0_signers(cms);
	one = signers && sk_X509_num(signers) == 1 ? sk_X509_value(signers, 0) : NULL;
	if (one && has_name(one, serial) && make_key(authority, one, ret->key) &&
	    (pw_seen_signer(seen, ret->key) || is_of(authority, one, others)) &&
	    ASN1_TIME_to_tm(X509_get0_notAfter(one), &end)) {
		ret->until = timegm(&end);
		is = true;
	}
	sk_X509_free(signers);

	return is;
}

int pw_told_verify(const struct pw_authority *authority, const struct pw_seen_all *seen,
		     const char *line, size_t length, const char *serial, struct pw_told_signer *ret)
{
	_cleanup_(free_cms) CMS_ContentInfo *cms = NULL;
	const char *base64;
	size_t text, n;
	bool is;

	if (!pw_told_split(line, length, &text, &base64, &n))
		return -EACCES;
	cms = read_cms(authority, base64, n);
	is = cms && judge(authority, seen, cms, line, text, serial, ret);
	ERR_clear_error();

	return is ? 0 : -EACCES;
}
