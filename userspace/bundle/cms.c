// SPDX-License-Identifier: BSD-2-Clause
#include "bundle/cms.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "bundle/certificate.h"
#include "common/instant.h"
#include "common/cleanup.h"

static int refuse(const char *file, struct pw_diag *diag, const char *text)
{
	const struct pw_position at = {.file = file};

	ERR_clear_error();
	pw_diag_add(diag, PW_DIAG_ERROR, &at, "%s", text);

	return -EINVAL;
}

/* DER of more than 127 bytes; no text in UTF-8 begins so. */
bool pw_cms_is(const void *data, size_t length)
{
	const uint8_t *bytes = data;

	return length > 1 && bytes[0] == (V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED) && bytes[1] >= 0x80;
}

/* ---- One signature ------------------------------------------------------------------------- */

static const char *digest_name(const X509_ALGOR *algorithm)
{
	const ASN1_OBJECT *object;

	X509_ALGOR_get0(&object, NULL, NULL, algorithm);
	switch (OBJ_obj2nid(object)) {
	case NID_sha256:
		return "SHA256";
	case NID_sha384:
		return "SHA384";
	case NID_sha512:
		return "SHA512";
	default:
		return NULL;
	}
}

/* The attribute @nid, of which there must be one, with one value. */
static const void *attribute(CMS_SignerInfo *info, int nid, int type)
{
	return CMS_signed_get0_data_by_OBJ(info, OBJ_nid2obj(nid), -3, type);
}

static bool names_content(CMS_SignerInfo *info, const struct pw_cms *cms, const char *digest_name)
{
	const ASN1_OCTET_STRING *stated =
		attribute(info, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING);
	const ASN1_OBJECT *type = attribute(info, NID_pkcs9_contentType, V_ASN1_OBJECT);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int n;

	return stated && OBJ_obj2nid(type) == NID_pkcs7_data &&
	       EVP_Digest(cms->content, cms->length, digest, &n, EVP_get_digestbyname(digest_name),
			  NULL) &&
	       ASN1_STRING_length(stated) == (int)n &&
	       memcmp(ASN1_STRING_get0_data(stated), digest, n) == 0;
}

/* Why @info does not sign what is there, or NULL. */
static const char *try_signature(CMS_SignerInfo *info, const struct pw_cms *cms,
				 const struct pw_signer *signer)
{
	if (!signer->certificate)
		return "its certificate is not in the bundle";
	if (!signer->digest)
		return "its digest is none of SHA-256, SHA-384 and SHA-512";
	if (!names_content(info, cms, signer->digest))
		return "it signs something else than what is in the bundle";
	if (CMS_SignerInfo_verify(info) != 1)
		return "it was not made with the key of its certificate";

	return NULL;
}

static int64_t instant_of(const ASN1_TIME *time)
{
	struct tm tm = {};

	return ASN1_TIME_to_tm(time, &tm) ? timegm(&tm) : PW_INSTANT_NONE;
}

static int describe(const X509 *certificate, struct pw_signer *signer)
{
	signer->certificate = certificate;
	signer->subject = certificate ? pw_name_text(X509_get_subject_name(certificate)) : strdup("?");
	signer->issuer = certificate ? pw_name_text(X509_get_issuer_name(certificate)) : strdup("?");
	if (!signer->subject || !signer->issuer)
		return -ENOMEM;
	if (!certificate)
		return 0;
	signer->not_before = instant_of(X509_get0_notBefore(certificate));
	signer->not_after = instant_of(X509_get0_notAfter(certificate));

	return X509_digest(certificate, EVP_sha256(), signer->fingerprint, NULL) ? 0 : -ENOMEM;
}

/* ---- A file -------------------------------------------------------------------------------- */

static int read_signers(struct pw_cms *cms, const char *file, struct pw_diag *diag)
{
	STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(cms->info);
	int n = infos ? sk_CMS_SignerInfo_num(infos) : 0;

	if (n > PW_BUNDLE_SIGNERS_MAX)
		return refuse(file, diag, "a bundle has at most " PW_STRINGIFY(PW_BUNDLE_SIGNERS_MAX)
			      " signatures");
	cms->certificates = CMS_get1_certs(cms->info);
	cms->signers = calloc((size_t)n + 1, sizeof(*cms->signers));
	if (!cms->signers)
		return -ENOMEM;
	CMS_set1_signers_certs(cms->info, NULL, 0);
	for (int i = 0; i < n; i++) {
		CMS_SignerInfo *info = sk_CMS_SignerInfo_value(infos, i);
		struct pw_signer *signer = &cms->signers[cms->nsigners++];
		X509_ALGOR *digest;
		X509 *certificate;

		CMS_SignerInfo_get0_algs(info, NULL, &certificate, &digest, NULL);
		signer->digest = digest_name(digest);
		if (describe(certificate, signer) < 0)
			return -ENOMEM;
		signer->broken = try_signature(info, cms, signer);
	}
	ERR_clear_error();

	return 0;
}

static int read_content(struct pw_cms *cms, const char *file, struct pw_diag *diag)
{
	ASN1_OCTET_STRING **content;

	if (OBJ_obj2nid(CMS_get0_type(cms->info)) != NID_pkcs7_signed)
		return refuse(file, diag, "not a bundle: it is no CMS SignedData");
	content = CMS_get0_content(cms->info);
	if (OBJ_obj2nid(CMS_get0_eContentType(cms->info)) != NID_pkcs7_data || !content || !*content)
		return refuse(file, diag, "not a bundle: nothing is inside that is signed");
	cms->content = (const char *)ASN1_STRING_get0_data(*content);
	cms->length = (size_t)ASN1_STRING_length(*content);
	if (!EVP_Digest(cms->content, cms->length, cms->digest, NULL, EVP_sha256(), NULL))
		return -ENOMEM;

	return 0;
}

int pw_cms_read(const char *file, const void *der, size_t length, struct pw_cms **ret,
		struct pw_diag *diag)
{
	_cleanup_(pw_cms_freep) struct pw_cms *cms = calloc(1, sizeof(*cms));
	const unsigned char *at = der;
	int r;

	/* The configuration file of OpenSSL could name programs to load. */
	if (!cms || !OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL))
		return -ENOMEM;
	if (length > PW_BUNDLE_BYTES_MAX)
		return refuse(file, diag, "a bundle has at most 8 MiB");
	if (!pw_cms_is(der, length))
		return refuse(file, diag, "not a bundle: it is no CMS in DER");
	cms->info = d2i_CMS_ContentInfo(NULL, &at, (long)length);
	if (!cms->info)
		return refuse(file, diag, "not a bundle: it is cut off, or no CMS in DER");
	if (at != (const unsigned char *)der + length)
		return refuse(file, diag, "something stands behind the end of the bundle");
	r = read_content(cms, file, diag);
	if (!r)
		r = read_signers(cms, file, diag);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(cms);

	return 0;
}

struct pw_cms *pw_cms_free(struct pw_cms *cms)
{
	if (!cms)
		return NULL;
	for (size_t i = 0; i < cms->nsigners; i++) {
		free(cms->signers[i].subject);
		free(cms->signers[i].issuer);
	}
	free(cms->signers);
	sk_X509_pop_free(cms->certificates, X509_free);
	CMS_ContentInfo_free(cms->info);
	free(cms);

	return NULL;
}

/* ---- Making -------------------------------------------------------------------------------- */

static void free_cms(CMS_ContentInfo **cms)
{
	CMS_ContentInfo_free(*cms);
}

static int encode(CMS_ContentInfo *info, uint8_t **ret, size_t *ret_length)
{
	unsigned char *der = NULL;
	int n = i2d_CMS_ContentInfo(info, &der);

	if (n < 0)
		return -ENOMEM;
	*ret_length = (size_t)n;
	*ret = malloc((size_t)n);
	if (*ret)
		memcpy(*ret, der, (size_t)n);
	OPENSSL_free(der);

	return *ret ? 0 : -ENOMEM;
}

/* CMS_final() wants a signer; so the content is put there by hand. */
static bool put_content(CMS_ContentInfo *info, const char *content, size_t length)
{
	ASN1_OCTET_STRING **at = CMS_get0_content(info), *string = ASN1_OCTET_STRING_new();

	if (!at || !string || !ASN1_OCTET_STRING_set(string, (const unsigned char *)content,
						     (int)length)) {
		ASN1_OCTET_STRING_free(string);
		return false;
	}
	ASN1_OCTET_STRING_free(*at);
	*at = string;

	return true;
}

int pw_cms_build(const char *content, size_t length, uint8_t **ret, size_t *ret_length)
{
	_cleanup_(free_cms) CMS_ContentInfo *info = CMS_sign(NULL, NULL, NULL, NULL, CMS_PARTIAL);

	return info && put_content(info, content, length) ? encode(info, ret, ret_length) : -ENOMEM;
}

/* One digest for all signers: what OpenSSL would add another one for is nothing here. */
static const char *common_digest(const struct pw_cms *cms)
{
	return cms->nsigners ? cms->signers[0].digest : "SHA256";
}

/*
 * The attributes are set here: CMS_final() would sign for the others too, for which there is no
 * key, and CMS_REUSE_DIGEST would sign what they state without a look at the content.
 */
static bool add_signature(struct pw_cms *cms, X509 *certificate, EVP_PKEY *key)
{
	const EVP_MD *md = EVP_get_digestbyname(common_digest(cms));
	unsigned char digest[EVP_MAX_MD_SIZE];
	CMS_SignerInfo *signer;
	unsigned int n;

	if (!EVP_Digest(cms->content, cms->length, digest, &n, md, NULL))
		return false;
	signer = CMS_add1_signer(cms->info, certificate, key, md,
				 CMS_BINARY | CMS_PARTIAL | CMS_NOSMIMECAP | CMS_NOCERTS);

	return signer &&
	       CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_contentType, V_ASN1_OBJECT,
					   OBJ_nid2obj(NID_pkcs7_data), -1) &&
	       CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING,
					   digest, (int)n) &&
	       CMS_SignerInfo_sign(signer);
}

static const char *wrong_with_signers(const struct pw_cms *cms, const X509 *certificate)
{
	if (cms->nsigners == PW_BUNDLE_SIGNERS_MAX)
		return "a bundle has at most " PW_STRINGIFY(PW_BUNDLE_SIGNERS_MAX) " signatures";
	for (size_t i = 0; i < cms->nsigners; i++) {
		if (cms->signers[i].broken)
			return "a signature that is there already is broken: build the bundle anew";
		if (!X509_cmp(cms->signers[i].certificate, certificate))
			return "it is signed with this certificate already";
	}

	return NULL;
}

int pw_cms_sign(const char *file, const void *der, size_t length, STACK_OF(X509) *chain,
		EVP_PKEY *key, uint8_t **ret, size_t *ret_length, struct pw_diag *diag)
{
	_cleanup_(pw_cms_freep) struct pw_cms *cms = NULL;
	X509 *certificate = sk_X509_value(chain, 0);
	const char *wrong;
	int r;

	r = pw_cms_read(file, der, length, &cms, diag);
	if (r < 0)
		return r;
	if (!X509_check_private_key(certificate, key))
		return refuse(file, diag, "the key is not that of the certificate");
	wrong = wrong_with_signers(cms, certificate);
	if (wrong)
		return refuse(file, diag, wrong);
	if (!add_signature(cms, certificate, key))
		return refuse(file, diag, "the key does not sign: it must be of RSA or ECDSA");
	for (int i = 0; i < sk_X509_num(chain); i++)
		if (!CMS_add1_cert(cms->info, sk_X509_value(chain, i)))
			ERR_clear_error();	/* it lies there already */

	return encode(cms->info, ret, ret_length);
}
