/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every map, in the order in which data flows through them. All are pinned and
 * outlive the daemon; the gate refuses them to everybody else.
 *
 * A bank is one compiled policy, in one of PW_BANK_SLOTS slots; shared.state.active says
 * which one decides. Userspace builds new inner maps for an idle slot, freezes
 * them, puts them into their outer maps, fills shared.banks[idle], and then writes
 * active: until that one write nothing of the new policy is looked at.
 */
#ifndef PW_MAPS_BPF_H
#define PW_MAPS_BPF_H

/*
 * The one variable of section .bss, so that its address is a constant and nothing
 * is looked up; the loader pins that section as map `shared`. Its state is written by
 * userspace (active) and by every decision (seq, counters); a bank is written by
 * userspace while idle and read by every decision while active.
 */
struct pw_shared shared;

#define PW_BANKED(name, inner_type, inner_flags, key_t, value_t)                                   \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);                                          \
		__uint(max_entries, PW_BANK_SLOTS);                                                \
		__type(key, __u32);                                                                \
		__array(values, struct {                                                           \
			__uint(type, inner_type);                                                  \
			__uint(map_flags, inner_flags);                                            \
			__uint(max_entries, 1);                                                    \
			__uint(key_size, sizeof(key_t));                                           \
			__uint(value_size, sizeof(value_t));                                       \
		});                                                                                \
	} name SEC(".maps")

/* What an inode means to the policy: roots of objects, places, unix sockets, parents of names. */
PW_BANKED(roots, BPF_MAP_TYPE_HASH, 0, struct pw_inode_key, struct pw_root);
/* What is held by (parent, name), whatever inode stands there. */
PW_BANKED(names, BPF_MAP_TYPE_HASH, 0, struct pw_name_key, struct pw_name);
/* Files of objects with more than one link. The daemon adds to the active bank's while it scans. */
PW_BANKED(links, BPF_MAP_TYPE_HASH, 0, struct pw_inode_key, struct pw_link);
/* Programs and helpers, by inode. */
PW_BANKED(programs, BPF_MAP_TYPE_HASH, 0, struct pw_inode_key, struct pw_program);
/* Paths of scripts. */
PW_BANKED(scripts, BPF_MAP_TYPE_HASH, 0, struct pw_script_key, __u32);
/* Peers and ports. */
PW_BANKED(prefixes, BPF_MAP_TYPE_LPM_TRIE, BPF_F_NO_PREALLOC, struct pw_prefix_key,
	  struct pw_port_set);
/* Ports served on this machine, and who may reach them by loopback. */
PW_BANKED(doors, BPF_MAP_TYPE_HASH, 0, struct pw_door_key, struct pw_door);
/* The same for abstract unix sockets. */
PW_BANKED(unix_doors, BPF_MAP_TYPE_HASH, 0, struct pw_unix_key, struct pw_door);
/* The same for unix sockets with a path, by pw_root.root of its directory entry. */
PW_BANKED(path_doors, BPF_MAP_TYPE_HASH, 0, __u32, struct pw_door);

/* Addresses of this machine and broadcast addresses of its networks, kept by the daemon. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PW_LOCAL_ADDRS_MAX);
	__type(key, struct pw_addr);
	__type(value, __u32);
} local_addrs SEC(".maps");

/* The label of a thread group, on its leader. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct pw_task);
} tasks SEC(".maps");

/* The same by address of the leader, written with every change and removed with the task. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, PW_LABELS_MAX);
	__type(key, __u64);
	__type(value, struct pw_label);
} labels SEC(".maps");

/* Who owns a socket that listens, or that a member uses, and what was decided for it. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct pw_socket);
} sockets SEC(".maps");

/*
 * Source ports of clients that may pass a door by loopback, announced when
 * they connect and consumed when the server's side decides.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, PW_ANNOUNCED_MAX);
	__type(key, struct pw_announcement_key);
	__type(value, struct pw_announcement);
} announced SEC(".maps");

/* Zero until phiward is sealed; then written and frozen, so that nobody writes it again. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_RDONLY_PROG);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct pw_seal);
} seal SEC(".maps");

/* Refusals that repeat and reads that are folded, by the hash of their case. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, PW_REPEATS_MAX);
	__type(key, __u64);
	__type(value, struct pw_repeat);
} repeats SEC(".maps");

/* One entry, zero: what a new one of `repeats` is before it is filled in place. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_RDONLY_PROG);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct pw_repeat);
} no_repeat SEC(".maps");

/*
 * Strangers who flood take the place of no member's record, and a flood of refused accesses
 * hides nothing of what they try on the guard.
 */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 * 1024 * 1024);
} ring_members SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 * 1024 * 1024);
} ring_others SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 2 * 1024 * 1024);
} ring_tamper SEC(".maps");

#endif
