// SPDX-License-Identifier: BSD-2-Clause
#include "policy/parse.h"

#include <errno.h>
#include <string.h>

#include "common/text.h"
#include "policy/layers.h"
#include "policy/reader.h"
#include "policy/source.h"

#define SCHEMA 1

/* What one file says beside peers, objects and subjects. */
struct header {
	bool main;
	const char *name;
	uint64_t version;
	struct pw_position version_at;
	enum pw_mode mode;
	bool sealed;
	struct pw_position sealed_at;
	enum pw_rescue rescue;
	struct pw_log_policy log;
};

void pw_read_schema(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	uint64_t schema;

	(void)out;
	if (!node->plain || pw_text_number(node->text, SCHEMA, SCHEMA, &schema) < 0)
		pw_error(reader, &node->at, "unknown schema %s%.40s%s: this release reads schema %d",
			 node->plain ? "" : "\"", node->text, node->plain ? "" : "\"", SCHEMA);
}

static void read_policy_name(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	if (pw_read_name(reader, node, "a policy"))
		((struct header *)out)->name = node->text;
}

void pw_read_version(struct pw_reader *reader, const struct pw_yaml *node, uint64_t *ret)
{
	if (!node->plain || pw_text_number(node->text, 1, INT64_MAX, ret) < 0)
		pw_error(reader, &node->at, "'version' must be a whole number from 1, this is %s%.40s%s",
			 node->plain ? "" : "\"", node->text, node->plain ? "" : "\"");
}

static void read_version(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	struct header *header = out;

	header->version_at = node->at;
	pw_read_version(reader, node, &header->version);
}

static void read_policy_mode(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	((struct header *)out)->mode = pw_read_mode(reader, node);
}

static void read_sealed(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	struct header *header = out;

	header->sealed = pw_read_bool(reader, node);
	header->sealed_at = node->at;
}

static void read_rescue(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	((struct header *)out)->rescue = pw_read_word(reader, node, "rescue", &pw_words_rescue);
}

static void read_log(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	pw_read_log(reader, node, &((struct header *)out)->log);
}

/* Read when the sources were gathered. */
static void read_include(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	if (!((struct header *)out)->main)
		pw_error(reader, &node->at, "an included file cannot include others");
}

static void read_site_may(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	if (((struct header *)out)->main)
		pw_check_site_may(reader, node);
	else
		pw_error(reader, &node->at, "'site_may' stands in the policy, not in what it includes");
}

/* An included file may be a policy of its own, or leave out what is stated where it is included. */
static const struct pw_key policy_keys[] = {
	{"phiward", PW_YAML_SCALAR, NULL, pw_read_schema},
	{"name", PW_YAML_SCALAR, "any name", read_policy_name},
	{"version", PW_YAML_SCALAR, "a whole number from 1", read_version},
	{"mode", PW_YAML_SCALAR, "enforce or permissive", read_policy_mode},
	{"sealed", PW_YAML_SCALAR, NULL, read_sealed},
	{"rescue", PW_YAML_SCALAR, NULL, read_rescue},
	{"log", PW_YAML_MAP, NULL, read_log},
	{"include", PW_YAML_LIST, NULL, read_include},
	{"params", PW_YAML_MAP, NULL, pw_read_elsewhere},	/* before all else */
	{"site_may", PW_YAML_MAP, NULL, read_site_may},
	{"peers", PW_YAML_MAP, NULL, pw_read_elsewhere},	/* after all names are known */
	{"objects", PW_YAML_MAP, NULL, pw_read_elsewhere},
	{"subjects", PW_YAML_MAP, NULL, pw_read_elsewhere},
	{"breakglass", PW_YAML_MAP, NULL, pw_read_elsewhere},
	{"service", PW_YAML_MAP, NULL, pw_read_elsewhere},
	{"others", PW_YAML_MAP, "{network: deny | loopback | allow | a list of rules}", pw_read_elsewhere},
};

/* Whether @root states nothing of what only a policy states. */
static bool is_part(const struct pw_yaml *root)
{
	size_t i;

	for (i = 0; i < PW_ARRAY_SIZE(policy_keys); i++)
		if (policy_keys[i].stated && pw_map_value(root, policy_keys[i].name))
			return false;

	return true;
}

static void read_header(struct pw_reader *reader, size_t source)
{
	struct pw_key keys[PW_ARRAY_SIZE(policy_keys)];
	struct pw_policy *policy = reader->policy;
	struct header header = {.main = !source, .rescue = PW_RESCUE_OFF,
				.log = pw_log_default};
	struct pw_position top = {.file = policy->sources[source].path, .line = 1, .column = 1};
	bool part;
	size_t i;

	part = is_part(reader->roots[source]);
	if (part && header.main)
		pw_error(reader, &top, "'name', 'version', 'mode' and 'others' must be stated in a "
			 "policy (a file to be included is checked with the policy that does so)");
	memcpy(keys, policy_keys, sizeof(keys));
	for (i = 0; i < PW_ARRAY_SIZE(keys); i++)
		if (!header.main || part)
			keys[i].stated = NULL;
	pw_map_read(reader, reader->roots[source], "a policy", &top, keys, PW_ARRAY_SIZE(keys),
		    &header);
	if (!header.main)
		return;
	if (header.name)
		policy->name = pw_arena_copy(reader->arena, header.name, strlen(header.name));
	policy->version = header.version;
	policy->version_at = header.version_at;
	policy->mode = header.mode;
	policy->rescue = header.rescue;
	policy->sealed = header.sealed;
	policy->log = header.log;
	if (header.sealed && header.rescue == PW_RESCUE_NONE)
		pw_error(reader, &header.sealed_at, "'sealed: true' with 'rescue: none' would leave "
			 "no way out: state 'rescue: permissive' or 'rescue: off'");
}

/* ---- Sources ----------------------------------------------------------------------------- */

/* A file of another schema, or none of ours, is not judged further. */
static int judge_schema(struct pw_reader *reader, const struct pw_source *source,
			const struct pw_yaml *root)
{
	struct pw_position top = {.file = source->path, .line = 1, .column = 1};
	const struct pw_yaml *schema = pw_map_value(root, "phiward");
	size_t errors = reader->diag->errors;

	if (root->kind != PW_YAML_MAP || !schema) {
		pw_error(reader, &top, "not a policy: 'phiward: %d' must be stated", SCHEMA);
		return -EINVAL;
	}
	if (!pw_kind_is(reader, schema, PW_YAML_SCALAR, "phiward"))
		return -EINVAL;
	pw_read_schema(reader, schema, NULL);

	return reader->diag->errors == errors ? 0 : -EINVAL;
}

static void report_unread(struct pw_reader *reader, const struct pw_position *at, const char *name,
			  int error)
{
	if (error == -EFBIG)
		pw_error(reader, at, "a policy with all that it includes has at most %u bytes",
			 PW_POLICY_BYTES_MAX);
	else
		pw_error(reader, at, "cannot read '%s': %s", name, strerror(-error));
}

static int read_source(struct pw_reader *reader, const struct pw_source *source,
		       struct pw_yaml **ret)
{
	struct pw_yaml *root = NULL;
	int r;

	reader->bytes += source->length;
	reader->policy->nsources++;
	r = pw_yaml_read(reader->trees, source->path, source->text, source->length, reader->diag,
			 &root);
	if (!r)
		r = judge_schema(reader, source, root);
	if (!r)
		*ret = root;

	return r;
}

static int add_source(struct pw_reader *reader, const char *name, const struct pw_yaml *include)
{
	struct pw_policy *policy = reader->policy;
	struct pw_source *source = &policy->sources[policy->nsources];
	struct pw_position top = {.file = name, .line = 1, .column = 1};
	int r;

	r = pw_source_fetch(reader->supply, policy->arena, name, include ? include->text : NULL,
			    PW_POLICY_BYTES_MAX - reader->bytes, source);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		report_unread(reader, include ? &include->at : &top, include ? include->text : name,
			      r);
		return include ? -EINVAL : r;
	}

	return read_source(reader, source, &reader->roots[policy->nsources]);
}

/* The site's file is the last of the sources. */
static int add_site(struct pw_reader *reader)
{
	struct pw_source *source = &reader->policy->sources[reader->policy->nsources];
	const struct pw_supply *supply = reader->supply;
	const char *name = supply->site;
	size_t i;
	int r;

	for (i = 1; !name && i < supply->nsources; i++)
		if (supply->sources[i].site)
			name = supply->sources[i].name;
	if (!name)
		return 0;
	r = pw_source_fetch_site(supply, reader->arena, name, PW_POLICY_BYTES_MAX - reader->bytes,
				 source);
	if (r < 0 && r != -ENOMEM) {
		struct pw_position top = {.file = pw_arena_copy(reader->arena, name, strlen(name)),
					  .line = 1, .column = 1};

		report_unread(reader, &top, name, r);
		return -EINVAL;
	}

	return r < 0 ? r : read_source(reader, source, &reader->site_root);
}

static bool may_include(struct pw_reader *reader, const struct pw_yaml *item)
{
	struct pw_policy *policy = reader->policy;
	const char *wrong, *slash;
	size_t i;

	if (!pw_kind_is(reader, item, PW_YAML_SCALAR, "include"))
		return false;
	wrong = pw_source_wrong_name(item->text);
	if (wrong) {
		pw_error(reader, &item->at, "the name of an included file %s", wrong);
		return false;
	}
	slash = strrchr(policy->sources[0].name, '/');
	if (!strcmp(item->text, slash ? slash + 1 : policy->sources[0].name)) {
		pw_error(reader, &item->at, "a policy cannot include itself");
		return false;
	}
	for (i = 1; i < policy->nsources; i++) {
		if (!strcmp(item->text, policy->sources[i].name)) {
			pw_error(reader, &item->at, "'%s' is included twice", item->text);
			return false;
		}
	}
	if (policy->nsources > PW_INCLUDES_MAX) {
		pw_error(reader, &item->at, "a policy includes at most %d files",
			 PW_INCLUDES_MAX);
		return false;
	}

	return true;
}

static int gather(struct pw_reader *reader, const char *name)
{
	const struct pw_yaml *list, *item;
	size_t errors;
	int r;

	r = add_source(reader, name, NULL);
	if (r < 0)
		return r;
	/* Without what an included file names, the rest would be judged wrongly. */
	errors = reader->diag->errors;
	list = pw_map_value(reader->roots[0], "include");
	if (!list || list->kind != PW_YAML_LIST)
		return 0;
	for (item = list->first; item; item = item->next) {
		if (!may_include(reader, item))
			continue;
		r = add_source(reader, name, item);
		if (r < 0 && r != -EINVAL)
			return r;
	}

	return reader->diag->errors == errors ? 0 : -EINVAL;
}

/* ---- The whole --------------------------------------------------------------------------- */

static int read_all(struct pw_reader *reader, const char *name)
{
	struct pw_policy *policy = reader->policy;
	size_t i;
	int r;

	/* The policy, what it includes, and the site's file. */
	policy->sources = pw_arena_array(policy->arena, PW_INCLUDES_MAX + 2,
					 sizeof(*policy->sources));
	reader->roots = pw_arena_array(reader->trees, PW_INCLUDES_MAX + 2, sizeof(*reader->roots));
	if (!policy->sources || !reader->roots)
		return -ENOMEM;
	r = gather(reader, name);
	if (!r) {
		r = add_site(reader);
		if (r < 0)
			return r;
	}
	if (r == -ENOMEM)
		return r;
	if (!r) {
		pw_site_merge(reader);
		r = pw_read_params(reader);
	}
	for (i = 0; i < policy->nsources; i++)
		if (reader->roots[i])
			read_header(reader, i);
	if (!r)
		r = pw_read_sections(reader);
	if (r < 0)
		return r;
	/* What a vendor opens is more than any one policy has: only its sets count. */
	if (reader->layer != PW_LAYER_OPEN)
		pw_policy_check(reader);
	if (reader->out_of_memory || pw_arena_failed(policy->arena) ||
	    pw_arena_failed(reader->trees))
		return -ENOMEM;

	if (reader->diag->errors)
		return -EINVAL;
	if (reader->supply->show)
		pw_policy_put(reader, reader->supply->show);

	return pw_policy_digest(policy);
}

static int read_layer(struct pw_supply *supply, const char *name, enum pw_layer layer,
		      struct pw_policy **ret_policy, bool *ret_open, struct pw_diag *diag)
{
	_cleanup_(pw_arena_freep) struct pw_arena *trees = pw_arena_new();
	_cleanup_(pw_arena_freep) struct pw_arena *arena = pw_arena_new();
	struct pw_reader reader = {.diag = diag, .arena = arena, .trees = trees, .supply = supply,
				   .layer = layer};
	int r;

	if (!trees || !arena)
		return -ENOMEM;
	supply->directory = pw_source_directory(trees, name);
	reader.policy = pw_arena_array(arena, 1, sizeof(*reader.policy));
	if (!supply->directory || !reader.policy)
		return -ENOMEM;
	reader.policy->arena = arena;
	r = read_all(&reader, name);
	pw_diag_sort(diag);
	if (r < 0)
		return r;
	*ret_open = reader.roots[0] && pw_map_value(reader.roots[0], "site_may");
	(void)TAKE_PTR(arena);
	*ret_policy = reader.policy;

	return 0;
}

/* As read_layer(), of a layer whose warnings are those of another. */
static int read_quietly(struct pw_supply *supply, const char *name, enum pw_layer layer,
			struct pw_policy **ret_policy, struct pw_diag *diag)
{
	struct pw_diag errors = {};
	bool open;
	int r;

	r = read_layer(supply, name, layer, ret_policy, &open, &errors);
	if (r == -EINVAL)
		pw_diag_add_errors(diag, &errors);
	pw_diag_done(&errors);

	return r;
}

/* The texts are those of @merged: what is judged is what was read. */
static int judge_layers(const struct pw_policy *merged, struct pw_diag *diag)
{
	struct pw_supply supply = {.sources = merged->sources, .nsources = merged->nsources};
	const char *name = merged->sources[0].name;
	_cleanup_(pw_policy_freep) struct pw_policy *vendor = NULL;
	_cleanup_(pw_policy_freep) struct pw_policy *open = NULL;
	int r;

	r = read_quietly(&supply, name, PW_LAYER_OPEN, &open, diag);
	if (r < 0 || !merged->site)
		return r;
	r = read_quietly(&supply, name, PW_LAYER_VENDOR, &vendor, diag);

	return r ? r : pw_layers_judge(vendor, open, merged, diag);
}

static int compile(struct pw_supply *supply, const char *name, struct pw_policy **ret_policy,
		   struct pw_diag *diag)
{
	_cleanup_(pw_policy_freep) struct pw_policy *policy = NULL;
	bool open = false;
	int r;

	r = read_layer(supply, name, PW_LAYER_MERGED, &policy, &open, diag);
	if (!r && (policy->site || open)) {
		r = judge_layers(policy, diag);
		pw_diag_sort(diag);
	}
	if (r < 0)
		return r;
	*ret_policy = TAKE_PTR(policy);

	return 0;
}

int pw_policy_read(const char *path, struct pw_policy **ret_policy, struct pw_diag *diag)
{
	return pw_policy_read_for_site(path, NULL, ret_policy, diag);
}

int pw_policy_read_for_site(const char *path, const char *site, struct pw_policy **ret_policy,
			    struct pw_diag *diag)
{
	struct pw_supply supply = {.site = site};

	return compile(&supply, path, ret_policy, diag);
}

int pw_policy_show(const char *path, const char *site, bool merged, FILE *to,
		   struct pw_diag *diag)
{
	_cleanup_(pw_policy_freep) struct pw_policy *policy = NULL;
	_cleanup_(pw_policy_freep) struct pw_policy *shown = NULL;
	struct pw_supply supply = {.site = site};
	int r;

	/* Nothing is shown of what is not valid. */
	r = compile(&supply, path, &policy, diag);
	if (r < 0)
		return r;
	supply = (struct pw_supply){.show = to, .sources = policy->sources,
				    .nsources = policy->nsources};

	return read_quietly(&supply, path, merged ? PW_LAYER_MERGED : PW_LAYER_VENDOR, &shown,
				    diag);
}

int pw_policy_parse(const struct pw_source *sources, size_t nsources,
		    struct pw_policy **ret_policy, struct pw_diag *diag)
{
	struct pw_supply supply = {.sources = sources, .nsources = nsources};

	if (!nsources)
		return -EINVAL;

	return compile(&supply, sources[0].name, ret_policy, diag);
}
