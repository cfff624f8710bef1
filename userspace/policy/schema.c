// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>

#include "policy/reader.h"

/* Beyond this many names a suggestion would cost more than it helps. */
#define CANDIDATES_MAX 1000
/* Longer values are not repeated in a message. */
#define SHOWN_MAX 40

static const char *const kind_names[] = {
	[PW_YAML_ANY] = "a value",
	[PW_YAML_SCALAR] = "a single value",
	[PW_YAML_LIST] = "a list",
	[PW_YAML_MAP] = "a mapping",
	[PW_YAML_REFUSED] = "a value",
};

static const char *format(struct pw_reader *reader, const char *before, const char *name)
{
	size_t size = strlen(before) + strlen(name) + sizeof("''?");
	char *text = pw_arena_array(reader->arena, size, 1);

	if (!text)
		return "";
	snprintf(text, size, "%s'%s'?", before, name);

	return text;
}

const char *pw_suggestion(struct pw_reader *reader, const struct pw_near *near)
{
	return near->best ? format(reader, "; did you mean ", near->best) : "";
}

/* A single value where a list belongs mostly lacks its brackets. */
static void report_kind(struct pw_reader *reader, const struct pw_yaml *node,
			enum pw_yaml_kind kind, const char *name)
{
	const char *quote = node->plain ? "" : "\"";

	if (kind == PW_YAML_LIST && node->kind == PW_YAML_SCALAR && strlen(node->text) <= SHOWN_MAX)
		pw_error(reader, &node->at, "'%s' must be a list, this is a single value: write "
			 "[%s%s%s]", name, quote, node->text, quote);
	else
		pw_error(reader, &node->at, "'%s' must be %s, this is %s", name, kind_names[kind],
			 kind_names[node->kind]);
}

bool pw_kind_is(struct pw_reader *reader, const struct pw_yaml *node, enum pw_yaml_kind kind,
		const char *name)
{
	if (node->kind == PW_YAML_REFUSED)
		return false;
	if (node->kind == PW_YAML_SCALAR && node->plain && !*node->text) {
		pw_error(reader, &node->at, "'%s' has no value", name);
		return false;
	}
	if (kind == PW_YAML_ANY_LIST) {
		if (node->kind == PW_YAML_LIST)
			return true;
		kind = PW_YAML_LIST;
	}
	if (kind != PW_YAML_ANY && node->kind != kind) {
		report_kind(reader, node, kind, name);
		return false;
	}
	if (node->kind != PW_YAML_SCALAR && !node->n) {
		pw_error(reader, &node->at, "'%s' is empty", name);
		return false;
	}

	return true;
}

const struct pw_yaml *pw_map_value(const struct pw_yaml *map, const char *key)
{
	const struct pw_yaml *k;

	if (map->kind != PW_YAML_MAP)
		return NULL;
	for (k = map->first; k; k = k->next)
		if (k->kind == PW_YAML_SCALAR && !strcmp(k->text, key))
			return k->value;

	return NULL;
}

static const struct pw_key *find_key(const struct pw_key *keys, size_t nkeys, const char *name)
{
	size_t i;

	for (i = 0; i < nkeys; i++)
		if (!strcmp(keys[i].name, name))
			return &keys[i];

	return NULL;
}

static void refuse_leftovers(struct pw_reader *reader, const struct pw_yaml *map, const char *what,
			     const struct pw_key *keys, size_t nkeys)
{
	const struct pw_yaml *key;
	size_t i;

	for (key = map->first; key; key = key->next) {
		struct pw_near near = {.text = key->text};

		if (key->kind != PW_YAML_SCALAR || find_key(keys, nkeys, key->text))
			continue;
		for (i = 0; i < nkeys; i++)
			pw_near_offer(&near, keys[i].name);
		pw_error(reader, &key->at, "unknown key '%s' in %s%s", key->text, what,
			 pw_suggestion(reader, &near));
	}
}

static void read_key(struct pw_reader *reader, const struct pw_yaml *key, const struct pw_key *k,
		     void *out)
{
	if (key->value && pw_kind_is(reader, key->value, k->kind, k->name))
		k->parse(reader, key->value, out);
}

static const struct pw_yaml *find_child(const struct pw_yaml *map, const char *name)
{
	const struct pw_yaml *key;

	for (key = map->first; key; key = key->next)
		if (key->kind == PW_YAML_SCALAR && !strcmp(key->text, name))
			return key;

	return NULL;
}

void pw_map_read(struct pw_reader *reader, const struct pw_yaml *map, const char *what,
		 const struct pw_position *at, const struct pw_key *keys, size_t nkeys, void *out)
{
	const struct pw_yaml *key;
	size_t i;

	refuse_leftovers(reader, map, what, keys, nkeys);
	for (i = 0; i < nkeys; i++) {
		key = find_child(map, keys[i].name);
		if (key)
			read_key(reader, key, &keys[i], out);
		else if (keys[i].stated)
			pw_error(reader, at, "'%s' must be stated in %s: %s", keys[i].name, what,
				 keys[i].stated);
	}
}

unsigned int pw_read_word(struct pw_reader *reader, const struct pw_yaml *node, const char *what,
			  const struct pw_words *words)
{
	struct pw_near near = {.text = node->text};
	char choices[256] = "";
	unsigned int number, i;
	size_t used = 0;

	if (!pw_kind_is(reader, node, PW_YAML_SCALAR, what))
		return 0;
	number = pw_word_number(words, node->text);
	if (number)
		return number;
	for (i = 1; i < words->n; i++) {
		pw_near_offer(&near, words->names[i]);
		if (used < sizeof(choices))
			used += snprintf(choices + used, sizeof(choices) - used, "%s%s",
					 i > 1 ? ", " : "", words->names[i]);
	}
	pw_error(reader, &node->at, "unknown word '%s' for '%s' (%s)%s", node->text, what, choices,
		 pw_suggestion(reader, &near));

	return 0;
}

enum pw_mode pw_read_mode(struct pw_reader *reader, const struct pw_yaml *node)
{
	enum pw_mode mode = pw_read_word(reader, node, "mode", &pw_words_mode);

	/* The policy's own mode is read first, while it is still unset here. */
	if (mode == PW_MODE_ENFORCE && reader->policy->mode == PW_MODE_PERMISSIVE)
		pw_error(reader, &node->at, "'enforce' has no effect here: the whole policy is "
			 "permissive");

	return mode;
}

bool pw_read_bool(struct pw_reader *reader, const struct pw_yaml *node)
{
	if (node->plain && !strcmp(node->text, "true"))
		return true;
	if (!node->plain || strcmp(node->text, "false"))
		pw_error(reader, &node->at, "must be true or false, this is %s%s%s",
			 node->plain ? "" : "\"", node->text, node->plain ? "" : "\"");

	return false;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_name(const char *text)
{
	const char *c;

	if (!is_letter(*text))
		return false;
	for (c = text; *c; c++)
		if (!is_letter(*c) && !(*c >= '0' && *c <= '9') && !strchr("._-", *c))
			return false;

	return true;
}

bool pw_read_name(struct pw_reader *reader, const struct pw_yaml *node, const char *what)
{
	if (node->kind != PW_YAML_SCALAR)
		return false;
	if (!is_name(node->text)) {
		pw_error(reader, &node->at, "'%s' is no name for %s: letters, digits, '.', '_' and "
			 "'-', beginning with a letter", node->text, what);
		return false;
	}
	if (strlen(node->text) >= PW_NAME_MAX) {
		pw_error(reader, &node->at, "the name of %s is longer than %d characters", what,
			 PW_NAME_MAX - 1);
		return false;
	}

	return true;
}

static int by_name(const void *left, const void *right)
{
	const struct pw_symbol *a = left, *b = right;
	int r = strcmp(a->name, b->name);

	return r ? r : a->index < b->index ? -1 : a->index > b->index;
}

void pw_symbols_sort(struct pw_reader *reader, struct pw_symbols *names, const char *what)
{
	size_t i;

	qsort(names->list, names->n, sizeof(*names->list), by_name);
	for (i = 1; i < names->n; i++) {
		const struct pw_symbol *before = &names->list[i - 1], *name = &names->list[i];

		if (!strcmp(before->name, name->name))
			pw_error(reader, &name->at, "%s '%s' is also in %s:%u", what, name->name,
				 before->at.file, before->at.line);
	}
}

static int compare_name(const void *key, const void *entry)
{
	return strcmp(key, ((const struct pw_symbol *)entry)->name);
}

const struct pw_symbol *pw_symbols_find(const struct pw_symbols *names, const char *name)
{
	if (!names->n)
		return NULL;

	return bsearch(name, names->list, names->n, sizeof(*names->list), compare_name);
}

void pw_symbols_offer(const struct pw_symbols *names, struct pw_near *near)
{
	size_t i;

	for (i = 0; i < names->n && names->n <= CANDIDATES_MAX; i++)
		pw_near_offer(near, names->list[i].name);
}
