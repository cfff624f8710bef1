/* SPDX-License-Identifier: GPL-2.0-only */
/* What is known of one decision on its way to the record. */
#ifndef PW_CASE_BPF_H
#define PW_CASE_BPF_H

#define PW_CASE_QUIET (1U << 0)	/* allowed before and seen again: only a refusal is recorded */
#define PW_CASE_RECORD (1U << 1)	/* recorded when allowed, though no object asks for it */
#define PW_CASE_GUARD (1U << 2)	/* no mode and no never_block lifts the refusal */
#define PW_CASE_NO_TASK (1U << 3)	/* decided in interrupt context */
#define PW_CASE_SILENT (1U << 4)	/* a question that asks for no record, such as ps(1)'s */
#define PW_CASE_PHI (1U << 5)	/* the process has opened an object */
#define PW_CASE_TEXT (1U << 7)	/* a text stands where else the path is */
#define PW_CASE_ENFORCED (1U << 6)	/* set by the verdict: it was applied */
#define PW_CASE_REPEATS (1U << 8)	/* what is the same again is counted, see repeat.bpf.h */
#define PW_CASE_AGAIN (1U << 10)	/* what is allowed, and was twice of late: it counts with its like */
#define PW_CASE_FOLDED (1U << 9)	/* a read that counts with all of its run in the object */
#define PW_CASE_LASTS (1U << 11)	/* what it does outlasts a session: break-glass does not lift it */

/* All that is known of one decision. What does not apply is zero. */
struct pw_case {
	union {			/* address, or 0 */
		__u64 dentry;	/* the path is taken from here up */
		__u64 text;	/* with PW_CASE_TEXT; with its NUL at most PW_NOTE_TEXT bytes */
	};
	__u64 generation;
	union {
		__u64 ino;
		__u64 run;	/* with PW_CASE_FOLDED, of what is compared */
	};
	union {
		__u32 slot;	/* of the bank that decided */
		__u32 uid;	/* of what is compared in map `repeats` */
	};
	__u32 dev;
	__u32 subject;
	__u32 subject_flags;
	__u32 object;
	__u32 root;
	__u32 depth;		/* names that belong to the path */
	__u32 rule;
	__u32 program;		/* 0 or with PW_PROGRAM_BELOW: it is named by its path */
	__u32 peer_subject;
	__u32 flags;		/* PW_CASE_* */
	__u32 tgid;		/* of what is compared */
	__u8 type;
	__u8 action;
	__u8 verdict;
	__u8 reason;
	__u8 proto;
	__u8 family;
	__u16 port;
	union {
		__u8 addr[PW_ADDR_LEN];
		__u64 name;	/* without a family, of what a member may: hash and length of its name */
	};
};
_Static_assert(sizeof(struct pw_case) == 8 * PW_CASE_WORDS, "compared word by word: it has no holes");

#endif
