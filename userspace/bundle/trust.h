/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose signatures count: /etc/phiward/trust.yaml, with the certificates and revocation lists
 * that it names, which lie beside it.
 */
#ifndef PW_BUNDLE_TRUST_H
#define PW_BUNDLE_TRUST_H

#include "bundle/cms.h"
#include "common/instant.h"

#define PW_TRUST_FILE "/etc/phiward/trust.yaml"

struct pw_trust;

/* All files must be root's, and nobody else may write them. */
#define PW_TRUST_OF_ROOT (1U << 0)

/*
 * Reads @path and what it names. -ENOENT: there is no @path, which is no error in @diag. -EINVAL
 * with errors in @diag; -ENOMEM.
 */
int pw_trust_read(const char *path, unsigned int flags, struct pw_trust **ret,
		  struct pw_diag *diag);
/* The same from memory: sources[0] is the file, the others are what it names. */
int pw_trust_parse(const struct pw_source *sources, size_t nsources, struct pw_trust **ret,
		   struct pw_diag *diag);
struct pw_trust *pw_trust_free(struct pw_trust *trust);

/* SHA-256 over all that was read. */
const uint8_t *pw_trust_digest(const struct pw_trust *trust);

/*
 * Judges the signatures of @cms at @clock: fills in for which role each counts, or why not.
 * 0 when all that is required is there, or, with *@ret_site_only, what is required for a change of
 * the site's file alone. -EACCES with errors in @diag when not; -ENOMEM. @file is for the errors. Where
 * the clock is not synchronised nothing is too old or too new.
 */
int pw_trust_judge(const struct pw_trust *trust, const char *file, struct pw_cms *cms,
		   const struct pw_clock *clock, bool *ret_site_only, struct pw_diag *diag);

/* The same of what is required for a token of break-glass, by a clock that is right. */
int pw_trust_judge_token(const struct pw_trust *trust, const char *file, struct pw_cms *cms,
			 const struct pw_clock *clock, struct pw_diag *diag);

/* Says in @diag what is required and not there, of what was judged. -EACCES. */
int pw_trust_refuse(const struct pw_trust *trust, const char *file, const struct pw_cms *cms,
		    struct pw_diag *diag);

/* Why @path is not to be believed: another than root may write it. NULL: it is, or is not there. */
const char *pw_trust_unsafe(const char *path);

static inline void pw_trust_freep(struct pw_trust **trust)
{
	*trust = pw_trust_free(*trust);
}

#endif
