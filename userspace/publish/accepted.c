// SPDX-License-Identifier: BSD-2-Clause
#include "publish/accepted.h"

#include <fcntl.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "publish/pins.h"
#include "publish/sources.h"
#include "publish/store.h"
#include "publish/ward.h"

#define PW_ACCEPTED_FILE "accepted.json"
#define PW_IMAGE_FILE "accepted.image"
#define PW_ACCEPTED_MAX (64 * 1024 * 1024)

struct pw_accepted *pw_accepted_free(struct pw_accepted *accepted)
{
	if (!accepted)
		return NULL;
	free(accepted->policy);
	pw_sources_free(accepted->sources, accepted->nsources);
	for (size_t i = 0; accepted->roots && i < accepted->nroots; i++)
		free(accepted->roots[i].path);
	free(accepted->roots);
	free(accepted);
	return NULL;
}

bool pw_accepted_before(void *data, const char *path, struct pw_identity *ret)
{
	const struct pw_accepted *accepted = data;

	for (size_t i = 0; accepted && i < accepted->nroots; i++)
		if (strcmp(accepted->roots[i].path, path) == 0) {
			*ret = accepted->roots[i].file;
			return true;
		}

	return false;
}

static int read_roots(json_object *object, struct pw_accepted *accepted)
{
	json_object *array;
	size_t n;

	if (!pw_json_array(object, "roots", &array))
		return -EBADMSG;
	n = json_object_array_length(array);
	accepted->roots = calloc(n + 1, sizeof(*accepted->roots));
	if (!accepted->roots)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		json_object *entry = json_object_array_get_idx(array, i);
		struct pw_accepted_root *root = &accepted->roots[i];
		uint64_t lo, hi, dev, ino, generation;
		const char *path;

		if (!pw_json_string(entry, "path", &path) || !pw_json_u64(entry, "lo", &lo) ||
		    !pw_json_u64(entry, "hi", &hi) || !pw_json_u64(entry, "dev", &dev) ||
		    !pw_json_u64(entry, "ino", &ino) ||
		    !pw_json_u64(entry, "generation", &generation))
			return -EBADMSG;
		root->path = strdup(path);
		if (!root->path)
			return -ENOMEM;
		root->file = (struct pw_identity){.fs = {.lo = lo, .hi = hi},
						  .dev = (uint32_t)dev,
						  .ino = ino,
						  .generation = (uint32_t)generation};
		accepted->nroots++;
	}

	return 0;
}

int pw_accepted_read(int dir, struct pw_accepted **ret)
{
	_cleanup_(pw_accepted_freep) struct pw_accepted *accepted = calloc(1, sizeof(*accepted));
	_cleanup_(pw_json_putp) json_object *object = NULL;
	const char *policy, *digest;
	bool unloaded = false;
	int r;

	if (!accepted)
		return -ENOMEM;
	r = pw_store_read_json(dir, PW_ACCEPTED_FILE, &object);
	if (r < 0)
		return r;
	if (pw_json_bool(object, "unloaded", &unloaded) && unloaded)
		return -ENODATA;
	if (!pw_json_string(object, "policy", &policy) ||
	    !pw_json_u64(object, "version", &accepted->version) ||
	    !pw_json_string(object, "digest", &digest) ||
	    strlen(digest) >= sizeof(accepted->digest))
		return -EBADMSG;
	memcpy(accepted->digest, digest, strlen(digest) + 1);
	pw_json_u64(object, "site_version", &accepted->site_version);	/* only with a site */
	accepted->policy = strdup(policy);
	if (!accepted->policy)
		return -ENOMEM;
	r = pw_sources_read(object, &accepted->sources, &accepted->nsources);
	if (r == 0)
		r = read_roots(object, accepted);
	if (r < 0)
		return r;

	*ret = TAKE_PTR(accepted);
	return 0;
}

static int add_root(json_object *array, const char *path, const struct pw_identity *file)
{
	json_object *entry = json_object_new_object();
	int r = pw_json_append(array, entry);

	if (r == 0)
		r = pw_json_add(entry, "path", json_object_new_string(path));
	if (r == 0)
		r = pw_json_add(entry, "lo", json_object_new_uint64(file->fs.lo));
	if (r == 0)
		r = pw_json_add(entry, "hi", json_object_new_uint64(file->fs.hi));
	if (r == 0)
		r = pw_json_add(entry, "dev", json_object_new_uint64(file->dev));
	if (r == 0)
		r = pw_json_add(entry, "ino", json_object_new_uint64(file->ino));
	if (r == 0)
		r = pw_json_add(entry, "generation", json_object_new_uint64(file->generation));

	return r;
}

static int add_roots(json_object *object, const struct pw_resolved *resolved)
{
	const struct pw_policy *policy = resolved->policy;
	json_object *array = json_object_new_array();
	int r = pw_json_add(object, "roots", array);

	for (size_t i = 0; r == 0 && i < policy->nobjects; i++)
		for (size_t j = 0; r == 0 && j < policy->objects[i].npaths; j++) {
			const struct pw_resolved_path *path = &resolved->objects[i].paths[j];

			if (path->state == PW_PATH_RESOLVED)
				r = add_root(array, path->path, &path->file);
			else if (path->known)
				r = add_root(array, path->path, &path->before);
		}

	return r;
}

static int write_text(int state_dir, const struct pw_resolved *resolved)
{
	_cleanup_(pw_json_putp) json_object *object = json_object_new_object();
	const struct pw_policy *policy = resolved->policy;
	char digest[2 * PW_DIGEST_LEN + 1];
	int r;

	if (!object)
		return -ENOMEM;
	pw_text_hex(digest, policy->digest, PW_DIGEST_LEN);
	r = pw_json_add(object, "schema", json_object_new_int(1));
	if (r == 0)
		r = pw_json_add(object, "policy", json_object_new_string(policy->name));
	if (r == 0)
		r = pw_json_add(object, "version", json_object_new_uint64(policy->version));
	if (r == 0 && policy->site)
		r = pw_json_add(object, "site_version",
				json_object_new_uint64(policy->site->version));
	if (r == 0)
		r = pw_json_add(object, "digest", json_object_new_string(digest));
	if (r == 0)
		r = pw_sources_add(object, policy->sources, policy->nsources);
	if (r == 0)
		r = add_roots(object, resolved);
	if (r < 0)
		return r;

	return pw_store_write_json(state_dir, PW_ACCEPTED_FILE, object);
}

int pw_accepted_write(int state_dir, const struct pw_resolved *resolved,
		      const struct pw_image *image)
{
	/* The text first: an older image is of no use beside it, an older text would be believed. */
	int r = write_text(state_dir, resolved);

	return r < 0 ? r : pw_store_write(state_dir, PW_IMAGE_FILE, image->file, image->file_length);
}

int pw_accepted_image(int dir, struct pw_image **ret)
{
	_cleanup_free_ char *data = NULL;
	size_t length;
	int r = pw_store_read(dir, PW_IMAGE_FILE, PW_ACCEPTED_MAX, &data, &length);

	return r < 0 ? r : pw_image_decode(data, length, ret);
}

int pw_accepted_forget(int state_dir)
{
	static const char unloaded[] = "{\"schema\":1,\"unloaded\":true}";

	if (unlinkat(state_dir, PW_IMAGE_FILE, 0) < 0 && errno != ENOENT)
		return -errno;

	return pw_store_write(state_dir, PW_ACCEPTED_FILE, unloaded, sizeof(unloaded) - 1);
}

/* ---- When it is damaged -------------------------------------------------------------------- */

bool pw_accepted_exists(int state_dir)
{
	_cleanup_(pw_accepted_freep) struct pw_accepted *accepted = NULL;
	int r = pw_accepted_read(state_dir, &accepted);

	if (r != -ENOENT)
		return r != -ENODATA;

	return faccessat(state_dir, PW_IMAGE_FILE, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	       access(PW_BOOT_DIR, F_OK) == 0;
}

static bool is_usable(int dir)
{
	_cleanup_(pw_accepted_freep) struct pw_accepted *accepted = NULL;
	_cleanup_(pw_image_freep) struct pw_image *image = NULL;

	return pw_accepted_read(dir, &accepted) == 0 || pw_accepted_image(dir, &image) == 0;
}

static int copy_file(int from, int to, const char *name)
{
	_cleanup_free_ char *data = NULL;
	size_t length;
	int r = pw_store_read(from, name, PW_ACCEPTED_MAX, &data, &length);

	if (r == -ENOENT)
		return 0;

	return r < 0 ? r : pw_store_write(to, name, data, length);
}

int pw_accepted_heal(int state_dir)
{
	_cleanup_close_ int copy = -EBADF;
	int r;

	if (is_usable(state_dir) || !pw_accepted_exists(state_dir))
		return 0;
	copy = open(PW_BOOT_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (copy < 0 || !is_usable(copy))
		return -EBADMSG;
	r = copy_file(copy, state_dir, PW_IMAGE_FILE);
	if (r == 0)
		r = copy_file(copy, state_dir, PW_ACCEPTED_FILE);

	return r < 0 ? r : 1;
}
