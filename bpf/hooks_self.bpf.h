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
	     const struct cred *cred)
{
	if (!sig)
		return 0;

	return pw_guard_daemon(victim, PW_ACTION_SIGNAL);
}

/*
 * Signals that a file was told to send (F_SETOWN, F_SETSIG): any signal, to any process that
 * root names. phiwardd has no such files, and who is current says nothing of who told.
 */
SEC("lsm/file_send_sigiotask")
int BPF_PROG(pw_file_send_sigiotask, struct task_struct *victim, struct fown_struct *owner, int sig)
{
	if (!pw_is_daemon(victim))
		return 0;

	return pw_guard_of(PW_ACTION_SIGNAL, PW_REASON_SELF, NULL, PW_SUBJECT_DAEMON);
}

SEC("lsm/task_setnice")
int BPF_PROG(pw_task_setnice, struct task_struct *victim, int nice)
{
	return pw_guard_daemon(victim, PW_ACTION_TUNE);
}

SEC("lsm/task_setioprio")
int BPF_PROG(pw_task_setioprio, struct task_struct *victim, int ioprio)
{
	return pw_guard_daemon(victim, PW_ACTION_TUNE);
}

SEC("lsm/task_setscheduler")
int BPF_PROG(pw_task_setscheduler, struct task_struct *victim)
{
	return pw_guard_daemon(victim, PW_ACTION_TUNE);
}

SEC("lsm/task_setrlimit")
int BPF_PROG(pw_task_setrlimit, struct task_struct *victim, unsigned int resource,
	     struct rlimit *limit)
{
	return pw_guard_daemon(victim, PW_ACTION_TUNE);
}

/* Keeps in which control groups phiwardd is: @cgroup and those above it, but the root. */
static __noinline int pw_note_cgroups(struct cgroup *cgroup)
{
	__u64 at = (__u64)cgroup;
	__u32 i;

	if (!pw_can_probe)
		return 0;
	for (i = 0; i < PW_OWN_CGROUPS; i++) {
		struct cgroup_subsys_state *parent = NULL;
		struct kernfs_node *node = NULL;
		__u64 ino = 0;

		if (at) {
			bpf_core_read(&parent, sizeof(parent), &((struct cgroup *)at)->self.parent);
			bpf_core_read(&node, sizeof(node), &((struct cgroup *)at)->kn);
			bpf_core_read(&ino, sizeof(ino), &node->id);
		}
		shared.state.own_cgroups[i] = parent ? ino : 0;
		at = parent ? (__u64)parent - bpf_core_field_offset(struct cgroup, self) : 0;
	}

	return 0;
}

/*
 * phiwardd was moved to another control group, where it may be frozen or killed. Nobody asks
 * before; it is recorded, the new group is guarded like the old one, and PID 1 starts phiwardd
 * again when it misses its signs of life.
 */
SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(pw_cgroup_attach_task, struct cgroup *cgroup, const char *path,
	     struct task_struct *task)
{
	__u32 slot = pw_active_slot();
	struct pw_bank *bank = pw_bank_in(slot);
	struct pw_actor actor;
	struct pw_case c = {.slot = slot, .verdict = PW_VERDICT_ALLOW};

	if (!bank || !pw_is_daemon(task))
		return 0;
	pw_note_cgroups(cgroup);
	actor = pw_actor_of(bank, bpf_get_current_task_btf());
	if (actor.subject == PW_SUBJECT_INIT)
		return 0;
	pw_case_tamper(&c, &actor, PW_ACTION_TUNE, PW_REASON_SELF, PW_SUBJECT_DAEMON);
	c.flags |= PW_CASE_RECORD;
	pw_verdict(&c);

	return 0;
}

/* ---- The way to the pins ---------------------------------------------------------------------- */

static __always_inline const struct mount *pw_mount_of(const struct vfsmount *mnt)
{
	return (const void *)mnt - bpf_core_field_offset(struct mount, mnt);
}

/* Whether the mount is on the way to the pins. */
static __noinline int pw_is_own_mount(struct vfsmount *mnt)
{
	int id = 0;
	__u32 i;

	bpf_core_read(&id, sizeof(id), &pw_mount_of(mnt)->mnt_id);
	for (i = 0; i < PW_OWN_MOUNTS; i++)
		if (id && shared.state.own_mounts[i].id == (__u32)id)
			return 1;

	return 0;
}

/*
 * Whether unmounting it, in another namespace, unmounts one on the way to the pins too: it
 * is of the same file system, and hangs where that is handed on, or what hangs on it does. Who
 * hands on is in a group of peers; the flag that says so has moved in Linux 6.17.
 */
static __noinline int pw_takes_own_mount(struct vfsmount *mnt)
{
	__u32 dev = mnt->mnt_sb->s_dev, i;
	struct mount *parent = NULL;
	int peers = 0, peers_above = 0;

	bpf_core_read(&parent, sizeof(parent), &pw_mount_of(mnt)->mnt_parent);
	bpf_core_read(&peers, sizeof(peers), &pw_mount_of(mnt)->mnt_group_id);
	bpf_core_read(&peers_above, sizeof(peers_above), &parent->mnt_group_id);
	if (!peers && !peers_above)
		return 0;
	for (i = 0; i < PW_OWN_MOUNTS; i++)
		if (shared.state.own_mounts[i].id && shared.state.own_mounts[i].dev == dev)
			return 1;

	return 0;
}

static __always_inline int pw_is_own_directory(const struct dentry *dentry)
{
	__u32 dev = dentry->d_sb->s_dev, i;
	__u64 ino = dentry->d_inode->i_ino;

	for (i = 0; i < PW_OWN_MOUNTS; i++)
		if (shared.state.own_directories[i].ino == ino &&
		    shared.state.own_directories[i].dev == dev)
			return 1;

	return 0;
}

static __noinline int pw_guard_way(const struct path *path, __u32 changes)
{
	struct dentry *dentry = path->dentry;

	if (!pw_can_probe || !pw_is_own_mount(path->mnt) ||
	    (!changes && !pw_is_own_directory(dentry)) || pw_is_init())
		return 0;

	return pw_guard(PW_ACTION_MOUNT, PW_REASON_SELF, dentry);
}

/* With the last mount of their file system the pins would be gone, and what hangs on them. */
SEC("lsm/sb_umount")
int BPF_PROG(pw_sb_umount, struct vfsmount *mnt, int flags)
{
	if (!pw_can_probe || (!pw_is_own_mount(mnt) && !pw_takes_own_mount(mnt)) || pw_is_init())
		return 0;

	return pw_guard(PW_ACTION_MOUNT, PW_REASON_SELF, mnt->mnt_root);
}

#endif
