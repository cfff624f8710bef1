// SPDX-License-Identifier: BSD-2-Clause
/* Peers, objects and subjects: all names of all sources first, then what stands below them. */
#include <errno.h>
#include <string.h>

#include "policy/reader.h"

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

/* The keys of @section in all sources, in their order; *@ret_keys [i] is names->index i. */
static int declare(struct pw_reader *reader, const struct section *section, struct pw_symbols *names,
		   const struct pw_yaml ***ret_keys)
{
	const struct pw_yaml *map, *key, **keys;
	size_t i, n = 0;

	for (i = 0; i < reader->policy->nsources; i++) {
		map = section_map(reader, section, i);
		n += map ? map->n : 0;
	}
	names->list = pw_arena_array(reader->arena, n, sizeof(*names->list));
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
	pw_symbols_sort(reader, names, section->one);
	*ret_keys = keys;

	return 0;
}

/* ---- Sections ---------------------------------------------------------------------------- */

static int read_peers(struct pw_reader *reader)
{
	const struct pw_yaml **keys;
	size_t i;
	int r;

	r = declare(reader, &section_peers, &reader->peer_names, &keys);
	if (r < 0)
		return r;
	reader->npeers = reader->peer_names.n;
	reader->peers = pw_arena_array(reader->trees, reader->npeers, sizeof(*reader->peers));
	if (!reader->peers)
		return -ENOMEM;
	for (i = 0; i < reader->npeers; i++) {
		struct pw_peer *peer = &reader->peers[i];

		peer->at = keys[i]->at;
		peer->name = pw_arena_copy(reader->arena, keys[i]->text, strlen(keys[i]->text));
		if (!peer->name)
			return -ENOMEM;
		if (pw_kind_is(reader, keys[i]->value, PW_YAML_LIST, peer->name))
			peer->prefixes = pw_read_addresses(reader, keys[i]->value, peer->name,
							   &peer->nprefixes);
	}

	return 0;
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
	const struct pw_yaml **objects, **subjects, *others;
	int r;

	r = read_peers(reader);
	if (!r)
		r = declare(reader, &section_objects, &reader->object_names, &objects);
	if (!r)
		r = declare(reader, &section_subjects, &reader->subject_names, &subjects);
	if (r < 0)
		return r;
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

uint32_t pw_rule_number(struct pw_reader *reader, const struct pw_position *at, size_t subject)
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

	return ++policy->nrules;
}
