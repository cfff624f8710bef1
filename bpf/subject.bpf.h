/* SPDX-License-Identifier: GPL-2.0-only */
/* Who acts. */
#ifndef PW_SUBJECT_BPF_H
#define PW_SUBJECT_BPF_H

struct pw_actor {
	struct pw_task *label;	/* NULL: none */
	__u32 subject;		/* as the bank in force knows it */
	__u32 flags;		/* its PW_SUBJECT_*; 0 for others */
	__u32 program;		/* of the label, 0: none */
};

/* The current task, to read from. */
static __always_inline struct task_struct *pw_current(void)
{
	return PW_PLAIN(bpf_get_current_task_btf());
}

/* What stands on @task itself, or NULL. Seeing that it has no storage at all costs a tenth of asking. */
static __always_inline struct pw_task *pw_label_on(struct task_struct *task)
{
	return PW_PLAIN(task)->bpf_storage ? bpf_task_storage_get(&tasks, task, NULL, 0) : NULL;
}

/* The label of a thread group, or NULL. */
static __always_inline struct pw_task *pw_label_of(struct task_struct *task)
{
	return pw_label_on(task->group_leader);
}

/* Whom a label stands for under @bank: a subject that is gone makes its tasks others. */
static __always_inline __u32 pw_subject_in_force(const struct pw_bank *bank, __u32 subject)
{
	if (subject >= PW_SUBJECT_IDS)
		return PW_SUBJECT_OTHERS;
	if (subject >= PW_SUBJECT_FIRST && !(bank->subjects[PW_INDEX(subject, PW_SUBJECT_IDS)].flags & PW_SUBJECT_PRESENT))
		return PW_SUBJECT_OTHERS;

	return subject;
}

/*
 * What @label says under @bank, in force or not. A label that is younger than the bank was given under a
 * policy that was not confirmed: what it said before that counts again.
 */
static __always_inline __u32 pw_subject_of(const struct pw_bank *bank, const struct pw_task *label)
{
	return label->generation > bank->generation ? label->was : label->subject;
}

static __always_inline __u32 pw_subject_flags(const struct pw_bank *bank, __u32 subject)
{
	if (subject == PW_SUBJECT_OTHERS || subject >= PW_SUBJECT_IDS)
		return 0;

	return bank->subjects[PW_INDEX(subject, PW_SUBJECT_IDS)].flags;
}

/* Of a task whose label is @label, or that has none. */
static __always_inline struct pw_actor pw_actor_by(const struct pw_bank *bank,
						   struct pw_task *label, __u32 tgid)
{
	struct pw_actor actor = {.label = label};

	if (actor.label) {
		actor.subject = pw_subject_in_force(bank, pw_subject_of(bank, actor.label));
		actor.program = actor.label->program;
	} else if (tgid == 1) {
		actor.subject = PW_SUBJECT_INIT;
	}
	actor.subject = PW_OPAQUE(actor.subject);
	actor.program = PW_OPAQUE(actor.program);
	actor.flags = pw_subject_flags(bank, actor.subject);

	return actor;
}

static __always_inline struct pw_actor pw_actor_of(const struct pw_bank *bank,
						   struct task_struct *task)
{
	return pw_actor_by(bank, pw_label_of(task), task->tgid);
}

/* A member of a subject that may do something in some object. */
static __always_inline int pw_has_access(__u32 subject_flags)
{
	return !!(subject_flags & PW_SUBJECT_HAS_ACCESS);
}

/* Whether `writes` does not bind it, or has @word, a PW_SUBJECT_WRITES_*. */
static __always_inline int pw_writes_to(__u32 subject_flags, __u32 word)
{
	return !pw_has_access(subject_flags) || (subject_flags & word);
}

/* The same, or of one that is never blocked. */
static __always_inline int pw_sees_objects(__u32 subject_flags)
{
	return !!(subject_flags & (PW_SUBJECT_HAS_ACCESS | PW_SUBJECT_NEVER_BLOCK));
}

static __always_inline int pw_may_system(const struct pw_bank *bank, __u32 subject,
					 enum pw_system right)
{
	if (subject == PW_SUBJECT_OTHERS || subject >= PW_SUBJECT_IDS)
		return 0;

	return !!(bank->subjects[PW_INDEX(subject, PW_SUBJECT_IDS)].system & PW_SYSTEM_BIT(right));
}

/*
 * Whether the current task may do what needs @right, a PW_SYSTEM_*. So may PID 1, phiwardd and
 * the kernel's own threads; without a policy nobody is asked. Not static: the verifier then
 * checks it once and not once a call.
 */
__noinline int pw_has_right(__u32 right)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pw_bank *bank = pw_bank_in(pw_active_slot());
	__u32 subject;

	if (!bank || (task->flags & PW_PF_KTHREAD))
		return 1;
	subject = pw_actor_of(bank, task).subject;
	if (subject == PW_SUBJECT_INIT || subject == PW_SUBJECT_DAEMON)
		return 1;

	return right - 1 < 32 && pw_may_system(bank, subject, right);
}

#endif
