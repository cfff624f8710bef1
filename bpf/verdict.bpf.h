/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one place that makes an errno. A verdict is computed, then recorded,
 * then applied according to the mode; every refusal is EACCES.
 */
#ifndef PW_VERDICT_BPF_H
#define PW_VERDICT_BPF_H

static __always_inline __u32 pw_object_flags(const struct pw_bank *bank, __u32 object)
{
	return object < PW_OBJECT_IDS ? bank->object_flags[PW_INDEX(object, PW_OBJECT_IDS)] : 0;
}

/* @flags: PW_CASE_*. */
static __always_inline int pw_wants_record(__u32 flags, __u32 verdict, __u32 reason,
					   __u32 object_flags)
{
	if (verdict != PW_VERDICT_ALLOW && reason == PW_REASON_BREAKGLASS)
		return 1;
	if (flags & PW_CASE_SILENT)
		return 0;
	if (verdict != PW_VERDICT_ALLOW)
		return !(object_flags & PW_OBJECT_PRESENT) ||
		       !!(object_flags & PW_OBJECT_AUDIT_DENIED);
	if (flags & PW_CASE_QUIET)
		return 0;
	if (flags & PW_CASE_RECORD)
		return 1;

	return (object_flags & PW_OBJECT_PRESENT) &&
	       ((object_flags & PW_OBJECT_AUDIT_ALLOWED) || reason == PW_REASON_NEVER_BLOCK);
}

/* Refused in every mode, counted, never recorded: shows that the hooks still run. */
static __always_inline int pw_canary(void)
{
	pw_count(PW_COUNT_CANARY);

	return -PW_EACCES;
}

/*
 * Whether break-glass is open for @c, which is refused. A frame of its own: the stack is full. The
 * kernel's clock ends it, whoever is dead.
 */
static __noinline int pw_glass_lifts(const struct pw_case *c, __u32 object_flags)
{
	struct pw_glass glass = shared.state.glass;

	if (!glass.until || (c->flags & (PW_CASE_GUARD | PW_CASE_LASTS)))
		return 0;

	return pw_glass_covers(&glass, bpf_ktime_get_boot_ns(), c->subject, c->subject_flags,
			       c->object, object_flags);
}

/*
 * Whether the answer, which was not applied if it is a refusal, may be kept for the next time: not
 * when a session could be why. That it has ended meanwhile does not matter.
 */
static __always_inline int pw_may_keep(__u32 verdict)
{
	return verdict == PW_VERDICT_ALLOW || !shared.state.glass.session;
}

static __always_inline int pw_refuse(const struct pw_case *c, __u32 applies)
{
	if (!applies) {
		pw_count(c->reason == PW_REASON_BREAKGLASS ? PW_COUNT_GLASS : PW_COUNT_WOULD_DENY);
		return 0;
	}
	pw_count(PW_COUNT_DENIED);

	return -PW_EACCES;
}

/*
 * What a hook may return. From 6.12 on the verifier wants to see that it is in
 * range, and it sees nothing of what a global function returns.
 */
static __always_inline int pw_errno(int verdict)
{
	barrier_var(verdict);

	return verdict ? -PW_EACCES : 0;
}

/* A state that must not be: counted, and refused. */
static __always_inline int pw_impossible(enum pw_counter which)
{
	pw_count(which);

	return -PW_EACCES;
}

/* What the hook returns when there is no record of what was allowed; the bank may not do without. */
static __always_inline int pw_allow_unrecorded(const struct pw_case *c, __u32 object_flags,
					       __u32 applies)
{
	if (!(object_flags & PW_OBJECT_LOSS_DENIES) ||
	    (c->subject_flags & PW_SUBJECT_NEVER_BLOCK) || !applies)
		return 0;
	pw_count(PW_COUNT_NO_RECORD_DENIED);

	return pw_refuse(c, applies);
}

/* Records @c and returns what the hook returns: 0 or -EACCES. */
__noinline int pw_verdict(struct pw_case *c)
{
	__u32 object_flags, applies;
	struct pw_bank *bank;
	int lost = 0;

	if (!c)
		return pw_impossible(PW_COUNT_BUG);
	bank = pw_bank_in(c->slot & (PW_BANK_SLOTS - 1));
	if (!bank)
		return pw_impossible(PW_COUNT_BUG);
	if (c->object == PW_OBJECT_CANARY)
		return pw_canary();

	c->generation = bank->generation;
	object_flags = pw_object_flags(bank, c->object);
	applies = (c->flags & PW_CASE_GUARD) ||
		  pw_mode_applies(bank->mode, c->subject_flags, object_flags);
	if (applies && c->verdict != PW_VERDICT_ALLOW) {
		if (pw_glass_lifts(c, object_flags)) {
			c->reason = PW_REASON_BREAKGLASS;
			applies = 0;
		} else {
			c->flags |= PW_CASE_ENFORCED;
		}
	}
	if (pw_wants_record(c->flags, c->verdict, c->reason, object_flags))
		lost = pw_emit(c);

	if (c->verdict != PW_VERDICT_ALLOW)
		return pw_refuse(c, applies || (lost && (object_flags & PW_OBJECT_LOSS_DENIES) &&
						c->reason == PW_REASON_BREAKGLASS));

	return lost ? pw_allow_unrecorded(c, object_flags, applies) : 0;
}

#endif
