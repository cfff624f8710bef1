/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The highest version of each bundle that was accepted here: an older one is not accepted again,
 * whoever signed it. Kept beside the accepted policy, and longer than it; no program but phiwardd can
 * write there.
 */
#ifndef PW_PUBLISH_HIGHEST_H
#define PW_PUBLISH_HIGHEST_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/diag.h"

struct pw_highest {
	const char *name;
	uint64_t version;
	const uint8_t *digest;	/* SHA-256 of what is signed */
	const uint8_t *vendor;	/* of all files but the site's: pw_bundle_digest_vendor() */
};

/*
 * Whether @bundle is not below what was accepted under its name, and not another one with the same
 * version. 0, or with an error in @diag -ESTALE, or -EBADMSG when that cannot be known.
 */
int pw_highest_check(int state_dir, const struct pw_highest *bundle, struct pw_diag *diag);

/* Whether the one that was accepted last under @name had these files beside the site's. */
bool pw_highest_knows(int state_dir, const char *name, const uint8_t *vendor);

/* Keeps it, also when it is lower. */
int pw_highest_write(int state_dir, const struct pw_highest *bundle);

#endif
