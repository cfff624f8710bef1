// SPDX-License-Identifier: BSD-2-Clause
/* A bundle from anywhere: no signature of it can count for a role that has another's certificate. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/pem.h>

#include "bundle/accept.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char trust_text[] = "phiward_trust: 1\nroles: {a: {certificates: [a.pem]}}\n"
			   "require: [{role: a}]\n";

/* A certificate whose key nobody has. */
static struct pw_trust *make_trust(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());
	struct pw_source sources[] = {
		{.name = (char *)"trust.yaml", .text = trust_text, .length = sizeof(trust_text) - 1},
		{.name = (char *)"a.pem"},
	};
	struct pw_trust *trust = NULL;
	struct pw_diag diag = {};

	X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
				   (const unsigned char *)"a", -1, -1, 0);
	X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
	X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
	X509_set_pubkey(certificate, key);
	X509_sign(certificate, key, EVP_sha256());
	PEM_write_bio_X509(bio, certificate);
	sources[1].length = (size_t)BIO_get_mem_data(bio, &sources[1].text);
	if (pw_trust_parse(sources, 2, &trust, &diag))
		abort();
	BIO_free(bio);
	X509_free(certificate);
	EVP_PKEY_free(key);
	pw_diag_done(&diag);

	return trust;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pw_trust *trust;
	struct pw_accept accept = {.clock = {.synchronised = true}};
	struct pw_bundle *bundle = NULL;
	struct pw_diag diag = {};

	if (!trust)
		trust = make_trust();
	accept.trust = trust;
	if (!pw_accept(&accept, "t", data, size, &diag) || !diag.errors)
		abort();
	/* As `phiward bundle inspect` does. */
	if (accept.cms && !pw_bundle_parse("t", accept.cms->content, accept.cms->length, &bundle,
					   &diag))
		pw_bundle_free(bundle);
	pw_accept_done(&accept);
	pw_diag_done(&diag);

	return 0;
}
