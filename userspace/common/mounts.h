/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where file systems are mounted. Read from mountinfo, and again when the kernel says
 * that it changed.
 */
#ifndef PW_COMMON_MOUNTS_H
#define PW_COMMON_MOUNTS_H

#include <stddef.h>
#include <stdint.h>

struct pw_mount {
	uint32_t id;
	uint32_t parent;	/* the id of what it hangs on; its own where nothing is above it */
	uint32_t dev;		/* as the kernel holds it: major << 20 | minor */
	char *root;		/* directory of the file system that is mounted there */
	char *point;
	char *source;
};

struct pw_mounts {
	int fd;			/* /proc/self/mountinfo, polled for changes; < 0: not read yet */
	struct pw_mount *entries;
	size_t n;
};

#define PW_MOUNTS_INIT ((struct pw_mounts){ .fd = -1 })

/* Makes the table current: 1 when it was read anew, 0 when nothing changed, or an error. */
int pw_mounts_refresh(struct pw_mounts *mounts);

/*
 * The mount of @dev by which the whole file system can be seen, or else one of
 * a part of it. NULL: it is not mounted here. Valid until the next refresh.
 */
const struct pw_mount *pw_mounts_find(const struct pw_mounts *mounts, uint32_t dev);

/* The same from text, for tests. The text is changed. */
int pw_mounts_parse(struct pw_mounts *mounts, char *text);

void pw_mounts_done(struct pw_mounts *mounts);

#endif
