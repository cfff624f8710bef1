/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a console tells of itself: one JSON object on one line, a space, and in Base64 a CMS
 * signature over it by the key of the device, with its certificate and without the text.
 */
#ifndef PW_FLEET_TOLD_H
#define PW_FLEET_TOLD_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>
#include <openssl/x509.h>

#include "fleet/seen.h"

#define PW_TOLD_LINE_MAX 32768

struct pw_told {
	const char *serial, *manufacturer, *model, *department, *location;	/* as in device.yaml; "": not said */
	const char *channel;
	const char *policy, *digest, *state;	/* in force; "": nothing is */
	const char *bundle;	/* SHA-256 of the file that the fleet brought; "": none */
	const char *bad;	/* that of one that was not kept; "": none */
	const char *health;	/* "good", "trying", "refused", "failed" or "unknown" */
	const char *why;	/* of the last of them that was not good */
	uint64_t reports;	/* how many this is */
	uint64_t version;	/* of the policy */
	uint64_t site_version;	/* of the site's file over it; 0: none */
	uint64_t lost;		/* records */
	uint64_t refusals;	/* kinds of refusals since the bundle was applied */
	int64_t time;		/* by the console's clock */
	int64_t applied;	/* the bundle; 0: none */
	uint64_t next_s;	/* the next one comes before that */
	bool daemon, enforcing, sealed, guard, rescue, breakglass;
	json_object *tags;	/* an array of texts */
	char *texts;		/* owns them */
};

/* The text of it, without the signature; the caller frees it. */
int pw_told_write(const struct pw_told *record, char **ret, size_t *ret_length);

/* The text as a tree that the caller puts; NULL: it is no JSON, or no memory is left. */
json_object *pw_told_object(const char *text, size_t length);

/* 0, -ENOMEM, or -EINVAL: it is none. */
int pw_told_parse(const char *text, size_t length, struct pw_told *ret);
void pw_told_done(struct pw_told *record);

/* Where the text of @line ends and the signature begins; false: it is no such line. */
bool pw_told_split(const char *line, size_t length, size_t *ret_text, const char **ret_base64,
		     size_t *ret_length);

/* ---- Signatures ---- */

struct pw_signing;	/* the key of a device, and its certificate */

/* -EINVAL: no key or no certificate in the files, or they are not a pair. */
int pw_signing_read(const char *key, const char *certificate, struct pw_signing **ret);
struct pw_signing *pw_signing_free(struct pw_signing *signing);

/* The whole line, with a newline. The caller frees it. */
int pw_told_sign(const struct pw_signing *signing, const char *text, size_t length, char **ret,
		   size_t *ret_length);

struct pw_authority;	/* whose devices are believed */

int pw_authority_read(const char *path, struct pw_authority **ret);
/* SHA-256 of the certificates that were read. */
const uint8_t *pw_authority_digest(const struct pw_authority *authority);
struct pw_authority *pw_authority_free(struct pw_authority *authority);

struct pw_told_signer {
	uint8_t key[PW_SHA256_LEN];	/* as in fleet/seen.h, of its certificate */
	int64_t until;			/* the end of that */
};

/*
 * Whether @line was signed by a device of @authority whose certificate has @serial as common name:
 * 0, or -EACCES. That a certificate is the authority's is not verified again when it is among @seen.
 * May be called by several threads.
 */
int pw_told_verify(const struct pw_authority *authority, const struct pw_seen_all *seen,
		     const char *line, size_t length, const char *serial, struct pw_told_signer *ret);

#endif
