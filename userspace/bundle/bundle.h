/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is signed of a bundle: one JSON object with the manifest and the files of a policy,
 * docs/bundle-format.md. It is read as policies are, by YAML, of which JSON is a part.
 */
#ifndef PW_BUNDLE_BUNDLE_H
#define PW_BUNDLE_BUNDLE_H

#include "bundle/device.h"
#include "common/instant.h"
#include "common/words.h"

enum pw_bundle_role {
	PW_BUNDLE_INVALID,
	PW_BUNDLE_POLICY,	/* exactly one */
	PW_BUNDLE_INCLUDE,	/* what the policy includes, by its name there */
	PW_BUNDLE_SITE,		/* at most one: what the site changes of the policy */
	PW_BUNDLE_CASES,	/* test cases */
	PW_BUNDLE_ROLE_MAX_,
};

extern const struct pw_words pw_words_bundle_role;

struct pw_bundle_file {
	struct pw_position at;
	enum pw_bundle_role role;
	const char *name;
	uint8_t digest[PW_DIGEST_LEN];	/* SHA-256 of the text, as stated and as it is */
	char *text;			/* length bytes and a NUL */
	size_t length;
};

/* What must be so after the bundle was applied, or a console of a fleet goes back. All empty: nothing. */
struct pw_health {
	uint64_t within_s;		/* so long there is time for it */
	bool enforcing;
	struct pw_texts connect;	/* HOST:PORT that accept a connection */
	struct pw_texts units;		/* units of systemd that are active */
	struct pw_texts no_refusals_of;	/* subjects to whom nothing is refused all the time */
};

bool pw_health_any(const struct pw_health *health);

/* What people write of a bundle, and what it says of itself. */
struct pw_bundle_head {
	const char *name;
	uint64_t version;
	int64_t not_before, not_after;	/* PW_INSTANT_NONE: no bound */
	struct pw_selectors devices;
	struct pw_health health;
};

struct pw_bundle {
	struct pw_bundle_head head;
	struct pw_bundle_file *files;	/* in the order in which they stand there */
	size_t nfiles;
	struct pw_arena *arena;		/* owns them, and this */
};

/*
 * Reads what is signed. @file is for the positions of errors. 0, -ENOMEM, or -EINVAL with errors
 * in @diag.
 */
int pw_bundle_parse(const char *file, const char *text, size_t length, struct pw_bundle **ret,
		    struct pw_diag *diag);
struct pw_bundle *pw_bundle_free(struct pw_bundle *bundle);

static inline void pw_bundle_freep(struct pw_bundle **bundle)
{
	*bundle = pw_bundle_free(*bundle);
}

/*
 * The files as pw_policy_parse() wants them; borrowed from @bundle, but for the array, which the
 * caller frees.
 */
int pw_bundle_sources(const struct pw_bundle *bundle, struct pw_source **ret, size_t *ret_n);

/*
 * SHA-256 over all files but the site's, with their roles and names: what the vendor answers for.
 * -ENOMEM.
 */
int pw_bundle_digest_vendor(const struct pw_bundle *bundle, uint8_t digest[static PW_DIGEST_LEN]);

/* The text that is signed, from its parts. The caller frees it. */
int pw_bundle_write(const struct pw_bundle_head *head, const struct pw_bundle_file *files,
		    size_t nfiles, char **ret, size_t *ret_length);

/* Why @name cannot be that of a file of a bundle, or NULL. */
const char *pw_bundle_wrong_name(enum pw_bundle_role role, const char *name);

#define PW_BUNDLE_HEAD_NONE                                                                        \
	((struct pw_bundle_head){.not_before = PW_INSTANT_NONE, .not_after = PW_INSTANT_NONE})

#endif
