// SPDX-License-Identifier: BSD-2-Clause
#include "bundle/certificate.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "common/cleanup.h"

static void free_bio(BIO **bio)
{
	BIO_free(*bio);
}

static bool is_pem(const char *text, size_t length)
{
	return memmem(text, length, "-----BEGIN ", strlen("-----BEGIN "));
}

STACK_OF(X509) *pw_certificates_read(const char *text, size_t length)
{
	_cleanup_(free_bio) BIO *bio = BIO_new_mem_buf(text, (int)length);
	_cleanup_(pw_certificates_free) STACK_OF(X509) *all = sk_X509_new_null();
	bool pem = is_pem(text, length);
	X509 *one;

	if (!bio || !all)
		return NULL;
	do {
		one = pem ? PEM_read_bio_X509(bio, NULL, NULL, (void *)"") : d2i_X509_bio(bio, NULL);
		if (one && !sk_X509_push(all, one)) {
			X509_free(one);
			return NULL;
		}
	} while (pem && one);
	/* The end is an error too; a broken one in between is another. */
	if (pem && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return NULL;
	ERR_clear_error();

	return sk_X509_num(all) > 0 ? TAKE_PTR(all) : NULL;
}

X509_CRL *pw_crl_read(const char *text, size_t length)
{
	_cleanup_(free_bio) BIO *bio = BIO_new_mem_buf(text, (int)length);
	X509_CRL *crl;

	if (!bio)
		return NULL;
	crl = is_pem(text, length) ? PEM_read_bio_X509_CRL(bio, NULL, NULL, (void *)"") :
				     d2i_X509_CRL_bio(bio, NULL);
	ERR_clear_error();

	return crl;
}

char *pw_name_text(const X509_NAME *name)
{
	_cleanup_(free_bio) BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long n;

	if (!bio || X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) < 0)
		return NULL;
	n = BIO_get_mem_data(bio, &text);

	return strndup(n ? text : "?", n ? (size_t)n : 1);
}
