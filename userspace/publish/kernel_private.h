/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside kernel.h: what its parts share. */
#ifndef PW_PUBLISH_KERNEL_PRIVATE_H
#define PW_PUBLISH_KERNEL_PRIVATE_H

#include <bpf/libbpf.h>

#include "publish/kernel.h"

#define PW_PIN_PATH_MAX 128
#define PW_GATE_PROGRAM "pw_bpf"	/* attached before all others, detached after them */

struct pw_kernel {
	int maps[PW_MAP_MAX_];
	struct pw_shared *shared;
};

/* How a program takes effect. */
enum pw_program_kind {
	PW_PROGRAM_SKIPPED,	/* not for this kernel */
	PW_PROGRAM_TRACING,	/* LSM hooks and tracepoints */
	PW_PROGRAM_CGROUP,	/* on the root cgroup */
	PW_PROGRAM_BY_HAND,	/* iterators, note */
};

/*
 * The programs of this build as this kernel needs them: not loaded, with
 * autoload off for what the kernel has no hook for. Needs no rights. Opened
 * once a process and kept; borrowed, not to be changed.
 */
int pw_programs(struct bpf_object **ret);
enum pw_program_kind pw_program_kind(const struct bpf_program *program);
/* Attached only for a bank with PW_BANK_UDP_INGRESS. */
bool pw_program_for_udp(const struct bpf_program *program);

/* DIR/NAME into @path. */
int pw_pin_path(char path[static PW_PIN_PATH_MAX], const char *dir, const char *name);

/* Descriptor of a pinned program. */
int pw_program_fd(const char *name);

/* Removes every file in @dir, @last at the end if not NULL, and the directory. */
int pw_pins_remove(const char *dir, const char *last);

#endif
