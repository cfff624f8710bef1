// SPDX-License-Identifier: BSD-2-Clause
/* The decision about a file: every question that can be put, whether it makes sense or not. */
#include <phiward/decide.h>

#include "prove.h"

static bool allows(struct pw_answer answer)
{
	return answer.verdict == PW_VERDICT_ALLOW;
}

static bool never_blocked(const struct pw_file_question *q)
{
	return q->subject != PW_SUBJECT_OTHERS && (q->subject_flags & PW_SUBJECT_NEVER_BLOCK);
}

/* Each wanted action, one after the other, is an action of files and is in @access. */
static bool covers_all(__u32 access, __u32 need)
{
	unsigned int bit;

	for (bit = 0; bit < 32; bit++)
		if ((need >> bit & 1) && !(access >> bit & 1))
			return false;

	return true;
}

static bool is_valid(const struct pw_file_question *q)
{
	return q->need && covers_all(PW_ACTIONS_OF_FILES, q->need) && q->subject < PW_SUBJECT_IDS &&
	       q->object != PW_OBJECT_CANARY;
}

/* A rule of the policy lets the subject do all that it wants. */
static bool has_rule(const struct pw_file_question *q)
{
	if (q->where == PW_WHERE_OBJECT)
		return q->object != PW_OBJECT_NONE && q->object < PW_OBJECT_IDS &&
		       q->subject != PW_SUBJECT_OTHERS && covers_all(q->access, q->need);
	if (q->where != PW_WHERE_OUTSIDE)
		return false;

	return q->subject == PW_SUBJECT_OTHERS || !(q->subject_flags & PW_SUBJECT_HAS_ACCESS) ||
	       !q->bound_by_writes || q->may_write_here;
}

PROVE(file_rule, "file: allowed is what a rule covers whole, and nothing else", "--unwind 33")
{
	ANY(struct pw_file_question, q);
	bool allowed = allows(pw_decide_file(&q));

	must(!allowed || never_blocked(&q) || has_rule(&q), "no access without a rule");
	must(!allowed || is_valid(&q), "no access by a question that is not one");
	must(allowed || !is_valid(&q) || !(never_blocked(&q) || has_rule(&q)),
	     "what a rule covers is allowed");
	reach(allowed && q.where == PW_WHERE_OBJECT && !never_blocked(&q), "allowed in an object");
	reach(allowed && q.where == PW_WHERE_OUTSIDE && q.bound_by_writes && q.may_write_here,
	      "allowed in its writes");
	reach(allowed && never_blocked(&q) && q.where == PW_WHERE_UNRESOLVED, "never blocked");
	reach(!allowed && is_valid(&q) && q.where == PW_WHERE_OBJECT && q.access, "part of a rule");
}

PROVE(file_object, "file: in an object, others and members without a rule are denied", "")
{
	ANY(struct pw_file_question, q);
	bool allowed;

	given(q.where == PW_WHERE_OBJECT);
	allowed = allows(pw_decide_file(&q));
	must(q.subject != PW_SUBJECT_OTHERS || !allowed, "others are denied");
	must(q.access & q.need || never_blocked(&q) || !allowed, "no right, no access");
	must(q.object || never_blocked(&q) || !allowed, "no object has no rule");
	reach(allowed, "allowed");
	reach(q.subject == PW_SUBJECT_OTHERS && (q.access & q.need), "others with rights");
}

PROVE(file_invalid, "file: zero and impossible values deny", "--unwind 33")
{
	ANY(struct pw_file_question, q);
	struct pw_file_question zero = {};
	struct pw_answer answer = pw_decide_file(&q);
	bool known = q.where == PW_WHERE_OBJECT || q.where == PW_WHERE_OUTSIDE;

	must(!allows(pw_decide_file(&zero)), "all zero");
	must(q.need || !allows(answer), "nothing is wanted");
	must(covers_all(PW_ACTIONS_OF_FILES, q.need) || !allows(answer), "no action of files");
	must(q.subject < PW_SUBJECT_IDS || !allows(answer), "no subject");
	must(known || never_blocked(&q) || !allows(answer), "no place");
	must(q.where != PW_WHERE_OBJECT || q.object < PW_OBJECT_IDS || never_blocked(&q) ||
	     !allows(answer), "no object");
	reach(q.subject == PW_SUBJECT_IDS - 1 && allows(answer), "the last subject");
	reach(q.where == PW_WHERE_OBJECT && q.object == PW_OBJECT_IDS - 1 &&
	      answer.reason == PW_REASON_RULE, "the last object");
}

PROVE(file_canary, "file: the canary is denied to everyone", "")
{
	ANY(struct pw_file_question, q);

	given(q.object == PW_OBJECT_CANARY);
	must(!allows(pw_decide_file(&q)), "denied");
	reach(never_blocked(&q) && q.where == PW_WHERE_OBJECT && q.access == PW_ACTIONS_OF_FILES &&
	      q.need == PW_ACTION_BIT(PW_ACTION_READ), "asked by who may all");
}

PROVE(file_answer, "file: an answer is always a verdict, and its reason is one for it", "")
{
	ANY(struct pw_file_question, q);
	struct pw_answer answer = pw_decide_file(&q);
	bool allowing = answer.reason == PW_REASON_RULE || answer.reason == PW_REASON_NEVER_BLOCK;

	must(allows(answer) || answer.verdict == PW_VERDICT_DENY, "allow or deny");
	must(allows(answer) == allowing, "the reason says the same");
	must(answer.reason != PW_REASON_INVALID && answer.reason < PW_REASON_MAX_, "a reason");
	must((answer.reason == PW_REASON_NEVER_BLOCK) <= never_blocked(&q), "never_block is not claimed");
	reach(answer.reason == PW_REASON_BUG, "a defect");
	reach(answer.reason == PW_REASON_STRANGER, "a stranger");
	reach(answer.reason == PW_REASON_NO_RULE, "no rule");
	reach(answer.reason == PW_REASON_WRITES, "writes");
	reach(answer.reason == PW_REASON_UNRESOLVED, "unresolved");
	reach(answer.reason == PW_REASON_NEVER_BLOCK, "never blocked");
}

PROVE(file_monotone, "file: a right more never takes away, a wish less never refuses", "")
{
	ANY(struct pw_file_question, q);
	ANY(__u32, right);
	ANY(__u32, wish);
	struct pw_file_question more = q, less = q;
	bool allowed = allows(pw_decide_file(&q));

	more.access |= right;
	more.may_write_here |= right;
	less.need &= wish;
	must(!allowed || allows(pw_decide_file(&more)), "more rights");
	must(!allowed || !less.need || allows(pw_decide_file(&less)), "fewer wishes");
	reach(!allowed && allows(pw_decide_file(&more)), "rights count");
	reach(!allowed && less.need && allows(pw_decide_file(&less)), "wishes count");
}

PROVE(mode, "mode: a refusal is dropped only where the policy says permissive", "")
{
	ANY(__u32, mode);
	ANY(__u32, subject);
	ANY(__u32, object);
	bool applies = pw_mode_applies(mode, subject, object);

	must(applies || mode == PW_MODE_PERMISSIVE || (subject & PW_SUBJECT_PERMISSIVE) ||
	     (object & PW_OBJECT_PERMISSIVE), "something is permissive");
	must(applies || mode == PW_MODE_PERMISSIVE || mode == PW_MODE_ENFORCE,
	     "an impossible mode enforces");
	must(!applies || mode != PW_MODE_PERMISSIVE, "permissive denies nothing");
	must(!applies || mode != PW_MODE_ENFORCE ||
	     !((subject & PW_SUBJECT_PERMISSIVE) || (object & PW_OBJECT_PERMISSIVE)),
	     "nor does one subject or object that is");
	reach(!applies && mode == PW_MODE_ENFORCE, "one object is permissive");
	reach(applies && mode == PW_MODE_ENFORCE, "enforced");
}
