// SPDX-License-Identifier: BSD-2-Clause
#include "publish/first_key.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>

#include "common/cleanup.h"
#include "common/file.h"
#include "common/text.h"
#include "publish/ids.h"
#include "publish/module.h"
#include "publish/store.h"

#define CERTIFICATE_MAX 65536
#define STACK_WIPED 65536

static void free_certificate(X509 **certificate)
{
	X509_free(*certificate);
}

static void free_bio(BIO **bio)
{
	BIO_free(*bio);
}

static void free_cms(CMS_ContentInfo **cms)
{
	CMS_ContentInfo_free(*cms);
}

static int read_certificate(X509 **ret)
{
	_cleanup_(free_bio) BIO *bio = NULL;
	_cleanup_free_ char *text = NULL;
	size_t length;
	int r;

	r = pw_file_read(AT_FDCWD, PW_AUDITOR_FILE, CERTIFICATE_MAX, &text, &length);
	if (r < 0)
		return r;
	bio = BIO_new_mem_buf(text, (int)length);
	if (!bio)
		return -ENOMEM;
	*ret = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	return *ret ? 0 : -EINVAL;
}

/* DER; the caller frees it. */
static int encrypt(X509 *certificate, const char *text, size_t length, unsigned char **ret,
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

/* What OpenSSL's functions left of it below the caller's frame. */
static __attribute__((noinline)) void wipe_stack(void)
{
	char area[STACK_WIPED];

	OPENSSL_cleanse(area, sizeof(area));
}

void pw_first_key_name(char name[static PW_FIRST_KEY_NAME_MAX], const char *boot)
{
	snprintf(name, PW_FIRST_KEY_NAME_MAX, "key-%s.cms", boot);
}

/* What the auditor finds in it. */
static size_t describe(char *text, size_t size, const char *boot, const struct pw_guard_key *key)
{
	char hex[2 * PW_GUARD_HASH_LEN + 1];
	int n;

	pw_text_hex(hex, key->key, sizeof(key->key));
	n = snprintf(text, size, "{\"schema\":1,\"boot\":\"%s\",\"epoch\":%llu,\"key\":\"%s\"}\n", boot,
		     (unsigned long long)key->epoch, hex);
	OPENSSL_cleanse(hex, sizeof(hex));

	return (size_t)n;
}

static int take(int state_dir, X509 *certificate, const char *boot)
{
	_cleanup_free_ unsigned char *der = NULL;
	char name[PW_FIRST_KEY_NAME_MAX], text[256];
	size_t length, der_length;
	struct pw_guard_key key;
	int r;

	r = pw_module_key(&key);
	if (r == 0) {
		length = describe(text, sizeof(text), boot, &key);
		r = encrypt(certificate, text, length, &der, &der_length);
	}
	OPENSSL_cleanse(&key, sizeof(key));
	OPENSSL_cleanse(text, sizeof(text));
	wipe_stack();
	if (r < 0)
		return r == -EINVAL ? -EIO : r;
	pw_first_key_name(name, boot);

	return pw_store_write(state_dir, name, (const char *)der, der_length);
}

int pw_first_key_take(int state_dir)
{
	_cleanup_(free_certificate) X509 *certificate = NULL;
	_cleanup_free_ unsigned char *trial = NULL;
	char boot[PW_BOOT_ID_LEN + 1] = "";
	size_t length;
	int r;

	/* Its configuration file could name other programs to load. */
	if (!OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL))
		return -ENOMEM;
	r = read_certificate(&certificate);
	if (r == 0)
		r = pw_boot_id(boot);
	/* The key is given once: so that it can be encrypted is tried before. */
	if (r == 0)
		r = encrypt(certificate, "", 0, &trial, &length);
	if (r < 0)
		return r;

	return take(state_dir, certificate, boot);
}

bool pw_first_key_kept(int state_dir)
{
	char boot[PW_BOOT_ID_LEN + 1] = "", name[PW_FIRST_KEY_NAME_MAX];

	if (pw_boot_id(boot) < 0)
		return false;
	pw_first_key_name(name, boot);

	return faccessat(state_dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}
