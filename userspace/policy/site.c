// SPDX-License-Identifier: BSD-2-Clause
/*
 * A site's file over a vendor's policy: the trees of the policy are changed as it says, then read
 * like any policy. Whether the site may do what it does is asked of the two policies that come out
 * (layers.c), not of the texts.
 */
#include <string.h>

#include "policy/reader.h"
#include "policy/tree.h"

/* ---- What may stand in it ---------------------------------------------------------------- */

static void read_site_name(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	if (pw_read_name(reader, node, "a site"))
		((struct pw_site *)out)->name = pw_arena_copy(reader->arena, node->text,
							      strlen(node->text));
}

static void read_site_version(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	pw_read_version(reader, node, &((struct pw_site *)out)->version);
}

static const struct pw_key site_keys[] = {
	{"phiward", PW_YAML_SCALAR, NULL, pw_read_schema},
	{"site", PW_YAML_SCALAR, "the name of the site", read_site_name},
	{"version", PW_YAML_SCALAR, "a whole number from 1", read_site_version},
	{"peers", PW_YAML_MAP, NULL, pw_read_elsewhere},
	{"policies", PW_YAML_MAP, NULL, pw_read_elsewhere},
};

#define CHANGE_KEYS                                                                                \
	{"mode", PW_YAML_SCALAR, NULL, pw_read_elsewhere},                                         \
	{"sealed", PW_YAML_SCALAR, NULL, pw_read_elsewhere},                                       \
	{"rescue", PW_YAML_SCALAR, NULL, pw_read_elsewhere},                                       \
	{"objects", PW_YAML_MAP, NULL, pw_read_elsewhere},                                         \
	{"subjects", PW_YAML_MAP, NULL, pw_read_elsewhere},                                        \
	{"others", PW_YAML_MAP, NULL, pw_read_elsewhere}

/* What a site says of one policy. */
static const struct pw_key part_keys[] = {
	{"params", PW_YAML_MAP, NULL, pw_read_elsewhere},
	{"log", PW_YAML_MAP, NULL, pw_read_elsewhere},
	CHANGE_KEYS,
};

static const struct pw_key site_may_keys[] = {CHANGE_KEYS};

void pw_check_site_may(struct pw_reader *reader, const struct pw_yaml *map)
{
	pw_map_read(reader, map, "'site_may'", &map->at, site_may_keys,
		    PW_ARRAY_SIZE(site_may_keys), NULL);
}

struct pw_yaml *pw_site_part(const struct pw_reader *reader)
{
	const struct pw_yaml *name = pw_tree_key(reader->roots[0], "name");
	const char *names[] = {"policies", name ? name->value->text : NULL, NULL};

	return names[1] ? pw_tree_map(reader->site_root, names) : NULL;
}

/* ---- Changes ----------------------------------------------------------------------------- */

static void note_change(struct pw_reader *reader, const struct pw_yaml *key)
{
	struct pw_site *site = reader->policy->site;
	struct pw_site_change *larger;

	if (!site || reader->layer != PW_LAYER_MERGED)
		return;
	/* A power of two is full. */
	if (!(site->nchanges & (site->nchanges - 1))) {
		larger = pw_arena_array(reader->arena, site->nchanges ? 2 * site->nchanges : 1,
					sizeof(*larger));
		if (!larger)
			return;
		if (site->nchanges)
			memcpy(larger, site->changes, site->nchanges * sizeof(*larger));
		site->changes = larger;
	}
	site->changes[site->nchanges++] = (struct pw_site_change){
		.at = key->at, .name = pw_arena_copy(reader->arena, key->text, strlen(key->text))};
}

static bool has_item(const struct pw_yaml *list, const struct pw_yaml *item)
{
	const struct pw_yaml *other;

	for (other = list->first; other; other = other->next)
		if (item->kind == PW_YAML_SCALAR && other->kind == PW_YAML_SCALAR &&
		    !strcmp(other->text, item->text))
			return true;

	return false;
}

static void add_items(struct pw_yaml *to, struct pw_yaml *from)
{
	struct pw_yaml *item, *next;

	for (item = from->first; item; item = next) {
		next = item->next;
		if (!has_item(to, item))
			pw_tree_append(to, item);
	}
}

static void add_map(struct pw_reader *reader, struct pw_yaml *to, struct pw_yaml *from);

/* An access is a list of actions, or a mapping that holds one. Whether the two are such. */
static bool add_actions(struct pw_yaml *key, struct pw_yaml *from)
{
	struct pw_yaml *list = pw_tree_key(key->value, "actions");
	struct pw_yaml *more = pw_tree_key(from->value, "actions");

	if (list && list->value->kind == PW_YAML_LIST && from->value->kind == PW_YAML_LIST) {
		add_items(list->value, from->value);
		return true;
	}
	if (!more || more->value->kind != PW_YAML_LIST || key->value->kind != PW_YAML_LIST)
		return false;
	add_items(more->value, key->value);
	key->value = from->value;

	return true;
}

/* Where these are not stated more is meant than any list can hold. */
static bool is_wide_by_default(struct pw_reader *reader, const struct pw_yaml *key)
{
	if (!strcmp(key->text, "users") || !strcmp(key->text, "started_by"))
		pw_error(reader, &key->at, "'%s' is not stated in the policy, so it is any already: "
			 "nothing can be added to it", key->text);
	else if (!strcmp(key->text, "code"))
		pw_error(reader, &key->at, "'code' is not stated in the policy, so the default holds: "
			 "state all of it instead of adding to it");
	else
		return false;

	return true;
}

/* To what stands under @key of @to, what stands under @from. */
static void add_key(struct pw_reader *reader, struct pw_yaml *to, struct pw_yaml *from)
{
	struct pw_yaml *key = pw_tree_key(to, from->text);

	if (!from->value)
		return;
	if (!key && is_wide_by_default(reader, from))
		return;
	if (!key)
		pw_tree_append(to, from);
	else if (key->value->kind == PW_YAML_LIST && from->value->kind == PW_YAML_LIST)
		add_items(key->value, from->value);
	else if (key->value->kind == PW_YAML_MAP && from->value->kind == PW_YAML_MAP)
		add_map(reader, key->value, from->value);
	else if (add_actions(key, from))
		return;
	else if (from->value->kind == PW_YAML_SCALAR)
		*key = (struct pw_yaml){.kind = key->kind, .at = from->at, .text = key->text,
					.plain = key->plain, .next = key->next, .value = from->value};
	else
		pw_error(reader, &from->at, "nothing can be added to '%s' (%s:%u): state all of it "
			 "instead", key->text, key->value->at.file, key->value->at.line);
}

static void add_map(struct pw_reader *reader, struct pw_yaml *to, struct pw_yaml *from)
{
	struct pw_yaml *key, *next;

	for (key = from->first; key; key = next) {
		next = key->next;
		if (key->kind == PW_YAML_SCALAR)
			add_key(reader, to, key);
	}
}

static bool only_the_vendor(const char *name)
{
	return !strcmp(name, "essential") || !strcmp(name, "params") || !strcmp(name, "site_may");
}

/* In the place of what stands under the keys of @from in @to; what stands under `add`, beside it. */
static void change_map(struct pw_reader *reader, struct pw_yaml *to, struct pw_yaml *from)
{
	struct pw_yaml *key, *next, *old;

	for (key = from->first; key; key = next) {
		next = key->next;
		if (key->kind != PW_YAML_SCALAR || !key->value)
			continue;
		old = pw_tree_key(to, key->text);
		if (only_the_vendor(key->text)) {
			pw_error(reader, &key->at, "'%s' is for the vendor's policy", key->text);
		} else if (!strcmp(key->text, "add")) {
			if (pw_kind_is(reader, key->value, PW_YAML_MAP, "add"))
				add_map(reader, to, key->value);
		} else if (old) {
			old->value = key->value;
			old->at = key->at;
		} else {
			pw_tree_append(to, key);
		}
	}
}

/* ---- Subjects and objects ---------------------------------------------------------------- */

/* The mapping @section of the source that has @name there, or of the policy. */
static struct pw_yaml *section_of(struct pw_reader *reader, const char *section, const char *name)
{
	const char *const names[] = {section, NULL};
	struct pw_yaml *map, *key;
	size_t i;

	for (i = 0; i < reader->policy->nsources; i++) {
		map = pw_tree_map(reader->roots[i], names);
		if (pw_tree_key(map, name))
			return map;
	}
	map = pw_tree_map(reader->roots[0], names);
	if (map || pw_tree_key(reader->roots[0], section))
		return map;
	key = pw_arena_array(reader->trees, 1, sizeof(*key));
	map = pw_arena_array(reader->trees, 1, sizeof(*map));
	if (!key || !map)
		return NULL;
	*map = (struct pw_yaml){.kind = PW_YAML_MAP, .at = reader->roots[0]->at};
	*key = (struct pw_yaml){.kind = PW_YAML_SCALAR, .at = map->at, .text = section,
				.plain = true, .value = map};
	pw_tree_append(reader->roots[0], key);

	return map;
}

static void forget_item(struct pw_reader *reader, struct pw_yaml *map, struct pw_yaml *key,
			struct pw_yaml *item, const struct pw_yaml *off)
{
	if (key->value->n > 1) {
		pw_tree_remove(key->value, item);
	} else if ((!strcmp(key->text, "local") && pw_tree_key(map, "from")) ||
		   (!strcmp(key->text, "subjects") && pw_tree_key(map, "objects")) ||
		   (!strcmp(key->text, "objects") && pw_tree_key(map, "subjects"))) {
		pw_tree_remove(map, key);
	} else {
		pw_error(reader, &off->at, "'%s' is all that is named in %s:%u: state there who else, or "
			 "take that away too", off->text, item->at.file, item->at.line);
		item->kind = PW_YAML_REFUSED;
	}
}

/* Takes the name of what is @off out of the list of subjects under @key of @map. */
static void forget_in_list(struct pw_reader *reader, struct pw_yaml *map, struct pw_yaml *key,
			   const struct pw_yaml *off)
{
	struct pw_yaml *item, *next;

	for (item = key->value->first; item; item = next) {
		next = item->next;
		if (item->kind == PW_YAML_SCALAR && !strcmp(item->text, off->text))
			forget_item(reader, map, key, item, off);
	}
}

static bool names_subjects(const struct pw_yaml *key)
{
	return key->value->kind == PW_YAML_LIST &&
	       (!strcmp(key->text, "started_by") || !strcmp(key->text, "local") ||
		!strcmp(key->text, "for") || !strcmp(key->text, "subjects"));
}

static void forget(struct pw_reader *reader, struct pw_yaml *node, const struct pw_yaml *off)
{
	struct pw_yaml *child, *next;

	for (child = node->first; child; child = next) {
		next = child->next;
		if (node->kind != PW_YAML_MAP)
			forget(reader, child, off);
		else if (child->value && names_subjects(child))
			forget_in_list(reader, node, child, off);
		else if (child->value)
			forget(reader, child->value, off);
	}
}

static void forget_entry(struct pw_yaml *subject, const char *list, const char *object)
{
	struct pw_yaml *key = pw_tree_key(subject, list), *writes = pw_tree_key(subject, "writes");
	struct pw_yaml *entry = key ? pw_tree_key(key->value, object) : NULL;

	if (!entry)
		return;
	pw_tree_remove(key->value, entry);
	if (key->value->n)
		return;
	pw_tree_remove(subject, key);
	/* Without access it may write anywhere. */
	if (writes && !strcmp(list, "access"))
		pw_tree_remove(subject, writes);
}

/* An object that is off is nobody's: what is allowed there is taken out with it. */
static void forget_access(struct pw_yaml *subjects, const char *object)
{
	struct pw_yaml *subject;

	for (subject = subjects->first; subject; subject = subject->next) {
		if (!subject->value)
			continue;
		forget_entry(subject->value, "access", object);
		forget_entry(subject->value, "audit", object);
	}
}

/* Nor can it be opened in an emergency. */
static void forget_glass(struct pw_reader *reader, const struct pw_yaml *off)
{
	struct pw_yaml *section, *key;
	size_t kind;

	for (kind = 0; kind < PW_GLASS_KINDS; kind++) {
		section = pw_tree_key(reader->roots[0], pw_glass_names[kind]);
		key = section && section->value ? pw_tree_key(section->value, "objects") : NULL;
		if (key && key->value && key->value->kind == PW_YAML_LIST)
			forget_in_list(reader, section->value, key, off);
	}
}

static void switch_off(struct pw_reader *reader, const char *section, struct pw_yaml *map,
		       struct pw_yaml *old, const struct pw_yaml *off)
{
	static const char *const subjects[] = {"subjects", NULL};
	struct pw_yaml *list;
	size_t i;

	pw_tree_remove(map, old);
	if (!strcmp(section, "objects"))
		forget_glass(reader, off);
	for (i = 0; i < reader->policy->nsources; i++) {
		if (!reader->roots[i])
			continue;
		list = pw_tree_map(reader->roots[i], subjects);
		if (!strcmp(section, "subjects"))
			forget(reader, reader->roots[i], off);
		else if (list)
			forget_access(list, off->text);
	}
}

static bool is_off(const struct pw_yaml *key)
{
	return key->value->kind == PW_YAML_SCALAR && !strcmp(key->value->text, "off");
}

static void change_one(struct pw_reader *reader, const char *section, struct pw_yaml *key)
{
	struct pw_yaml *map = section_of(reader, section, key->text);
	struct pw_yaml *old = pw_tree_key(map, key->text);
	bool off = is_off(key);

	note_change(reader, key);
	if (off && !old)
		pw_error(reader, &key->at, "the policy has no '%s' under '%s'", key->text, section);
	else if (off)
		switch_off(reader, section, map, old, key);
	else if (!pw_kind_is(reader, key->value, PW_YAML_MAP, key->text) || !map)
		return;
	else if (old)
		change_map(reader, old->value, key->value);
	else
		pw_tree_append(map, key);
}

/* What is taken away goes last: the lists that named it may have been stated anew. */
static void change_section(struct pw_reader *reader, const struct pw_yaml *part,
			   const char *section, bool off)
{
	const struct pw_yaml *entry = pw_tree_key(part, section);
	struct pw_yaml *key, *next;

	if (!entry || entry->value->kind != PW_YAML_MAP)
		return;
	for (key = entry->value->first; key; key = next) {
		next = key->next;
		if (key->kind == PW_YAML_SCALAR && key->value && is_off(key) == off)
			change_one(reader, section, key);
	}
}

/* The keys that are one value, or one mapping of values. */
static void change_keys(struct pw_reader *reader, struct pw_yaml *part)
{
	static const char *const names[] = {"mode", "sealed", "rescue", "log", "others"};
	struct pw_yaml *key, *old;
	size_t i;

	for (i = 0; i < PW_ARRAY_SIZE(names); i++) {
		key = pw_tree_key(part, names[i]);
		if (!key)
			continue;
		note_change(reader, key);
		pw_tree_remove(part, key);
		old = pw_tree_key(reader->roots[0], names[i]);
		if (!old)
			pw_tree_append(reader->roots[0], key);
		else if (old->value->kind == PW_YAML_MAP && key->value->kind == PW_YAML_MAP)
			change_map(reader, old->value, key->value);
		else
			old->value = key->value;
	}
}

static void merge(struct pw_reader *reader)
{
	struct pw_yaml *part = pw_site_part(reader);

	if (!part)
		return;
	pw_map_read(reader, part, "what a site says of a policy", &part->at, part_keys,
		    PW_ARRAY_SIZE(part_keys), NULL);
	change_keys(reader, part);
	change_section(reader, part, "objects", false);
	change_section(reader, part, "subjects", false);
	change_section(reader, part, "objects", true);
	change_section(reader, part, "subjects", true);
}

/* ---- What is open to a site -------------------------------------------------------------- */

/* What stands under the subject `new` holds for every subject that only the site has. */
static void open_new(struct pw_reader *reader, const struct pw_yaml *new)
{
	const char *const names[] = {"subjects", NULL};
	struct pw_yaml *subjects = pw_tree_map(pw_site_part(reader), names), *key, *map;
	struct pw_yaml itself = {.kind = PW_YAML_SCALAR, .at = new->at, .text = "new",
				 .plain = true};
	struct pw_yaml only_itself = {.kind = PW_YAML_MAP, .first = &itself};

	/* Without a site it is read all the same, for what is wrong in it. */
	if (!reader->site_root)
		subjects = &only_itself;
	for (key = subjects ? subjects->first : NULL; key; key = key->next) {
		struct pw_yaml *copy = pw_arena_array(reader->trees, 1, sizeof(*copy));

		map = section_of(reader, "subjects", key->text);
		if (!copy || !map || key->kind != PW_YAML_SCALAR || pw_tree_key(map, key->text))
			continue;
		*copy = *key;
		copy->value = pw_tree_copy(reader->trees, new);
		if (copy->value)
			pw_tree_append(map, copy);
	}
}

static void open_section(struct pw_reader *reader, const struct pw_yaml *open, const char *section)
{
	const struct pw_yaml *entry = pw_tree_key(open, section);
	struct pw_yaml *key, *next, *map, *old;

	if (!entry || entry->value->kind != PW_YAML_MAP)
		return;
	for (key = entry->value->first; key; key = next) {
		next = key->next;
		if (key->kind != PW_YAML_SCALAR || !key->value)
			continue;
		map = section_of(reader, section, key->text);
		old = pw_tree_key(map, key->text);
		if (!pw_kind_is(reader, key->value, PW_YAML_MAP, key->text))
			continue;
		if (old)
			add_map(reader, old->value, key->value);
		else if (!strcmp(section, "subjects") && !strcmp(key->text, "new"))
			open_new(reader, key->value);
		else
			pw_error(reader, &key->at, "the policy has no '%s' under '%s'; what a site may "
				 "bring of its own is 'new' under 'subjects'", key->text, section);
	}
}

static void open_all(struct pw_reader *reader)
{
	static const char *const names[] = {"mode", "sealed", "rescue", "others"};
	struct pw_yaml *entry = pw_tree_key(reader->roots[0], "site_may"), *key;
	size_t i;

	if (!entry || entry->value->kind != PW_YAML_MAP)
		return;
	for (i = 0; i < PW_ARRAY_SIZE(names); i++) {
		key = pw_tree_key(entry->value, names[i]);
		if (!key)
			continue;
		pw_tree_remove(entry->value, key);
		add_key(reader, reader->roots[0], key);
	}
	open_section(reader, entry->value, "objects");
	open_section(reader, entry->value, "subjects");
}

/* ---- The whole --------------------------------------------------------------------------- */

static void read_site(struct pw_reader *reader)
{
	struct pw_site *site = pw_arena_array(reader->arena, 1, sizeof(*site));
	struct pw_yaml *part;

	if (!site)
		return;
	pw_map_read(reader, reader->site_root, "a site's file", &reader->site_root->at, site_keys,
		    PW_ARRAY_SIZE(site_keys), site);
	part = pw_site_part(reader);
	site->at = part ? part->at : reader->site_root->at;
	reader->policy->site = site;
}

void pw_site_merge(struct pw_reader *reader)
{
	if (reader->site_root)
		read_site(reader);
	if (reader->layer == PW_LAYER_OPEN)
		open_all(reader);
	else if (reader->layer == PW_LAYER_MERGED && reader->site_root)
		merge(reader);
}
