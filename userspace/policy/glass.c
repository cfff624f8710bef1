// SPDX-License-Identifier: BSD-2-Clause
/* Break-glass and service: who may open what the policy refuses. */
#include <string.h>

#include "policy/reader.h"

const char *const pw_glass_names[PW_GLASS_KINDS] = {
	[PW_GLASS_KIND_BREAKGLASS] = "breakglass",
	[PW_GLASS_KIND_SERVICE] = "service",
};

static void read_who_users(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct pw_glass_policy *glass = out;

	glass->users = pw_read_users(reader, list, "user", "list", &glass->nusers);
}

static void read_who_groups(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct pw_glass_policy *glass = out;

	glass->groups = pw_read_users(reader, list, "group", "list", &glass->ngroups);
}

static void read_who_tokens(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	struct pw_glass_policy *glass = out;

	glass->tokens = pw_read_bool(reader, node);
	if (glass->tokens && glass != &reader->policy->glass[PW_GLASS_KIND_BREAKGLASS])
		pw_error(reader, &node->at, "a token opens 'breakglass' alone");
}

static const struct pw_key who_keys[] = {
	{"users", PW_YAML_LIST, NULL, read_who_users},
	{"groups", PW_YAML_LIST, NULL, read_who_groups},
	{"tokens", PW_YAML_SCALAR, NULL, read_who_tokens},
};

static void read_who(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	pw_map_read(reader, node, "'who'", &node->at, who_keys, PW_ARRAY_SIZE(who_keys), out);
}

static void read_longest(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	pw_read_time(reader, node, "longest", "1m", "24h",
		     &((struct pw_glass_policy *)out)->longest_ms);
}

static void read_glass_subjects(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	pw_read_subjects(reader, list, 0, &((struct pw_glass_policy *)out)->subjects);
}

static bool has_object(const struct pw_glass_policy *glass, size_t index)
{
	for (size_t i = 0; i < glass->nobjects; i++)
		if (glass->objects[i] == index)
			return true;

	return false;
}

static void read_glass_objects(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct pw_glass_policy *glass = out;
	const struct pw_yaml *item;

	glass->objects = pw_arena_array(reader->arena, list->n, sizeof(*glass->objects));
	for (item = list->first; item && glass->objects; item = item->next) {
		struct pw_near near = {.text = item->text};
		const struct pw_symbol *name;

		if (!pw_kind_is(reader, item, PW_YAML_SCALAR, "object"))
			continue;
		name = pw_symbols_find(&reader->object_names, item->text);
		if (!name) {
			pw_symbols_offer(&reader->object_names, &near);
			pw_error(reader, &item->at, "unknown object '%s'%s", item->text,
				 pw_suggestion(reader, &near));
		} else if (has_object(glass, name->index)) {
			pw_error(reader, &item->at, "'%s' is given twice", item->text);
		} else {
			glass->objects[glass->nobjects++] = name->index;
		}
	}
}

static const struct pw_key glass_keys[] = {
	{"who", PW_YAML_MAP, "{users: [...], groups: [...]}", read_who},
	{"longest", PW_YAML_SCALAR, "a time from 1m to 24h", read_longest},
	{"subjects", PW_YAML_LIST, NULL, read_glass_subjects},
	{"objects", PW_YAML_LIST, NULL, read_glass_objects},
};

void pw_read_glass(struct pw_reader *reader, const struct pw_yaml *node,
		   struct pw_glass_policy *glass)
{
	static const char *const quoted[PW_GLASS_KINDS] = {"'breakglass'", "'service'"};
	const char *name = quoted[glass - reader->policy->glass];
	size_t errors = reader->diag->errors;

	glass->given = true;
	glass->at = node->at;
	pw_map_read(reader, node, name, &node->at, glass_keys, PW_ARRAY_SIZE(glass_keys), glass);
	if (reader->diag->errors != errors)
		return;
	if (!glass->nusers && !glass->ngroups && !glass->tokens)
		pw_error(reader, &node->at, "'who' of %s names nobody: state 'users' or 'groups'",
			 name);
	if (!glass->subjects.n && !glass->nobjects)
		pw_error(reader, &node->at, "%s opens nothing: state 'subjects' or 'objects'", name);
}
