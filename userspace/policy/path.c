// SPDX-License-Identifier: BSD-2-Clause
#include <limits.h>
#include <string.h>

#include "policy/reader.h"

/* Why @path is not one that the language takes, or NULL. */
static const char *wrong_with(const char *path)
{
	const char *name = path, *end;
	size_t n;

	if (*path != '/')
		return "must begin with '/'";
	if (strlen(path) >= PATH_MAX)
		return "is longer than a path can be";
	while (*name == '/') {
		name++;
		end = strchrnul(name, '/');
		n = end - name;
		if (!n && *end)
			return "must be written without '//'";
		if ((n == 1 && name[0] == '.') || (n == 2 && name[0] == '.' && name[1] == '.'))
			return "must be written without '.' and '..'";
		if (n >= PW_FILE_NAME_MAX)
			return "has a name that is longer than a file name can be";
		name = end;
	}

	return NULL;
}

bool pw_read_path(struct pw_reader *reader, const struct pw_yaml *node, struct pw_path *ret)
{
	struct pw_path path = {.at = node->at};
	const char *why;
	size_t n;

	if (!pw_kind_is(reader, node, PW_YAML_SCALAR, "path"))
		return false;
	why = wrong_with(node->text);
	if (why) {
		pw_error(reader, &node->at, "the path '%.200s' %s", node->text, why);
		return false;
	}
	n = strlen(node->text);
	if (n > 1 && node->text[n - 1] == '/') {
		path.below = true;
		n--;
	}
	path.path = pw_arena_copy(reader->arena, node->text, n);
	if (!path.path)
		return false;
	*ret = path;

	return true;
}

struct pw_path *pw_read_paths(struct pw_reader *reader, const struct pw_yaml *list, size_t *ret_n)
{
	struct pw_path *paths = pw_arena_array(reader->arena, list->n, sizeof(*paths));
	const struct pw_yaml *item;
	size_t n = 0;

	for (item = list->first; item && paths; item = item->next)
		if (pw_read_path(reader, item, &paths[n]))
			paths[n++].below = false;
	*ret_n = n;

	return paths;
}

bool pw_path_within(const char *path, const char *directory)
{
	size_t n = strlen(directory);

	if (n == 1)
		return true;

	return !strncmp(path, directory, n) && (!path[n] || path[n] == '/');
}

int pw_path_compare(const char *a, const char *b)
{
	unsigned char x, y;

	/* The root alone ends in a slash, and holds everything. */
	if (!strcmp(a, "/") || !strcmp(b, "/"))
		return (strlen(a) > 1) - (strlen(b) > 1);
	for (; *a && *a == *b; a++, b++)
		;
	x = *a == '/' ? 1 : *a;
	y = *b == '/' ? 1 : *b;

	return (x > y) - (x < y);
}
