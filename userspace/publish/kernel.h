/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * phiward inside this kernel: its maps, programs and links. They are pinned
 * and outlive whoever opened them here; closing a struct pw_kernel changes
 * nothing of what is enforced.
 */
#ifndef PW_PUBLISH_KERNEL_H
#define PW_PUBLISH_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#include <phiward/abi.h>

#include "policy/diag.h"

/* The maps that userspace works with, by the names that they are pinned under. */
#define PW_MAP_LIST(X)                                                                             \
	X(PW_MAP_SHARED, "shared")                                                                 \
	X(PW_MAP_ROOTS, "roots")                                                                   \
	X(PW_MAP_NAMES, "names")                                                                   \
	X(PW_MAP_LINKS, "links")                                                                   \
	X(PW_MAP_PROGRAMS, "programs")                                                             \
	X(PW_MAP_SCRIPTS, "scripts")                                                               \
	X(PW_MAP_PREFIXES, "prefixes")                                                             \
	X(PW_MAP_DOORS, "doors")                                                                   \
	X(PW_MAP_UNIX_DOORS, "unix_doors")                                                         \
	X(PW_MAP_PATH_DOORS, "path_doors")                                                         \
	X(PW_MAP_LOCAL_ADDRS, "local_addrs")                                                       \
	X(PW_MAP_SEAL, "seal")                                                                     \
	X(PW_MAP_TASKS, "tasks")                                                                   \
	X(PW_MAP_RING_MEMBERS, "ring_members")                                                     \
	X(PW_MAP_RING_OTHERS, "ring_others")                                                       \
	X(PW_MAP_RING_TAMPER, "ring_tamper")

enum pw_map { PW_MAP_LIST(PW_ENUM_ENTRY) PW_MAP_MAX_ };

/* Those that exist once a bank: from PW_MAP_ROOTS to PW_MAP_PATH_DOORS. */
#define PW_MAP_BANKED_FIRST PW_MAP_ROOTS
#define PW_MAP_BANKED_LAST PW_MAP_PATH_DOORS

struct pw_kernel;

/*
 * What takes more rights than the daemon keeps: mounts the file system of pins where there
 * is none, and opens the device of the kernel module. What fails is said by what needs it.
 */
void pw_kernel_prepare(void);

/*
 * Opens what is pinned or held by the module: -ENOENT when nothing is, -EPROTO when it is of another
 * ABI than this program (@diag says which), -EPERM without the rights.
 */
int pw_kernel_adopt(struct pw_kernel **ret, struct pw_diag *diag);

/*
 * The same for who may only look: a copy of map `shared`, and nothing else. What is in force lets
 * root do this, and no more.
 */
int pw_kernel_look(struct pw_kernel **ret, struct pw_diag *diag);
/* A new copy, in the place of the one before. */
int pw_kernel_look_again(struct pw_kernel *kernel);

/*
 * Loads the programs and pins maps and programs; nothing is attached. The
 * caller has seen that nothing is pinned. Failures are explained in @diag.
 */
int pw_kernel_load(struct pw_kernel **ret, struct pw_diag *diag);

/* Closes; what is pinned stays. Accepts NULL, returns NULL. */
struct pw_kernel *pw_kernel_close(struct pw_kernel *kernel);

/* Descriptor of a map; borrowed. */
int pw_kernel_map(const struct pw_kernel *kernel, enum pw_map map);

/* The state, mapped; shared with every program in the kernel. */
struct pw_state *pw_kernel_state(const struct pw_kernel *kernel);

/* The bank in @slot, likewise; the one in force is not to be changed. */
struct pw_bank *pw_kernel_bank(const struct pw_kernel *kernel, uint32_t slot);

/*
 * Attaches and pins what is not attached yet, the gate first. What only a
 * policy with PW_BANK_UDP_INGRESS needs is attached for such a bank and
 * detached again for others. After a failure nothing more is attached than before.
 */
int pw_kernel_attach(uint32_t bank_flags, struct pw_diag *diag);

/*
 * Gives what is attached, and all that it needs, to the module to hold. 0 also without a
 * module and when it is sealed: then it holds all since before.
 */
int pw_kernel_hold(void);
/* Whether the module holds every link that is attached. */
bool pw_kernel_all_held(void);

/* Whether anything is attached: the gate is the first to be and the last not to be. */
bool pw_kernel_attached(void);

/* Detaches everything, the gate last. */
int pw_kernel_detach(void);

/* Removes all pins; what is attached is detached by that. */
int pw_kernel_unload(void);

/* Makes the calling process the subject PW_SUBJECT_DAEMON. */
int pw_kernel_label_daemon(struct pw_kernel *kernel);

/* Which subject the process of @pidfd is in, as its label says; PW_SUBJECT_OTHERS when it has none. */
int pw_kernel_subject_of(struct pw_kernel *kernel, int pidfd, uint32_t *ret);

/* Tells the guard by which mounts and directories the pins are reached now. */
int pw_kernel_note_way(struct pw_kernel *kernel);

/* One record of the daemon's own; -EAGAIN when it was lost and counted as such. */
int pw_kernel_note(struct pw_kernel *kernel, const struct pw_note *note);

/*
 * Has refusals and folded reads that were counted since their last record recorded: those that are due,
 * or @all. 1: some found no room in the rings, and stay counted.
 */
int pw_kernel_tell_repeats(struct pw_kernel *kernel, bool all);

/* The kernel's identities of @ids[].fd, descriptors of this process opened with O_PATH. */
int pw_kernel_identify(struct pw_kernel *kernel, struct pw_identity *ids, size_t n);

/*
 * Puts running tasks into the subjects of the bank in @slot. *@ret lists whom
 * it looked at; the caller frees it.
 */
int pw_kernel_adopt_tasks(struct pw_kernel *kernel, uint32_t slot, struct pw_adopted **ret,
			  size_t *ret_n);

/* Gives sockets that members listen on since before the policy to them. */
int pw_kernel_adopt_sockets(void);

static inline void pw_kernel_closep(struct pw_kernel **kernel)
{
	*kernel = pw_kernel_close(*kernel);
}

#endif
