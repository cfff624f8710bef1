/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The decision. Pure: no helper, no libc, no global; what it needs is handed
 * in by value. Inlined by the BPF programs, run natively by the unit tests,
 * proved for all inputs by `make prove`.
 *
 * Nothing is allowed without a rule that covers the whole request, and every
 * invalid or zero value denies.
 */
#ifndef PHIWARD_DECIDE_H
#define PHIWARD_DECIDE_H

#include "abi.h"

/* The BPF programs have no function that returns a struct, so there it has to be inlined. */
#ifdef __bpf__
#define PW_PURE static inline __attribute__((always_inline))
#else
#define PW_PURE static inline
#endif

/* Where the file of a question lies. */
enum pw_where {
	PW_WHERE_INVALID,
	PW_WHERE_OUTSIDE,	/* resolved, and in no object */
	PW_WHERE_OBJECT,
	PW_WHERE_UNRESOLVED,	/* on a file system that holds an object, but where is not known */
};

struct pw_file_question {
	__u32 need;		/* PW_ACTION_BIT()s that are all wanted */
	__u32 where;		/* enum pw_where */
	__u32 object;
	__u32 subject;
	__u32 subject_flags;	/* PW_SUBJECT_*; 0 for others */
	__u32 access;		/* what the subject may do with the object; 0 for others */
	__u32 bound_by_writes;	/* the request writes or creates a regular file */
	__u32 may_write_here;	/* a place under the subject's `writes` covers the file */
};

struct pw_answer {
	__u8 verdict;	/* enum pw_verdict, never PW_VERDICT_INVALID */
	__u8 reason;	/* enum pw_reason */
};

PW_PURE struct pw_answer pw_answer(enum pw_verdict verdict, enum pw_reason reason)
{
	struct pw_answer answer = {.verdict = verdict, .reason = reason};

	return answer;
}

PW_PURE struct pw_answer pw_decide_in_object(const struct pw_file_question *q)
{
	if (q->object == PW_OBJECT_NONE || q->object >= PW_OBJECT_IDS)
		return pw_answer(PW_VERDICT_DENY, PW_REASON_BUG);
	if (q->subject == PW_SUBJECT_OTHERS)
		return pw_answer(PW_VERDICT_DENY, PW_REASON_STRANGER);
	if ((q->access & q->need) != q->need)
		return pw_answer(PW_VERDICT_DENY, PW_REASON_NO_RULE);

	return pw_answer(PW_VERDICT_ALLOW, PW_REASON_RULE);
}

PW_PURE struct pw_answer pw_decide_outside(const struct pw_file_question *q)
{
	if (q->subject != PW_SUBJECT_OTHERS && (q->subject_flags & PW_SUBJECT_HAS_ACCESS) &&
	    q->bound_by_writes && !q->may_write_here)
		return pw_answer(PW_VERDICT_DENY, PW_REASON_WRITES);

	return pw_answer(PW_VERDICT_ALLOW, PW_REASON_RULE);
}

PW_PURE struct pw_answer pw_decide_file(const struct pw_file_question *q)
{
	if (q->object == PW_OBJECT_CANARY)
		return pw_answer(PW_VERDICT_DENY, PW_REASON_NO_RULE);
	if (q->need == 0 || (q->need & ~PW_ACTIONS_OF_FILES) || q->subject >= PW_SUBJECT_IDS)
		return pw_answer(PW_VERDICT_DENY, PW_REASON_BUG);
	if (q->subject != PW_SUBJECT_OTHERS && (q->subject_flags & PW_SUBJECT_NEVER_BLOCK))
		return pw_answer(PW_VERDICT_ALLOW, PW_REASON_NEVER_BLOCK);

	switch (q->where) {
	case PW_WHERE_OBJECT:
		return pw_decide_in_object(q);
	case PW_WHERE_OUTSIDE:
		return pw_decide_outside(q);
	case PW_WHERE_UNRESOLVED:
		return pw_answer(PW_VERDICT_DENY, PW_REASON_UNRESOLVED);
	default:
		return pw_answer(PW_VERDICT_DENY, PW_REASON_BUG);
	}
}

/*
 * Whether @subject may change what is in a code set with @set_flags (PW_CODE_*): a program, a
 * library, what is protected like them. No mode and no never_block has a say.
 */
PW_PURE struct pw_answer pw_decide_code(__u32 set_flags, __u32 subject, __u32 subject_flags,
					__u32 sealed)
{
	if (subject >= PW_SUBJECT_IDS)
		return pw_answer(PW_VERDICT_DENY, PW_REASON_BUG);
	if (set_flags & PW_CODE_OWN)
		return subject == PW_SUBJECT_DAEMON ?
			       pw_answer(PW_VERDICT_ALLOW, PW_REASON_RULE) :
			       pw_answer(PW_VERDICT_DENY, PW_REASON_SELF);
	if ((set_flags & PW_CODE_SEALED) && !sealed)
		return pw_answer(PW_VERDICT_ALLOW, PW_REASON_RULE);
	if (subject >= PW_SUBJECT_FIRST && (subject_flags & PW_SUBJECT_UPDATES))
		return pw_answer(PW_VERDICT_ALLOW, PW_REASON_RULE);

	return pw_answer(PW_VERDICT_DENY, PW_REASON_CODE_SET);
}

/*
 * Whether the session @glass lets pass at @now, ns since boot, what is refused to @subject on @object,
 * with their flags in the policy. What the policy does not name is never open.
 */
PW_PURE int pw_glass_covers(const struct pw_glass *glass, __u64 now, __u32 subject,
			    __u32 subject_flags, __u32 object, __u32 object_flags)
{
	const __u32 service = glass->flags & PW_GLASS_SERVICE;
	const __u32 all = !glass->subject && !glass->object;

	if (now >= glass->until)
		return 0;
	if (subject >= PW_SUBJECT_FIRST && (all || glass->subject == subject) &&
	    (subject_flags & (service ? PW_SUBJECT_SERVICE : PW_SUBJECT_GLASS)))
		return 1;

	return object >= PW_OBJECT_FIRST && (all || glass->object == object) &&
	       (object_flags & (service ? PW_OBJECT_SERVICE : PW_OBJECT_GLASS));
}

/* Whether a refusal is applied; the canary is refused in every mode. */
PW_PURE int pw_mode_applies(__u32 mode, __u32 subject_flags, __u32 object_flags)
{
	if (mode != PW_MODE_PERMISSIVE && mode != PW_MODE_ENFORCE)
		return 1;

	return mode == PW_MODE_ENFORCE && !(subject_flags & PW_SUBJECT_PERMISSIVE) &&
	       !(object_flags & PW_OBJECT_PERMISSIVE);
}

#endif
