/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside the compiler of images: what its parts share. */
#ifndef PW_PUBLISH_BUILD_H
#define PW_PUBLISH_BUILD_H

#include "publish/image.h"

struct pw_build {
	const struct pw_policy *policy;
	const struct pw_resolved *resolved;
	struct pw_ids *ids;
	struct pw_diag *diag;
	struct pw_image *image;
	uint32_t *subjects;	/* kernel id by index in the policy */
	uint32_t *objects;
	size_t nplaces;		/* places given so far; 0 is none */
	const char *places[PW_PLACES_MAX];	/* their canonical paths; borrowed */
	uint32_t ncode_sets;	/* given so far; 0 is none */
};

/* The kernel id of an index of policy.h, the words included. */
uint32_t pw_build_subject(const struct pw_build *build, size_t index);
void pw_build_set(const struct pw_build *build, const struct pw_subject_list *list,
		  struct pw_subject_set *set);
/* PW_SUBJECT_* of what the subject says of itself, and of the network of others. */
uint32_t pw_build_subject_flags(const struct pw_subject_policy *subject);
uint32_t pw_build_others_flags(const struct pw_policy *policy);
void pw_set_add(struct pw_subject_set *set, uint32_t subject);
void pw_set_unite(struct pw_subject_set *into, const struct pw_subject_set *from);

/* bank_files.c: file systems, roots, names, places, programs. */
int pw_build_files(struct pw_build *build);
int pw_build_canary(struct pw_build *build);
/* The number of a path for records; 0 on failure. */
uint32_t pw_build_root(struct pw_build *build, const char *path);
/* Makes @path and the names it is held by mean root number @root. */
int pw_build_socket(struct pw_build *build, const struct pw_resolved_path *path, uint32_t root);
int pw_build_pending(struct pw_build *build, const char *path);

/* bank_code.c: code sets, after the programs. */
int pw_build_code(struct pw_build *build);
/* The daemon's program by its name; in an image that was read its code sets are there. */
int pw_build_daemon_name(struct pw_build *build);

/* bank_programs.c */
int pw_build_programs(struct pw_build *build);
int pw_build_program_names(struct pw_image *image, const struct pw_ids *ids);
int pw_build_daemon(struct pw_build *build);
/* bank_net.c: prefixes and doors. */
int pw_build_net(struct pw_build *build);
/* bank_known.c: after all others, from what they made. */
void pw_build_known(struct pw_build *build);

/* Shared by the above. With PW_FS_CODE among @fs_flags it is of the layer of code. */
int pw_build_key(struct pw_build *build, const struct pw_identity *file, uint32_t fs_flags,
		 const struct pw_position *at, struct pw_inode_key *ret);
/* What an inode means so far; NULL with a diagnostic. @itself: more than the names in it. */
struct pw_root *pw_build_inode(struct pw_build *build, const struct pw_identity *file,
			       uint32_t fs_flags, bool itself, const struct pw_position *at);

/*
 * What the name @held means so far; NULL with a diagnostic. The marks by which walks guess
 * are set for the layer of files.
 */
struct pw_name *pw_build_name(struct pw_build *build, const struct pw_hold *held,
			      uint32_t fs_flags, const struct pw_position *at);
/* Sets the mark of @name in @marks, of PW_NAME_MARKS bits; returns the name's first eight bytes. */
uint64_t pw_build_mark(__u64 *marks, const char *name);

#endif
