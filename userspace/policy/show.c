// SPDX-License-Identifier: BSD-2-Clause
/*
 * The trees of a policy after its site's file and its parameters were put in, as one policy that
 * needs neither, each line with where it comes from.
 */
#include <stdlib.h>
#include <string.h>

#include "policy/reader.h"
#include "policy/tree.h"

/* Where a comment begins, unless the line is longer. */
#define COMMENT_COLUMN 72

struct line {
	FILE *to;
	char *text;
	size_t size;
	const struct pw_position **at;	/* where it comes from, each once */
	size_t nat;
};

/* ---- Lines ------------------------------------------------------------------------------- */

static void comes_from(struct line *line, const struct pw_position *at)
{
	const struct pw_position **larger;
	size_t i;

	for (i = 0; i < line->nat; i++)
		if (line->at[i]->line == at->line && !strcmp(line->at[i]->file, at->file))
			return;
	larger = reallocarray(line->at, line->nat + 1, sizeof(*larger));
	if (!larger)
		return;
	line->at = larger;
	line->at[line->nat++] = at;
}

static bool begin(struct line *line, unsigned int indent, const struct pw_position *at)
{
	*line = (struct line){};
	line->to = open_memstream(&line->text, &line->size);
	if (!line->to)
		return false;
	fprintf(line->to, "%*s", (int)(2 * indent), "");
	comes_from(line, at);

	return true;
}

static void end(struct line *line, FILE *to)
{
	size_t i;

	if (!fclose(line->to)) {
		fprintf(to, "%-*s  #", COMMENT_COLUMN, line->text);
		for (i = 0; i < line->nat; i++)
			fprintf(to, "%s %s:%u", i ? "," : "", line->at[i]->file, line->at[i]->line);
		fputc('\n', to);
	}
	free(line->text);
	free(line->at);
}

/* ---- Values ------------------------------------------------------------------------------ */

static void put_scalar(FILE *to, const struct pw_yaml *node)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "_./+-%";
	const char *c;

	if (node->plain && *node->text && !node->text[strspn(node->text, safe)]) {
		fputs(node->text, to);
		return;
	}
	fputc('"', to);
	for (c = node->text; *c; c++)
		fprintf(to, "%s%c", *c == '"' || *c == '\\' ? "\\" : "", *c);
	fputc('"', to);
}

/* In one line. */
static void put_flow(struct line *line, const struct pw_yaml *node)
{
	bool map = node->kind == PW_YAML_MAP;
	const struct pw_yaml *child;

	comes_from(line, &node->at);
	if (node->kind == PW_YAML_SCALAR) {
		put_scalar(line->to, node);
		return;
	}
	fputc(map ? '{' : '[', line->to);
	for (child = node->first; child; child = child->next) {
		fputs(child == node->first ? "" : ", ", line->to);
		if (map && child->value) {
			put_scalar(line->to, child);
			fputs(": ", line->to);
		}
		put_flow(line, map && child->value ? child->value : child);
	}
	fputc(map ? '}' : ']', line->to);
}

static bool is_flat(const struct pw_yaml *list)
{
	const struct pw_yaml *item;

	for (item = list->first; item; item = item->next)
		if (item->kind != PW_YAML_SCALAR)
			return false;

	return true;
}

static void put_map(const struct pw_yaml *map, unsigned int indent, FILE *to);

static void put_key(const struct pw_yaml *key, unsigned int indent, FILE *to)
{
	const struct pw_yaml *value = key->value, *item;
	bool block = value->kind == PW_YAML_MAP && value->n;
	bool items = value->kind == PW_YAML_LIST && !is_flat(value);
	struct line line;

	if (!begin(&line, indent, &key->at))
		return;
	fprintf(line.to, "%s:%s", key->text, block || items ? "" : " ");
	if (!block && !items)
		put_flow(&line, value);
	end(&line, to);
	if (block)
		put_map(value, indent + 1, to);
	for (item = items ? value->first : NULL; item; item = item->next) {
		if (!begin(&line, indent + 1, &item->at))
			return;
		fputs("- ", line.to);
		put_flow(&line, item);
		end(&line, to);
	}
}

static void put_map(const struct pw_yaml *map, unsigned int indent, FILE *to)
{
	const struct pw_yaml *key;

	for (key = map->first; key; key = key->next)
		if (key->kind == PW_YAML_SCALAR && key->value)
			put_key(key, indent, to);
}

/* ---- Sections ---------------------------------------------------------------------------- */

/* The keys of @section in all sources. */
static void put_section(const struct pw_reader *reader, const char *section, FILE *to)
{
	const char *const names[] = {section, NULL};
	struct pw_yaml *map;
	bool any = false;
	size_t i;

	for (i = 0; i < reader->policy->nsources; i++) {
		map = reader->roots[i] ? pw_tree_map(reader->roots[i], names) : NULL;
		if (!map || !map->n)
			continue;
		if (!any)
			fprintf(to, "%s:\n", section);
		any = true;
		put_map(map, 1, to);
	}
}

static void put_prefix_list(struct line *line, const struct pw_yaml *value)
{
	if (value->kind == PW_YAML_LIST) {
		put_flow(line, value);
		return;
	}
	fputc('[', line->to);
	put_flow(line, value);
	fputc(']', line->to);
}

static void put_peer(const char *name, const struct pw_position *at, const struct pw_yaml *value,
		     FILE *to)
{
	struct line line;

	if (!begin(&line, 1, at))
		return;
	fprintf(line.to, "%s: ", name);
	put_prefix_list(&line, value);
	end(&line, to);
}

/* With the parameters that are peers, and the site's own where one of its rules names it. */
static void put_peers(const struct pw_reader *reader, FILE *to)
{
	const char *const names[] = {"peers", NULL};
	struct pw_yaml *site = pw_tree_map(reader->site_root, names), *key, *map;
	size_t i;

	if (reader->npeers)
		fputs("peers:\n", to);
	for (i = 0; i < reader->policy->nsources; i++) {
		map = reader->roots[i] ? pw_tree_map(reader->roots[i], names) : NULL;
		if (map)
			put_map(map, 1, to);
	}
	for (i = 0; i < reader->nparams; i++)
		if (reader->params[i].type == PW_PARAM_PEER)
			put_peer(reader->params[i].name, &reader->params[i].at,
				 reader->params[i].value, to);
	for (i = 0; i < reader->npeers; i++) {
		key = pw_tree_key(site, reader->peers[i].name);
		if (key && reader->peers[i].site && reader->peers[i].used)
			put_peer(key->text, &key->at, key->value, to);
	}
}

void pw_policy_put(const struct pw_reader *reader, FILE *to)
{
	static const char *const heads[] = {"phiward", "name", "version", "mode", "sealed", "rescue",
					    "log", "breakglass", "service"};
	const struct pw_yaml *key;
	size_t i;

	for (i = 0; i < PW_ARRAY_SIZE(heads); i++) {
		key = pw_tree_key(reader->roots[0], heads[i]);
		if (key)
			put_key(key, 0, to);
	}
	put_peers(reader, to);
	put_section(reader, "objects", to);
	put_section(reader, "subjects", to);
	key = pw_tree_key(reader->roots[0], "others");
	if (key)
		put_key(key, 0, to);
}
