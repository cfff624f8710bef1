/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The policy that was accepted last, kept over restarts and boots: its text,
 * its version, and where the paths of its objects lay, so that a volume is
 * protected from the moment it is mounted.
 */
#ifndef PW_PUBLISH_ACCEPTED_H
#define PW_PUBLISH_ACCEPTED_H

#include "publish/image.h"

struct pw_accepted_root {
	char *path;
	struct pw_identity file;	/* dev, fs, ino and generation are kept */
};

struct pw_accepted {
	char *policy;
	uint64_t version;
	uint64_t site_version;		/* of the site's file over it; 0: none */
	char digest[2 * PW_DIGEST_LEN + 1];
	struct pw_source *sources;	/* name, text and length are set */
	size_t nsources;
	struct pw_accepted_root *roots;
	size_t nroots;
};

/*
 * -ENOENT: there is none, -ENODATA: it was unloaded on purpose; -EBADMSG: the file is
 * broken. @dir is the state directory or what the initramfs brought.
 */
int pw_accepted_read(int dir, struct pw_accepted **ret);
/* Keeps @resolved's policy as text, and as @image. */
int pw_accepted_write(int state_dir, const struct pw_resolved *resolved,
		      const struct pw_image *image);
/* Its image; errors as above, and -EPROTO: of another phiward. */
int pw_accepted_image(int dir, struct pw_image **ret);
/* Keeps that none is wanted, so that no copy takes its place. */
int pw_accepted_forget(int state_dir);
/* Whether one was accepted and not unloaded, be it damaged or lost. */
bool pw_accepted_exists(int state_dir);
/*
 * Where neither text nor image can be read: takes both from what the initramfs brought.
 * Returns 1 when it did; -EBADMSG: there is no good copy either.
 */
int pw_accepted_heal(int state_dir);
struct pw_accepted *pw_accepted_free(struct pw_accepted *accepted);

/* A pw_before_fn; @accepted may be NULL. */
bool pw_accepted_before(void *accepted, const char *path, struct pw_identity *ret);

static inline void pw_accepted_freep(struct pw_accepted **accepted)
{
	*accepted = pw_accepted_free(*accepted);
}

#endif
