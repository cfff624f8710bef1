/* SPDX-License-Identifier: GPL-2.0-only */
/* Refusals that no mode lifts. */
#ifndef PW_GUARD_BPF_H
#define PW_GUARD_BPF_H

/* What @actor does to phiward, or would do. @victim: a subject, or 0. */
static __always_inline void pw_case_tamper(struct pw_case *c, const struct pw_actor *actor,
					   enum pw_action action, enum pw_reason reason,
					   __u32 victim)
{
	c->type = PW_RECORD_TAMPER;
	c->flags = PW_CASE_GUARD;
	c->program = actor->program;
	c->subject = PW_OPAQUE(actor->subject);
	c->subject_flags = PW_OPAQUE(actor->flags);
	c->peer_subject = victim;
	c->action = action;
	c->reason = reason;
}

/* It is of the file behind @dentry. */
static __always_inline void pw_case_name(struct pw_case *c, struct dentry *dentry)
{
	c->dentry = (__u64)dentry;
	c->depth = PW_PATH_DEPTH;
	c->dev = dentry->d_sb->s_dev;
}

/* Refuses and records; the daemon, which has to do all this, passes. */
static __noinline int pw_guard_of(enum pw_action action, enum pw_reason reason,
				  struct dentry *dentry, __u32 victim)
{
	__u32 slot = pw_active_slot();
	struct pw_bank *bank = pw_bank_in(slot);
	struct pw_actor actor;
	struct pw_case c = {.slot = slot, .verdict = PW_VERDICT_DENY};

	if (!bank)
		return 0;
	actor = pw_actor_of(bank, bpf_get_current_task_btf());
	if (actor.subject == PW_SUBJECT_DAEMON)
		return 0;

	pw_case_tamper(&c, &actor, action, reason, victim);
	if (dentry)
		pw_case_name(&c, dentry);

	return pw_errno(pw_verdict(&c));
}

static __always_inline int pw_guard(enum pw_action action, enum pw_reason reason,
				    struct dentry *dentry)
{
	return pw_guard_of(action, reason, dentry, PW_SUBJECT_OTHERS);
}

/* PID 1 of @task, when that is in its mount namespace; else NULL. */
static __always_inline struct task_struct *pw_init_beside(struct task_struct *task)
{
	struct task_struct *init = task->nsproxy->pid_ns_for_children->child_reaper;

	return init && init->tgid == 1 && task->nsproxy->mnt_ns == init->nsproxy->mnt_ns ? init :
											   NULL;
}

/* PID 1 and what it forked before the first exec: a service manager uses BPF itself. */
static __always_inline int pw_is_init(void)
{
	struct pw_bank *bank = pw_bank_in(pw_active_slot());

	return bank && pw_actor_of(bank, bpf_get_current_task_btf()).subject == PW_SUBJECT_INIT;
}

#endif
