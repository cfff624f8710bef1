/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys, certificates and bundles for tests, made when they run. */
#ifndef PW_TESTS_PKI_H
#define PW_TESTS_PKI_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "bundle/accept.h"
#include "common/base64.h"
#include "common/cleanup.h"
#include "common/text.h"

#define NOW 1800000000LL	/* 2027-01-15 */
#define DAY 86400LL

struct party {
	EVP_PKEY *key;
	X509 *certificate;
};

/* What of a party is not as usual. */
struct unusual {
	int64_t from, to;	/* of validity; 0: a year about NOW */
	const char *usage;	/* NULL: digitalSignature, of an authority keyCertSign and cRLSign */
	EVP_PKEY *key;
	bool authority;
};

static inline void add_extension(X509 *certificate, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(extension);
	assert_true(X509_add_ext(certificate, extension, -1));
	X509_EXTENSION_free(extension);
}

static inline X509 *certify(const char *name, EVP_PKEY *key, const struct party *issuer,
			    const struct unusual *unusual)
{
	static long serial;
	X509 *x = X509_new();
	X509_NAME *subject = X509_get_subject_name(x);

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
				   -1, 0);
	X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer->certificate) : subject);
	ASN1_TIME_set(X509_getm_notBefore(x), unusual->from ?: NOW - 100 * DAY);
	ASN1_TIME_set(X509_getm_notAfter(x), unusual->to ?: NOW + 265 * DAY);
	X509_set_pubkey(x, key);
	add_extension(x, NID_basic_constraints,
		      unusual->authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
	add_extension(x, NID_key_usage, unusual->usage ?: unusual->authority ?
		      "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
	assert_true(X509_sign(x, issuer ? issuer->key : key, EVP_sha256()));

	return x;
}

static inline struct party make_party(const char *name, const struct party *issuer,
				      const struct unusual *unusual)
{
	static const struct unusual usual;
	struct party party = {};

	unusual = unusual ?: &usual;
	party.key = unusual->key ?: EVP_EC_gen("P-256");
	assert_non_null(party.key);
	party.certificate = certify(name, party.key, issuer, unusual);

	return party;
}

static inline struct party make_authority(const char *name, const struct party *issuer)
{
	const struct unusual authority = {.authority = true};

	return make_party(name, issuer, &authority);
}

static inline void free_party(struct party *party)
{
	X509_free(party->certificate);
	EVP_PKEY_free(party->key);
	*party = (struct party){};
}

/* PEM; the caller frees it. */
static inline char *bio_text(BIO *bio)
{
	char *data, *text;
	long n = BIO_get_mem_data(bio, &data);

	text = strndup(data, (size_t)n);
	BIO_free(bio);

	return text;
}

static inline char *pem_of(X509 *certificate)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_true(PEM_write_bio_X509(bio, certificate));

	return bio_text(bio);
}

/* A list of @issuer in which @certificate is; NULL: nothing is. */
static inline char *make_list(const struct party *issuer, EVP_PKEY *key, X509 *certificate)
{
	BIO *bio = BIO_new(BIO_s_mem());
	ASN1_TIME *from = ASN1_TIME_set(NULL, NOW - DAY), *to = ASN1_TIME_set(NULL, NOW + DAY);
	X509_CRL *crl = X509_CRL_new();
	X509_REVOKED *entry;

	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->certificate));
	X509_CRL_set1_lastUpdate(crl, from);
	X509_CRL_set1_nextUpdate(crl, to);
	if (certificate) {
		entry = X509_REVOKED_new();
		X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(certificate));
		X509_REVOKED_set_revocationDate(entry, from);
		X509_CRL_add0_revoked(crl, entry);
	}
	assert_true(X509_CRL_sign(crl, key, EVP_sha256()));
	assert_true(PEM_write_bio_X509_CRL(bio, crl));
	X509_CRL_free(crl);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);

	return bio_text(bio);
}

/* ---- Bundles ------------------------------------------------------------------------------- */

struct bytes {
	uint8_t *data;
	size_t n;
};

static const char policy_text[] = "phiward: 1\nname: small\nversion: 1\nmode: enforce\n"
				  "others: {network: loopback}\n";

/* The text of a bundle with that policy; @more are more members. The caller frees it. */
static inline char *content_of(const char *more)
{
	char base64[PW_BASE64_LEN(sizeof(policy_text) - 1) + 1], hex[2 * PW_DIGEST_LEN + 1];
	const size_t size = 1024 + strlen(more);
	uint8_t digest[PW_DIGEST_LEN];
	char *text = malloc(size);

	EVP_Digest(policy_text, sizeof(policy_text) - 1, digest, NULL, EVP_sha256(), NULL);
	pw_text_hex(hex, digest, sizeof(digest));
	pw_base64_write(base64, (const uint8_t *)policy_text, sizeof(policy_text) - 1);
	snprintf(text, size, "{\"phiward_bundle\":1,\"name\":\"small\",\"version\":7,%s"
		 "\"files\":[{\"role\":\"policy\",\"name\":\"policy.yaml\","
		 "\"sha256\":\"%s\",\"base64\":\"%s\"}]}\n", more, hex, base64);

	return text;
}

static inline struct bytes build(const char *content)
{
	struct bytes bundle;

	assert_int_equal(pw_cms_build(content, strlen(content), &bundle.data, &bundle.n), 0);

	return bundle;
}

/* One more signature; @between is beside it, or NULL. 0 or what pw_cms_sign() said. */
static inline int sign(struct bytes *bundle, const struct party *party, X509 *between)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	struct pw_diag diag = {};
	struct bytes with;
	int r;

	sk_X509_push(chain, party->certificate);
	if (between)
		sk_X509_push(chain, between);
	r = pw_cms_sign("t.phb", bundle->data, bundle->n, chain, party->key, &with.data, &with.n,
			&diag);
	sk_X509_free(chain);
	pw_diag_done(&diag);
	if (r)
		return r;
	free(bundle->data);
	*bundle = with;

	return 0;
}

/* Whether an error of @diag has @text. */
static inline bool says(const struct pw_diag *diag, const char *text)
{
	for (size_t i = 0; i < diag->n; i++)
		if (strstr(diag->entries[i].text, text))
			return true;
	for (size_t i = 0; i < diag->n; i++)
		print_message("%u:%u: %s\n", diag->entries[i].line, diag->entries[i].column,
			      diag->entries[i].text);

	return false;
}

#endif
