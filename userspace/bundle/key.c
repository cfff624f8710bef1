// SPDX-License-Identifier: BSD-2-Clause
#include "bundle/key.h"

#include <errno.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include "common/cleanup.h"

static void close_store(OSSL_STORE_CTX **store)
{
	if (*store)
		OSSL_STORE_close(*store);
}

static EVP_PKEY *from_store(const char *uri)
{
	_cleanup_(close_store) OSSL_STORE_CTX *store =
		OSSL_STORE_open(uri, UI_OpenSSL(), NULL, NULL, NULL);
	EVP_PKEY *key = NULL;

	if (!store || !OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY))
		return NULL;
	while (!key && !OSSL_STORE_eof(store)) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);

		if (!info)
			break;
		key = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
	}

	return key;
}

int pw_key_open(const char *uri, EVP_PKEY **ret, struct pw_diag *diag)
{
	const struct pw_position at = {.file = uri};
	const char *why;
	EVP_PKEY *key;

	if (!OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL))
		return -ENOMEM;
	key = from_store(uri);
	if (!key) {
		why = ERR_reason_error_string(ERR_peek_last_error());
		pw_diag_add(diag, PW_DIAG_ERROR, &at, "no private key can be opened there: %s",
			    why ?: "there is none");
		ERR_clear_error();
		return -EINVAL;
	}
	*ret = key;

	return 0;
}
