/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the names of a policy to what they are on this machine: the kernel's
 * identities of files, the numbers of users. Nothing is opened for reading but
 * the first two bytes of programs; files are opened with O_PATH, name by name.
 */
#ifndef PW_PUBLISH_RESOLVE_H
#define PW_PUBLISH_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <phiward/abi.h>

#include "policy/diag.h"
#include "policy/policy.h"

/* (directory, name): held whatever stands there. */
struct pw_hold {
	struct pw_hold *next;
	struct pw_identity parent;
	char name[PW_FILE_NAME_MAX];
};

struct pw_way {
	struct pw_way *next;
	struct pw_identity directory;
};

enum pw_state_of_path {
	PW_PATH_RESOLVED,
	PW_PATH_MISSING,	/* a component is missing; holds has the first missing name */
	PW_PATH_UNMOUNTED,	/* /etc/fstab names a mount point at or above it that is not mounted */
	PW_PATH_ELSEWHERE,	/* on another file system than at the last apply */
};

struct pw_resolved_path {
	const char *path;		/* as in the policy; borrowed */
	const struct pw_position *at;	/* borrowed */
	char *canonical;		/* with symbolic links resolved; up to what is missing */
	enum pw_state_of_path state;
	struct pw_identity file;	/* unless missing or unmounted */
	bool script;			/* a program that begins with #! */
	struct pw_hold *holds;		/* its own name, and those of symbolic links on the way */
	bool keeps_way;			/* in: @way is wanted */
	struct pw_way *way;		/* the directories that lead to it, but the top */
	bool known;			/* @before is set: where it lay at the last apply */
	struct pw_identity before;
};

struct pw_resolved_volume {
	const struct pw_volume *volume;	/* borrowed */
	bool found;
	struct pw_fs_id fs;
};

/* Parallel to the policy's arrays. */
struct pw_resolved_object {
	struct pw_resolved_path *paths;
	struct pw_resolved_volume *volumes;
};

struct pw_resolved_subject {
	struct pw_resolved_path *exec;
	struct pw_resolved_path *helpers;
	struct pw_resolved_path *writes;
	struct pw_resolved_path *sockets;	/* unix paths of all its rules, in order */
	size_t nsockets;
	uint32_t *users;
};

/* Where a code set begins, beside programs and helpers. Each path is there once. */
struct pw_resolved_code {
	struct pw_resolved_path path;
	bool *members;		/* by index in the policy */
	bool daemon;		/* phiwardd is one, too */
	bool stated;		/* the policy names it, or /etc/fstab: it is pending when missing */
	char *mount;		/* its path, where a file system that is mounted in another set gave it */
	uint32_t flags;		/* PW_CODE_* */
};

/* Who may open a session: numbers, parallel to struct pw_glass_policy. */
struct pw_resolved_glass {
	uint32_t *users;
	uint32_t *groups;
};

struct pw_resolved {
	const struct pw_policy *policy;		/* borrowed */
	struct pw_resolved_code *code;
	size_t ncode;
	struct pw_resolved_object *objects;
	struct pw_resolved_subject *subjects;
	struct pw_resolved_path *others_sockets;
	size_t nothers_sockets;
	struct pw_resolved_glass glass[PW_GLASS_KINDS];
	struct pw_resolved_path canary;
	struct pw_resolved_path daemon;		/* the program that runs */
};

/* Fills @ids[0..n) for the descriptors in @ids[].fd; pw_kernel_identify() but in tests. */
typedef int (*pw_identify_fn)(void *data, struct pw_identity *ids, size_t n);

/* Where the path of an object lay at the last apply; false when it is not known. */
typedef bool (*pw_before_fn)(void *data, const char *path, struct pw_identity *ret);

/* What phiward guards of its own. */
struct pw_own_path {
	const char *path;
	uint32_t flags;		/* PW_CODE_* */
};

struct pw_resolver {
	pw_identify_fn identify;
	void *identify_data;
	pw_before_fn before;	/* NULL: nothing is known */
	void *before_data;
	bool rebase;		/* what is found on another file system than before is right now */
	const char *canary;	/* path of the canary file */
	const char *daemon;	/* path of the daemon's program */
	const struct pw_own_path *own;
	size_t nown;
};

/* Errors are explained in @diag, at the name that is wrong. */
int pw_resolve(const struct pw_policy *policy, const struct pw_resolver *resolver,
	       struct pw_resolved **ret, struct pw_diag *diag);
struct pw_resolved *pw_resolved_free(struct pw_resolved *resolved);


static inline void pw_resolved_freep(struct pw_resolved **resolved)
{
	*resolved = pw_resolved_free(*resolved);
}

#endif
