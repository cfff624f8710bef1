// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include <phiward/abi.h>

#include "audit/place.h"
#include "common/text.h"

void pw_place_put_dev(struct pw_line *line, uint32_t dev)
{
	pw_line_u64(line, dev >> 20);
	pw_line_literal(line, ":");
	pw_line_u64(line, dev & 0xfffff);
}

/* Start of the last name in a list, which is the uppermost directory. */
static const char *uppermost(const char *names, size_t length)
{
	const char *before = length > 1 ? memrchr(names, '\0', length - 1) : NULL;

	return before ? before + 1 : names;
}

/* Takes the components of @root off the upper end of the list. */
static bool take_root_off(const char *root, const char *names, size_t *length)
{
	size_t left = *length;

	while (*root) {
		size_t n = strcspn(++root, "/");
		const char *name;

		if (!n)
			continue;
		if (!left)
			return false;
		name = uppermost(names, left);
		if ((size_t)(names + left - name) != n + 1 || memcmp(name, root, n) != 0)
			return false;
		left = (size_t)(name - names);
		root += n;
	}
	*length = left;
	return true;
}

struct pw_place pw_place_below(const char *root, const char *names, size_t length, bool cut)
{
	return (struct pw_place){ .prefix = strcmp(root, "/") ? root : "", .names = names,
				  .length = length, .cut = cut };
}

struct pw_place pw_place_on(const struct pw_mounts *mounts, uint32_t dev, const char *names,
			    size_t length, bool cut, const struct pw_mount **ret_mount)
{
	const struct pw_mount *mount = pw_mounts_find(mounts, dev);

	*ret_mount = mount;
	if (mount && (cut || take_root_off(mount->root, names, &length)))
		return pw_place_below(mount->point, names, length, cut);
	return (struct pw_place){ .prefix = "", .names = names, .length = length, .dev = dev,
				  .cut = cut };
}

static void put_prefix(struct pw_line *line, const struct pw_place *place)
{
	if (place->dev) {
		pw_line_literal(line, "\\\\");
		pw_place_put_dev(line, place->dev);
	}
	pw_line_untrusted(line, place->prefix, strlen(place->prefix));
	if (place->cut)
		pw_line_literal(line, "/\\\\...");
}

/* From the uppermost on, a slash before each. */
static void put_names(struct pw_line *line, const char *names, size_t length)
{
	while (length) {
		const char *name = uppermost(names, length);

		pw_line_literal(line, "/");
		pw_line_untrusted(line, name, (size_t)(names + length - name) - 1);
		length = (size_t)(name - names);
	}
}

void pw_place_put(struct pw_line *line, const struct pw_place *place)
{
	if (!place->prefix) {
		pw_line_literal(line, "null");
		return;
	}
	pw_line_literal(line, "\"");
	if (place->text) {
		pw_line_untrusted(line, place->names, strnlen(place->names, place->length));
		pw_line_literal(line, "\"");
		return;
	}
	put_prefix(line, place);
	put_names(line, place->names, place->length);
	if (!*place->prefix && !place->length && !place->cut)
		pw_line_literal(line, "/");
	pw_line_literal(line, "\"");
}

void pw_directory_forget(struct pw_directory *directory)
{
	directory->text.length = 0;
}

void pw_directory_done(struct pw_directory *directory)
{
	pw_line_done(&directory->names);
	pw_line_done(&directory->text);
}

static bool is_in(const struct pw_place *place, const char *names, size_t length,
		  const struct pw_directory *directory)
{
	return directory->text.length && directory->prefix == place->prefix &&
	       directory->dev == place->dev && directory->cut == place->cut &&
	       directory->names.length == length &&
	       (!length || memcmp(directory->names.data, names, length) == 0);
}

/* False, and none is kept: there is no memory for it. */
static bool keep_directory(const struct pw_place *place, const char *names, size_t length,
			   struct pw_directory *directory)
{
	directory->prefix = place->prefix;
	directory->dev = place->dev;
	directory->cut = place->cut;
	directory->names.length = directory->text.length = 0;
	directory->names.failed = directory->text.failed = false;
	pw_line_add(&directory->names, names, length);
	pw_line_literal(&directory->text, "\"");
	put_prefix(&directory->text, place);
	put_names(&directory->text, names, length);
	pw_line_literal(&directory->text, "/");
	if (!directory->names.failed && !directory->text.failed)
		return true;
	pw_directory_forget(directory);
	return false;
}

void pw_place_put_in(struct pw_line *line, const struct pw_place *place,
		     struct pw_directory *directory)
{
	size_t file = place->prefix && !place->text && place->length ? strlen(place->names) + 1 : 0;
	const char *names = place->names + file;
	size_t length = place->length - file;

	if (!file || (!is_in(place, names, length, directory) &&
		      !keep_directory(place, names, length, directory))) {
		pw_place_put(line, place);
		return;
	}
	pw_line_add(line, directory->text.data, directory->text.length);
	pw_line_untrusted(line, place->names, file - 1);
	pw_line_literal(line, "\"");
}

bool pw_place_digest(const uint8_t *key, const char *relative, size_t length,
		     char hex[static 2 * PW_SHA256_LEN + 1])
{
	uint8_t digest[PW_SHA256_LEN];

	if (pw_hmac_sha256(key, relative, length, digest) < 0)
		return false;
	pw_text_hex(hex, digest, sizeof(digest));
	return true;
}

/* The names from the uppermost on, with slashes between them. */
static size_t join_names(const struct pw_place *place, char relative[static PW_EVENT_BYTES])
{
	size_t left = place->length, length = 0;

	while (left) {
		const char *name = uppermost(place->names, left);
		size_t n = (size_t)(place->names + left - name) - 1;

		if (length)
			relative[length++] = '/';
		memcpy(relative + length, name, n);
		length += n;
		left = (size_t)(name - place->names);
	}
	return length;
}

void pw_place_put_digest(struct pw_line *line, const struct pw_place *place, const uint8_t *key)
{
	char relative[PW_EVENT_BYTES], hex[2 * PW_SHA256_LEN + 1];

	if (!place->prefix || !place->length || place->text) {
		pw_place_put(line, place);
		return;
	}
	pw_line_literal(line, "\"");
	put_prefix(line, place);
	pw_line_literal(line, "/\\\\#");
	if (key && place->length <= sizeof(relative) &&
	    pw_place_digest(key, relative, join_names(place, relative), hex))
		pw_line_add(line, hex, strlen(hex));
	pw_line_literal(line, "\"");
}
