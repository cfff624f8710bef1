/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The part of the ABI that is told, not kept: events, lines of iterators, and what
 * userspace asks of the kernel. abi.h includes it, and nothing else does.
 */
#ifndef PHIWARD_EVENT_H
#define PHIWARD_EVENT_H

/* ---- Events: what the kernel puts into a ring ------------------------------------------------- */

#define PW_EVENT_ENFORCED (1U << 0)	/* the verdict was applied */
#define PW_EVENT_PHI (1U << 1)
#define PW_EVENT_NO_TASK (1U << 2)	/* decided in interrupt context: no pid, uid, comm, exe */
#define PW_EVENT_PATH_CUT (1U << 3)	/* more names than fit */
#define PW_EVENT_EXE_CUT (1U << 4)
#define PW_EVENT_KTHREAD (1U << 5)
#define PW_EVENT_CHAIN_CUT (1U << 6)	/* more ancestors than fit */

/*
 * One decision. Behind the fixed part stand up to three lists of names in
 * bytes[]: the object's path (path_len), the program (exe_len), the parent's
 * program (parent_len), in this order, each list from the file up to but
 * without the root of its file system or of its object, each name
 * NUL-terminated. Lists that userspace can know by number are left out. Then, in
 * refusals and records of exec, up to PW_ANCESTORS ancestors, the parent first: each a
 * struct pw_ancestor, unaligned, and its program as another list.
 */
#define PW_ANCESTORS 8

struct pw_ancestor {
	__u32 tgid;
	__u32 exe_dev;
	__u32 exe_len;		/* 0: a thread of the kernel, or its program is not known */
};
PW_ASSERT_SIZE(struct pw_ancestor, 12);

struct pw_event {
	__u16 size;		/* of the whole entry */
	__u8 abi;		/* PW_ABI_VERSION */
	__u8 type;		/* enum pw_record_type */
	__u8 action;		/* enum pw_action */
	__u8 verdict;		/* enum pw_verdict */
	__u8 reason;		/* enum pw_reason */
	__u8 proto;		/* enum pw_proto */
	__u32 flags;
	__u32 rule;		/* 0: none, or known to userspace by subject and object */
	__u64 seq;
	__u64 mono;		/* ns since boot, CLOCK_BOOTTIME; of the last one of @count */
	__u64 first;		/* the same of the first one; 0: not from map `repeats` */
	__u64 count;		/* how many it is, more than one only from map `repeats` */
	__u64 generation;
	__u64 cgroup;
	__u64 run;		/* pw_task.run */
	__u64 ino;
	__u32 dev;		/* s_dev as the kernel holds it */
	__u32 subject;
	__u32 object;
	__u32 root;		/* path_len ends below this root; 0: below the file system's root */
	__u32 program;		/* 0 or with PW_PROGRAM_BELOW: exe_len names it */
	__u32 tgid;
	__u32 tid;
	__u32 ppid;
	__u32 uid;
	__u32 gid;
	__u32 auid;
	__u32 ses;
	__u32 exe_dev;
	__u32 parent_dev;
	__u16 port;		/* host byte order: the peer's port, or the served one for listen */
	__u8 family;		/* 4 or 6, 0: none */
	__u8 zero1;
	__u16 path_len;
	__u16 exe_len;
	__u16 parent_len;
	__u16 chain_len;
	__u32 peer_subject;	/* doors: the subject at the other end; tracing: the victim's */
	__u8 addr[PW_ADDR_LEN];
	char comm[PW_COMM_LEN];
	char bytes[];
};
PW_ASSERT_SIZE(struct pw_event, 184);

/* Size of every ring entry: the lists may begin a last name at PW_PATH_BYTES - 1. */
#define PW_EVENT_BYTES (PW_PATH_BYTES + PW_FILE_NAME_MAX)
#define PW_EVENT_SIZE (sizeof(struct pw_event) + PW_EVENT_BYTES)

/*
 * Map `repeats`: a refusal that was recorded, and what came after it that was the same: of the same
 * process, the same file or peer, and the same answer. The same of what a member is allowed, when it does
 * it for the third time. Where the policy says `folded`, also a read, and the reads of the same run in the
 * same object that came after it. These have no number until userspace runs the program `tell_repeats`,
 * which makes one record of those that are due.
 */
#define PW_REPEAT_DEAD (1ULL << 63)	/* in count: it is being removed, and counts nothing any more */
#define PW_REPEAT_NS 1000000000ULL	/* until the second record; then twice as long each time */
#define PW_REPEAT_NS_MAX (64 * PW_REPEAT_NS)
#define PW_AGAIN_NS PW_REPEAT_NS_MAX	/* the same of what is allowed */
#define PW_AGAIN_NS_MAX (8 * PW_AGAIN_NS)
#define PW_FOLD_NS (3600 * PW_REPEAT_NS)	/* the same of reads that are folded, always */
/* From here on no more of what is allowed is counted: refusals have room whatever runs. */
#define PW_FOLDS_MAX (PW_REPEATS_MAX / 2)

#define PW_CASE_WORDS 12

struct pw_repeat {
	__u64 count;		/* since the last record */
	__u64 first;		/* ns since boot: when the first of these was, or a moment before */
	__u64 last;		/* ns since boot: when the last of these was */
	__u64 due;		/* ns since boot: when they are recorded */
	__u64 wait;		/* ns: how much later the next ones are */
	__u64 leader;		/* what is allowed: of the process that did the first, by address */
	__u64 words[PW_CASE_WORDS];	/* struct pw_case, of which the key is a hash; 0: not filled yet */
	char record[PW_EVENT_SIZE];	/* of the first one; reads: without its file */
};
PW_ASSERT_SIZE(struct pw_repeat, 48 + 8 * PW_CASE_WORDS + PW_EVENT_SIZE);

/* ---- What iterators tell userspace ------------------------------------------------------------- */

/* Iterator `identify` over the caller's descriptors: the kernel's identity of each O_PATH file. */
struct pw_identity {
	__u32 fd;
	__u32 dev;		/* s_dev */
	struct pw_fs_id fs;
	__u64 ino;
	__u64 parent_ino;	/* of the directory entry the descriptor was opened by */
	__u64 magic;		/* s_magic */
	__u32 generation;
	__u32 parent_generation;
	__u32 mode;		/* i_mode */
	__u32 nlink;
	__u32 removable;	/* 1: on a removable or hot-plugged device */
	__u32 is_fs_root;
	__u32 mounts_of_init;	/* 1: the caller sees PID 1's mounts, from the same root */
	__u32 zero;
};
PW_ASSERT_SIZE(struct pw_identity, 80);

/* Iterator `adopt`, one line a task that it looked at and that runs a program of the policy. */
struct pw_adopted {
	__u32 tgid;
	__u32 subject;		/* PW_SUBJECT_OTHERS: not adopted */
	__u32 reason;		/* enum pw_reason when not adopted */
	__u32 program;
};
PW_ASSERT_SIZE(struct pw_adopted, 16);

/* ---- What userspace tells the kernel ------------------------------------------------------------- */

/*
 * Context of the program `note` (type syscall, run by the daemon): one record
 * of the daemon's own, numbered and put into the ring like all others. The
 * text goes into the record's path.
 */
struct pw_note {
	__u8 type;		/* enum pw_record_type: policy, system, breakglass or tamper */
	__u8 action;
	__u8 verdict;
	__u8 reason;
	__u32 zero;
	__u64 generation;	/* the policy it speaks of; 0: the active one */
	char text[512];		/* NUL-terminated */
};
PW_ASSERT_SIZE(struct pw_note, 528);

/* Context of the program `tell_repeats` (type syscall, run by the daemon). */
struct pw_tell_repeats {
	__u64 now;		/* set by it */
	__u32 all;		/* 1: also what is not due yet */
	__u32 left;		/* set by it: there was no room for all */
};
PW_ASSERT_SIZE(struct pw_tell_repeats, 16);

#endif
