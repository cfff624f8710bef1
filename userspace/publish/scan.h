/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The search for files of objects that have more than one link: another name
 * of them may lie outside. Directories are listed and names are looked at;
 * no file is opened for reading.
 */
#ifndef PW_PUBLISH_SCAN_H
#define PW_PUBLISH_SCAN_H

#include "publish/image.h"

struct pw_found_link {
	struct pw_fs_id fs;
	uint64_t ino;
	uint32_t generation;
	uint32_t object;
	uint32_t root;
};

struct pw_links {
	struct pw_found_link *list;
	size_t n;
	size_t room;
};

void pw_links_done(struct pw_links *links);

int pw_links_add(struct pw_links *links, const struct pw_found_link *link);

/* Entries of @links that mean something under @image, for its table. */
int pw_links_carry(const struct pw_links *links, struct pw_image *image);

struct pw_scan;

/* @image is borrowed and must live as long as the scan. */
int pw_scan_new(const struct pw_image *image, struct pw_kernel *kernel, struct pw_scan **ret);
struct pw_scan *pw_scan_free(struct pw_scan *scan);

/* Looks at a bounded number of names; appends to @found. 1: more to do; 0: done. */
int pw_scan_step(struct pw_scan *scan, struct pw_links *found);

/* The path of the object that it is at, for people; borrowed, NULL when done. */
const char *pw_scan_at(const struct pw_scan *scan);

#endif
