// SPDX-License-Identifier: BSD-2-Clause
#include "bundle/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "bundle/certificate.h"
#include "bundle/trust_private.h"
#include "common/file.h"
#include "common/sha256.h"
#include "common/text.h"

#define TRUST_BYTES_MAX 65536
#define FINGERPRINT "sha256:"

const char *pw_trust_unsafe(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return NULL;
	if (st.st_uid != 0)
		return "it is not root's";

	return st.st_mode & (S_IWGRP | S_IWOTH) ? "others than root may write it" : NULL;
}

/* ---- Files that it names ------------------------------------------------------------------- */

static int add_sized(struct pw_sha256 *sha, const void *data, size_t length)
{
	uint64_t size = length;
	int r = pw_sha256_add(sha, &size, sizeof(size));

	return r ? r : pw_sha256_add(sha, data, length);
}

/* The file @node names; false, and reported, when there is none to be believed. */
static bool fetch(struct pw_reader *reader, struct pw_trust *trust, const struct pw_yaml *node,
		  struct pw_source *ret)
{
	const char *wrong = pw_source_wrong_name(node->text);
	int r;

	if (wrong) {
		pw_error(reader, &node->at, "the name of a file %s: it lies beside this one", wrong);
		return false;
	}
	if (trust->nfiles++ == PW_TRUST_FILES_MAX) {
		pw_error(reader, &node->at, "at most %d files are named", PW_TRUST_FILES_MAX);
		return false;
	}
	r = pw_source_fetch(reader->supply, reader->arena, NULL, node->text,
			    PW_TRUST_FILE_BYTES_MAX, ret);
	if (r < 0) {
		pw_error(reader, &node->at, "cannot read '%s': %s", node->text, strerror(-r));
		return false;
	}
	wrong = trust->flags & PW_TRUST_OF_ROOT ? pw_trust_unsafe(ret->path) : NULL;
	if (wrong) {
		pw_error(reader, &node->at, "'%s' is not to be believed: %s", node->text, wrong);
		return false;
	}
	if (add_sized(trust->sha, node->text, strlen(node->text)) ||
	    add_sized(trust->sha, ret->text, ret->length))
		reader->out_of_memory = true;

	return true;
}

/* ---- Roles --------------------------------------------------------------------------------- */

struct role_reader {
	struct pw_trust *trust;
	struct pw_trust_role *role;
};

static const char *role_of(const struct pw_trust *trust, const X509 *certificate)
{
	for (size_t i = 0; i < trust->nroles; i++)
		for (int j = 0; j < sk_X509_num(trust->roles[i].certificates); j++)
			if (!X509_cmp(sk_X509_value(trust->roles[i].certificates, j), certificate))
				return trust->roles[i].name;

	return NULL;
}

static void add_certificate(struct pw_reader *reader, const struct role_reader *role,
			    const struct pw_yaml *item, X509 *certificate)
{
	const char *other = role_of(role->trust, certificate);

	if (other) {
		pw_error(reader, &item->at, "a certificate of '%s' is also one of the role '%s': it "
			 "is of one role, and named once", item->text, other);
		return;
	}
	if (!X509_up_ref(certificate))
		return;
	if (!sk_X509_push(role->role->certificates, certificate)) {
		X509_free(certificate);
		reader->out_of_memory = true;
	} else if (!X509_STORE_add_cert(role->role->store, certificate)) {
		reader->out_of_memory = true;
	}
}

static void read_certificates(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	const struct role_reader *role = out;

	for (const struct pw_yaml *item = list->first; item; item = item->next) {
		_cleanup_(pw_certificates_free) STACK_OF(X509) *all = NULL;
		struct pw_source source = {};

		if (!pw_kind_is(reader, item, PW_YAML_SCALAR, "certificates") ||
		    !fetch(reader, role->trust, item, &source))
			continue;
		all = pw_certificates_read(source.text, source.length);
		ERR_clear_error();
		if (!all)
			pw_error(reader, &item->at, "'%s' is no certificate, in PEM or in DER",
				 item->text);
		for (int i = 0; all && i < sk_X509_num(all); i++)
			add_certificate(reader, role, item, sk_X509_value(all, i));
	}
}

static const struct pw_key role_keys[] = {
	{"certificates", PW_YAML_LIST, "a list of files", read_certificates},
};

static void read_roles(struct pw_reader *reader, const struct pw_yaml *map, void *out)
{
	struct pw_trust *trust = out;

	if (map->n > PW_TRUST_ROLES_MAX) {
		pw_error(reader, &map->at, "there are at most %d roles", PW_TRUST_ROLES_MAX);
		return;
	}
	trust->roles = pw_arena_array(reader->arena, map->n, sizeof(*trust->roles));
	if (!trust->roles)
		return;
	for (const struct pw_yaml *key = map->first; key; key = key->next) {
		struct role_reader role = {trust, &trust->roles[trust->nroles]};

		if (!pw_read_name(reader, key, "a role") || !key->value ||
		    !pw_kind_is(reader, key->value, PW_YAML_MAP, key->text))
			continue;
		role.role->name = key->text;
		role.role->certificates = sk_X509_new_null();
		role.role->store = X509_STORE_new();
		trust->nroles++;
		if (!role.role->certificates || !role.role->store)
			reader->out_of_memory = true;
		else
			pw_map_read(reader, key->value, "a role", &key->at, role_keys,
				    PW_ARRAY_SIZE(role_keys), &role);
	}
}

/* ---- What is required ---------------------------------------------------------------------- */

struct requirement_reader {
	const struct pw_trust *trust;
	const struct pw_trust_requirements *before;
	struct pw_trust_requirement *requirement;
};

static void read_required_role(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	const struct requirement_reader *required = out;
	const struct pw_trust *trust = required->trust;
	struct pw_near near = {.text = node->text};

	for (size_t i = 0; i < required->before->n; i++)
		if (required->before->list[i].role &&
		    !strcmp(required->before->list[i].role, node->text))
			pw_error(reader, &node->at, "the role '%s' is required twice: state 'signers'",
				 node->text);
	for (size_t i = 0; i < trust->nroles; i++) {
		pw_near_offer(&near, trust->roles[i].name);
		if (!strcmp(trust->roles[i].name, node->text))
			required->requirement->role = trust->roles[i].name;
	}
	if (!required->requirement->role)
		pw_error(reader, &node->at, "unknown role '%s'%s", node->text,
			 pw_suggestion(reader, &near));
}

static void read_signers(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	const struct requirement_reader *required = out;

	required->requirement->signers =
		pw_document_number(reader, node, "signers", 1, PW_BUNDLE_SIGNERS_MAX);
}

static const struct pw_key requirement_keys[] = {
	{"role", PW_YAML_SCALAR, "a role", read_required_role},
	{"signers", PW_YAML_SCALAR, NULL, read_signers},
};

static void read_requirements(struct pw_reader *reader, const struct pw_yaml *list,
			      const char *name, const struct pw_trust *trust,
			      struct pw_trust_requirements *ret)
{
	ret->list = pw_arena_array(reader->arena, list->n, sizeof(*ret->list));
	if (!ret->list)
		return;
	for (const struct pw_yaml *item = list->first; item; item = item->next) {
		struct requirement_reader required = {trust, ret, &ret->list[ret->n]};

		if (!pw_kind_is(reader, item, PW_YAML_MAP, name))
			continue;
		required.requirement->signers = 1;
		pw_map_read(reader, item, "a requirement", &item->at, requirement_keys,
			    PW_ARRAY_SIZE(requirement_keys), &required);
		ret->n++;
	}
}

static void read_require(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct pw_trust *trust = out;

	read_requirements(reader, list, "require", trust, &trust->require);
}

static void read_require_site(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct pw_trust *trust = out;

	read_requirements(reader, list, "require_for_site", trust, &trust->site);
}

static void read_require_token(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct pw_trust *trust = out;

	read_requirements(reader, list, "require_for_token", trust, &trust->token);
}

/* ---- What is revoked ----------------------------------------------------------------------- */

static void read_crl(struct pw_reader *reader, struct pw_trust *trust, const struct pw_yaml *item)
{
	struct pw_source source = {};
	X509_CRL *crl;

	if (!fetch(reader, trust, item, &source))
		return;
	crl = pw_crl_read(source.text, source.length);
	if (!crl)
		pw_error(reader, &item->at, "'%s' is no revocation list, in PEM or in DER",
			 item->text);
	else if (!sk_X509_CRL_push(trust->crls, crl)) {
		X509_CRL_free(crl);
		reader->out_of_memory = true;
	}
}

static void read_revoked(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct pw_trust *trust = out;
	const char *hex;

	trust->fingerprints = pw_arena_array(reader->arena, list->n, sizeof(*trust->fingerprints));
	if (!trust->fingerprints)
		return;
	for (const struct pw_yaml *item = list->first; item; item = item->next) {
		if (!pw_kind_is(reader, item, PW_YAML_SCALAR, "revoked"))
			continue;
		hex = item->text + strlen(FINGERPRINT);
		if (!pw_text_begins(item->text, FINGERPRINT))
			read_crl(reader, trust, item);
		else if (!pw_text_unhex(trust->fingerprints[trust->nfingerprints++], hex,
					PW_DIGEST_LEN))
			pw_error(reader, &item->at, "a fingerprint is 'sha256:' and 64 hexadecimal "
				 "digits in lower case");
	}
}

/* ---- The whole ----------------------------------------------------------------------------- */

/* Roles come first: what is required names them. */
static const struct pw_key trust_keys[] = {
	{"phiward_trust", PW_YAML_SCALAR, "the schema, 1", pw_read_schema},
	{"roles", PW_YAML_MAP, "whose certificates count", read_roles},
	{"require", PW_YAML_LIST, "a list like [{role: vendor}]", read_require},
	{"require_for_site", PW_YAML_LIST, NULL, read_require_site},
	{"require_for_token", PW_YAML_LIST, NULL, read_require_token},
	{"revoked", PW_YAML_LIST, NULL, read_revoked},
};

static int read_source(const struct pw_source *source, const struct pw_supply *supply,
		       struct pw_trust *trust, struct pw_diag *diag)
{
	static const struct pw_document document = {"a trust.yaml", TRUST_BYTES_MAX, trust_keys,
						    PW_ARRAY_SIZE(trust_keys)};
	int r;

	r = pw_sha256_start(&trust->sha);
	if (!r)
		r = add_sized(trust->sha, source->text, source->length);
	if (!r)
		r = pw_document_read(&document, source, supply, trust->arena, trust, diag);

	return r ? r : pw_sha256_end(trust->sha, trust->digest);
}

static int read_with(const struct pw_source *source, struct pw_supply *supply, unsigned int flags,
		     struct pw_trust **ret, struct pw_diag *diag)
{
	_cleanup_(pw_trust_freep) struct pw_trust *trust = NULL;
	struct pw_arena *arena = pw_arena_new();
	int r;

	/* The configuration file of OpenSSL could name programs to load. */
	if (!arena || !OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL)) {
		pw_arena_free(arena);
		return -ENOMEM;
	}
	trust = pw_arena_array(arena, 1, sizeof(*trust));
	supply->directory = pw_source_directory(arena, source->name);
	if (!trust || !supply->directory) {
		pw_arena_free(arena);
		return -ENOMEM;
	}
	trust->arena = arena;
	trust->flags = flags;
	trust->crls = sk_X509_CRL_new_null();
	r = trust->crls ? read_source(source, supply, trust, diag) : -ENOMEM;
	if (r < 0)
		return r;
	*ret = TAKE_PTR(trust);

	return 0;
}

int pw_trust_parse(const struct pw_source *sources, size_t nsources, struct pw_trust **ret,
		   struct pw_diag *diag)
{
	struct pw_supply supply = {.sources = sources, .nsources = nsources};

	return read_with(&sources[0], &supply, 0, ret, diag);
}

/* The same of @path and of the directory that it lies in, in which it could be exchanged. */
static const char *unsafe_place(const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *directory = slash ? strndup(path, slash + 1 - path) : strdup(".");

	if (!directory)
		return strerror(ENOMEM);

	return pw_trust_unsafe(directory) ? "others than root may write its directory" :
					     pw_trust_unsafe(path);
}

int pw_trust_read(const char *path, unsigned int flags, struct pw_trust **ret,
		  struct pw_diag *diag)
{
	const struct pw_position top = {.file = path, .line = 1, .column = 1};
	struct pw_source source = {.name = (char *)path};
	_cleanup_free_ char *text = NULL;
	struct pw_supply supply = {};
	const char *unsafe;
	int r;

	r = pw_file_read(AT_FDCWD, path, TRUST_BYTES_MAX, &text, &source.length);
	if (r == -ENOENT || r == -ENOMEM)
		return r;
	unsafe = r ? strerror(-r) : flags & PW_TRUST_OF_ROOT ? unsafe_place(path) : NULL;
	if (unsafe) {
		pw_diag_add(diag, PW_DIAG_ERROR, &top, "%s: %s", r ? "cannot be read" :
			    "not to be believed", unsafe);
		return -EINVAL;
	}
	source.text = text;

	return read_with(&source, &supply, flags, ret, diag);
}

struct pw_trust *pw_trust_free(struct pw_trust *trust)
{
	if (!trust)
		return NULL;
	for (size_t i = 0; i < trust->nroles; i++) {
		X509_STORE_free(trust->roles[i].store);
		sk_X509_pop_free(trust->roles[i].certificates, X509_free);
	}
	sk_X509_CRL_pop_free(trust->crls, X509_CRL_free);
	pw_sha256_free(trust->sha);
	pw_arena_free(trust->arena);

	return NULL;
}

const uint8_t *pw_trust_digest(const struct pw_trust *trust)
{
	return trust->digest;
}
