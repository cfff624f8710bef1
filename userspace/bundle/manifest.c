// SPDX-License-Identifier: BSD-2-Clause
#include "bundle/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include <openssl/evp.h>

#include "bundle/document.h"
#include "common/file.h"
#include "policy/parse.h"

#define MANIFEST_BYTES_MAX 65536

struct manifest {
	struct pw_bundle_head head;
	const char *policy;
	const char *site;
	struct pw_texts cases;
	struct pw_bundle_file files[PW_BUNDLE_FILES_MAX];
	size_t nfiles;
	struct pw_arena *arena;
};

static const char *read_path(struct pw_reader *reader, const struct pw_yaml *node)
{
	const char *wrong = pw_source_wrong_name(node->text);

	if (wrong)
		pw_error(reader, &node->at, "the name of a file of a bundle %s", wrong);

	return node->text;
}

static void read_policy(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	((struct manifest *)out)->policy = read_path(reader, node);
}

static void read_site(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	((struct manifest *)out)->site = read_path(reader, node);
}

static void read_cases(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct manifest *manifest = out;

	for (const struct pw_yaml *item = list->first; item; item = item->next)
		if (pw_kind_is(reader, item, PW_YAML_SCALAR, "cases"))
			read_path(reader, item);
	pw_document_texts(reader, list, "cases", PATH_MAX, &manifest->cases);
}

static const struct pw_key manifest_keys[] = {
	PW_BUNDLE_HEAD_KEYS,
	{"policy", PW_YAML_SCALAR, "the file of the policy", read_policy},
	{"site", PW_YAML_SCALAR, NULL, read_site},
	{"cases", PW_YAML_LIST, NULL, read_cases},
};

static const struct pw_document manifest_document = {"a manifest", MANIFEST_BYTES_MAX,
						     manifest_keys, PW_ARRAY_SIZE(manifest_keys)};

/* ---- Files --------------------------------------------------------------------------------- */

static int add_file(struct manifest *manifest, enum pw_bundle_role role, const char *name,
		    const char *text, size_t length, struct pw_diag *diag)
{
	struct pw_bundle_file *file = &manifest->files[manifest->nfiles];

	if (manifest->nfiles == PW_BUNDLE_FILES_MAX) {
		pw_diag_add(diag, PW_DIAG_ERROR, NULL, "a bundle has at most %d files",
			    PW_BUNDLE_FILES_MAX);
		return -EINVAL;
	}
	file->role = role;
	file->name = pw_arena_copy(manifest->arena, name, strlen(name));
	file->text = pw_arena_copy(manifest->arena, text, length);
	file->length = length;
	if (!file->name || !file->text ||
	    !EVP_Digest(text, length, file->digest, NULL, EVP_sha256(), NULL))
		return -ENOMEM;
	manifest->nfiles++;

	return 0;
}

static const char *last_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* @name is relative to the directory of the manifest; the caller frees what is returned. */
static char *beside(const char *manifest, const char *name)
{
	char *path;

	return asprintf(&path, "%.*s%s", (int)(last_name(manifest) - manifest), manifest, name) < 0 ?
	       NULL : path;
}

static int add_policy(struct manifest *manifest, const char *path, struct pw_diag *diag)
{
	_cleanup_(pw_policy_freep) struct pw_policy *policy = NULL;
	_cleanup_free_ char *file = beside(path, manifest->policy);
	int r = file ? pw_policy_read(file, &policy, diag) : -ENOMEM;

	for (size_t i = 0; !r && i < policy->nsources; i++) {
		const struct pw_source *source = &policy->sources[i];

		r = add_file(manifest, i ? PW_BUNDLE_INCLUDE : PW_BUNDLE_POLICY,
			     i ? source->name : last_name(source->name), source->text,
			     source->length, diag);
	}

	return r;
}

static int add_other(struct manifest *manifest, const char *path, enum pw_bundle_role role,
		     const char *name, struct pw_diag *diag)
{
	_cleanup_free_ char *file = beside(path, name);
	const struct pw_position at = {.file = path};
	_cleanup_free_ char *text = NULL;
	size_t length;
	int r;

	if (!file)
		return -ENOMEM;
	r = pw_file_read(AT_FDCWD, file, PW_POLICY_BYTES_MAX, &text, &length);
	if (r < 0 && r != -ENOMEM)
		pw_diag_add(diag, PW_DIAG_ERROR, &at, "cannot read '%s': %s", file, strerror(-r));

	return r ? r : add_file(manifest, role, last_name(name), text, length, diag);
}

static int add_files(struct manifest *manifest, const char *path, struct pw_diag *diag)
{
	int r = add_policy(manifest, path, diag);

	if (!r && manifest->site)
		r = add_other(manifest, path, PW_BUNDLE_SITE, manifest->site, diag);
	for (size_t i = 0; !r && i < manifest->cases.n; i++)
		r = add_other(manifest, path, PW_BUNDLE_CASES, manifest->cases.list[i], diag);

	return r;
}

/* ---- The whole ----------------------------------------------------------------------------- */

/* What was written is what others will read. */
static int read_again(const char *path, const char *text, size_t length, struct pw_diag *diag)
{
	_cleanup_(pw_policy_freep) struct pw_policy *policy = NULL;
	_cleanup_(pw_bundle_freep) struct pw_bundle *bundle = NULL;
	_cleanup_free_ struct pw_source *sources = NULL;
	size_t n;
	int r;

	r = pw_bundle_parse(path, text, length, &bundle, diag);
	if (!r)
		r = pw_bundle_sources(bundle, &sources, &n);

	return r ? r : pw_policy_parse(sources, n, &policy, diag);
}

static int read_manifest(const char *path, struct manifest *manifest, struct pw_diag *diag)
{
	const struct pw_position top = {.file = path, .line = 1, .column = 1};
	struct pw_source source = {.name = (char *)path};
	_cleanup_free_ char *text = NULL;
	int r = pw_file_read(AT_FDCWD, path, MANIFEST_BYTES_MAX, &text, &source.length);

	if (r < 0) {
		pw_diag_add(diag, PW_DIAG_ERROR, &top, "cannot be read: %s", strerror(-r));
		return r;
	}
	source.text = text;

	return pw_document_read(&manifest_document, &source, NULL, manifest->arena, manifest, diag);
}

int pw_manifest_build(const char *path, char **ret, size_t *ret_length, struct pw_diag *diag)
{
	_cleanup_(pw_arena_freep) struct pw_arena *arena = pw_arena_new();
	_cleanup_free_ char *text = NULL;
	struct pw_diag again = {};
	struct manifest *manifest;
	int r;

	manifest = arena ? pw_arena_array(arena, 1, sizeof(*manifest)) : NULL;
	if (!manifest)
		return -ENOMEM;
	manifest->arena = arena;
	manifest->head = PW_BUNDLE_HEAD_NONE;
	r = read_manifest(path, manifest, diag);
	if (!r)
		r = add_files(manifest, path, diag);
	if (!r)
		r = pw_bundle_write(&manifest->head, manifest->files, manifest->nfiles, &text,
				    ret_length);
	if (r < 0)
		return r;
	r = read_again(path, text, *ret_length, &again);
	for (size_t i = 0; r && i < again.n; i++)
		if (again.entries[i].level == PW_DIAG_ERROR)
			pw_diag_add(diag, PW_DIAG_ERROR, NULL, "%s", again.entries[i].text);
	pw_diag_done(&again);
	if (!r)
		*ret = TAKE_PTR(text);

	return r;
}
