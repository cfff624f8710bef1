// SPDX-License-Identifier: BSD-2-Clause
#include <bpf/bpf.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#include "common/cleanup.h"
#include "publish/kernel_private.h"
#include "publish/pins.h"

#define PW_CGROUP_ROOT "/sys/fs/cgroup"

/* One call of pw_kernel_attach(); what it attached is undone when it fails. */
struct attaching {
	struct pw_diag *diag;
	uint32_t bank_flags;
	int cgroup;
	char (*done)[PW_PIN_PATH_MAX];
	size_t ndone;
};

static int open_cgroup(struct pw_diag *diag)
{
	struct statfs fs;
	int fd;

	if (statfs(PW_CGROUP_ROOT, &fs) < 0 || fs.f_type != CGROUP2_SUPER_MAGIC) {
		pw_diag_add(diag, PW_DIAG_ERROR, NULL,
			    PW_CGROUP_ROOT " is not the unified cgroup hierarchy (cgroup2)");
		return -ENODEV;
	}
	fd = open(PW_CGROUP_ROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int link_program(const struct attaching *on, const struct bpf_program *program, int fd)
{
	int link;

	if (pw_program_kind(program) == PW_PROGRAM_TRACING)
		link = bpf_raw_tracepoint_open(NULL, fd);
	else
		link = bpf_link_create(fd, on->cgroup,
				       bpf_program__expected_attach_type(program), NULL);

	return link < 0 ? -errno : link;
}

static int attach_one(struct attaching *on, const struct bpf_program *program, const char *path)
{
	_cleanup_close_ int fd = -EBADF, link = -EBADF;

	fd = pw_program_fd(bpf_program__name(program));
	if (fd < 0)
		return fd;
	link = link_program(on, program, fd);
	if (link < 0)
		return link;

	return bpf_obj_pin(link, path) < 0 ? -errno : 0;
}

static int attach(struct attaching *on, const struct bpf_program *program)
{
	enum pw_program_kind kind = pw_program_kind(program);
	char path[PW_PIN_PATH_MAX];
	int r;

	if (kind != PW_PROGRAM_TRACING && kind != PW_PROGRAM_CGROUP)
		return 0;
	r = pw_pin_path(path, PW_PIN_LINKS, bpf_program__name(program));
	if (r < 0)
		return r;
	if (pw_program_for_udp(program) && !(on->bank_flags & PW_BANK_UDP_INGRESS))
		return pw_object_remove(PW_GUARD_LINK, bpf_program__name(program));
	if (pw_object_exists(PW_GUARD_LINK, bpf_program__name(program)))
		return 0;
	r = attach_one(on, program, path);
	if (r < 0) {
		pw_diag_add(on->diag, PW_DIAG_ERROR, NULL, "%s cannot be attached: %s",
			    bpf_program__section_name(program), strerror(-r));
		return r;
	}
	memcpy(on->done[on->ndone++], path, sizeof(path));

	return 0;
}

static int attach_all(struct attaching *on, struct bpf_object *object)
{
	struct bpf_program *program;
	int r = 0;

	program = bpf_object__find_program_by_name(object, PW_GATE_PROGRAM);
	if (program)
		r = attach(on, program);
	bpf_object__for_each_program(program, object) {
		if (r < 0)
			break;
		r = attach(on, program);
	}

	return r;
}

int pw_kernel_attach(uint32_t bank_flags, struct pw_diag *diag)
{
	_cleanup_close_ int cgroup = -EBADF;
	struct attaching on = {.diag = diag, .bank_flags = bank_flags};
	struct bpf_program *program;
	struct bpf_object *object;
	size_t n = 0;
	int r;

	r = pw_programs(&object);
	if (r < 0)
		return r;
	bpf_object__for_each_program(program, object)
		n++;
	on.cgroup = cgroup = open_cgroup(diag);
	if (cgroup < 0)
		return cgroup;
	on.done = calloc(n + 1, sizeof(*on.done));
	if (!on.done)
		return -ENOMEM;
	r = attach_all(&on, object);
	while (r < 0 && on.ndone > 0)
		unlink(on.done[--on.ndone]);
	free(on.done);

	return r;
}

/* ---- Holding ------------------------------------------------------------------------------- */

/* What is not pinned is either held already, or not needed by this policy. */
static int hold(unsigned int kind, const char *name)
{
	_cleanup_close_ int fd = -EBADF;
	char path[PW_PIN_PATH_MAX];
	int r;

	r = pw_object_pin(path, kind, name);
	if (r < 0)
		return r;
	fd = bpf_obj_get(path);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;

	return pw_module_hold(kind, name, fd);
}

/* Calls @each for all that is ever pinned, until it fails. */
static int for_each_object(int (*each)(unsigned int kind, const char *name))
{
	char name[PW_LINKS_NAME_MAX];
	struct bpf_object *object;
	struct bpf_program *program;
	struct bpf_map *map;
	int r;

	r = pw_programs(&object);
	if (r < 0)
		return r;
	bpf_object__for_each_program(program, object) {
		if (pw_program_kind(program) == PW_PROGRAM_SKIPPED)
			continue;
		r = each(PW_GUARD_PROGRAM, bpf_program__name(program));
		if (r == 0)
			r = each(PW_GUARD_LINK, bpf_program__name(program));
		if (r < 0)
			return r;
	}
	bpf_object__for_each_map(map, object) {
		r = bpf_map__is_internal(map) ? 0 : each(PW_GUARD_MAP, bpf_map__name(map));
		if (r < 0)
			return r;
	}
	for (uint32_t slot = 0; slot < PW_BANK_SLOTS; slot++) {
		pw_links_name(name, slot);
		r = each(PW_GUARD_MAP, name);
		if (r < 0)
			return r;
	}

	return each(PW_GUARD_MAP, PW_GUARD_ROLE_STATE);
}

int pw_kernel_hold(void)
{
	struct pw_guard_status status;
	int r = pw_module_status(&status);

	if (r < 0)
		return r == -ENOENT ? 0 : r;

	return status.state & PW_GUARD_SEALED ? 0 : for_each_object(hold);
}

static int fail_unless_held(unsigned int kind, const char *name)
{
	return kind != PW_GUARD_LINK || !pw_object_exists(kind, name) ||
	       pw_module_holds(kind, name) ? 0 : -ENOENT;
}

bool pw_kernel_all_held(void)
{
	return for_each_object(fail_unless_held) == 0;
}

/* ---- Letting go ------------------------------------------------------------------------------ */

/* A module that cannot be used, because it was loaded later, holds nothing of ours. */
static int drop(int (*each)(unsigned int kind, const char *name))
{
	struct pw_guard_status status;

	return pw_module_status(&status) < 0 ? 0 : for_each_object(each);
}

/* From the module only: what is pinned goes after it, in its order. */
static int drop_link(unsigned int kind, const char *name)
{
	return kind == PW_GUARD_LINK ? pw_module_drop(kind, name) : 0;
}

int pw_kernel_detach(void)
{
	int r = drop(drop_link);

	if (r == 0)
		r = pw_pins_remove(PW_PIN_LINKS, PW_GATE_PROGRAM);
	if (r < 0)
		return r;
	r = pw_pins_make();

	return r == -EEXIST ? 0 : r;
}

int pw_kernel_unload(void)
{
	int r = drop(pw_module_drop);

	if (r == 0)
		r = pw_pins_remove(PW_PIN_LINKS, PW_GATE_PROGRAM);
	if (r == 0)
		r = pw_pins_remove(PW_PIN_PROGRAMS, NULL);
	if (r == 0)
		r = pw_pins_remove(PW_PIN_MAPS, NULL);
	if (r == 0 && rmdir(PW_PIN_DIR) < 0 && errno != ENOENT)
		r = -errno;

	return r;
}
