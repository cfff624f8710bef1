// SPDX-License-Identifier: BSD-2-Clause
#include "publish/auditor.h"

#include <fcntl.h>

#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>

#include "common/cleanup.h"
#include "common/file.h"

#define CERTIFICATE_MAX 65536

static void free_bio(BIO **bio)
{
	BIO_free(*bio);
}

static void free_cms(CMS_ContentInfo **cms)
{
	CMS_ContentInfo_free(*cms);
}

int pw_auditor_read(X509 **ret)
{
	_cleanup_(free_bio) BIO *bio = NULL;
	_cleanup_free_ char *text = NULL;
	size_t length;
	int r;

	/* Its configuration file could name other programs to load. */
	if (!OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL))
		return -ENOMEM;
	r = pw_file_read(AT_FDCWD, PW_AUDITOR_FILE, CERTIFICATE_MAX, &text, &length);
	if (r < 0)
		return r;
	bio = BIO_new_mem_buf(text, (int)length);
	if (!bio)
		return -ENOMEM;
	*ret = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	return *ret ? 0 : -EINVAL;
}

int pw_auditor_encrypt(X509 *certificate, const char *text, size_t length, unsigned char **ret,
		       size_t *ret_length)
{
	_cleanup_(free_bio) BIO *bio = BIO_new_mem_buf(text, (int)length);
	_cleanup_(free_cms) CMS_ContentInfo *cms = NULL;
	STACK_OF(X509) *to = sk_X509_new_null();
	unsigned char *der = NULL;
	int n = -1;

	if (bio && to && sk_X509_push(to, certificate))
		cms = CMS_encrypt(to, bio, EVP_aes_256_gcm(), CMS_BINARY);
	sk_X509_free(to);
	if (cms)
		n = i2d_CMS_ContentInfo(cms, &der);
	if (n < 0)
		return -EINVAL;

	*ret = der;
	*ret_length = (size_t)n;
	return 0;
}
