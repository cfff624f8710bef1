// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include <phiward/match.h>

#include "common/cleanup.h"
#include "publish/build.h"

static int grow_texts(char ***texts, size_t *n, const char *text)
{
	char **grown = reallocarray(*texts, *n + 2, sizeof(**texts));

	if (!grown)
		return -ENOMEM;
	*texts = grown;
	grown[*n] = text ? strdup(text) : NULL;
	grown[*n + 1] = NULL;
	if (text && !grown[*n])
		return -ENOMEM;
	(*n)++;

	return 0;
}

int pw_build_pending(struct pw_build *build, const char *path)
{
	return grow_texts(&build->image->pending, &build->image->npending, path);
}

uint32_t pw_build_root(struct pw_build *build, const char *path)
{
	struct pw_catalog *catalog = build->image->catalog;

	if (catalog->nroots == 0 && grow_texts(&catalog->roots, &catalog->nroots, NULL) < 0)
		return 0;
	if (grow_texts(&catalog->roots, &catalog->nroots, path) < 0)
		return 0;

	return (uint32_t)(catalog->nroots - 1);
}

static int fs_index(struct pw_build *build, const struct pw_fs_id *id, uint32_t flags,
		    const struct pw_position *at, uint32_t *ret)
{
	struct pw_bank *bank = &build->image->bank;
	uint32_t i;

	for (i = 0; i < bank->nfs; i++)
		if (memcmp(&bank->fs[i].id, id, sizeof(*id)) == 0)
			break;
	if (i == PW_FS_MAX) {
		pw_diag_add(build->diag, PW_DIAG_ERROR, at,
			    "this would be the %dth file system that the policy names; %d fit",
			    PW_FS_MAX + 1, PW_FS_MAX);
		return -E2BIG;
	}
	if (i == bank->nfs)
		bank->fs[bank->nfs++].id = *id;
	bank->fs[i].flags |= flags;

	*ret = i;
	return 0;
}

int pw_build_key(struct pw_build *build, const struct pw_identity *file, uint32_t fs_flags,
		 const struct pw_position *at, struct pw_inode_key *ret)
{
	uint32_t fs;
	int r = fs_index(build, &file->fs, fs_flags, at, &fs);

	if (r < 0)
		return r;
	*ret = (struct pw_inode_key){
		.ino = file->ino,
		.fs = fs_flags & PW_FS_CODE ? PW_LAYER_CODE(fs) : PW_LAYER_FILES(fs),
	};

	return 0;
}

struct pw_root *pw_build_inode(struct pw_build *build, const struct pw_identity *file,
			       uint32_t fs_flags, bool itself, const struct pw_position *at)
{
	struct pw_table *table = &build->image->tables[PW_MAP_ROOTS];
	struct pw_inode_key key;
	struct pw_root *root;

	if (pw_build_key(build, file, fs_flags, at, &key) < 0)
		return NULL;
	root = pw_table_get(table, &key);
	if (!root)
		return NULL;
	if (table->n > PW_ROOTS_MAX) {
		pw_diag_add(build->diag, PW_DIAG_ERROR, at,
			    "the policy names more than %d files and directories", PW_ROOTS_MAX);
		return NULL;
	}
	root->generation = file->generation;
	if (itself)
		root->flags |= PW_ROOT_ITSELF;

	return root;
}

uint64_t pw_build_mark(__u64 *marks, const char *name)
{
	uint32_t length = (uint32_t)strlen(name), mark;
	uint64_t first = 0;

	memcpy(&first, name, length < sizeof(first) ? length : sizeof(first));
	mark = pw_name_mark(first, length);
	marks[mark / 64] |= 1ULL << (mark % 64);

	return first;
}

static void mark_name(struct pw_bank *bank, const char *held, uint32_t length)
{
	bank->name_guesses[pw_name_guess(pw_build_mark(bank->name_marks, held), length)] = 1;
}

struct pw_name *pw_build_name(struct pw_build *build, const struct pw_hold *held,
			      uint32_t fs_flags, const struct pw_position *at)
{
	uint32_t length = (uint32_t)strlen(held->name);
	struct pw_name_key key = {
		.hash = pw_name_hash(held->name, length),
		.length = length,
	};
	struct pw_root *parent;

	parent = pw_build_inode(build, &held->parent, fs_flags, false, at);
	if (!parent || pw_build_key(build, &held->parent, fs_flags, at, &key.parent) < 0)
		return NULL;
	parent->flags |= PW_ROOT_HOLDS_NAMES;
	if (!(fs_flags & PW_FS_CODE))
		mark_name(&build->image->bank, held->name, length);

	return pw_table_get(&build->image->tables[PW_MAP_NAMES], &key);
}

static int claimed_twice(struct pw_build *build, const struct pw_resolved_path *path)
{
	pw_diag_add(build->diag, PW_DIAG_ERROR, path->at,
		    "'%s' is the same file as one that another object names", path->path);

	return -EINVAL;
}

static int claim_inode(struct pw_build *build, const struct pw_resolved_path *path,
		       const struct pw_identity *file, uint32_t object, uint32_t number)
{
	struct pw_root *root = pw_build_inode(build, file, PW_FS_OBJECTS, true, path->at);

	if (!root)
		return -E2BIG;
	if (root->object != PW_OBJECT_NONE && root->object != object)
		return claimed_twice(build, path);
	root->object = object;
	root->root = number;

	return 0;
}

static int claim_names(struct pw_build *build, const struct pw_resolved_path *path, uint32_t object,
		       uint32_t number)
{
	for (const struct pw_hold *held = path->holds; held; held = held->next) {
		struct pw_name *name = pw_build_name(build, held, PW_FS_OBJECTS, path->at);

		if (!name)
			return -E2BIG;
		if (name->object != PW_OBJECT_NONE && name->object != object)
			return claimed_twice(build, path);
		name->object = object;
		name->root = number;
		if (path->state != PW_PATH_RESOLVED)
			name->flags |= PW_NAME_PENDING;
	}

	return 0;
}

/* Files of the path may have further names: the scan looks for them. */
static int add_scan(struct pw_build *build, const struct pw_resolved_path *path, uint32_t object,
		    uint32_t number)
{
	struct pw_image *image = build->image;
	struct pw_scan_root *grown;

	if (path->state != PW_PATH_RESOLVED || object == PW_OBJECT_CANARY)
		return 0;
	grown = reallocarray(image->scan, image->nscan + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	image->scan = grown;
	grown[image->nscan] = (struct pw_scan_root){
		.path = strdup(path->canonical),
		.object = object,
		.root = number,
	};

	return grown[image->nscan++].path ? 0 : -ENOMEM;
}

static int claim_path(struct pw_build *build, const struct pw_resolved_path *path, uint32_t object)
{
	uint32_t number = pw_build_root(build, path->path);
	int r = 0;

	if (number == 0)
		return -ENOMEM;
	if (path->state == PW_PATH_RESOLVED || path->state == PW_PATH_ELSEWHERE)
		r = claim_inode(build, path, &path->file, object, number);
	if (r == 0 && path->known && path->state != PW_PATH_RESOLVED)
		r = claim_inode(build, path, &path->before, object, number);
	if (r == 0)
		r = claim_names(build, path, object, number);
	if (r == 0 && path->state != PW_PATH_RESOLVED)
		r = pw_build_pending(build, path->path);
	if (r == 0)
		r = add_scan(build, path, object, number);

	return r;
}

static int claim_volume(struct pw_build *build, const struct pw_resolved_volume *volume,
			uint32_t object)
{
	struct pw_bank *bank = &build->image->bank;
	uint32_t fs = 0;
	int r;

	if (!volume->found)
		return pw_build_pending(build, volume->volume->value);
	r = fs_index(build, &volume->fs, PW_FS_OBJECTS, &volume->volume->at, &fs);
	if (r < 0)
		return r;
	if (bank->fs[fs].object != PW_OBJECT_NONE && bank->fs[fs].object != object) {
		pw_diag_add(build->diag, PW_DIAG_ERROR, &volume->volume->at,
			    "volume '%s' belongs to two objects", volume->volume->value);
		return -EINVAL;
	}
	bank->fs[fs].object = object;

	return 0;
}

int pw_build_canary(struct pw_build *build)
{
	return claim_path(build, &build->resolved->canary, PW_OBJECT_CANARY);
}

static int add_objects(struct pw_build *build)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < build->policy->nobjects; i++) {
		const struct pw_object_policy *object = &build->policy->objects[i];
		const struct pw_resolved_object *found = &build->resolved->objects[i];

		for (size_t j = 0; r == 0 && j < object->npaths; j++)
			r = claim_path(build, &found->paths[j], build->objects[i]);
		for (size_t j = 0; r == 0 && j < object->nvolumes; j++)
			r = claim_volume(build, &found->volumes[j], build->objects[i]);
	}

	return r;
}

/* The number of a place, given now if it has none; 0 when the table is full. */
static uint32_t place_number(struct pw_build *build, const struct pw_resolved_path *path)
{
	for (size_t i = 1; i <= build->nplaces; i++)
		if (strcmp(build->places[i], path->canonical) == 0)
			return (uint32_t)i;
	if (build->nplaces + 1 == PW_PLACES_MAX) {
		pw_diag_add(build->diag, PW_DIAG_ERROR, path->at,
			    "more than %d different places under `writes`", PW_PLACES_MAX - 1);
		return 0;
	}
	build->places[++build->nplaces] = path->canonical;

	return (uint32_t)build->nplaces;
}

static int add_place(struct pw_build *build, const struct pw_resolved_path *path, uint32_t subject)
{
	struct pw_subject_set *writers = build->image->bank.place_writers;
	uint32_t place = place_number(build, path);
	struct pw_root *root;
	struct pw_name *name;

	if (place == 0)
		return -E2BIG;
	pw_set_add(&writers[place], subject);
	if (path->state == PW_PATH_RESOLVED) {
		root = pw_build_inode(build, &path->file, PW_FS_PLACES, true, path->at);
		if (!root)
			return -E2BIG;
		/* The same directory by another path: who writes there writes here. */
		if (root->place != 0 && root->place != place)
			pw_set_unite(&writers[root->place], &writers[place]);
		else
			root->place = place;
	}
	/* The first is the name itself; those of symbolic links before it are no places. */
	if (!path->holds)
		return 0;
	name = pw_build_name(build, path->holds, PW_FS_PLACES, path->at);
	if (!name)
		return -E2BIG;
	name->place = name->place ? name->place : place;

	return 0;
}

static bool lies_below(const char *path, const char *above)
{
	size_t length = strlen(above);

	if (strcmp(above, "/") == 0)
		return strcmp(path, "/") != 0;

	return strncmp(path, above, length) == 0 && path[length] == '/';
}

/* The walk stops at the nearest place: it must know everybody who may write above it, too. */
static void close_places(struct pw_build *build)
{
	struct pw_subject_set *writers = build->image->bank.place_writers;

	for (size_t i = 1; i <= build->nplaces; i++)
		for (size_t j = 1; j <= build->nplaces; j++)
			if (lies_below(build->places[i], build->places[j]))
				pw_set_unite(&writers[i], &writers[j]);
}

static int add_places(struct pw_build *build)
{
	for (size_t i = 0; i < build->policy->nsubjects; i++)
		for (size_t j = 0; j < build->policy->subjects[i].nwrites; j++) {
			int r = add_place(build, &build->resolved->subjects[i].writes[j],
					  build->subjects[i]);

			if (r < 0)
				return r;
		}
	close_places(build);

	return 0;
}

int pw_build_socket(struct pw_build *build, const struct pw_resolved_path *path, uint32_t number)
{
	struct pw_root *root;
	struct pw_name *name;

	if (path->state == PW_PATH_RESOLVED) {
		root = pw_build_inode(build, &path->file, PW_FS_SOCKETS, true, path->at);
		if (!root)
			return -E2BIG;
		if (root->object == PW_OBJECT_NONE)
			root->root = number;
	}
	if (!path->holds)
		return 0;
	name = pw_build_name(build, path->holds, PW_FS_SOCKETS, path->at);
	if (!name)
		return -E2BIG;
	if (name->object == PW_OBJECT_NONE)
		name->root = number;

	return 0;
}

int pw_build_files(struct pw_build *build)
{
	int r;

	r = add_objects(build);
	if (r < 0)
		return r;

	return add_places(build);
}
