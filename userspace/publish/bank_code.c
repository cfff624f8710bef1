// SPDX-License-Identifier: BSD-2-Clause
/* Code sets: where they begin, whose they are, and what is held by its name. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "publish/build.h"

struct code_entry {
	const struct pw_resolved_path *path;	/* borrowed */
	struct pw_code_set set;
	bool program;		/* one that is known by its name, too */
	uint32_t number;	/* of the set, once it is known */
	bool inside;		/* a walk from it meets another set with the same number */
};

struct code_list {
	struct code_entry *entries;
	size_t n;
};

static int by_path(const void *left, const void *right)
{
	const struct code_entry *a = left, *b = right;

	return pw_path_compare(a->path->canonical, b->path->canonical);
}

static void unite(struct pw_code_set *into, const struct pw_code_set *from)
{
	pw_set_unite(&into->members, &from->members);
	/* What one of them guards before the seal is guarded before it. */
	into->flags = ((into->flags | from->flags) & PW_CODE_OWN) |
		      (into->flags & from->flags & PW_CODE_SEALED);
}

/* The number of a set with these members and flags; 0: the table is full. */
static uint32_t set_number(struct pw_build *build, const struct pw_code_set *set,
			   const struct pw_position *at)
{
	struct pw_code_set *sets = build->image->bank.code_sets;

	for (uint32_t i = 1; i <= build->ncode_sets; i++)
		if (memcmp(&sets[i], set, sizeof(*set)) == 0)
			return i;
	if (build->ncode_sets + 1 == PW_CODE_SETS_MAX) {
		pw_diag_add(build->diag, PW_DIAG_ERROR, at, "more than %d different code sets",
			    PW_CODE_SETS_MAX - 1);
		return 0;
	}
	sets[++build->ncode_sets] = *set;

	return build->ncode_sets;
}

/* Makes *@number, of a set or 0, that of its union with @set. */
static int merge(struct pw_build *build, uint32_t *number, const struct pw_code_set *set,
		 const struct pw_position *at)
{
	struct pw_code_set both = *set;

	if (*number != 0)
		unite(&both, &build->image->bank.code_sets[*number]);
	*number = set_number(build, &both, at);

	return *number != 0 ? 0 : -E2BIG;
}

static void add_programs(struct pw_build *build, size_t subject, const struct pw_resolved_path *paths,
			 const struct pw_path *named, size_t n, struct code_list *list)
{
	for (size_t i = 0; i < n; i++) {
		struct code_entry *entry = &list->entries[list->n++];

		entry->path = &paths[i];
		entry->program = !named[i].below;
		pw_set_add(&entry->set.members, build->subjects[subject]);
	}
}

static void add_code(struct pw_build *build, const struct pw_resolved_code *code,
		     struct code_list *list)
{
	struct code_entry *entry = &list->entries[list->n++];

	entry->path = &code->path;
	entry->set.flags = code->flags;
	if (code->daemon)
		pw_set_add(&entry->set.members, PW_SUBJECT_DAEMON);
	for (size_t i = 0; i < build->policy->nsubjects; i++)
		if (code->members[i])
			pw_set_add(&entry->set.members, build->subjects[i]);
}

static int collect(struct pw_build *build, struct code_list *list)
{
	const struct pw_policy *policy = build->policy;
	size_t room = build->resolved->ncode + 1;

	for (size_t i = 0; i < policy->nsubjects; i++)
		room += policy->subjects[i].nexec + policy->subjects[i].nhelpers;
	list->entries = calloc(room, sizeof(*list->entries));
	if (!list->entries)
		return -ENOMEM;
	for (size_t i = 0; i < build->resolved->ncode; i++)
		add_code(build, &build->resolved->code[i], list);
	for (size_t i = 0; i < policy->nsubjects; i++) {
		const struct pw_subject_policy *subject = &policy->subjects[i];
		const struct pw_resolved_subject *found = &build->resolved->subjects[i];

		add_programs(build, i, found->exec, subject->exec, subject->nexec, list);
		add_programs(build, i, found->helpers, subject->helpers, subject->nhelpers, list);
	}
	qsort(list->entries, list->n, sizeof(*list->entries), by_path);

	return 0;
}

/* Entries from @i on that have its path; all of them get what any of them has. */
static size_t unite_equal(struct code_list *list, size_t i)
{
	size_t end = i + 1;

	for (; end < list->n && by_path(&list->entries[i], &list->entries[end]) == 0; end++)
		unite(&list->entries[i].set, &list->entries[end].set);
	for (size_t j = i + 1; j < end; j++)
		list->entries[j].set = list->entries[i].set;

	return end;
}

/* A walk does not leave the file system: a directory above a mount point is not met from below. */
static bool is_on_one_fs(const struct pw_resolved_path *a, const struct pw_resolved_path *b)
{
	return memcmp(&a->file.fs, &b->file.fs, sizeof(a->file.fs)) == 0;
}

/* The walk stops at the nearest set: it must know everybody whose code it is by those above. */
static int number_sets(struct pw_build *build, struct code_list *list)
{
	_cleanup_free_ size_t *above = calloc(list->n + 1, sizeof(*above));
	size_t depth = 0, end;

	if (!above)
		return -ENOMEM;
	for (size_t i = 0; i < list->n; i = end) {
		struct code_entry *entry = &list->entries[i], *around = NULL;

		end = unite_equal(list, i);
		while (depth > 0 && !pw_path_within(entry->path->canonical,
						    list->entries[above[depth - 1]].path->canonical))
			depth--;
		if (depth > 0)
			around = &list->entries[above[depth - 1]];
		if (around)
			unite(&entry->set, &around->set);
		entry->number = set_number(build, &entry->set, entry->path->at);
		if (entry->number == 0)
			return -E2BIG;
		entry->inside = around && around->number == entry->number &&
				is_on_one_fs(entry->path, around->path);
		for (size_t j = i + 1; j < end; j++) {
			list->entries[j].set = entry->set;
			list->entries[j].number = entry->number;
			list->entries[j].inside = entry->inside;
		}
		above[depth++] = i;
	}

	return 0;
}

static int hold_names(struct pw_build *build, const struct pw_resolved_path *path,
		      const struct pw_code_set *set)
{
	for (const struct pw_hold *held = path->holds; held; held = held->next) {
		struct pw_name *name = pw_build_name(build, held, PW_FS_CODE, path->at);

		if (!name || merge(build, &name->object, set, path->at) < 0)
			return -E2BIG;
		if (path->state != PW_PATH_RESOLVED)
			name->flags |= PW_NAME_PENDING;
	}

	return 0;
}

/* What an updater puts under this name is the program. */
static int hold_program(struct pw_build *build, const struct pw_resolved_path *path)
{
	const struct pw_hold *held = path->holds;
	struct pw_name *name;

	if (path->state != PW_PATH_RESOLVED || !held)
		return 0;
	name = pw_build_name(build, held, PW_FS_CODE, path->at);
	if (!name)
		return -E2BIG;
	name->program = path->file.ino;
	pw_build_mark(build->image->bank.program_marks, held->name);

	return 0;
}

static int keep_way(struct pw_build *build, const struct pw_resolved_path *path)
{
	for (const struct pw_way *way = path->way; way; way = way->next) {
		struct pw_root *root = pw_build_inode(build, &way->directory, PW_FS_CODE, false,
						      path->at);

		if (!root)
			return -E2BIG;
		root->flags |= PW_ROOT_WAY;
	}

	return 0;
}

static int claim(struct pw_build *build, const struct code_entry *entry)
{
	const struct pw_resolved_path *path = entry->path;
	struct pw_root *root;
	int r;

	if (path->state == PW_PATH_RESOLVED && !entry->inside) {
		root = pw_build_inode(build, &path->file, PW_FS_CODE, true, path->at);
		if (!root || merge(build, &root->object, &entry->set, path->at) < 0)
			return -E2BIG;
	}
	r = hold_names(build, path, &entry->set);
	if (r == 0 && entry->program)
		r = hold_program(build, path);
	if (r == 0)
		r = keep_way(build, path);

	return r;
}

int pw_build_code(struct pw_build *build)
{
	struct code_list list = {};
	int r;

	r = collect(build, &list);
	if (r == 0)
		r = number_sets(build, &list);
	for (size_t i = 0; r == 0 && i < list.n; i++)
		r = claim(build, &list.entries[i]);
	free(list.entries);
	for (size_t i = 0; r == 0 && i < build->resolved->ncode; i++)
		if (build->resolved->code[i].stated &&
		    build->resolved->code[i].path.state != PW_PATH_RESOLVED)
			r = pw_build_pending(build, build->resolved->code[i].path.path);

	return r;
}

int pw_build_daemon_name(struct pw_build *build)
{
	return hold_program(build, &build->resolved->daemon);
}
