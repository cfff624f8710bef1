// SPDX-License-Identifier: BSD-2-Clause
/* The way to the pins, which the guard keeps open: the mounts on it, and its directories. */
#include <fcntl.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/mounts.h"
#include "publish/kernel_private.h"
#include "publish/pins.h"

/* The one that is named @id, or when that is 0 the topmost that holds the pins. */
static const struct pw_mount *find(const struct pw_mounts *mounts, uint32_t id)
{
	for (size_t i = mounts->n; i-- > 0;)
		if (id ? mounts->entries[i].id == id :
			 strcmp(mounts->entries[i].point, PW_BPF_FS) == 0)
			return &mounts->entries[i];

	return NULL;
}

static int note_mounts(struct pw_state *state)
{
	struct pw_mounts mounts = PW_MOUNTS_INIT;
	struct pw_own_mount way[PW_OWN_MOUNTS] = {};
	const struct pw_mount *at;
	int r;

	r = pw_mounts_refresh(&mounts);
	at = r < 0 ? NULL : find(&mounts, 0);
	for (size_t i = 0; at && i < PW_OWN_MOUNTS; i++) {
		way[i] = (struct pw_own_mount){.id = at->id, .dev = at->dev};
		at = at->parent != at->id ? find(&mounts, at->parent) : NULL;
	}
	if (r >= 0)
		memcpy(state->own_mounts, way, sizeof(way));
	pw_mounts_done(&mounts);

	return r < 0 ? r : 0;
}

static int note_directories(struct pw_kernel *kernel)
{
	static const char *const paths[] = {
		"/", "/sys", "/sys/fs", PW_BPF_FS, [PW_OWN_PINS] = PW_PIN_DIR,
	};
	struct pw_identity ids[PW_ARRAY_SIZE(paths)] = {};
	struct pw_state *state = pw_kernel_state(kernel);
	size_t n = 0;
	int r = 0;

	for (; r == 0 && n < PW_ARRAY_SIZE(paths); n++) {
		int fd = open(paths[n], O_PATH | O_CLOEXEC);

		if (fd < 0) {
			r = -errno;
			break;
		}
		ids[n].fd = (__u32)fd;
	}
	if (r == 0)
		r = pw_kernel_identify(kernel, ids, n);
	for (size_t i = 0; i < n; i++) {
		close((int)ids[i].fd);
		if (r == 0)
			state->own_directories[i] = (struct pw_own_directory){
				.ino = ids[i].ino, .dev = ids[i].dev,
			};
	}

	return r;
}

int pw_kernel_note_way(struct pw_kernel *kernel)
{
	int r = note_mounts(pw_kernel_state(kernel));

	return r < 0 ? r : note_directories(kernel);
}
