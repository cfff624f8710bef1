/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Paths of control groups by the number that events carry, which is the inode
 * number in the cgroup file system and is not given twice during a boot. The
 * tree is walked when a number is not known, at most once a second.
 */
#ifndef PW_AUDIT_CGROUPS_H
#define PW_AUDIT_CGROUPS_H

#include <stddef.h>
#include <stdint.h>

#define PW_CGROUPS_MAX 65536

struct pw_cgroup {
	uint64_t id;
	char *path;	/* below the root of the tree: /system.slice/orthanc.service */
};

struct pw_cgroups {
	struct pw_cgroup *entries;	/* ascending by id */
	size_t n;
	int64_t walked;			/* ns, when; 0: never */
};

/* NULL: not known (any more). @now: ns. Valid until the next call. */
const char *pw_cgroups_find(struct pw_cgroups *cgroups, uint64_t id, int64_t now);

/* Walks the tree at @root anew; for pw_cgroups_find() and for tests. */
int pw_cgroups_walk(struct pw_cgroups *cgroups, const char *root);

void pw_cgroups_done(struct pw_cgroups *cgroups);

#endif
