/* SPDX-License-Identifier: BSD-2-Clause */
/* Who audits: a certificate that the hospital puts on the console. */
#ifndef PW_PUBLISH_AUDITOR_H
#define PW_PUBLISH_AUDITOR_H

#include <stddef.h>

#include <openssl/x509.h>

#define PW_AUDITOR_FILE "/etc/phiward/auditor.pem"

/* Reads it; the caller frees it. -ENOENT: there is none; -EINVAL: it is no certificate. */
int pw_auditor_read(X509 **ret);

/*
 * Encrypts to it: CMS, DER, AES-256-GCM; the caller frees *@ret. -EINVAL: to this one nothing can be
 * encrypted.
 */
int pw_auditor_encrypt(X509 *certificate, const char *text, size_t length, unsigned char **ret,
		       size_t *ret_length);

static inline void pw_auditor_freep(X509 **certificate)
{
	X509_free(*certificate);
}

#endif
