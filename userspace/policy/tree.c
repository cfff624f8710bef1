// SPDX-License-Identifier: BSD-2-Clause
#include "policy/tree.h"

#include <string.h>

struct pw_yaml *pw_tree_key(const struct pw_yaml *map, const char *name)
{
	struct pw_yaml *key;

	if (!map || map->kind != PW_YAML_MAP)
		return NULL;
	for (key = map->first; key; key = key->next)
		if (key->kind == PW_YAML_SCALAR && key->value && !strcmp(key->text, name))
			return key;

	return NULL;
}

struct pw_yaml *pw_tree_map(struct pw_yaml *map, const char *const *names)
{
	struct pw_yaml *key;

	for (; map && *names; names++) {
		key = pw_tree_key(map, *names);
		map = key ? key->value : NULL;
	}

	return map && map->kind == PW_YAML_MAP ? map : NULL;
}

struct pw_yaml *pw_tree_copy(struct pw_arena *arena, const struct pw_yaml *node)
{
	struct pw_yaml *copy = pw_arena_array(arena, 1, sizeof(*copy)), *child;
	const struct pw_yaml *from;

	if (!copy)
		return NULL;
	*copy = *node;
	copy->first = copy->last = copy->next = NULL;
	copy->n = 0;
	if (node->value) {
		copy->value = pw_tree_copy(arena, node->value);
		if (!copy->value)
			return NULL;
	}
	for (from = node->first; from; from = from->next) {
		child = pw_tree_copy(arena, from);
		if (!child)
			return NULL;
		pw_tree_append(copy, child);
	}

	return copy;
}

void pw_tree_append(struct pw_yaml *node, struct pw_yaml *child)
{
	child->next = NULL;
	if (node->last)
		node->last->next = child;
	else
		node->first = child;
	node->last = child;
	node->n++;
}

/* What points to @child; it is one of @node. */
static struct pw_yaml **link_of(struct pw_yaml *node, const struct pw_yaml *child,
				struct pw_yaml **ret_before)
{
	struct pw_yaml **link = &node->first;

	*ret_before = NULL;
	while (*link != child) {
		*ret_before = *link;
		link = &(*link)->next;
	}

	return link;
}

void pw_tree_remove(struct pw_yaml *node, struct pw_yaml *child)
{
	struct pw_yaml *before, **link = link_of(node, child, &before);

	*link = child->next;
	if (node->last == child)
		node->last = before;
	node->n--;
}

void pw_tree_splice(struct pw_arena *arena, struct pw_yaml *list, struct pw_yaml *item,
		    const struct pw_yaml *with)
{
	const struct pw_yaml *from = with->kind == PW_YAML_LIST ? with->first : with, *next;
	struct pw_yaml *before, **link = link_of(list, item, &before), *copy;

	for (; from; from = next) {
		next = with->kind == PW_YAML_LIST ? from->next : NULL;
		copy = pw_tree_copy(arena, from);
		if (!copy)
			return;
		copy->next = item;
		*link = copy;
		link = &copy->next;
		list->n++;
	}
	pw_tree_remove(list, item);
}
