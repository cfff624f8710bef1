/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The copy of a task's label for cgroup programs. Whoever writes a label into
 * task storage calls pw_label_copy() or pw_label_drop() right after; whoever decides in a cgroup
 * program reads it with pw_label_copied().
 */
#ifndef PW_LABEL_BPF_H
#define PW_LABEL_BPF_H

/*
 * @leader: the thread group's leader, or the new task in task_alloc when it will
 * lead a group. @task: what stands in its task storage now. False when the copy
 * could not be stored: cgroup programs then take the task for others.
 */
static __always_inline bool pw_label_copy(struct task_struct *leader, const struct pw_task *task)
{
	__u64 key = (__u64)leader;
	struct pw_label label = {.storage = (__u64)leader->bpf_storage, .task = *task};

	return bpf_map_update_elem(&labels, &key, &label, BPF_ANY) == 0;
}

/* The label of the thread group that @leader leads, of whom only addresses are known, or NULL: in others. */
static __always_inline struct pw_task *pw_label_copied_at(__u64 leader, __u64 storage)
{
	struct pw_label *label;

	if (!storage)
		return NULL;
	label = bpf_map_lookup_elem(&labels, &leader);
	if (!label || label->storage != storage)
		return NULL;

	return &label->task;
}

/* The same of @task's thread group. */
static __always_inline struct pw_task *pw_label_copied(struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;

	return pw_label_copied_at((__u64)leader, (__u64)leader->bpf_storage);
}

/*
 * The current task opened an object: it and its forks carry that on. @label: in its task storage. A
 * function of its own, for what happens once a process.
 */
static __noinline int pw_carry_phi(struct pw_task *label)
{
	struct pw_task *copy = pw_label_copied(pw_current());

	__sync_fetch_and_or(&label->flags, PW_TASK_PHI);
	if (copy)
		__sync_fetch_and_or(&copy->flags, PW_TASK_PHI);

	return 0;
}

/* @leader is in others from now on. */
static __always_inline void pw_label_drop(struct task_struct *leader)
{
	__u64 key = (__u64)leader;

	bpf_map_delete_elem(&labels, &key);
}

/*
 * Not at exit: a leader's label counts while other threads live, and a leader
 * whose place another thread takes in execve is no leader any more when it exits. A fork that
 * fails after task_alloc ends here too.
 */
SEC("lsm/task_free")
int BPF_PROG(pw_task_free, struct task_struct *task)
{
	if (task->bpf_storage)
		pw_label_drop(task);

	return 0;
}

#endif
