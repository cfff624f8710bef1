/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificates and revocation lists, from files. */
#ifndef PW_BUNDLE_CERTIFICATE_H
#define PW_BUNDLE_CERTIFICATE_H

#include <stdint.h>

#include <openssl/x509.h>

/* PEM, any number of certificates, or one in DER. NULL: there is none. */
STACK_OF(X509) *pw_certificates_read(const char *text, size_t length);

/* The same of one revocation list. */
X509_CRL *pw_crl_read(const char *text, size_t length);

/* As people know it: RFC 2253. The caller frees it; NULL: no memory. */
char *pw_name_text(const X509_NAME *name);

static inline void pw_certificates_free(STACK_OF(X509) **certificates)
{
	sk_X509_pop_free(*certificates, X509_free);
	*certificates = NULL;
}

#endif
