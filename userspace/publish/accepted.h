/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The policy that was accepted last, kept over restarts and boots: its text,
 * its version, and where the paths of its objects lay, so that a volume is
 * protected from the moment it is mounted.
 */
#ifndef PW_PUBLISH_ACCEPTED_H
#define PW_PUBLISH_ACCEPTED_H

#include "publish/resolve.h"

struct pw_accepted_root {
	char *path;
	struct pw_identity file;	/* dev, fs, ino and generation are kept */
};

struct pw_accepted {
	char *policy;
	uint64_t version;
	char digest[2 * PW_DIGEST_LEN + 1];
	struct pw_source *sources;	/* name, text and length are set */
	size_t nsources;
	struct pw_accepted_root *roots;
	size_t nroots;
};

/* -ENOENT: there is none. -EBADMSG: the file is broken. */
int pw_accepted_read(int state_dir, struct pw_accepted **ret);
/* Keeps @resolved's policy. */
int pw_accepted_write(int state_dir, const struct pw_resolved *resolved);
int pw_accepted_forget(int state_dir);
/* Whether there is one, broken or not. */
bool pw_accepted_exists(int state_dir);
struct pw_accepted *pw_accepted_free(struct pw_accepted *accepted);

/* A pw_before_fn; @accepted may be NULL. */
bool pw_accepted_before(void *accepted, const char *path, struct pw_identity *ret);

static inline void pw_accepted_freep(struct pw_accepted **accepted)
{
	*accepted = pw_accepted_free(*accepted);
}

#endif
