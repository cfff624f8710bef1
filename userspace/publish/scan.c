// SPDX-License-Identifier: BSD-2-Clause
#include "publish/scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"

#define PW_SCAN_NAMES 512	/* names a step */
#define PW_SCAN_BATCH 128	/* files whose identity is asked for at a time */

struct pw_scan {
	const struct pw_image *image;
	struct pw_kernel *kernel;
	size_t at;			/* index into image->scan */
	dev_t dev;			/* of the directory that image->scan[at] is */
	DIR *levels[PW_WALK_MAX];
	size_t depth;
	size_t nfiles;
	struct pw_identity files[PW_SCAN_BATCH];
	uint32_t object;
	uint32_t root;
};

void pw_links_done(struct pw_links *links)
{
	free(links->list);
	*links = (struct pw_links){};
}

int pw_links_add(struct pw_links *links, const struct pw_found_link *link)
{
	if (links->n == links->room) {
		size_t room = links->room ? 2 * links->room : 64;
		struct pw_found_link *grown = reallocarray(links->list, room, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		links->list = grown;
		links->room = room;
	}
	links->list[links->n++] = *link;

	return 0;
}

int pw_links_carry(const struct pw_links *links, struct pw_image *image)
{
	const struct pw_bank *bank = &image->bank;

	for (size_t i = 0; i < links->n; i++) {
		const struct pw_found_link *found = &links->list[i];
		struct pw_inode_key key = {.ino = found->ino};
		struct pw_link *link;

		if (!(bank->object_flags[found->object] & PW_OBJECT_PRESENT))
			continue;
		while (key.fs < bank->nfs &&
		       memcmp(&bank->fs[key.fs].id, &found->fs, sizeof(found->fs)) != 0)
			key.fs++;
		if (key.fs == bank->nfs)
			continue;
		link = pw_table_add(&image->tables[PW_MAP_LINKS], &key);
		if (!link)
			return -ENOMEM;
		link->generation = found->generation;
		link->object = found->object;
		link->root = found->root;
	}

	return 0;
}

int pw_scan_new(const struct pw_image *image, struct pw_kernel *kernel, struct pw_scan **ret)
{
	struct pw_scan *scan = calloc(1, sizeof(*scan));

	if (!scan)
		return -ENOMEM;
	scan->image = image;
	scan->kernel = kernel;

	*ret = scan;
	return 0;
}

static void forget_files(struct pw_scan *scan)
{
	for (size_t i = 0; i < scan->nfiles; i++)
		close((int)scan->files[i].fd);
	scan->nfiles = 0;
}

struct pw_scan *pw_scan_free(struct pw_scan *scan)
{
	if (!scan)
		return NULL;
	forget_files(scan);
	while (scan->depth > 0)
		closedir(scan->levels[--scan->depth]);
	free(scan);
	return NULL;
}

const char *pw_scan_at(const struct pw_scan *scan)
{
	return scan->at < scan->image->nscan ? scan->image->scan[scan->at].path : NULL;
}

/* Files that were collected get their identities and become entries of @found. */
static int identify_files(struct pw_scan *scan, struct pw_links *found)
{
	int r = 0;

	if (scan->nfiles > 0)
		r = pw_kernel_identify(scan->kernel, scan->files, scan->nfiles);
	for (size_t i = 0; r == 0 && i < scan->nfiles; i++) {
		const struct pw_identity *file = &scan->files[i];
		struct pw_found_link link = {
			.fs = file->fs,
			.ino = file->ino,
			.generation = file->generation,
			.object = scan->object,
			.root = scan->root,
		};

		r = pw_links_add(found, &link);
	}
	forget_files(scan);

	return r;
}

/* Keeps @fd, which it takes over, until its identity is asked for. */
static int collect(struct pw_scan *scan, int fd, struct pw_links *found)
{
	scan->files[scan->nfiles++].fd = (uint32_t)fd;

	return scan->nfiles == PW_SCAN_BATCH ? identify_files(scan, found) : 0;
}

static int descend(struct pw_scan *scan, int fd)
{
	_cleanup_close_ int list = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir;

	if (list < 0)
		return -errno;
	if (scan->depth == PW_WALK_MAX)
		return -ELOOP;
	dir = fdopendir(list);
	if (!dir)
		return -errno;
	TAKE_FD(list);
	scan->levels[scan->depth++] = dir;

	return 0;
}

/* A directory that is another path of the policy has a turn of its own. */
static bool has_own_turn(const struct pw_scan *scan, const struct stat *st)
{
	struct stat other;

	for (size_t i = 0; i < scan->image->nscan; i++)
		if (i != scan->at && stat(scan->image->scan[i].path, &other) == 0 &&
		    other.st_ino == st->st_ino && other.st_dev == st->st_dev)
			return true;

	return false;
}

static int look_at(struct pw_scan *scan, int dirfd, const char *name, struct pw_links *found)
{
	_cleanup_close_ int fd = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (S_ISREG(st.st_mode) && st.st_nlink > 1)
		return collect(scan, TAKE_FD(fd), found);
	if (!S_ISDIR(st.st_mode) || st.st_dev != scan->dev || has_own_turn(scan, &st))
		return 0;

	return descend(scan, fd);
}

/* Begins with the path that is next. */
static int begin(struct pw_scan *scan, struct pw_links *found)
{
	const struct pw_scan_root *root = &scan->image->scan[scan->at];
	_cleanup_close_ int fd = open(root->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	scan->dev = st.st_dev;
	scan->object = root->object;
	scan->root = root->root;
	if (S_ISREG(st.st_mode) && st.st_nlink > 1)
		return collect(scan, TAKE_FD(fd), found);

	return S_ISDIR(st.st_mode) ? descend(scan, fd) : 0;
}

static int one_name(struct pw_scan *scan, struct pw_links *found)
{
	DIR *dir = scan->levels[scan->depth - 1];
	struct dirent *entry;

	errno = 0;
	entry = readdir(dir);
	if (!entry) {
		if (errno != 0)
			return -errno;
		closedir(dir);
		scan->depth--;
		return 0;
	}
	if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
		return 0;

	return look_at(scan, dirfd(dir), entry->d_name, found);
}

int pw_scan_step(struct pw_scan *scan, struct pw_links *found)
{
	bool begun = scan->depth > 0;
	int r = 0;

	for (int i = 0; r == 0 && i < PW_SCAN_NAMES && scan->at < scan->image->nscan; i++) {
		if (scan->depth > 0) {
			r = one_name(scan, found);
		} else if (!begun) {
			r = begin(scan, found);
			begun = true;
		}
		if (r == 0 && scan->depth == 0) {
			r = identify_files(scan, found);
			scan->at++;
			begun = false;
		}
	}
	if (r == 0)
		r = identify_files(scan, found);
	if (r < 0)
		return r;

	return scan->at < scan->image->nscan;
}
