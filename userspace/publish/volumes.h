/* SPDX-License-Identifier: BSD-2-Clause */
/* Mount points and volumes, as /etc/fstab, mountinfo and udev name them. */
#ifndef PW_PUBLISH_VOLUMES_H
#define PW_PUBLISH_VOLUMES_H

#include <stdbool.h>

#include <phiward/abi.h>

#include "policy/policy.h"

/* Mount points of fstab on which nothing is mounted; NULL-terminated, pw_texts_free(). */
int pw_unmounted(char ***ret);
void pw_texts_free(char **texts);

static inline void pw_texts_freep(char ***texts)
{
	pw_texts_free(*texts);
}

/*
 * The identity that the file system of @volume has or will have. A UUID of 16
 * bytes is it; others, and labels, are looked up among the devices that are
 * there: -ENOENT when there is none.
 */
int pw_volume_id(const struct pw_volume *volume, struct pw_fs_id *ret);

#endif
