// SPDX-License-Identifier: BSD-2-Clause
#include "publish/first_key.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "publish/auditor.h"
#include "publish/ids.h"
#include "publish/module.h"
#include "publish/store.h"

#define STACK_WIPED 65536

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
		r = pw_auditor_encrypt(certificate, text, length, &der, &der_length);
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
	_cleanup_(pw_auditor_freep) X509 *certificate = NULL;
	_cleanup_free_ unsigned char *trial = NULL;
	char boot[PW_BOOT_ID_LEN + 1] = "";
	size_t length;
	int r;

	r = pw_auditor_read(&certificate);
	if (r == 0)
		r = pw_boot_id(boot);
	/* The key is given once: so that it can be encrypted is tried before. */
	if (r == 0)
		r = pw_auditor_encrypt(certificate, "", 0, &trial, &length);
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
