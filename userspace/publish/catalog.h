/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The numbers of one generation and what they mean: subjects, objects, roots,
 * programs and rules. Written to the state directory with every apply, so that
 * records made while no daemon ran can be read by the next one.
 */
#ifndef PW_PUBLISH_CATALOG_H
#define PW_PUBLISH_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

#include <phiward/abi.h>

#include "policy/policy.h"

struct pw_catalog_rule {
	char *where;		/* "ct-console.yaml:23" */
	char *owner;		/* name of the subject, or "others" */
};

struct pw_catalog {
	uint64_t generation;
	char *policy;		/* its name */
	uint64_t version;
	uint64_t site_version;	/* of the site's file over it; 0: none */
	char digest[2 * PW_DIGEST_LEN + 1];
	char *subjects[PW_SUBJECT_IDS];	/* by kernel id; built-in ones included; NULL: not in it */
	char *objects[PW_OBJECT_IDS];
	char **roots;		/* absolute path by pw_root.root; [0] NULL */
	size_t nroots;
	char **programs;	/* absolute path by pw_program.id; [0] NULL */
	size_t nprograms;
	struct pw_catalog_rule *rules;	/* [number - 1] */
	size_t nrules;
	/* Every prefix of the rules that has a name under `peers`, once; for records. */
	struct pw_prefix *peers;	/* .peer is owned by the catalog */
	size_t npeers;
	/* Number of the access rule by subject and object id, 0: none. */
	uint32_t access_rule[PW_SUBJECT_IDS][PW_OBJECT_IDS];
	/* Position of each subject and object, for the refusals that no rule explains. */
	char *subject_where[PW_SUBJECT_IDS];
	char *object_where[PW_OBJECT_IDS];
	bool path_digests[PW_OBJECT_IDS];	/* path_in_record: digest */
};

/* As one JSON object, and back; -EBADMSG when it is none. */
int pw_catalog_encode(const struct pw_catalog *catalog, json_object **ret);
int pw_catalog_decode(json_object *object, struct pw_catalog **ret);

/* Reads or writes DIRFD/catalog-GENERATION.json; negative errno on failure. */
int pw_catalog_read(int dirfd, uint64_t generation, struct pw_catalog **ret);
int pw_catalog_write(int dirfd, const struct pw_catalog *catalog);

/*
 * The line of the policy that a reader should look at to understand the verdict: the
 * rule that decided; where none did, the object, the subject that was not entered, or the
 * subject that has no rule. NULL: the policy has no say in it.
 */
const char *pw_catalog_where(const struct pw_catalog *catalog, const struct pw_event *event);

struct pw_catalog *pw_catalog_free(struct pw_catalog *catalog);

static inline void pw_catalog_freep(struct pw_catalog **catalog)
{
	*catalog = pw_catalog_free(*catalog);
}

#endif
