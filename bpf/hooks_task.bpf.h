/* SPDX-License-Identifier: GPL-2.0-only */
/* Tasks: what a fork hands on, and that nobody looks into a member. */
#ifndef PW_HOOKS_TASK_BPF_H
#define PW_HOOKS_TASK_BPF_H

#define PW_CLONE_THREAD 0x00010000

/*
 * Who starts programs for the machine: PID 1, and the kernel, which has a worker fork for the
 * modprobe(8) of a module that it wants. Threads of the kernel are forks of kthreadd and start
 * nothing.
 */
static __always_inline int pw_forks_for_init(const struct task_struct *parent)
{
	return parent->tgid == 1 || (parent->flags & PW_PF_KTHREAD && parent->tgid != 2);
}

/* Their fork is in init until it calls execve. */
static __always_inline int pw_fork_of_init(struct task_struct *task)
{
	struct pw_task init = {.subject = PW_SUBJECT_INIT};

	if (!bpf_task_storage_get(&tasks, task, &init, BPF_LOCAL_STORAGE_GET_F_CREATE))
		pw_count(PW_COUNT_LABEL_LOST);

	return 0;
}

/* At this point @task->group_leader is still its parent's; a thread shares it and is done. */
SEC("lsm/task_alloc")
int BPF_PROG(pw_task_alloc, struct task_struct *task, unsigned long clone_flags)
{
	struct task_struct *parent = bpf_get_current_task_btf();
	struct pw_task *label, *copy;
	bool named;

	if (clone_flags & PW_CLONE_THREAD)
		return 0;
	label = pw_label_of(parent);
	if (!label)
		return pw_forks_for_init(parent) ? pw_fork_of_init(task) : 0;
	named = label->subject >= PW_SUBJECT_FIRST || label->was >= PW_SUBJECT_FIRST;
	if (!named && label->subject == PW_SUBJECT_OTHERS && !(label->flags & PW_TASK_DECIDED))
		return 0;

	copy = bpf_task_storage_get(&tasks, task, label, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!copy)	/* its memory is the member's, or it might pass for one later */
		return pw_impossible(PW_COUNT_LABEL_LOST);
	if (named && !pw_label_copy(task, copy))
		pw_count(PW_COUNT_NET_LABEL_LOST);

	return 0;
}

/*
 * Whether @tracer, in @mode, may look into @victim. Nobody takes over a member, for what
 * it may do with files or peers, nor PID 1, which starts them; that a member may see
 * objects closes what /proc tells of it.
 */
static __always_inline int pw_may_look_into(const struct pw_actor *tracer,
					    const struct pw_actor *victim, __u32 mode)
{
	if (victim->subject == PW_SUBJECT_OTHERS)
		return 1;
	if (mode & PW_PTRACE_ATTACH)
		return 0;
	if (victim->subject != PW_SUBJECT_DAEMON && !pw_sees_objects(victim->flags))
		return 1;

	return tracer->subject == PW_SUBJECT_INIT || tracer->subject == PW_SUBJECT_DAEMON ||
	       tracer->subject == victim->subject;
}

#define PW_NR_READLINK 89	/* x86-64 */
#define PW_NR_READLINK_32 85	/* i386 */
#define PW_NR_READLINKAT 267	/* x86-64 */
#define PW_NR_READLINKAT_32 305	/* i386 */

/*
 * The link below /proc/PID is only read, as every service does that asks who writes to it, the
 * journal for one: to be refused leaves no record. The same holds for attr/current, see
 * pw_guard_pseudo().
 */
static __noinline int pw_reads_link(void)
{
	return pw_in_call(PW_NR_READLINK, PW_NR_READLINK_32) ||
	       pw_in_call(PW_NR_READLINKAT, PW_NR_READLINKAT_32);
}

/* 0, or the refusal, which is recorded but where somebody merely asks. */
static __noinline int pw_judge_trace(__u32 slot, const struct pw_actor *tracer,
				     const struct pw_actor *victim, __u32 mode)
{
	struct pw_case c = {};

	if (pw_may_look_into(tracer, victim, mode))
		return 0;

	c.slot = slot;
	c.program = tracer->program;
	c.subject = tracer->subject;
	c.peer_subject = victim->subject;
	c.flags = PW_CASE_GUARD;
	c.type = PW_RECORD_TAMPER;
	c.action = PW_ACTION_TRACE;
	c.verdict = PW_VERDICT_DENY;
	c.reason = PW_REASON_MEMBER;
	if (mode & PW_PTRACE_NOAUDIT || pw_reads_link())
		c.flags |= PW_CASE_SILENT;

	return pw_errno(pw_verdict(&c));
}

static __always_inline int pw_ask_trace(struct task_struct *tracer, struct task_struct *victim,
					__u32 mode)
{
	__u32 slot = pw_active_slot();
	struct pw_bank *bank = pw_bank_in(slot);
	struct pw_actor of_tracer, of_victim;

	if (!bank)
		return 0;
	of_victim = pw_actor_of(bank, victim);
	of_tracer = pw_actor_of(bank, tracer);

	return pw_judge_trace(slot, &of_tracer, &of_victim, mode);
}

/*
 * Whose file of procfs @inode is; 0 when it is of no process, or that has ended. On 6.1
 * nothing hands out the task of such a file, so its label's copy is found by address. What is
 * none reads as zeroes here.
 */
static __always_inline int pw_actor_of_proc(const struct pw_bank *bank, const struct inode *inode,
					    struct pw_actor *actor)
{
	struct task_struct *task, *leader;
	struct bpf_local_storage *storage;
	struct proc_inode *entry;
	struct hlist_node *first;
	struct pid *pid;
	__u32 tgid;

	entry = (void *)inode - bpf_core_field_offset(struct proc_inode, vfs_inode);
	bpf_core_read(&pid, sizeof(pid), &entry->pid);
	bpf_core_read(&first, sizeof(first), &pid->tasks[0].first);
	if (!first)
		return 0;
	task = (void *)first - bpf_core_field_offset(struct task_struct, pid_links);
	bpf_core_read(&leader, sizeof(leader), &task->group_leader);
	bpf_core_read(&tgid, sizeof(tgid), &task->tgid);
	bpf_core_read(&storage, sizeof(storage), &leader->bpf_storage);
	*actor = pw_actor_by(bank, pw_label_copied_at((__u64)leader, (__u64)storage), tgid);

	return 1;
}

/*
 * The same as pw_ask_trace(), when a file of procfs is opened that shows a process's memory, or its
 * security label: 7.x passes over ptrace_access_check for who has CAP_PERFMON.
 */
static __noinline int pw_ask_memory(const struct inode *inode, __u32 mode)
{
	__u32 slot = pw_active_slot();
	struct pw_bank *bank = pw_bank_in(slot);
	struct pw_actor of_tracer, of_victim;

	if (!bank || !pw_can_probe || !pw_actor_of_proc(bank, inode, &of_victim))
		return 0;
	of_tracer = pw_actor_of(bank, bpf_get_current_task_btf());

	return pw_judge_trace(slot, &of_tracer, &of_victim, mode);
}

/* A file of procfs is opened for writing or written to: phiwardd's are its own and PID 1's. */
static __noinline int pw_guard_proc(struct file *file)
{
	struct pw_bank *bank = pw_bank_in(pw_active_slot());
	struct pw_actor of_victim;

	if (!bank || !pw_can_probe || !pw_actor_of_proc(bank, file->f_inode, &of_victim) ||
	    of_victim.subject != PW_SUBJECT_DAEMON || pw_is_init())
		return 0;

	return pw_guard_of(PW_ACTION_TUNE, PW_REASON_SELF, file->f_path.dentry, PW_SUBJECT_DAEMON);
}

/* Signals whose default is to dump the memory. */
#define PW_DUMPING                                                                                 \
	(1U << 3 | 1U << 4 | 1U << 5 | 1U << 6 | 1U << 7 | 1U << 8 | 1U << 11 | 1U << 24 |        \
	 1U << 25 | 1U << 31)
#define PW_SIGKILL 9

/*
 * A member that would dump its memory is killed instead: a dump to a pipe is
 * written past every hook. The signal is sent before the dump begins, which
 * gives up when it finds that.
 */
SEC("tp_btf/signal_deliver")
int BPF_PROG(pw_signal_deliver, int sig, struct kernel_siginfo *info, struct k_sigaction *ka)
{
	struct pw_bank *bank;
	struct pw_actor actor;

	if (sig < 1 || sig > 31 || !(PW_DUMPING & (1U << sig)) || ka->sa.sa_handler)
		return 0;
	bank = pw_bank_in(pw_active_slot());
	if (!bank)
		return 0;
	actor = pw_actor_of(bank, bpf_get_current_task_btf());
	if (pw_sees_objects(actor.flags) && bpf_send_signal(PW_SIGKILL) < 0)
		pw_count(PW_COUNT_BUG);

	return 0;
}

SEC("lsm/ptrace_access_check")
int BPF_PROG(pw_ptrace_access_check, struct task_struct *child, unsigned int mode)
{
	return pw_ask_trace(bpf_get_current_task_btf(), child, mode);
}

SEC("lsm/ptrace_traceme")
int BPF_PROG(pw_ptrace_traceme, struct task_struct *parent)
{
	return pw_ask_trace(parent, bpf_get_current_task_btf(), PW_PTRACE_ATTACH);
}

#define PW_PR_SET_MM 35
#define PW_PR_SET_MM_EXE_FILE 13
#define PW_PR_SET_MM_MAP 14

/* Running programs are taken in by their exe file, so nobody may exchange that. */
SEC("lsm/task_prctl")
int BPF_PROG(pw_task_prctl, int option, unsigned long what)
{
	if (option != PW_PR_SET_MM || (what != PW_PR_SET_MM_EXE_FILE && what != PW_PR_SET_MM_MAP))
		return 0;	/* the hook's own default, which is no 0 */

	return pw_guard(PW_ACTION_EXEC, PW_REASON_PASS_FOR, NULL);
}

#endif
