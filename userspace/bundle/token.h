/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What opens a session of break-glass on one device where nobody can be asked: a short text, signed as
 * a bundle is, by those of whom trust.yaml says so under `require_for_token`.
 */
#ifndef PW_BUNDLE_TOKEN_H
#define PW_BUNDLE_TOKEN_H

#include "bundle/device.h"
#include "bundle/trust.h"

#define PW_TOKEN_BYTES_MAX 8192	/* of the file */

struct pw_token {
	const char *id;			/* no two have the same */
	const char *serial;		/* of the device */
	int64_t not_before, not_after;	/* as in common/instant.h; the first may be none */
	uint64_t longest_ms;		/* at most so long a session */
	const char *subject, *object;	/* it opens that alone; NULL both: all that the policy names */
	const char *ticket;		/* NULL: none */
	struct pw_arena *arena;		/* owns them, and this */
};

/* What is signed, or is to be. @file is for the errors. 0, -ENOMEM, or -EINVAL with errors in @diag. */
int pw_token_parse(const char *file, const char *text, size_t length, struct pw_token **ret,
		   struct pw_diag *diag);
struct pw_token *pw_token_free(struct pw_token *token);

/*
 * Judges @der: signatures first, then what they sign, then the time. *@ret_cms says who signed, also on
 * errors where the file could be taken apart. 0, -ENOMEM, or with errors in @diag -EACCES or -EINVAL.
 */
int pw_token_accept(const struct pw_trust *trust, const struct pw_clock *clock, const void *der,
		    size_t length, struct pw_token **ret, struct pw_cms **ret_cms,
		    struct pw_diag *diag);

/* Whether it is for @device; NULL: nothing says what this device is. 0, or -EACCES. */
int pw_token_device(const struct pw_token *token, const struct pw_device *device,
		    struct pw_diag *diag);

/*
 * Whether it is wide enough for a session of @for_ms that is for @subject or @object, "" for none, and
 * begins now. 0, or -EACCES.
 */
int pw_token_covers(const struct pw_token *token, int64_t now, uint64_t for_ms, const char *subject,
		    const char *object, struct pw_diag *diag);

static inline void pw_token_freep(struct pw_token **token)
{
	*token = pw_token_free(*token);
}

#endif
