/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys that sign: files, and what OpenSSL's providers hold, as an HSM. */
#ifndef PW_BUNDLE_KEY_H
#define PW_BUNDLE_KEY_H

#include <openssl/evp.h>

#include "policy/diag.h"

/*
 * Opens the private key @uri: the path of a file, or a URI like pkcs11:token=...;object=...
 * Asks for a passphrase or a PIN at the terminal. For the command alone, and before all else of
 * OpenSSL: its configuration file is read, which may name providers. -EINVAL with an error in @diag.
 */
int pw_key_open(const char *uri, EVP_PKEY **ret, struct pw_diag *diag);

#endif
