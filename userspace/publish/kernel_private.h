/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside kernel.h: what its parts share. */
#ifndef PW_PUBLISH_KERNEL_PRIVATE_H
#define PW_PUBLISH_KERNEL_PRIVATE_H

#include <bpf/libbpf.h>

#include "publish/kernel.h"
#include "publish/module.h"

#define PW_PIN_PATH_MAX 128
#define PW_GATE_PROGRAM "pw_bpf"	/* attached before all others, detached after them */

struct pw_kernel {
	int maps[PW_MAP_MAX_];
	struct pw_shared *shared;
	struct pw_shared *seen;	/* a copy, of who may only look; otherwise NULL */
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

/*
 * Maps, programs and links by their names, @kind as in module.h. What the module holds is
 * taken from there, where nobody can have put another; what it does not, by its pin.
 */
int pw_object_pin(char path[static PW_PIN_PATH_MAX], unsigned int kind, const char *name);
int pw_object_open(unsigned int kind, const char *name);
bool pw_object_exists(unsigned int kind, const char *name);
/* From both; 0 also when it was in neither. */
int pw_object_remove(unsigned int kind, const char *name);

int pw_program_fd(const char *name);

/* The map of links of a bank: the one that is made anew with each bank and has a pin. */
#define PW_LINKS_NAME_MAX 16
void pw_links_name(char name[static PW_LINKS_NAME_MAX], uint32_t slot);

/* Makes the directories of pins; -EEXIST when one was there. */
int pw_pins_make(void);

/* Removes every file in @dir, @last at the end if not NULL, and the directory. */
int pw_pins_remove(const char *dir, const char *last);

#endif
