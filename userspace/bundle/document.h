/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the bundle stage: the files with a table of keys, which are read as policies are, with
 * the position of every error.
 */
#ifndef PW_BUNDLE_DOCUMENT_H
#define PW_BUNDLE_DOCUMENT_H

#include <json-c/json.h>

#include "bundle/bundle.h"
#include "policy/reader.h"

struct pw_document {
	const char *what;	/* "a manifest" */
	size_t max;		/* bytes */
	const struct pw_key *keys;
	size_t nkeys;
};

/*
 * Reads @source. Whatever a reader keeps may point into the tree, which lives as @arena does.
 * @supply answers what the file names; NULL: it names none. 0, -ENOMEM, or -EINVAL with errors in @diag.
 */
int pw_document_read(const struct pw_document *document, const struct pw_source *source,
		     const struct pw_supply *supply, struct pw_arena *arena, void *out,
		     struct pw_diag *diag);

/* The texts of a list, each of at most @max bytes and not empty. */
void pw_document_texts(struct pw_reader *reader, const struct pw_yaml *list, const char *name,
		       size_t max, struct pw_texts *ret);

/* Adds a list of texts to @object; one that is empty is left out. */
int pw_texts_add(json_object *object, const char *key, const struct pw_texts *texts);

/*
 * The file @path, for a source; the caller frees it. -ENOENT and -ENOMEM as they are; else -EINVAL
 * with an error in @diag.
 */
int pw_document_load(const char *path, size_t max, char **ret_text, size_t *ret_length,
		     struct pw_diag *diag);

/* One text of at most @max bytes; NULL when it is none, which is reported. */
const char *pw_document_text(struct pw_reader *reader, const struct pw_yaml *node, const char *name,
			     size_t max);

/* A whole number between @low and @high, or 0. */
uint64_t pw_document_number(struct pw_reader *reader, const struct pw_yaml *node, const char *name,
			    uint64_t low, uint64_t high);

/* A moment, as in common/instant.h. */
void pw_document_instant(struct pw_reader *reader, const struct pw_yaml *node, const char *name,
			 int64_t *ret);

/* A device among others: the keys of device.yaml without its schema. */
void pw_device_read_entry(struct pw_reader *reader, const struct pw_yaml *map,
			  struct pw_device *ret);

/* The same of patterns, as in struct pw_selectors. */
void pw_patterns_read(struct pw_reader *reader, const struct pw_yaml *list, const char *name,
		      struct pw_texts *ret);

/* `devices`; @out is a struct pw_selectors. */
void pw_selectors_read(struct pw_reader *reader, const struct pw_yaml *map, void *out);

/* The readers of struct pw_bundle_head, for a manifest too. @out begins with one. */
#define PW_BUNDLE_HEAD_KEYS                                                                        \
	{"phiward_bundle", PW_YAML_SCALAR, "the schema, 1", pw_read_schema},                       \
	{"name", PW_YAML_SCALAR, "any name", pw_bundle_read_name},                                 \
	{"version", PW_YAML_SCALAR, "a whole number from 1", pw_bundle_read_version},              \
	{"not_before", PW_YAML_SCALAR, NULL, pw_bundle_read_not_before},                           \
	{"not_after", PW_YAML_SCALAR, NULL, pw_bundle_read_not_after},                             \
	{"devices", PW_YAML_MAP, NULL, pw_bundle_read_devices},                                   \
	{"health", PW_YAML_MAP, NULL, pw_bundle_read_health}

void pw_bundle_read_name(struct pw_reader *reader, const struct pw_yaml *node, void *out);
void pw_bundle_read_version(struct pw_reader *reader, const struct pw_yaml *node, void *out);
void pw_bundle_read_not_before(struct pw_reader *reader, const struct pw_yaml *node, void *out);
void pw_bundle_read_not_after(struct pw_reader *reader, const struct pw_yaml *node, void *out);
void pw_bundle_read_devices(struct pw_reader *reader, const struct pw_yaml *node, void *out);
void pw_bundle_read_health(struct pw_reader *reader, const struct pw_yaml *node, void *out);

#endif
