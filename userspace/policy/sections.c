// SPDX-License-Identifier: BSD-2-Clause
/* Peers, objects and subjects: all names of all sources first, then what stands below them. */
#include <errno.h>
#include <string.h>

#include "policy/reader.h"
#include "policy/tree.h"

struct section {
	const char *key;
	const char *one;		/* "an object" */
	const char *const *reserved;	/* names that mean something else; NULL at the end */
	size_t max;			/* names of one policy */
};

static const char *const reserved_peers[] = {"any", NULL};
static const char *const reserved_objects[] = {"none", "canary", "others", NULL};
static const char *const reserved_subjects[] = {"others", "init", "login", "anyone", "phiwardd",
						NULL};
static const struct section section_peers = {"peers", "a peer", reserved_peers, SIZE_MAX};
static const struct section section_objects = {"objects", "an object", reserved_objects,
					       PW_OBJECT_IDS - PW_OBJECT_FIRST};
static const struct section section_subjects = {"subjects", "a subject", reserved_subjects,
						PW_SUBJECT_IDS - PW_SUBJECT_FIRST};

static const struct pw_yaml *section_map(struct pw_reader *reader, const struct section *section,
					 size_t source)
{
	const struct pw_yaml *root = reader->roots[source], *map;

	map = root ? pw_map_value(root, section->key) : NULL;

	return map && map->kind == PW_YAML_MAP ? map : NULL;
}

static bool may_be_named(struct pw_reader *reader, const struct section *section,
			 const struct pw_yaml *key)
{
	const char *const *reserved;

	if (key->kind != PW_YAML_SCALAR || !key->value ||
	    !pw_read_name(reader, key, section->one))
		return false;
	for (reserved = section->reserved; *reserved; reserved++) {
		if (!strcmp(key->text, *reserved)) {
			pw_error(reader, &key->at, "'%s' has a meaning of its own and cannot name "
				 "%s", key->text, section->one);
			return false;
		}
	}

	return true;
}

/*
 * The keys of @section in all sources, in their order; *@ret_keys [i] is names->index i. There is
 * room for @more.
 */
static int declare(struct pw_reader *reader, const struct section *section, size_t more,
		   struct pw_symbols *names, const struct pw_yaml ***ret_keys)
{
	const struct pw_yaml *map, *key, **keys;
	size_t i, n = 0;

	for (i = 0; i < reader->policy->nsources; i++) {
		map = section_map(reader, section, i);
		n += map ? map->n : 0;
	}
	names->list = pw_arena_array(reader->arena, n + more, sizeof(*names->list));
	keys = pw_arena_array(reader->trees, n, sizeof(*keys));
	if (!names->list || !keys)
		return -ENOMEM;
	for (i = 0; i < reader->policy->nsources; i++) {
		map = section_map(reader, section, i);
		for (key = map ? map->first : NULL; key; key = key->next) {
			if (!may_be_named(reader, section, key))
				continue;
			if (names->n == section->max) {
				pw_error(reader, &key->at, "more than %zu %s", section->max,
					 section->key);
				break;
			}
			keys[names->n] = key;
			names->list[names->n].name = key->text;
			names->list[names->n].at = key->at;
			names->list[names->n].index = names->n;
			names->n++;
		}
	}
	*ret_keys = keys;

	return 0;
}

/* ---- Sections ---------------------------------------------------------------------------- */

/* What a peer is called has to live as long as the policy: its prefixes carry the name. */
static struct pw_peer *add_peer(struct pw_reader *reader, const char *name,
				const struct pw_position *at)
{
	struct pw_peer *peer = &reader->peers[reader->npeers++];

	peer->at = *at;
	peer->name = pw_arena_copy(reader->arena, name, strlen(name));

	return peer->name ? peer : NULL;
}

static int name_peer(struct pw_reader *reader, const char *name, const struct pw_position *at,
		     struct pw_peer **ret)
{
	reader->peer_names.list[reader->npeers] = (struct pw_symbol){name, *at, reader->npeers};
	*ret = add_peer(reader, name, at);
	reader->peer_names.n = reader->npeers;

	return *ret ? 0 : -ENOMEM;
}

static int add_params(struct pw_reader *reader)
{
	struct pw_peer *peer;
	size_t i;

	for (i = 0; i < reader->nparams; i++) {
		const struct pw_param *param = &reader->params[i];
		struct pw_yaml single = {.kind = PW_YAML_LIST, .n = 1};

		if (param->type != PW_PARAM_PEER)
			continue;
		if (name_peer(reader, param->name, &param->at, &peer) < 0)
			return -ENOMEM;
		if (param->wrong)
			continue;
		single.first = pw_tree_copy(reader->trees, param->value);
		if (!single.first)
			return -ENOMEM;
		peer->prefixes = pw_read_addresses(reader, param->value->kind == PW_YAML_LIST ?
						   param->value : &single, peer->name,
						   &peer->nprefixes);
	}

	return 0;
}

static bool is_named(const struct pw_symbols *names, const char *name, struct pw_position *ret_at)
{
	size_t i;

	for (i = 0; i < names->n; i++) {
		if (strcmp(names->list[i].name, name))
			continue;
		*ret_at = names->list[i].at;
		return true;
	}

	return false;
}

/* Peers that are no parameters are for the site's own rules; the file is one for many policies. */
static int add_site_peers(struct pw_reader *reader, const struct pw_yaml *map)
{
	struct pw_position at;
	const struct pw_yaml *key;
	struct pw_peer *peer;

	for (key = map ? map->first : NULL; key; key = key->next) {
		if (!may_be_named(reader, &section_peers, key) ||
		    pw_symbols_find(&reader->param_names, key->text))
			continue;
		if (is_named(&reader->peer_names, key->text, &at)) {
			pw_diag_add(reader->diag, pw_peer_is_reserved(key->text) ? PW_DIAG_WARNING :
				    PW_DIAG_ERROR, &key->at, "the policy does not leave '%s' to the "
				    "site: its own addresses hold (%s:%u)", key->text, at.file, at.line);
			continue;
		}
		if (name_peer(reader, key->text, &key->at, &peer) < 0)
			return -ENOMEM;
		peer->site = true;
		if (pw_kind_is(reader, key->value, PW_YAML_LIST, peer->name))
			peer->prefixes = pw_read_addresses(reader, key->value, peer->name,
							   &peer->nprefixes);
	}

	return 0;
}

static int read_peers(struct pw_reader *reader)
{
	const char *const here[] = {"peers", NULL};
	const struct pw_yaml *site = pw_tree_map(reader->site_root, here), **keys;
	size_t more = reader->nparams + (site ? site->n : 0), i, n;
	struct pw_peer *peer;
	int r;

	r = declare(reader, &section_peers, more, &reader->peer_names, &keys);
	if (r < 0)
		return r;
	n = reader->peer_names.n;
	reader->peers = pw_arena_array(reader->trees, n + more, sizeof(*reader->peers));
	if (!reader->peers)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		peer = add_peer(reader, keys[i]->text, &keys[i]->at);
		if (!peer)
			return -ENOMEM;
		if (pw_kind_is(reader, keys[i]->value, PW_YAML_LIST, peer->name))
			peer->prefixes = pw_read_addresses(reader, keys[i]->value, peer->name,
							   &peer->nprefixes);
	}
	r = add_params(reader);
	if (!r)
		r = add_site_peers(reader, site);
	pw_symbols_sort(reader, &reader->peer_names, section_peers.one);

	return r;
}

static int read_objects(struct pw_reader *reader, const struct pw_yaml **keys)
{
	struct pw_policy *policy = reader->policy;
	size_t i;

	for (i = 0; i < policy->nobjects; i++) {
		struct pw_object_policy *object = &policy->objects[i];

		object->at = keys[i]->at;
		object->name = pw_arena_copy(policy->arena, keys[i]->text, strlen(keys[i]->text));
		if (!object->name)
			return -ENOMEM;
		if (pw_kind_is(reader, keys[i]->value, PW_YAML_MAP, object->name))
			pw_read_object(reader, keys[i]->value, object);
	}

	return 0;
}

static int read_subjects(struct pw_reader *reader, const struct pw_yaml **keys)
{
	struct pw_policy *policy = reader->policy;
	size_t i;

	for (i = 0; i < policy->nsubjects; i++) {
		struct pw_subject_policy *subject = &policy->subjects[i];

		subject->at = keys[i]->at;
		subject->name = pw_arena_copy(policy->arena, keys[i]->text, strlen(keys[i]->text));
		if (!subject->name)
			return -ENOMEM;
		if (pw_kind_is(reader, keys[i]->value, PW_YAML_MAP, subject->name))
			pw_read_subject(reader, keys[i]->value, subject);
	}

	return 0;
}

int pw_read_sections(struct pw_reader *reader)
{
	struct pw_policy *policy = reader->policy;
	const struct pw_yaml **objects, **subjects, *others, *glass;
	int r;

	r = read_peers(reader);
	if (!r)
		r = declare(reader, &section_objects, 0, &reader->object_names, &objects);
	if (!r)
		r = declare(reader, &section_subjects, 0, &reader->subject_names, &subjects);
	if (r < 0)
		return r;
	pw_symbols_sort(reader, &reader->object_names, section_objects.one);
	pw_symbols_sort(reader, &reader->subject_names, section_subjects.one);
	policy->nobjects = reader->object_names.n;
	policy->objects = pw_arena_array(policy->arena, policy->nobjects, sizeof(*policy->objects));
	policy->nsubjects = reader->subject_names.n;
	policy->subjects = pw_arena_array(policy->arena, policy->nsubjects,
					  sizeof(*policy->subjects));
	if (!policy->objects || !policy->subjects)
		return -ENOMEM;
	r = read_objects(reader, objects);
	if (!r)
		r = read_subjects(reader, subjects);
	for (size_t i = 0; !r && i < PW_GLASS_KINDS; i++) {
		glass = pw_map_value(reader->roots[0], pw_glass_names[i]);
		if (glass && glass->kind == PW_YAML_MAP)
			pw_read_glass(reader, glass, &policy->glass[i]);
	}
	others = pw_map_value(reader->roots[0], "others");
	if (!r && others && others->kind == PW_YAML_MAP)
		pw_read_others(reader, others, NULL);

	return r;
}

/* ---- References -------------------------------------------------------------------------- */

static const struct {
	const char *name;
	unsigned int word;
	size_t index;
} subject_words[] = {
	{"others", PW_WORD_OTHERS, PW_SUBJECT_INDEX_OTHERS},
	{"init", PW_WORD_INIT, PW_SUBJECT_INDEX_INIT},
	{"login", PW_WORD_LOGIN, PW_SUBJECT_INDEX_LOGIN},
	{"anyone", PW_WORD_ANYONE, PW_SUBJECT_INDEX_ANYONE},
};

static bool find_subject(struct pw_reader *reader, const struct pw_yaml *item, unsigned int words,
			 size_t *ret)
{
	const struct pw_symbol *name = pw_symbols_find(&reader->subject_names, item->text);
	struct pw_near near = {.text = item->text};
	size_t i;

	if (name) {
		*ret = name->index;
		return true;
	}
	for (i = 0; i < PW_ARRAY_SIZE(subject_words); i++) {
		if (!(subject_words[i].word & words))
			continue;
		if (!strcmp(subject_words[i].name, item->text)) {
			*ret = subject_words[i].index;
			return true;
		}
		pw_near_offer(&near, subject_words[i].name);
	}
	pw_symbols_offer(&reader->subject_names, &near);
	pw_error(reader, &item->at, "unknown subject '%s'%s", item->text,
		 pw_suggestion(reader, &near));

	return false;
}

static bool in_list(const struct pw_subject_list *list, size_t index)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->index[i] == index)
			return true;

	return false;
}

void pw_read_subjects(struct pw_reader *reader, const struct pw_yaml *list, unsigned int words,
		      struct pw_subject_list *ret)
{
	struct pw_subject_list subjects = {
		.index = pw_arena_array(reader->arena, list->n, sizeof(*subjects.index)),
	};
	const struct pw_yaml *item;
	size_t index;

	for (item = list->first; item && subjects.index; item = item->next) {
		if (!pw_kind_is(reader, item, PW_YAML_SCALAR, "subject") ||
		    !find_subject(reader, item, words, &index))
			continue;
		if (in_list(&subjects, index))
			pw_error(reader, &item->at, "'%s' is given twice", item->text);
		else
			subjects.index[subjects.n++] = index;
	}
	if (subjects.n > 1 && in_list(&subjects, PW_SUBJECT_INDEX_ANYONE))
		pw_error(reader, &list->at, "beside 'anyone' the rest of the list has no effect");
	*ret = subjects;
}

uint32_t pw_rule_number(struct pw_reader *reader, const struct pw_position *at, size_t subject,
			const struct pw_yaml *map)
{
	struct pw_policy *policy = reader->policy;
	struct pw_rule *larger;
	size_t size;

	if (policy->nrules == PW_RULES_MAX) {
		pw_error(reader, at, "more than %d rules", PW_RULES_MAX);
		return 0;
	}
	if (policy->nrules == reader->rules_size) {
		size = reader->rules_size ? 2 * reader->rules_size : 64;
		larger = pw_arena_array(reader->arena, size, sizeof(*larger));
		if (!larger)
			return 0;
		if (policy->nrules)
			memcpy(larger, policy->rules, policy->nrules * sizeof(*larger));
		policy->rules = larger;
		reader->rules_size = size;
	}
	policy->rules[policy->nrules] = (struct pw_rule){.at = *at, .subject = subject};
	if (map)
		pw_read_remark(reader, map, true, &policy->rules[policy->nrules].remark);

	return ++policy->nrules;
}
