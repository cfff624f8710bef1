/* SPDX-License-Identifier: BSD-2-Clause */
/* One compiled policy: exactly the bytes that go into the kernel's maps. */
#ifndef PW_PUBLISH_IMAGE_H
#define PW_PUBLISH_IMAGE_H

#include "publish/catalog.h"
#include "publish/ids.h"
#include "publish/kernel.h"
#include "publish/resolve.h"

/* The entries of one map, in the order in which they were made. */
struct pw_table {
	size_t key_size;
	size_t value_size;
	size_t n;
	size_t room;
	unsigned char *keys;
	unsigned char *values;
};

/* A path of an object that is there. */
struct pw_scan_root {
	char *path;		/* canonical */
	uint32_t object;
	uint32_t root;
};

struct pw_image {
	struct pw_bank bank;
	struct pw_table tables[PW_MAP_MAX_];	/* the banked ones are used */
	struct pw_catalog *catalog;
	char **pending;		/* paths, for people; NULL-terminated */
	size_t npending;
	struct pw_scan_root *scan;	/* where files of objects lie */
	size_t nscan;
};

/*
 * Compiles. Takes numbers from @ids, and the next generation; nothing is
 * written anywhere. -E2BIG or -ENOSPC over a capacity and -EINVAL, explained
 * in @diag at the line that is wrong.
 */
int pw_image_build(const struct pw_policy *policy, const struct pw_resolved *resolved,
		   struct pw_ids *ids, struct pw_image **ret, struct pw_diag *diag);
struct pw_image *pw_image_free(struct pw_image *image);

/* Whether two images differ in nothing but their generation and the links that were found. */
bool pw_image_same(const struct pw_image *a, const struct pw_image *b);

/* The value of @key, NULL when absent. Stays valid until the next pw_table_add(). */
void *pw_table_find(const struct pw_table *table, const void *key);
/* The value of @key, made of zeros when absent; NULL: no memory. */
void *pw_table_get(struct pw_table *table, const void *key);
/* A new entry, whatever is there; NULL: no memory. */
void *pw_table_add(struct pw_table *table, const void *key);

static inline void pw_image_freep(struct pw_image **image)
{
	*image = pw_image_free(*image);
}

#endif
