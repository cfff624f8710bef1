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
	enum pw_rescue rescue;	/* how far the kernel command line may go */
	char *file;		/* what pw_image_encode() made of it */
	size_t file_length;
};

/* Empty; NULL: no memory. */
struct pw_image *pw_image_new(void);

/*
 * Compiles. Takes numbers from @ids, and the next generation; nothing is
 * written anywhere. -E2BIG or -ENOSPC over a capacity and -EINVAL, explained
 * in @diag at the line that is wrong.
 */
int pw_image_build(const struct pw_policy *policy, const struct pw_resolved *resolved,
		   struct pw_ids *ids, struct pw_image **ret, struct pw_diag *diag);

/*
 * Keeps the image as a file, before pw_image_bind(): ABI, bytes of the maps and names, under
 * a SHA-256. Reading it needs neither the policy's text nor its paths. -EBADMSG: it is
 * damaged; -EPROTO: it is of another ABI than this program.
 */
int pw_image_encode(struct pw_image *image);
int pw_image_decode(const char *data, size_t length, struct pw_image **ret);

/* Gives an image that was read the next generation. -EEXIST: its numbers are taken. */
int pw_image_number(struct pw_image *image, struct pw_ids *ids);

/*
 * Adds what is another one in each boot, when the image has its numbers: the canary of @resolved, and
 * the daemon's program; and the names of all programs that have a number.
 */
int pw_image_bind(struct pw_image *image, const struct pw_resolved *resolved, struct pw_ids *ids,
		  struct pw_diag *diag);

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
