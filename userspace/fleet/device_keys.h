/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A look at a fleet reads a key for each console. OpenSSL 3.0 asks each of its forty decoders and
 * fifty kinds of keys whether it is theirs, which takes longer than the verification of a signature:
 * this is its default provider with those kinds alone that a device may sign with.
 */
#ifndef PW_FLEET_DEVICE_KEYS_H
#define PW_FLEET_DEVICE_KEYS_H

#include <stdbool.h>

#include <openssl/types.h>

struct pw_device_keys {
	OSSL_LIB_CTX *library;
	OSSL_PROVIDER *provider;
};

/* false: there is no memory for it, or no default provider. It is to be closed in any case. */
bool pw_device_keys_open(struct pw_device_keys *ret);
void pw_device_keys_close(struct pw_device_keys *keys);

#endif
