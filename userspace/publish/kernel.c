// SPDX-License-Identifier: BSD-2-Clause
#include "publish/kernel.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "publish/kernel_private.h"
#include "publish/pins.h"

#define PW_MAP_NAME(name, text) text,

static const char *const map_names[] = {PW_MAP_LIST(PW_MAP_NAME)};

int pw_pin_path(char path[static PW_PIN_PATH_MAX], const char *dir, const char *name)
{
	int n = snprintf(path, PW_PIN_PATH_MAX, "%s/%s", dir, name);

	return n < 0 || n >= PW_PIN_PATH_MAX ? -ENAMETOOLONG : 0;
}

static const char *const directories[] = {
	[PW_GUARD_LINK] = PW_PIN_LINKS,
	[PW_GUARD_MAP] = PW_PIN_MAPS,
	[PW_GUARD_PROGRAM] = PW_PIN_PROGRAMS,
};

int pw_object_pin(char path[static PW_PIN_PATH_MAX], unsigned int kind, const char *name)
{
	return pw_pin_path(path, directories[kind], name);
}

int pw_object_open(unsigned int kind, const char *name)
{
	char path[PW_PIN_PATH_MAX];
	int fd, r;

	r = pw_object_pin(path, kind, name);
	if (r < 0)
		return r;
	fd = pw_module_get(kind, name);
	if (fd >= 0) {
		if (access(path, F_OK) < 0)
			bpf_obj_pin(fd, path);	/* it is held, pinned or not */
		return fd;
	}
	fd = bpf_obj_get(path);

	return fd < 0 ? -errno : fd;
}

bool pw_object_exists(unsigned int kind, const char *name)
{
	char path[PW_PIN_PATH_MAX];

	return (pw_object_pin(path, kind, name) == 0 && access(path, F_OK) == 0) ||
	       pw_module_holds(kind, name);
}

int pw_object_remove(unsigned int kind, const char *name)
{
	char path[PW_PIN_PATH_MAX];
	int r;

	r = pw_object_pin(path, kind, name);
	if (r == 0)
		r = pw_module_drop(kind, name);
	if (r < 0)
		return r;

	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

int pw_program_fd(const char *name)
{
	return pw_object_open(PW_GUARD_PROGRAM, name);
}

struct shape {
	__u32 type;
	__u32 key_size;
	__u32 value_size;
};

/* What each map must look like; 0: not compared. */
static const struct shape shapes[PW_MAP_MAX_] = {
	[PW_MAP_SHARED] = {BPF_MAP_TYPE_ARRAY, 4, sizeof(struct pw_shared)},
	[PW_MAP_ROOTS] = {BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4},
	[PW_MAP_NAMES] = {BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4},
	[PW_MAP_LINKS] = {BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4},
	[PW_MAP_PROGRAMS] = {BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4},
	[PW_MAP_SCRIPTS] = {BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4},
	[PW_MAP_PREFIXES] = {BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4},
	[PW_MAP_DOORS] = {BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4},
	[PW_MAP_UNIX_DOORS] = {BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4},
	[PW_MAP_PATH_DOORS] = {BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4},
	[PW_MAP_LOCAL_ADDRS] = {BPF_MAP_TYPE_HASH, sizeof(struct pw_addr), 4},
	[PW_MAP_SEAL] = {BPF_MAP_TYPE_ARRAY, 4, sizeof(struct pw_seal)},
	[PW_MAP_TASKS] = {BPF_MAP_TYPE_TASK_STORAGE, 4, sizeof(struct pw_task)},
	[PW_MAP_RING_MEMBERS] = {BPF_MAP_TYPE_RINGBUF, 0, 0},
	[PW_MAP_RING_OTHERS] = {BPF_MAP_TYPE_RINGBUF, 0, 0},
	[PW_MAP_RING_TAMPER] = {BPF_MAP_TYPE_RINGBUF, 0, 0},
};

static int check_shape(int fd, enum pw_map map, struct pw_diag *diag)
{
	struct bpf_map_info info = {};
	__u32 length = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &length) < 0)
		return -errno;
	if (info.type == shapes[map].type && info.key_size == shapes[map].key_size &&
	    info.value_size == shapes[map].value_size)
		return 0;
	pw_diag_add(diag, PW_DIAG_ERROR, NULL,
		    "the pinned map '%s' is of another phiward than this one: run `phiward unload` "
		    "of the version that made it, or restart the machine",
		    map_names[map]);

	return -EPROTO;
}

static int open_maps(struct pw_kernel *kernel, struct pw_diag *diag)
{
	int r;

	for (int map = 0; map < PW_MAP_MAX_; map++) {
		kernel->maps[map] = pw_object_open(PW_GUARD_MAP, map_names[map]);
		if (kernel->maps[map] < 0)
			return kernel->maps[map];
		r = check_shape(kernel->maps[map], map, diag);
		if (r < 0)
			return r;
	}

	return 0;
}

static int map_shared(struct pw_kernel *kernel)
{
	void *at = mmap(NULL, sizeof(struct pw_shared), PROT_READ | PROT_WRITE, MAP_SHARED,
			kernel->maps[PW_MAP_SHARED], 0);

	if (at == MAP_FAILED)
		return -errno;
	kernel->shared = at;

	return 0;
}

static int check_abi(const struct pw_kernel *kernel, struct pw_diag *diag)
{
	if (kernel->shared->state.abi == PW_ABI_VERSION)
		return 0;
	pw_diag_add(diag, PW_DIAG_ERROR, NULL,
		    "what is pinned below " PW_PIN_DIR " speaks ABI %u, this program %d",
		    kernel->shared->state.abi, PW_ABI_VERSION);

	return -EPROTO;
}

static struct pw_kernel *new_kernel(void)
{
	struct pw_kernel *kernel = calloc(1, sizeof(*kernel));

	for (int map = 0; kernel && map < PW_MAP_MAX_; map++)
		kernel->maps[map] = -EBADF;

	return kernel;
}

int pw_kernel_adopt(struct pw_kernel **ret, struct pw_diag *diag)
{
	_cleanup_(pw_kernel_closep) struct pw_kernel *kernel = new_kernel();
	int r;

	if (!kernel)
		return -ENOMEM;
	if (access(PW_PIN_MAPS, F_OK) < 0) {
		if (!pw_module_holds(PW_GUARD_MAP, PW_GUARD_ROLE_STATE))
			return -ENOENT;
		pw_pins_make();	/* what was pinned was removed; here it comes back */
	}
	r = open_maps(kernel, diag);
	if (r == 0)
		r = map_shared(kernel);
	if (r == 0)
		r = check_abi(kernel, diag);
	if (r < 0)
		return r;

	*ret = TAKE_PTR(kernel);
	return 0;
}

int pw_kernel_look_again(struct pw_kernel *kernel)
{
	const __u32 only = 0;

	if (!kernel->seen)
		kernel->seen = malloc(sizeof(*kernel->seen));
	kernel->shared = kernel->seen;
	if (!kernel->seen)
		return -ENOMEM;

	return bpf_map_lookup_elem(kernel->maps[PW_MAP_SHARED], &only, kernel->seen) < 0 ? -errno :
											   0;
}

int pw_kernel_look(struct pw_kernel **ret, struct pw_diag *diag)
{
	_cleanup_(pw_kernel_closep) struct pw_kernel *kernel = new_kernel();
	LIBBPF_OPTS(bpf_obj_get_opts, options, .file_flags = BPF_F_RDONLY);
	int fd, r;

	if (!kernel)
		return -ENOMEM;
	fd = bpf_obj_get_opts(PW_PIN_MAPS "/" PW_GUARD_ROLE_STATE, &options);
	if (fd < 0 && errno != ENOENT)
		return -errno;
	if (fd < 0)
		fd = pw_module_get(PW_GUARD_MAP, PW_GUARD_ROLE_STATE);
	if (fd < 0)
		return fd;
	kernel->maps[PW_MAP_SHARED] = fd;
	r = check_shape(fd, PW_MAP_SHARED, diag);
	if (r == 0)
		r = pw_kernel_look_again(kernel);
	if (r == 0)
		r = check_abi(kernel, diag);
	if (r < 0)
		return r;

	*ret = TAKE_PTR(kernel);
	return 0;
}

struct pw_kernel *pw_kernel_close(struct pw_kernel *kernel)
{
	if (!kernel)
		return NULL;
	if (kernel->shared && !kernel->seen)
		munmap(kernel->shared, sizeof(*kernel->shared));
	for (int map = 0; map < PW_MAP_MAX_; map++)
		if (kernel->maps[map] >= 0)
			close(kernel->maps[map]);
	free(kernel->seen);
	free(kernel);
	return NULL;
}

int pw_kernel_map(const struct pw_kernel *kernel, enum pw_map map)
{
	return kernel->maps[map];
}

struct pw_state *pw_kernel_state(const struct pw_kernel *kernel)
{
	return &kernel->shared->state;
}

struct pw_bank *pw_kernel_bank(const struct pw_kernel *kernel, uint32_t slot)
{
	return &kernel->shared->banks[slot & (PW_BANK_SLOTS - 1)];
}

int pw_pins_make(void)
{
	static const char *const all[] = {PW_PIN_DIR, PW_PIN_MAPS, PW_PIN_LINKS, PW_PIN_PROGRAMS};
	int r = 0;

	for (size_t i = 0; i < PW_ARRAY_SIZE(all); i++) {
		if (mkdir(all[i], 0700) == 0)
			continue;
		r = -errno;
		if (r != -EEXIST)
			return r;
	}

	return r;
}

static void end_listing(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

int pw_pins_remove(const char *path, const char *last)
{
	_cleanup_(end_listing) DIR *dir = opendir(path);
	struct dirent *entry;

	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || (last && strcmp(entry->d_name, last) == 0))
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0) < 0)
			return -errno;
	}
	if (last && unlinkat(dirfd(dir), last, 0) < 0 && errno != ENOENT)
		return -errno;

	return rmdir(path) < 0 ? -errno : 0;
}

bool pw_kernel_attached(void)
{
	return pw_object_exists(PW_GUARD_LINK, PW_GATE_PROGRAM);
}
