// SPDX-License-Identifier: BSD-2-Clause
#include "fleet/device_keys.h"

#include <string.h>
#include <strings.h>

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/provider.h>

#include "common/cleanup.h"

#define ALGORITHMS_MAX 64

/*
 * The provider that does all the work, and those of its kinds that are asked. One for the process: what
 * OpenSSL hands to a query is the context of the provider that works.
 */
static struct {
	OSSL_PROVIDER *provider;
	OSSL_ALGORITHM keys[ALGORITHMS_MAX];
	OSSL_ALGORITHM decoders[ALGORITHMS_MAX];
} chosen;

static bool is_of_devices(const char *names)
{
	static const char *const kinds[] = {"RSA", "RSA-PSS", "EC", "ED25519", "ED448"};
	const size_t n = strcspn(names, ":");

	for (size_t i = 0; i < PW_ARRAY_SIZE(kinds); i++)
		if (strlen(kinds[i]) == n && !strncasecmp(kinds[i], names, n))
			return true;

	return false;
}

static void choose(int operation, const char *property, OSSL_ALGORITHM *to)
{
	const OSSL_ALGORITHM *all;
	size_t n = 0;
	int no_cache;

	all = OSSL_PROVIDER_query_operation(chosen.provider, operation, &no_cache);
	for (; all && all->algorithm_names && n + 1 < ALGORITHMS_MAX; all++)
		if (is_of_devices(all->algorithm_names) &&
		    strstr(all->property_definition, property))
			to[n++] = *all;
	to[n] = (OSSL_ALGORITHM){};
}

static const OSSL_ALGORITHM *query(void *context, int operation, int *no_cache)
{
	(void)context;
	if (operation == OSSL_OP_KEYMGMT || operation == OSSL_OP_DECODER) {
		*no_cache = 0;
		return operation == OSSL_OP_KEYMGMT ? chosen.keys : chosen.decoders;
	}

	return OSSL_PROVIDER_query_operation(chosen.provider, operation, no_cache);
}

static int begin(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
		 void **context)
{
	static const OSSL_DISPATCH functions[] = {
		{OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
		{},
	};

	(void)handle;
	(void)in;
	*out = functions;
	*context = OSSL_PROVIDER_get0_provider_ctx(chosen.provider);

	return 1;
}

bool pw_device_keys_open(struct pw_device_keys *ret)
{
	if (!chosen.provider)
		chosen.provider = OSSL_PROVIDER_load(NULL, "default");
	if (!chosen.provider)
		return false;
	choose(OSSL_OP_KEYMGMT, "", chosen.keys);
	choose(OSSL_OP_DECODER, "input=der,structure=SubjectPublicKeyInfo", chosen.decoders);
	ret->library = OSSL_LIB_CTX_new();
	if (ret->library && OSSL_PROVIDER_add_builtin(ret->library, "device-keys", begin))
		ret->provider = OSSL_PROVIDER_load(ret->library, "device-keys");

	return ret->provider;
}

void pw_device_keys_close(struct pw_device_keys *keys)
{
	if (keys->provider)
		OSSL_PROVIDER_unload(keys->provider);
	OSSL_LIB_CTX_free(keys->library);
}
