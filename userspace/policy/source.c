// SPDX-License-Identifier: BSD-2-Clause
#include "policy/source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/file.h"

char *pw_source_directory(struct pw_arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	return pw_arena_copy(arena, path, slash ? slash + 1 - path : 0);
}

const char *pw_source_wrong_name(const char *name)
{
	const char *part = name, *end;
	size_t n;

	if (*name == '/')
		return "is relative to this file's directory";
	if (strlen(name) >= PATH_MAX)
		return "is longer than a path can be";
	for (;; part = end + 1) {
		end = strchrnul(part, '/');
		n = end - part;
		if (!n || (n == 1 && part[0] == '.') || (n == 2 && part[0] == '.' && part[1] == '.'))
			return "is written without '//', '.' and '..'";
		if (!*end)
			return NULL;
	}
}

static const struct pw_source *find(const struct pw_supply *supply, const char *include, bool site)
{
	size_t i;

	if (!include)
		return supply->nsources ? &supply->sources[0] : NULL;
	for (i = 1; i < supply->nsources; i++)
		if (supply->sources[i].site == site && !strcmp(supply->sources[i].name, include))
			return &supply->sources[i];

	return NULL;
}

static char *join(struct pw_arena *arena, const char *directory, const char *name)
{
	size_t n = strlen(directory), m = strlen(name);
	char *path = pw_arena_array(arena, n + m + 1, 1);

	if (path) {
		memcpy(path, directory, n);
		memcpy(path + n, name, m);
	}

	return path;
}

static int fetch_text(const struct pw_supply *supply, const char *include, size_t max,
		      struct pw_arena *arena, struct pw_source *source)
{
	_cleanup_free_ char *text = NULL;
	const struct pw_source *from;
	int r;

	if (supply->sources) {
		from = find(supply, include, source->site);
		if (!from)
			return -ENOENT;
		if (from->length > max)
			return -EFBIG;
		source->length = from->length;
		source->text = pw_arena_copy(arena, from->text, from->length);
	} else {
		r = pw_file_read(AT_FDCWD, source->path, max, &text, &source->length);
		if (r < 0)
			return r;
		source->text = pw_arena_copy(arena, text, source->length);
	}

	return source->text ? 0 : -ENOMEM;
}

static int fetch(const struct pw_supply *supply, struct pw_arena *arena, const char *directory,
		 const char *name, const char *include, size_t max, struct pw_source *source)
{
	source->name = pw_arena_copy(arena, name, strlen(name));
	source->path = join(arena, directory, name);
	if (!source->name || !source->path)
		return -ENOMEM;

	return fetch_text(supply, include, max, arena, source);
}

int pw_source_fetch(const struct pw_supply *supply, struct pw_arena *arena, const char *policy,
		    const char *include, size_t max, struct pw_source *ret)
{
	struct pw_source source = {};
	int r = fetch(supply, arena, include ? supply->directory : "", include ?: policy, include,
		      max, &source);

	if (!r)
		*ret = source;

	return r;
}

int pw_source_fetch_site(const struct pw_supply *supply, struct pw_arena *arena, const char *name,
			 size_t max, struct pw_source *ret)
{
	struct pw_source source = {.site = true};
	int r = fetch(supply, arena, "", name, name, max, &source);

	if (!r)
		*ret = source;

	return r;
}
