/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside trust.h: what reading and judging share. */
#ifndef PW_BUNDLE_TRUST_PRIVATE_H
#define PW_BUNDLE_TRUST_PRIVATE_H

#include "bundle/document.h"
#include "bundle/trust.h"

struct pw_trust_role {
	const char *name;
	STACK_OF(X509) *certificates;	/* of authorities, or of signers themselves */
	X509_STORE *store;		/* of these */
};

struct pw_trust_requirement {
	const char *role;
	uint64_t signers;
};

struct pw_trust_requirements {
	struct pw_trust_requirement *list;
	size_t n;
};

struct pw_trust {
	struct pw_trust_role *roles;
	size_t nroles;
	struct pw_trust_requirements require;
	struct pw_trust_requirements site;	/* for a change of the site's file alone; may be empty */
	struct pw_trust_requirements token;	/* for a token of break-glass; may be empty: none counts */
	uint8_t (*fingerprints)[PW_DIGEST_LEN];	/* of revoked certificates */
	size_t nfingerprints;
	STACK_OF(X509_CRL) *crls;
	uint8_t digest[PW_DIGEST_LEN];
	/* While it is read. */
	struct pw_sha256 *sha;
	unsigned int flags;
	size_t nfiles;
	struct pw_arena *arena;		/* owns the arrays, and this */
};

#endif
