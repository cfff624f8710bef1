// SPDX-License-Identifier: BSD-2-Clause
/* The decision about a change of code: every set, every subject, sealed or not. */
#include <phiward/decide.h>

#include "prove.h"

static bool allows(struct pw_answer answer)
{
	return answer.verdict == PW_VERDICT_ALLOW;
}

/* A subject of the policy that may change code; the built-in ones have no such right. */
static bool updates(__u32 subject, __u32 subject_flags)
{
	return subject >= PW_SUBJECT_FIRST && subject < PW_SUBJECT_IDS &&
	       (subject_flags & PW_SUBJECT_UPDATES);
}

PROVE(code_own, "code: what is phiwardd's phiwardd alone changes, whatever else is set", "")
{
	ANY(__u32, set_flags);
	ANY(__u32, subject);
	ANY(__u32, subject_flags);
	ANY(__u32, sealed);
	bool allowed;

	given(set_flags & PW_CODE_OWN);
	allowed = allows(pw_decide_code(set_flags, subject, subject_flags, sealed));
	must(!allowed || subject == PW_SUBJECT_DAEMON, "nobody else");
	must(allowed || subject != PW_SUBJECT_DAEMON, "phiwardd may");
	reach(allowed && (set_flags & PW_CODE_SEALED) && sealed, "phiwardd, sealed");
	reach(!allowed && updates(subject, subject_flags), "who updates");
	reach(!allowed && (set_flags & PW_CODE_SEALED) && !sealed, "before the seal");
}

PROVE(code_guarded, "code: what is guarded is changed by who updates, and by nobody else", "")
{
	ANY(__u32, set_flags);
	ANY(__u32, subject);
	ANY(__u32, subject_flags);
	ANY(__u32, sealed);
	bool allowed;

	given(!(set_flags & PW_CODE_OWN));
	given(!(set_flags & PW_CODE_SEALED) || sealed);
	allowed = allows(pw_decide_code(set_flags, subject, subject_flags, sealed));
	must(!allowed || updates(subject, subject_flags), "no change without the right");
	must(allowed || !updates(subject, subject_flags), "who updates may");
	reach(allowed && subject == PW_SUBJECT_FIRST, "the first subject");
	reach(allowed && subject == PW_SUBJECT_IDS - 1, "the last subject");
	reach(allowed && (set_flags & PW_CODE_SEALED), "updates, sealed");
	reach(!allowed && subject == PW_SUBJECT_DAEMON && (subject_flags & PW_SUBJECT_UPDATES),
	      "phiwardd with a right of others");
	reach(!allowed && (subject_flags & PW_SUBJECT_NEVER_BLOCK), "never_block");
	reach(!allowed && (set_flags & PW_CODE_SEALED), "refused, sealed");
}

PROVE(code_unsealed, "code: what is guarded once sealed is free before that", "")
{
	ANY(__u32, set_flags);
	ANY(__u32, subject);
	ANY(__u32, subject_flags);
	bool allowed;

	given((set_flags & PW_CODE_SEALED) && !(set_flags & PW_CODE_OWN));
	allowed = allows(pw_decide_code(set_flags, subject, subject_flags, 0));
	must(allowed || subject >= PW_SUBJECT_IDS, "everybody may");
	reach(allowed && subject == PW_SUBJECT_OTHERS, "others");
}

PROVE(code_invalid, "code: zero and impossible values deny", "")
{
	ANY(__u32, set_flags);
	ANY(__u32, subject);
	ANY(__u32, subject_flags);
	ANY(__u32, sealed);

	must(subject < PW_SUBJECT_IDS ||
	     !allows(pw_decide_code(set_flags, subject, subject_flags, sealed)), "no subject");
	must(updates(subject, subject_flags) ||
	     !allows(pw_decide_code(0, subject, subject_flags, sealed)), "no flags");
	must(!allows(pw_decide_code(set_flags & PW_CODE_OWN, subject & PW_SUBJECT_INIT, 0, sealed)),
	     "others and init have no right");
	reach(subject >= PW_SUBJECT_IDS && (set_flags & PW_CODE_SEALED) && !sealed,
	      "no subject before the seal");
	reach(allows(pw_decide_code(0, subject, subject_flags, sealed)), "no flags, and updates");
}

PROVE(code_answer, "code: an answer is always a verdict, and its reason is one for it", "")
{
	ANY(__u32, set_flags);
	ANY(__u32, subject);
	ANY(__u32, subject_flags);
	ANY(__u32, sealed);
	struct pw_answer answer = pw_decide_code(set_flags, subject, subject_flags, sealed);

	must(allows(answer) || answer.verdict == PW_VERDICT_DENY, "allow or deny");
	must(allows(answer) == (answer.reason == PW_REASON_RULE), "the reason says the same");
	must((answer.reason == PW_REASON_BUG) == (subject >= PW_SUBJECT_IDS),
	     "a defect is one, and is said");
	must(answer.reason != PW_REASON_SELF || (set_flags & PW_CODE_OWN), "phiwardd's own");
	reach(answer.reason == PW_REASON_RULE, "a rule");
	reach(answer.reason == PW_REASON_BUG, "a defect");
	reach(answer.reason == PW_REASON_SELF, "phiwardd's own");
	reach(answer.reason == PW_REASON_CODE_SET, "a code set");
}
