/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * phiward's own process. phiwardd is what its label says: it ran the file that put the policy into
 * force, started by PID 1 among PID 1's directories. PID 1 stops it and starts it again; nobody
 * else ends it, holds it up, or takes its time or memory away. No mode lifts these refusals.
 */
#ifndef PW_HOOKS_SELF_BPF_H
#define PW_HOOKS_SELF_BPF_H

static __always_inline int pw_is_daemon(struct task_struct *task)
{
	struct pw_task *label = pw_label_of(task);

	return label && label->subject == PW_SUBJECT_DAEMON;
}

/* What the hook returns when the current task would do @action to @victim. */
static __noinline int pw_guard_daemon(struct task_struct *victim, enum pw_action action)
{
	if (!pw_is_daemon(victim) || pw_is_init())
		return 0;

	return pw_guard_of(action, PW_REASON_SELF, NULL, PW_SUBJECT_DAEMON);
}

/* Signal 0 only asks whether there is such a process. What the kernel sends does not come here. */
SEC("lsm/task_kill")
int BPF_PROG(pw_task_kill, struct task_struct *victim, struct kernel_siginfo *info, int sig,
	     const struct cred *cred, int ret)
{
	if (ret || !sig)
		return ret;

	return pw_guard_daemon(victim, PW_ACTION_SIGNAL);
}

/*
 * Signals that a file was told to send (F_SETOWN, F_SETSIG): any signal, to any process that
 * root names. phiwardd has no such files, and who is current says nothing of who told.
 */
SEC("lsm/file_send_sigiotask")
int BPF_PROG(pw_file_send_sigiotask, struct task_struct *victim, struct fown_struct *owner, int sig,
	     int ret)
{
	if (ret || !pw_is_daemon(victim))
		return ret;

	return pw_guard_of(PW_ACTION_SIGNAL, PW_REASON_SELF, NULL, PW_SUBJECT_DAEMON);
}

SEC("lsm/task_setnice")
int BPF_PROG(pw_task_setnice, struct task_struct *victim, int nice, int ret)
{
	return ret ? ret : pw_guard_daemon(victim, PW_ACTION_TUNE);
}

SEC("lsm/task_setioprio")
int BPF_PROG(pw_task_setioprio, struct task_struct *victim, int ioprio, int ret)
{
	return ret ? ret : pw_guard_daemon(victim, PW_ACTION_TUNE);
}

SEC("lsm/task_setscheduler")
int BPF_PROG(pw_task_setscheduler, struct task_struct *victim, int ret)
{
	return ret ? ret : pw_guard_daemon(victim, PW_ACTION_TUNE);
}

SEC("lsm/task_setrlimit")
int BPF_PROG(pw_task_setrlimit, struct task_struct *victim, unsigned int resource,
	     struct rlimit *limit, int ret)
{
	return ret ? ret : pw_guard_daemon(victim, PW_ACTION_TUNE);
}

#endif
