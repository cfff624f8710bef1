// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which actions each subject has on which files. The places are the roots that either policy names:
 * what lies in one and in none below it is decided alike. Places under `writes` are places only for
 * the subjects that have them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compare_private.h"

/* What a subject with access needs `writes` for, outside of objects. */
#define BOUND (PW_ACTION_BIT(PW_ACTION_WRITE) | PW_ACTION_BIT(PW_ACTION_CREATE))

/* A root of an object in either policy. */
struct root {
	const char *path;	/* or a volume */
	const struct pw_object_policy *object[PW_POLICIES];	/* that it is a root of */
	const struct pw_object_policy *lies_in[PW_POLICIES];	/* by the nearest root at or above it */
	bool volume;
};

struct roots {
	struct root *list;	/* paths in their order, then volumes */
	size_t n, npaths;
};

static int by_path(const void *left, const void *right)
{
	const struct root *a = left, *b = right;

	if (a->volume != b->volume)
		return a->volume - b->volume;

	return a->volume ? strcasecmp(a->path, b->path) : pw_path_compare(a->path, b->path);
}

static const char *volume_text(struct pw_arena *arena, const struct pw_volume *volume)
{
	size_t size = strlen(volume->value) + sizeof("LABEL=");
	char *text = pw_arena_array(arena, size, 1);

	if (text)
		snprintf(text, size, "%s=%s", pw_volume_tag(volume), volume->value);

	return text;
}

static void add_root(struct roots *roots, const char *path, bool volume, size_t side,
		     const struct pw_object_policy *object)
{
	struct root *root = &roots->list[roots->n++];

	root->path = path ?: "";
	root->volume = volume;
	root->object[side] = object;
}

static void add_object(struct pw_comparison *c, struct roots *roots, size_t side,
		       const struct pw_object_policy *object)
{
	size_t i;

	for (i = 0; i < object->npaths; i++)
		add_root(roots, object->paths[i].path, false, side, object);
	for (i = 0; i < object->nvolumes; i++)
		add_root(roots, volume_text(c->result->arena, &object->volumes[i]), true, side,
			 object);
	if (object->removable)
		add_root(roots, "removable media", true, side, object);
}

static size_t count_roots(const struct pw_policy *policy)
{
	size_t i, n = 0;

	for (i = 0; i < policy->nobjects; i++)
		n += policy->objects[i].npaths + policy->objects[i].nvolumes + 1;

	return n;
}

static int compare_path(const void *key, const void *entry)
{
	return pw_path_compare(key, ((const struct root *)entry)->path);
}

/* The object of @side that @path lies in, by the nearest root at or above it; or NULL. */
static const struct pw_object_policy *object_above(struct pw_comparison *c,
						   const struct roots *roots, size_t side,
						   const char *path)
{
	char *above = pw_arena_copy(c->arena, path, strlen(path)), *slash;
	const struct root *root;

	while (above && *above) {
		root = bsearch(above, roots->list, roots->npaths, sizeof(*root), compare_path);
		if (root && root->object[side])
			return root->object[side];
		slash = strrchr(above, '/');
		if (slash)
			*slash = '\0';
	}

	return NULL;
}

static void place_roots(struct pw_comparison *c, struct roots *roots)
{
	size_t i, side;

	for (i = 0; i < roots->n; i++)
		for (side = 0; side < c->n; side++)
			roots->list[i].lies_in[side] =
				i < roots->npaths ?
					object_above(c, roots, side, roots->list[i].path) :
					roots->list[i].object[side];
}

static int collect_roots(struct pw_comparison *c, struct roots *roots)
{
	size_t side, i, n = 1, kept = 0;

	for (side = 0; side < c->n; side++)
		n += count_roots(c->side[side]);
	roots->list = pw_arena_array(c->arena, n, sizeof(*roots->list));
	if (!roots->list)
		return -ENOMEM;
	add_root(roots, "/", false, PW_FIRST, NULL);
	for (side = 0; side < c->n; side++)
		for (i = 0; i < c->side[side]->nobjects; i++)
			add_object(c, roots, side, &c->side[side]->objects[i]);
	qsort(roots->list, roots->n, sizeof(*roots->list), by_path);
	for (i = 0; i < roots->n; i++) {
		struct root *last = kept ? &roots->list[kept - 1] : NULL, root = roots->list[i];

		if (!last || by_path(last, &root))
			roots->list[kept++] = root;
		else
			for (side = 0; side < c->n; side++)
				if (root.object[side])
					last->object[side] = root.object[side];
	}
	roots->n = kept;
	for (roots->npaths = 0; roots->npaths < kept && !roots->list[roots->npaths].volume;)
		roots->npaths++;
	place_roots(c, roots);

	return 0;
}

/* ---- What is allowed --------------------------------------------------------------------- */

/* A place as one policy sees it. */
struct view {
	const struct pw_policy *policy;
	const struct pw_subject_policy *subject;	/* NULL: others */
	const struct pw_object_policy *object;		/* NULL: in none */
	const char *path;				/* NULL: of a volume */
};

static const struct pw_access *access_of(const struct view *view)
{
	size_t i;

	for (i = 0; view->subject && view->object && i < view->subject->naccess; i++)
		if (&view->policy->objects[view->subject->access[i].object] == view->object)
			return &view->subject->access[i];

	return NULL;
}

static bool writes_in(const struct pw_subject_policy *subject, const char *path)
{
	size_t i;

	for (i = 0; path && i < subject->nwrites; i++)
		if (pw_path_within(path, subject->writes[i].path))
			return true;

	return false;
}

static uint32_t allowed(const struct view *view)
{
	const struct pw_access *access;

	if (view->subject && view->subject->never_block)
		return PW_ACTIONS_OF_FILES;
	if (view->object) {
		access = access_of(view);
		return access ? access->actions : 0;
	}
	if (view->subject && view->subject->naccess && !writes_in(view->subject, view->path))
		return PW_ACTIONS_OF_FILES & ~BOUND;

	return PW_ACTIONS_OF_FILES;
}

/* The line that makes it so: of the rule that allows, else of the object or subject that binds. */
static void explain(struct pw_difference *d, const struct view *allows, const struct view *denies)
{
	const struct pw_access *access = access_of(allows);

	if (access) {
		d->at = access->at;
		d->rule = access->number;
	} else if (denies->object) {
		d->at = denies->object->at;
	} else if (allows->subject) {
		d->at = allows->subject->at;
	} else if (denies->subject) {
		d->at = denies->subject->at;
	}
	d->object = allows->object ? allows->object->name :
		    denies->object ? denies->object->name : NULL;
}

static int compare_place(struct pw_comparison *c, const struct pw_pair *pair, const char *place,
			 const struct view *views)
{
	uint32_t first = allowed(&views[PW_FIRST]), second = allowed(&views[PW_SECOND]);
	struct pw_difference *d;
	size_t side;

	if (c->side[PW_ALSO])
		first |= allowed(&views[PW_ALSO]);
	for (side = 0; side < PW_SIDES; side++) {
		uint32_t actions = side == PW_SECOND ? second & ~first : first & ~second;

		if (!actions)
			continue;
		d = pw_compare_add(c, pair, PW_DIFFERENCE_FILES, side == PW_SECOND);
		if (!d)
			return -ENOMEM;
		d->place = place;
		d->actions = actions;
		explain(d, &views[side], &views[!side]);
	}

	return 0;
}

/* ---- Places ------------------------------------------------------------------------------ */

static int compare_root(struct pw_comparison *c, const struct pw_pair *pair,
			const struct root *root)
{
	struct view views[PW_POLICIES];
	size_t side;

	for (side = 0; side < c->n; side++)
		views[side] = (struct view){
			.policy = c->side[side],
			.subject = pair->side[side],
			.object = root->lies_in[side],
			.path = root->volume ? NULL : root->path,
		};

	return compare_place(c, pair, root->path, views);
}

/* A place under `writes` of one side that is no root, and not in `writes` of the first. */
static int compare_writes(struct pw_comparison *c, const struct pw_pair *pair,
			  const struct roots *roots, size_t of)
{
	const struct pw_subject_policy *subject = pair->side[of];
	struct view views[PW_POLICIES];
	const char *path;
	size_t i, side;
	int r = 0;

	for (i = 0; !r && subject && i < subject->nwrites; i++) {
		path = subject->writes[i].path;
		if (bsearch(path, roots->list, roots->npaths, sizeof(*roots->list), compare_path) ||
		    (of == PW_SECOND && pair->side[PW_FIRST] &&
		     writes_in(pair->side[PW_FIRST], path)))
			continue;
		for (side = 0; side < c->n; side++)
			views[side] = (struct view){
				.policy = c->side[side],
				.subject = pair->side[side],
				.object = object_above(c, roots, side, path),
				.path = path,
			};
		r = compare_place(c, pair, path, views);
	}

	return r;
}

int pw_compare_files(struct pw_comparison *c)
{
	struct roots roots = {};
	size_t i, j, side;
	int r;

	r = collect_roots(c, &roots);
	for (i = 0; !r && i < c->npairs; i++) {
		for (j = 0; !r && j < roots.n; j++)
			r = compare_root(c, &c->pairs[i], &roots.list[j]);
		for (side = 0; !r && side < PW_SIDES; side++)
			r = compare_writes(c, &c->pairs[i], &roots, side);
	}

	return r;
}
