/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What would switch phiward off, or read a member's memory from inside the
 * kernel: loading programs, probes, tracing, and the switches of function
 * tracing, on which every LSM program hangs. No mode lifts these refusals.
 */
#ifndef PW_HOOKS_GUARD_BPF_H
#define PW_HOOKS_GUARD_BPF_H

#define PW_PROC_MAGIC 0x9fa0
#define PW_TRACEFS_MAGIC 0x74726163
#define PW_DEBUGFS_MAGIC 0x64626720

/*
 * Programs that only see what their loader's own descriptors carry are open to
 * everybody. Programs on cgroups see or decide for others (a later one can undo
 * a refusal with bpf_set_retval), so like LSM programs they are for PID 1.
 */
static __always_inline int pw_may_load(__u32 prog_type)
{
	switch (prog_type) {
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_CGROUP_DEVICE:
		return 1;
	case BPF_PROG_TYPE_CGROUP_SKB:
	case BPF_PROG_TYPE_CGROUP_SOCK:
	case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
	case BPF_PROG_TYPE_CGROUP_SOCKOPT:
	case BPF_PROG_TYPE_CGROUP_SYSCTL:
	case BPF_PROG_TYPE_LSM:
		return pw_is_init();
	default:
		return 0;
	}
}

/*
 * Descriptors of maps, programs and links by number are how a stranger would
 * get at phiward's own; links of cgroup programs could then be detached.
 */
SEC("lsm/bpf")
int BPF_PROG(pw_bpf, int cmd, union bpf_attr *attr, unsigned int size)
{
	/* An earlier verdict cannot be read here: 7.x has one argument more before it. */
	switch (cmd) {
	case BPF_PROG_LOAD:
		if (pw_may_load(attr->prog_type))
			return 0;
		break;
	case BPF_PROG_GET_FD_BY_ID:
	case BPF_MAP_GET_FD_BY_ID:
	case BPF_LINK_GET_FD_BY_ID:
	case BPF_LINK_DETACH:
	case BPF_LINK_UPDATE:
	case BPF_RAW_TRACEPOINT_OPEN:
		break;
	default:
		return 0;
	}

	return pw_guard(PW_ACTION_BPF, PW_REASON_GATE, NULL);
}

SEC("lsm/perf_event_open")
int BPF_PROG(pw_perf_event_open)
{
	return pw_guard(PW_ACTION_TRACE, PW_REASON_TRACING, NULL);
}

/*
 * What lockdown calls integrity and confidentiality, as far as it opens members' memory, or
 * the ports and registers by which a disk is read past its driver.
 */
SEC("lsm/locked_down")
int BPF_PROG(pw_locked_down, enum lockdown_reason what, int ret)
{
	if (ret)
		return ret;
	if (what != bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_DEV_MEM) &&
	    what != bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_IOPORT) &&
	    what != bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_PCI_ACCESS) &&
	    what != bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_MSR) &&
	    what != bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_KCORE) &&
	    what != bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_KPROBES) &&
	    what != bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_BPF_WRITE_USER) &&
	    what != bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_DBG_WRITE_KERNEL))
		return 0;

	return pw_guard(PW_ACTION_TRACE, PW_REASON_TRACING, NULL);
}

#define PW_GUARDED_NAME 24	/* more than the longest name below */

struct pw_pseudo_name {
	char text[PW_GUARDED_NAME];
};

/* Longer names than those below, and one that cannot be read, are none of them. */
static __always_inline void pw_read_pseudo_name(const struct dentry *dentry,
						struct pw_pseudo_name *name)
{
	__builtin_memset(name, 0, sizeof(*name));
	if (dentry->d_name.len < sizeof(name->text))
		pw_copy_name(name->text, sizeof(name->text), (__u64)dentry->d_name.name);
}

static __always_inline int pw_name_is(const struct pw_pseudo_name *name, const char *text)
{
	return bpf_strncmp(name->text, sizeof(name->text), text) == 0;
}

/* What shows a process's memory, or where it lies. */
static __always_inline int pw_shows_memory(const struct pw_pseudo_name *name)
{
	return pw_name_is(name, "environ") || pw_name_is(name, "auxv") ||
	       pw_name_is(name, "maps") || pw_name_is(name, "smaps") ||
	       pw_name_is(name, "smaps_rollup") || pw_name_is(name, "numa_maps") ||
	       pw_name_is(name, "pagemap") || pw_name_is(name, "map_files");
}

/* md, zram and bcache are told by a file of sysfs of a disk, which they then write on by themselves. */
static __noinline int pw_guard_hand_over(struct file *file)
{
	struct dentry *dentry = file->f_path.dentry;
	struct pw_pseudo_name name;

	pw_read_pseudo_name(dentry, &name);
	if (!pw_name_is(&name, "new_dev") && !pw_name_is(&name, "backing_dev") &&
	    !pw_name_is(&name, "register") && !pw_name_is(&name, "register_quiet"))
		return 0;

	return pw_guard_storage(dentry);
}

/*
 * Called when any file is opened for writing or written to. From 6.7 on sysfs has a UUID,
 * so it is not asked about where the other pseudo file systems are.
 */
static __always_inline int pw_guard_sysfs(struct file *file, const struct super_block *sb)
{
	return sb->s_magic == PW_SYSFS_MAGIC ? pw_guard_hand_over(file) : 0;
}

/* In hooks_task.bpf.h. */
static __noinline int pw_ask_memory(const struct inode *inode);

/* Called when a file of a pseudo file system is opened or written to: 0, or the refusal. */
static __noinline int pw_guard_pseudo(struct file *file)
{
	struct dentry *dentry = file->f_path.dentry;
	__u64 magic = file->f_inode->i_sb->s_magic;
	struct pw_pseudo_name name;

	pw_read_pseudo_name(dentry, &name);
	if (magic == PW_PROC_MAGIC) {
		if (pw_name_is(&name, "kcore"))
			return pw_guard(PW_ACTION_TRACE, PW_REASON_TRACING, dentry);
		if (pw_shows_memory(&name))
			return pw_ask_memory(file->f_inode);
		if (!(file->f_mode & PW_FMODE_WRITE))
			return 0;
		if (pw_name_is(&name, "ftrace_enabled"))
			return pw_guard(PW_ACTION_TUNE, PW_REASON_SWITCH, dentry);
		if (pw_name_is(&name, "loginuid") && bpf_get_current_task_btf()->cred->uid.val)
			return pw_guard(PW_ACTION_TUNE, PW_REASON_LOGIN, dentry);
		return 0;
	}
	if (!(file->f_mode & PW_FMODE_WRITE))
		return 0;
	if (magic == PW_CONFIGFS_MAGIC)
		return pw_guard_storage(dentry);
	if (pw_name_is(&name, "trace_marker") || pw_name_is(&name, "trace_marker_raw"))
		return 0;

	return pw_guard(PW_ACTION_TRACE, PW_REASON_TRACING, dentry);
}

/* Whether pw_guard_pseudo() has to be asked; for the hooks on open files. */
static __always_inline int pw_is_guarded_pseudo(const struct super_block *sb)
{
	__u64 magic = sb->s_magic;

	return magic == PW_PROC_MAGIC || magic == PW_TRACEFS_MAGIC || magic == PW_DEBUGFS_MAGIC ||
	       magic == PW_CONFIGFS_MAGIC;
}

#endif
