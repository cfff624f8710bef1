// SPDX-License-Identifier: BSD-2-Clause
/* The way to the pins, which the guard keeps open: the mounts on it, and its directories. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "publish/kernel_private.h"
#include "publish/pins.h"

#define KERNEL_DEV(major, minor) ((major) << 20 | (minor))

struct mount {
	unsigned int id;
	unsigned int parent;
	unsigned int dev;
	bool is_pins;	/* what is mounted on PW_BPF_FS */
};

static bool parse(const char *line, struct mount *ret)
{
	unsigned int major, minor;
	char point[256];

	if (sscanf(line, "%u %u %u:%u %*s %255s", &ret->id, &ret->parent, &major, &minor, point) != 5)
		return false;
	ret->dev = KERNEL_DEV(major, minor);
	ret->is_pins = strcmp(point, PW_BPF_FS) == 0;

	return true;
}

static int read_mounts(struct mount **ret, size_t *ret_n)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/self/mountinfo", "re");
	_cleanup_free_ struct mount *mounts = NULL;
	_cleanup_free_ char *line = NULL;
	size_t size = 0, n = 0, room = 0;

	if (!file)
		return -errno;
	while (getline(&line, &size, file) > 0) {
		if (n == room) {
			struct mount *grown = reallocarray(mounts, room + 64, sizeof(*mounts));

			if (!grown)
				return -ENOMEM;
			mounts = grown;
			room += 64;
		}
		n += parse(line, &mounts[n]);
	}

	*ret = TAKE_PTR(mounts);
	*ret_n = n;
	return 0;
}

/* The one that is named @id, or when that is 0 the topmost that holds the pins. */
static const struct mount *find(const struct mount *mounts, size_t n, unsigned int id)
{
	for (size_t i = n; i-- > 0;)
		if (id ? mounts[i].id == id : mounts[i].is_pins)
			return &mounts[i];

	return NULL;
}

static int note_mounts(struct pw_state *state)
{
	_cleanup_free_ struct mount *mounts = NULL;
	struct pw_own_mount way[PW_OWN_MOUNTS] = {};
	const struct mount *at;
	size_t n = 0;
	int r;

	r = read_mounts(&mounts, &n);
	if (r < 0)
		return r;
	at = find(mounts, n, 0);
	for (size_t i = 0; at && i < PW_OWN_MOUNTS; i++) {
		way[i] = (struct pw_own_mount){.id = at->id, .dev = at->dev};
		at = at->parent != at->id ? find(mounts, n, at->parent) : NULL;
	}
	memcpy(state->own_mounts, way, sizeof(way));

	return 0;
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
