// SPDX-License-Identifier: BSD-2-Clause
#include "bundle/bundle.h"

#include <errno.h>
#include <string.h>

#include <openssl/evp.h>

#include "bundle/document.h"
#include "common/base64.h"
#include "common/sha256.h"
#include "common/text.h"

static const char *const role_names[] = {
	[PW_BUNDLE_INVALID] = "invalid",
	[PW_BUNDLE_POLICY] = "policy",
	[PW_BUNDLE_INCLUDE] = "include",
	[PW_BUNDLE_SITE] = "site",
	[PW_BUNDLE_CASES] = "cases",
};

const struct pw_words pw_words_bundle_role = {role_names, PW_ARRAY_SIZE(role_names)};

const char *pw_bundle_wrong_name(enum pw_bundle_role role, const char *name)
{
	/* Nothing is written by these names; a policy asks for what it includes by them. */
	if (role != PW_BUNDLE_INCLUDE && strchr(name, '/'))
		return "has no '/'";

	return pw_source_wrong_name(name);
}

/* ---- A file -------------------------------------------------------------------------------- */

/* What stands in the entry, to be put together when all of it is read. */
struct entry {
	struct pw_bundle_file *file;
	const struct pw_yaml *digest, *name, *text;
};

static void read_role(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	((struct entry *)out)->file->role =
		pw_read_word(reader, node, "role", &pw_words_bundle_role);
}

static void read_file_name(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	(void)reader;
	((struct entry *)out)->name = node;
}

static void read_digest(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	struct entry *entry = out;

	if (pw_text_unhex(entry->file->digest, node->text, PW_DIGEST_LEN))
		entry->digest = node;
	else
		pw_error(reader, &node->at, "'sha256' must be 64 hexadecimal digits in lower case");
}

static void read_text(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	struct entry *entry = out;
	size_t n;

	if (!pw_base64_length(node->text, &n)) {
		pw_error(reader, &node->at, "'base64' is no Base64");
		return;
	}
	entry->file->text = pw_arena_array(reader->arena, n + 1, 1);
	if (!entry->file->text)
		return;
	if (!pw_base64_read(node->text, (uint8_t *)entry->file->text, n)) {
		pw_error(reader, &node->at, "'base64' is no Base64");
		return;
	}
	entry->file->length = n;
	entry->text = node;
}

static const struct pw_key file_keys[] = {
	{"role", PW_YAML_SCALAR, "policy, include, site or cases", read_role},
	{"name", PW_YAML_SCALAR, "the name of the file", read_file_name},
	{"sha256", PW_YAML_SCALAR, "the SHA-256 of the file", read_digest},
	{"base64", PW_YAML_SCALAR, "the file in Base64", read_text},
};

static void check_file(struct pw_reader *reader, const struct entry *entry)
{
	struct pw_bundle_file *file = entry->file;
	uint8_t digest[PW_SHA256_LEN];
	const char *wrong;

	if (entry->name && file->role) {
		wrong = pw_bundle_wrong_name(file->role, entry->name->text);
		if (wrong)
			pw_error(reader, &entry->name->at, "the name of a file of a bundle %s",
				 wrong);
		file->name = entry->name->text;
	}
	if (!entry->digest || !entry->text)
		return;
	if (!EVP_Digest(file->text, file->length, digest, NULL, EVP_sha256(), NULL))
		reader->out_of_memory = true;
	else if (memcmp(digest, file->digest, sizeof(digest)) != 0)
		pw_error(reader, &entry->digest->at, "'sha256' is not that of the file");
}

static void read_file(struct pw_reader *reader, const struct pw_yaml *item,
		      struct pw_bundle_file *file)
{
	struct entry entry = {.file = file};

	file->at = item->at;
	if (!pw_kind_is(reader, item, PW_YAML_MAP, "files"))
		return;
	pw_map_read(reader, item, "a file of a bundle", &item->at, file_keys,
		    PW_ARRAY_SIZE(file_keys), &entry);
	check_file(reader, &entry);
}

/* ---- The whole ----------------------------------------------------------------------------- */

static void check_files(struct pw_reader *reader, const struct pw_yaml *list,
			const struct pw_bundle *bundle)
{
	size_t of_role[PW_BUNDLE_ROLE_MAX_] = {};

	for (size_t i = 0; i < bundle->nfiles; i++) {
		const struct pw_bundle_file *file = &bundle->files[i];

		of_role[file->role]++;
		if (of_role[file->role] > 1 &&
		    (file->role == PW_BUNDLE_POLICY || file->role == PW_BUNDLE_SITE))
			pw_error(reader, &file->at, "a bundle has one file with the role '%s'",
				 role_names[file->role]);
		for (size_t j = 0; file->name && j < i; j++)
			if (bundle->files[j].name && !strcmp(bundle->files[j].name, file->name))
				pw_error(reader, &file->at, "two files have the name '%s'",
					 file->name);
	}
	if (!of_role[PW_BUNDLE_POLICY])
		pw_error(reader, &list->at, "a bundle has one file with the role 'policy'");
}

static void read_files(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct pw_bundle *bundle = out;
	size_t errors = reader->diag->errors;

	if (list->n > PW_BUNDLE_FILES_MAX) {
		pw_error(reader, &list->at, "a bundle has at most %d files", PW_BUNDLE_FILES_MAX);
		return;
	}
	bundle->files = pw_arena_array(reader->arena, list->n, sizeof(*bundle->files));
	if (!bundle->files)
		return;
	for (const struct pw_yaml *item = list->first; item; item = item->next)
		read_file(reader, item, &bundle->files[bundle->nfiles++]);
	if (reader->diag->errors == errors)
		check_files(reader, list, bundle);
}

static const struct pw_key bundle_keys[] = {
	PW_BUNDLE_HEAD_KEYS,
	{"files", PW_YAML_LIST, "a list of files", read_files},
};

int pw_bundle_parse(const char *file, const char *text, size_t length, struct pw_bundle **ret,
		    struct pw_diag *diag)
{
	static const struct pw_document document = {"a bundle", PW_BUNDLE_BYTES_MAX, bundle_keys,
						    PW_ARRAY_SIZE(bundle_keys)};
	const struct pw_source source = {.name = (char *)file, .text = (char *)text,
					 .length = length};
	_cleanup_(pw_arena_freep) struct pw_arena *arena = pw_arena_new();
	struct pw_bundle *bundle;
	int r;

	bundle = arena ? pw_arena_array(arena, 1, sizeof(*bundle)) : NULL;
	if (!bundle)
		return -ENOMEM;
	bundle->arena = arena;
	bundle->head = PW_BUNDLE_HEAD_NONE;
	r = pw_document_read(&document, &source, NULL, arena, bundle, diag);
	if (r < 0)
		return r;
	(void)TAKE_PTR(arena);
	*ret = bundle;

	return 0;
}

struct pw_bundle *pw_bundle_free(struct pw_bundle *bundle)
{
	if (bundle)
		pw_arena_free(bundle->arena);

	return NULL;
}

int pw_bundle_sources(const struct pw_bundle *bundle, struct pw_source **ret, size_t *ret_n)
{
	_cleanup_free_ struct pw_source *sources = calloc(bundle->nfiles + 1, sizeof(*sources));
	size_t n = 1;

	if (!sources)
		return -ENOMEM;
	for (size_t i = 0; i < bundle->nfiles; i++) {
		const struct pw_bundle_file *file = &bundle->files[i];
		struct pw_source source = {.name = (char *)file->name, .text = file->text,
					   .length = file->length};

		source.site = file->role == PW_BUNDLE_SITE;
		if (file->role == PW_BUNDLE_POLICY)
			sources[0] = source;
		else if (file->role == PW_BUNDLE_INCLUDE || source.site)
			sources[n++] = source;
	}
	*ret = TAKE_PTR(sources);
	*ret_n = n;

	return 0;
}

int pw_bundle_digest_vendor(const struct pw_bundle *bundle, uint8_t digest[static PW_DIGEST_LEN])
{
	_cleanup_(pw_sha256_freep) struct pw_sha256 *sha = NULL;
	int r = pw_sha256_start(&sha);

	for (size_t i = 0; !r && i < bundle->nfiles; i++) {
		const struct pw_bundle_file *file = &bundle->files[i];
		const uint8_t role = (uint8_t)file->role;

		if (file->role == PW_BUNDLE_SITE)
			continue;
		r = pw_sha256_add(sha, &role, sizeof(role));
		if (!r)	/* with its NUL, which no name has */
			r = pw_sha256_add(sha, file->name, strlen(file->name) + 1);
		if (!r)
			r = pw_sha256_add(sha, file->digest, sizeof(file->digest));
	}

	return r ? r : pw_sha256_end(sha, digest);
}
