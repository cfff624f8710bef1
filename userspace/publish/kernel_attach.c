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
	bool there;
	int r;

	if (kind != PW_PROGRAM_TRACING && kind != PW_PROGRAM_CGROUP)
		return 0;
	r = pw_pin_path(path, PW_PIN_LINKS, bpf_program__name(program));
	if (r < 0)
		return r;
	there = access(path, F_OK) == 0;
	if (pw_program_for_udp(program) && !(on->bank_flags & PW_BANK_UDP_INGRESS))
		return there && unlink(path) < 0 ? -errno : 0;
	if (there)
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
