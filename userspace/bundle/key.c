// SPDX-License-Identifier: BSD-2-Clause
/* Of engines alone; see from_engine(). */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "bundle/key.h"

#include <errno.h>

#include <openssl/crypto.h>
#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include "common/cleanup.h"
#include "common/text.h"

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

/*
 * Debian 12 has no provider for PKCS #11, but the engine of libp11, for which OpenSSL 3 still has
 * a place.
 */
static EVP_PKEY *from_engine(const char *uri)
{
	EVP_PKEY *key = NULL;
#ifndef OPENSSL_NO_ENGINE
	ENGINE *engine = ENGINE_by_id("pkcs11");

	if (engine && ENGINE_init(engine)) {
		key = ENGINE_load_private_key(engine, uri, UI_OpenSSL(), NULL);
		ENGINE_finish(engine);
	}
	ENGINE_free(engine);
#endif

	return key;
}

int pw_key_open(const char *uri, EVP_PKEY **ret, struct pw_diag *diag)
{
	const char *why;
	EVP_PKEY *key;

	if (!OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL))
		return -ENOMEM;
	key = from_store(uri);
	if (!key && pw_text_begins(uri, "pkcs11:"))
		key = from_engine(uri);
	if (!key) {
		why = ERR_reason_error_string(ERR_peek_last_error());
		/* Without the URI, in which the PIN may stand. */
		pw_diag_add(diag, PW_DIAG_ERROR, NULL, "the private key cannot be opened: %s",
			    why ?: "there is none");
		ERR_clear_error();
		return -EINVAL;
	}
	*ret = key;

	return 0;
}
