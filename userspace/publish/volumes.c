// SPDX-License-Identifier: BSD-2-Clause
#include "publish/volumes.h"

#include <blkid/blkid.h>
#include <mntent.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "common/cleanup.h"

void pw_texts_free(char **texts)
{
	for (char **text = texts; text && *text; text++)
		free(*text);
	free(texts);
}

static void end_mounts(FILE **table)
{
	if (*table)
		endmntent(*table);
}

/* Mounted: the directory is the root of a mount; /proc/self/mounts says so. */
static int is_mounted(const char *directory, bool *ret)
{
	_cleanup_(end_mounts) FILE *table = setmntent("/proc/self/mounts", "re");
	struct mntent *entry;

	if (!table)
		return -errno;
	*ret = false;
	while (!*ret && (entry = getmntent(table)))
		*ret = strcmp(entry->mnt_dir, directory) == 0;

	return 0;
}

static int add_text(char ***texts, size_t *n, const char *text)
{
	char **grown = reallocarray(*texts, *n + 2, sizeof(**texts));

	if (!grown)
		return -ENOMEM;
	*texts = grown;
	grown[*n] = strdup(text);
	grown[*n + 1] = NULL;
	if (!grown[*n])
		return -ENOMEM;
	(*n)++;

	return 0;
}

int pw_unmounted(char ***ret)
{
	_cleanup_(end_mounts) FILE *table = setmntent("/etc/fstab", "re");
	_cleanup_(pw_texts_freep) char **texts = NULL;
	struct mntent *entry;
	size_t n = 0;
	int r;

	if (!table && errno != ENOENT)
		return -errno;
	texts = calloc(1, sizeof(*texts));
	if (!texts)
		return -ENOMEM;
	while (table && (entry = getmntent(table))) {
		bool mounted = false;

		if (entry->mnt_dir[0] != '/' || entry->mnt_dir[1] == '\0')
			continue;
		r = is_mounted(entry->mnt_dir, &mounted);
		if (r == 0 && !mounted)
			r = add_text(&texts, &n, entry->mnt_dir);
		if (r < 0)
			return r;
	}

	*ret = TAKE_PTR(texts);
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;

	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* 32 hexadecimal digits with dashes anywhere between them. */
static bool parse_uuid(const char *text, struct pw_fs_id *ret)
{
	uint8_t bytes[PW_UUID_LEN] = {0};
	size_t n = 0;

	for (; *text; text++) {
		int digit = hex_digit(*text);

		if (*text == '-')
			continue;
		if (digit < 0 || n == 2 * sizeof(bytes))
			return false;
		bytes[n / 2] |= (uint8_t)(n % 2 ? digit : digit << 4);
		n++;
	}
	if (n != 2 * sizeof(bytes))
		return false;
	memcpy(&ret->lo, bytes, 8);
	memcpy(&ret->hi, bytes + 8, 8);

	return true;
}

static void put_cache(blkid_cache *cache)
{
	if (*cache)
		blkid_put_cache(*cache);
}

int pw_volume_id(const struct pw_volume *volume, struct pw_fs_id *ret)
{
	const char *tag = pw_volume_tag(volume);
	_cleanup_(put_cache) blkid_cache cache = NULL;
	_cleanup_free_ char *device = NULL, *uuid = NULL;
	struct stat st;

	if (volume->kind == PW_VOLUME_UUID && parse_uuid(volume->value, ret))
		return 0;
	/* Tags are asked of udev first; without it blkid reads the devices. */
	if (blkid_get_cache(&cache, "/dev/null") < 0)
		return -ENOMEM;
	device = blkid_evaluate_tag(tag, volume->value, &cache);
	if (!device)
		return -ENOENT;
	uuid = blkid_get_tag_value(cache, "UUID", device);
	if (uuid && parse_uuid(uuid, ret))
		return 0;
	/* vfat and others have no UUID of this kind in their superblock: the device it is. */
	if (stat(device, &st) < 0 || !S_ISBLK(st.st_mode))
		return -ENOENT;
	ret->lo = (uint64_t)major(st.st_rdev) << 20 | minor(st.st_rdev);
	ret->hi = PW_FS_BY_DEV;

	return 0;
}
