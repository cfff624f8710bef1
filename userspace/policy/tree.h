/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside the policy stage: trees of pw_yaml_read() are changed before they are read. */
#ifndef PW_POLICY_TREE_H
#define PW_POLICY_TREE_H

#include "policy/yaml.h"

/* The key @name of @map, or NULL; also where @map is no mapping. */
struct pw_yaml *pw_tree_key(const struct pw_yaml *map, const char *name);
/* The mapping at the end of @names (NULL after the last) below @map, or NULL. */
struct pw_yaml *pw_tree_map(struct pw_yaml *map, const char *const *names);

/* A copy with all below it; what follows it is not copied. NULL: no memory. */
struct pw_yaml *pw_tree_copy(struct pw_arena *arena, const struct pw_yaml *node);

/* @child, of no other node, becomes the last item or key of @node. */
void pw_tree_append(struct pw_yaml *node, struct pw_yaml *child);
/* Takes @child out of @node. */
void pw_tree_remove(struct pw_yaml *node, struct pw_yaml *child);
/* Puts copies of @with, or of its items when it is a list, in the place of @item of @list. */
void pw_tree_splice(struct pw_arena *arena, struct pw_yaml *list, struct pw_yaml *item,
		    const struct pw_yaml *with);

#endif
