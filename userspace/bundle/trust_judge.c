// SPDX-License-Identifier: BSD-2-Clause
/* Which signatures count for which role, and whether they are enough. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "bundle/trust_private.h"
#include "common/text.h"

/* 112 bits: RSA from 2048, elliptic curves from 224, SHA-256. */
#define SECURITY_LEVEL 2
#define CHAIN_MAX 8

static void free_context(X509_STORE_CTX **context)
{
	X509_STORE_CTX_free(*context);
}

/* ---- Revocation ---------------------------------------------------------------------------- */

static bool by_fingerprint(const struct pw_trust *trust, const X509 *certificate)
{
	uint8_t digest[PW_DIGEST_LEN];

	if (!X509_digest(certificate, EVP_sha256(), digest, NULL))
		return true;
	for (size_t i = 0; i < trust->nfingerprints; i++)
		if (!memcmp(trust->fingerprints[i], digest, sizeof(digest)))
			return true;

	return false;
}

/*
 * A list that is out of date still revokes. @issuer is NULL where a certificate is trusted itself
 * and who made it is not known: then the list is believed, because it lies beside trust.yaml.
 */
static const char *by_list(const struct pw_trust *trust, X509 *certificate, X509 *issuer)
{
	for (int i = 0; i < sk_X509_CRL_num(trust->crls); i++) {
		X509_CRL *crl = sk_X509_CRL_value(trust->crls, i);
		X509_REVOKED *entry = NULL;

		if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_issuer_name(certificate)))
			continue;
		if (issuer && X509_CRL_verify(crl, X509_get0_pubkey(issuer)) != 1)
			return "the revocation list of its issuer has a false signature";
		if (X509_CRL_get0_by_cert(crl, &entry, certificate) == 1)
			return "its certificate is revoked, or one that leads to it";
	}

	return NULL;
}

static const char *revoked(const struct pw_trust *trust, STACK_OF(X509) *chain)
{
	int n = sk_X509_num(chain);

	for (int i = 0; i < n; i++) {
		X509 *certificate = sk_X509_value(chain, i);
		const char *why;

		if (by_fingerprint(trust, certificate))
			return "its certificate is revoked, or one that leads to it";
		why = by_list(trust, certificate, i + 1 < n ? sk_X509_value(chain, i + 1) : NULL);
		if (why)
			return why;
	}

	return NULL;
}

/* ---- One signature and one role ------------------------------------------------------------ */

/* Whether @error is that nothing of the role leads to the certificate. */
static bool is_stranger(int error)
{
	return error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
	       error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
	       error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE ||
	       error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
	       error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
	       error == X509_V_ERR_CERT_UNTRUSTED;
}

static const char *say(int error)
{
	switch (error) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return "its certificate has expired, or one that leads to it";
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return "its certificate is not yet valid, or one that leads to it";
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
	case X509_V_ERR_CA_MD_TOO_WEAK:
		return "its certificate has a key or a digest that is too weak, or one that leads to it";
	default:
		return X509_verify_cert_error_string(error);
	}
}

static X509_STORE_CTX *new_context(const struct pw_trust_role *role, const struct pw_cms *cms,
				   const struct pw_signer *signer, const struct pw_clock *clock)
{
	_cleanup_(free_context) X509_STORE_CTX *context = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN;

	if (!context || !X509_STORE_CTX_init(context, role->store, (X509 *)signer->certificate,
					     cms->certificates))
		return NULL;
	param = X509_STORE_CTX_get0_param(context);
	if (clock->synchronised)
		X509_VERIFY_PARAM_set_time(param, clock->now);
	else
		flags |= X509_V_FLAG_NO_CHECK_TIME;
	X509_VERIFY_PARAM_set_flags(param, flags);
	X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
	X509_VERIFY_PARAM_set_depth(param, CHAIN_MAX);

	return TAKE_PTR(context);
}

/* 1: @signer is of @role; 0: it is not, *@ret_why says why where it nearly is; -ENOMEM. */
static int is_of_role(const struct pw_trust *trust, const struct pw_trust_role *role,
		      const struct pw_cms *cms, const struct pw_signer *signer,
		      const struct pw_clock *clock, const char **ret_why)
{
	_cleanup_(free_context) X509_STORE_CTX *context = new_context(role, cms, signer, clock);
	const char *why;
	int error;

	if (!context)
		return -ENOMEM;
	if (X509_verify_cert(context) != 1) {
		error = X509_STORE_CTX_get_error(context);
		if (!is_stranger(error))
			*ret_why = say(error);
		return error == X509_V_ERR_OUT_OF_MEM ? -ENOMEM : 0;
	}
	why = revoked(trust, X509_STORE_CTX_get0_chain(context));
	if (!why && !(X509_get_key_usage((X509 *)signer->certificate) & X509v3_KU_DIGITAL_SIGNATURE))
		why = "its certificate is not for digital signatures";
	if (!why)
		return 1;
	*ret_why = why;

	return 0;
}

/* ---- All ----------------------------------------------------------------------------------- */

static bool same_key(const struct pw_signer *a, const struct pw_signer *b)
{
	return EVP_PKEY_eq(X509_get0_pubkey(a->certificate), X509_get0_pubkey(b->certificate)) == 1;
}

/* Who leads to two roles counts for none: else whoever may give certificates could give the role. */
static int find_role(const struct pw_trust *trust, struct pw_cms *cms, size_t index,
		     const struct pw_clock *clock)
{
	struct pw_signer *signer = &cms->signers[index];

	for (size_t i = 0; i < trust->nroles; i++) {
		int r = is_of_role(trust, &trust->roles[i], cms, signer, clock, &signer->uncounted);

		if (r < 0)
			return r;
		if (r && signer->role) {
			signer->role = NULL;
			signer->uncounted = "its certificate leads to two roles";
			return 0;
		}
		if (r)
			signer->role = trust->roles[i].name;
	}
	for (size_t i = 0; i < index && signer->role; i++)
		if (cms->signers[i].role && same_key(&cms->signers[i], signer)) {
			signer->role = NULL;
			signer->uncounted = "another signature was made with the same key";
		}
	if (signer->role)
		signer->uncounted = NULL;
	else if (!signer->uncounted)
		signer->uncounted = "its certificate is of no role";

	return 0;
}

static uint64_t count(const struct pw_cms *cms, const char *role)
{
	uint64_t n = 0;

	for (size_t i = 0; i < cms->nsigners; i++)
		n += cms->signers[i].role && !strcmp(cms->signers[i].role, role);

	return n;
}

static void say_signers(const char *file, const struct pw_cms *cms, struct pw_diag *diag)
{
	const struct pw_position at = {.file = file};
	const struct pw_signer *signer;

	for (size_t i = 0; i < cms->nsigners; i++) {
		signer = &cms->signers[i];
		pw_diag_add(diag, signer->role ? PW_DIAG_NOTE : PW_DIAG_ERROR, &at,
			    "the signature of %s %s%s", signer->subject,
			    signer->role ? "counts for the role " : "does not count: ",
			    signer->role ?: signer->uncounted);
	}
	if (!cms->nsigners)
		pw_diag_add(diag, PW_DIAG_ERROR, &at, "nobody has signed it: phiward bundle sign");
}

static bool are_met(const struct pw_trust_requirements *requirements, const struct pw_cms *cms)
{
	for (size_t i = 0; i < requirements->n; i++)
		if (count(cms, requirements->list[i].role) < requirements->list[i].signers)
			return false;

	return requirements->n > 0;
}

static int refuse(const struct pw_trust_requirements *requirements, const char *file,
		  const struct pw_cms *cms, struct pw_diag *diag)
{
	const struct pw_position at = {.file = file};

	for (size_t i = 0; i < requirements->n; i++) {
		const struct pw_trust_requirement *required = &requirements->list[i];
		uint64_t n = count(cms, required->role);

		if (n < required->signers)
			pw_diag_add(diag, PW_DIAG_ERROR, &at, "%" PRIu64 " signature%s of the role %s "
				    "%s required, %" PRIu64 " count", required->signers,
				    required->signers > 1 ? "s" : "", required->role,
				    required->signers > 1 ? "are" : "is", n);
	}
	say_signers(file, cms, diag);

	return -EACCES;
}

int pw_trust_refuse(const struct pw_trust *trust, const char *file, const struct pw_cms *cms,
		    struct pw_diag *diag)
{
	return refuse(&trust->require, file, cms, diag);
}

static int judge_signers(const struct pw_trust *trust, const char *file, struct pw_cms *cms,
			 const struct pw_clock *clock, struct pw_diag *diag)
{
	const struct pw_position at = {.file = file};
	int r = 0;

	for (size_t i = 0; !r && i < cms->nsigners; i++) {
		struct pw_signer *signer = &cms->signers[i];

		if (signer->broken) {
			pw_diag_add(diag, PW_DIAG_ERROR, &at, "the signature of %s is broken: %s",
				    signer->subject, signer->broken);
			return -EACCES;
		}
		r = find_role(trust, cms, i, clock);
		ERR_clear_error();
	}

	return r;
}

int pw_trust_judge(const struct pw_trust *trust, const char *file, struct pw_cms *cms,
		   const struct pw_clock *clock, bool *ret_site_only, struct pw_diag *diag)
{
	int r;

	if (!clock->synchronised)
		pw_diag_add(diag, PW_DIAG_WARNING, NULL, "the clock of this machine is not "
			    "synchronised: nothing is refused for having expired; timedatectl says more");
	r = judge_signers(trust, file, cms, clock, diag);
	if (r < 0)
		return r;
	*ret_site_only = !are_met(&trust->require, cms);

	return !*ret_site_only || are_met(&trust->site, cms) ? 0 :
							      pw_trust_refuse(trust, file, cms, diag);
}

int pw_trust_judge_token(const struct pw_trust *trust, const char *file, struct pw_cms *cms,
			 const struct pw_clock *clock, struct pw_diag *diag)
{
	const struct pw_position at = {.file = file};
	int r = judge_signers(trust, file, cms, clock, diag);

	if (r < 0)
		return r;
	if (trust->token.n)
		return are_met(&trust->token, cms) ? 0 : refuse(&trust->token, file, cms, diag);
	pw_diag_add(diag, PW_DIAG_ERROR, &at, "trust.yaml has no 'require_for_token': nobody signs tokens");

	return -EACCES;
}
