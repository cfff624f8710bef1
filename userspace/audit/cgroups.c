// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <linux/magic.h>

#include "audit/cgroups.h"
#include "common/cleanup.h"

#define WALK_PAUSE_NS 1000000000LL

static void forget(struct pw_cgroups *cgroups)
{
	for (size_t i = 0; i < cgroups->n; i++)
		free(cgroups->entries[i].path);
	free(cgroups->entries);
	cgroups->entries = NULL;
	cgroups->n = 0;
}

static int by_id(const void *a, const void *b)
{
	const struct pw_cgroup *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static int add(struct pw_cgroups *cgroups, uint64_t id, const char *path)
{
	struct pw_cgroup *entries;

	if (cgroups->n == PW_CGROUPS_MAX)
		return 0;
	entries = reallocarray(cgroups->entries, cgroups->n + 1, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	cgroups->entries = entries;
	entries[cgroups->n] = (struct pw_cgroup){ id, strdup(*path ? path : "/") };
	return entries[cgroups->n++].path ? 0 : -ENOMEM;
}

int pw_cgroups_walk(struct pw_cgroups *cgroups, const char *root)
{
	_cleanup_free_ char *copy = strdup(root);
	char *const roots[] = { copy, NULL };
	const FTSENT *entry;
	FTS *tree;
	int r = 0;

	forget(cgroups);
	tree = copy ? fts_open(roots, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, NULL) : NULL;
	if (!tree)
		return -errno;
	while (!r && (entry = fts_read(tree)))
		if (entry->fts_info == FTS_D)
			r = add(cgroups, entry->fts_statp->st_ino,
				entry->fts_path + strlen(root));
	fts_close(tree);
	if (cgroups->n)
		qsort(cgroups->entries, cgroups->n, sizeof(*cgroups->entries), by_id);
	return r;
}

static const char *tree_root(void)
{
	static const char *const places[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	struct statfs st;

	for (size_t i = 0; i < PW_ARRAY_SIZE(places); i++)
		if (statfs(places[i], &st) == 0 && st.f_type == CGROUP2_SUPER_MAGIC)
			return places[i];
	return NULL;
}

static const char *search(const struct pw_cgroups *cgroups, uint64_t id)
{
	const struct pw_cgroup wanted = { .id = id }, *found = NULL;

	if (cgroups->n)
		found = bsearch(&wanted, cgroups->entries, cgroups->n, sizeof(wanted), by_id);
	return found ? found->path : NULL;
}

const char *pw_cgroups_find(struct pw_cgroups *cgroups, uint64_t id, int64_t now)
{
	const char *path = search(cgroups, id), *root;

	if (path || (cgroups->walked && now >= cgroups->walked &&
		     now - cgroups->walked < WALK_PAUSE_NS))
		return path;
	cgroups->walked = now;
	root = tree_root();
	/* What could not be walked is not known, and that is what is said. */
	if (root)
		(void)pw_cgroups_walk(cgroups, root);
	return search(cgroups, id);
}

void pw_cgroups_done(struct pw_cgroups *cgroups)
{
	forget(cgroups);
	cgroups->walked = 0;
}
