// SPDX-License-Identifier: BSD-2-Clause
#include "publish/ids.h"

#include <string.h>

#include "common/cleanup.h"
#include "publish/store.h"

#define PW_IDS_FILE "ids.json"
#define PW_ID_LOST "?"

int pw_boot_id(char boot[static PW_BOOT_ID_LEN + 1])
{
	_cleanup_fclose_ FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (!file)
		return -errno;
	if (fread(boot, 1, PW_BOOT_ID_LEN, file) != PW_BOOT_ID_LEN)
		return -EIO;
	boot[PW_BOOT_ID_LEN] = '\0';

	return 0;
}

static int set_name(char **names, size_t id, const char *name)
{
	char *copy = strdup(name);

	if (!copy)
		return -ENOMEM;
	free(names[id]);
	names[id] = copy;
	return 0;
}

static int set_builtin(struct pw_ids *ids)
{
	int r;

	r = set_name(ids->subjects, PW_SUBJECT_OTHERS, "others");
	if (r == 0)
		r = set_name(ids->subjects, PW_SUBJECT_INIT, "init");
	if (r == 0)
		r = set_name(ids->subjects, PW_SUBJECT_DAEMON, "phiwardd");
	if (r == 0)
		r = set_name(ids->objects, PW_OBJECT_CANARY, "canary");
	return r;
}

static int read_names(json_object *object, const char *key, char **names, size_t max)
{
	json_object *array;
	int r;

	if (!pw_json_array(object, key, &array) || json_object_array_length(array) > max)
		return -EBADMSG;
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		json_object *name = json_object_array_get_idx(array, i);

		if (!name)
			continue;
		if (!json_object_is_type(name, json_type_string))
			return -EBADMSG;
		r = set_name(names, i, json_object_get_string(name));
		if (r < 0)
			return r;
	}

	return 0;
}

static void count_programs(struct pw_ids *ids)
{
	for (ids->nprograms = 1; ids->nprograms < PW_PROGRAM_IDS; ids->nprograms++)
		if (!ids->programs[ids->nprograms])
			return;
}

int pw_ids_load(int state_dir, const char *boot, struct pw_ids **ret)
{
	_cleanup_(pw_json_putp) json_object *object = NULL;
	_cleanup_(pw_ids_freep) struct pw_ids *ids = calloc(1, sizeof(*ids));
	const char *stored_boot;
	int r;

	if (!ids)
		return -ENOMEM;
	if (strlen(boot) != PW_BOOT_ID_LEN)
		return -EINVAL;
	memcpy(ids->boot, boot, PW_BOOT_ID_LEN + 1);
	count_programs(ids);
	r = set_builtin(ids);
	if (r < 0)
		return r;

	r = pw_store_read_json(state_dir, PW_IDS_FILE, &object);
	if (r == -ENOENT) {
		*ret = TAKE_PTR(ids);
		return 0;
	}
	if (r < 0)
		return r;
	if (!pw_json_string(object, "boot", &stored_boot) ||
	    !pw_json_u64(object, "generation", &ids->generation))
		return -EBADMSG;
	if (strcmp(stored_boot, boot) == 0) {
		r = read_names(object, "subjects", ids->subjects, PW_SUBJECT_IDS);
		if (r == 0)
			r = read_names(object, "objects", ids->objects, PW_OBJECT_IDS);
		if (r == 0)
			r = read_names(object, "programs", ids->programs, PW_PROGRAM_IDS);
		if (r < 0)
			return r;
		count_programs(ids);
	}

	*ret = TAKE_PTR(ids);
	return 0;
}

static int add_names(json_object *object, const char *key, char *const *names, size_t max)
{
	json_object *array = json_object_new_array();
	size_t n = max;

	while (n > 0 && !names[n - 1])
		n--;
	for (size_t i = 0; array && i < n; i++) {
		json_object *name = names[i] ? json_object_new_string(names[i]) : NULL;

		if ((names[i] && !name) || json_object_array_add(array, name) < 0) {
			json_object_put(name);
			json_object_put(array);
			return -ENOMEM;
		}
	}

	return pw_json_add(object, key, array);
}

int pw_ids_save(int state_dir, const struct pw_ids *ids)
{
	_cleanup_(pw_json_putp) json_object *object = json_object_new_object();
	int r;

	if (!object)
		return -ENOMEM;
	r = pw_json_add(object, "boot", json_object_new_string(ids->boot));
	if (r == 0)
		r = pw_json_add(object, "generation", json_object_new_uint64(ids->generation));
	if (r == 0)
		r = add_names(object, "subjects", ids->subjects, PW_SUBJECT_IDS);
	if (r == 0)
		r = add_names(object, "objects", ids->objects, PW_OBJECT_IDS);
	if (r == 0)
		r = add_names(object, "programs", ids->programs, ids->nprograms);
	if (r < 0)
		return r;

	return pw_store_write_json(state_dir, PW_IDS_FILE, object);
}

static int give(char **names, size_t first, size_t max, const char *name, uint32_t *ret)
{
	size_t free_id = 0;
	int r;

	for (size_t i = first; i < max; i++) {
		if (names[i] && strcmp(names[i], name) == 0) {
			*ret = (uint32_t)i;
			return 0;
		}
		if (!names[i] && free_id == 0)
			free_id = i;
	}
	if (free_id == 0)
		return -ENOSPC;
	r = set_name(names, free_id, name);
	if (r < 0)
		return r;

	*ret = (uint32_t)free_id;
	return 0;
}

int pw_ids_subject(struct pw_ids *ids, const char *name, uint32_t *ret)
{
	return give(ids->subjects, PW_SUBJECT_FIRST, PW_SUBJECT_IDS, name, ret);
}

int pw_ids_object(struct pw_ids *ids, const char *name, uint32_t *ret)
{
	return give(ids->objects, PW_OBJECT_FIRST, PW_OBJECT_IDS, name, ret);
}

int pw_ids_program(struct pw_ids *ids, const char *path, uint32_t *ret)
{
	bool full = ids->nprograms == PW_PROGRAM_IDS;
	int r = give(ids->programs, 1, ids->nprograms + !full, path, ret);

	if (r == 0 && *ret == ids->nprograms)
		ids->nprograms++;

	return r;
}

int pw_ids_reserve(struct pw_ids *ids, const struct pw_bank *bank)
{
	int r;

	for (size_t i = PW_SUBJECT_FIRST; i < PW_SUBJECT_IDS; i++) {
		if (ids->subjects[i] || !(bank->subjects[i].flags & PW_SUBJECT_PRESENT))
			continue;
		r = set_name(ids->subjects, i, PW_ID_LOST);
		if (r < 0)
			return r;
	}
	for (size_t i = PW_OBJECT_FIRST; i < PW_OBJECT_IDS; i++) {
		if (ids->objects[i] || !(bank->object_flags[i] & PW_OBJECT_PRESENT))
			continue;
		r = set_name(ids->objects, i, PW_ID_LOST);
		if (r < 0)
			return r;
	}
	if (bank->generation > ids->generation)
		ids->generation = bank->generation;

	return 0;
}

/* Whether @names can have those of @wanted, each under its number and no other. */
static bool fits(char *const *names, char *const *wanted, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; wanted[i] && j < n; j++)
			if (names[j] && (strcmp(names[j], wanted[i]) == 0) != (i == j))
				return false;

	return true;
}

static int take_names(char **names, char *const *wanted, size_t n)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		if (wanted[i])
			r = set_name(names, i, wanted[i]);

	return r;
}

int pw_ids_take(struct pw_ids *ids, char *const *subjects, char *const *objects,
		char *const *programs, size_t nprograms)
{
	int r;

	if (nprograms > PW_PROGRAM_IDS || !fits(ids->subjects, subjects, PW_SUBJECT_IDS) ||
	    !fits(ids->objects, objects, PW_OBJECT_IDS) ||
	    !fits(ids->programs, programs, nprograms))
		return -EEXIST;
	r = take_names(ids->subjects, subjects, PW_SUBJECT_IDS);
	if (r == 0)
		r = take_names(ids->objects, objects, PW_OBJECT_IDS);
	if (r == 0)
		r = take_names(ids->programs, programs, nprograms);
	count_programs(ids);

	return r;
}

struct pw_ids *pw_ids_free(struct pw_ids *ids)
{
	if (!ids)
		return NULL;
	for (size_t i = 0; i < PW_SUBJECT_IDS; i++)
		free(ids->subjects[i]);
	for (size_t i = 0; i < PW_OBJECT_IDS; i++)
		free(ids->objects[i]);
	for (size_t i = 0; i < PW_PROGRAM_IDS; i++)
		free(ids->programs[i]);
	free(ids);
	return NULL;
}
