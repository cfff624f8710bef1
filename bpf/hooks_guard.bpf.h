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
#define PW_CGROUP2_MAGIC 0x63677270

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

/* Where strangers may attach what they may load, and PID 1 what it may. */
static __always_inline int pw_may_attach(__u32 attach_type)
{
	return attach_type == BPF_CGROUP_DEVICE || pw_is_init();
}

/* ---- phiward's own maps and programs ---------------------------------------------------------- */

/* PW_OWN_NAME, as the first bytes of a name are loaded; who names his own so locks himself out. */
#define PW_OWN_NAME_MASK 0xffffff
#define PW_OWN_NAME_WORD 0x5f7770

static __always_inline int pw_is_own_name(__u32 first)
{
	return (first & PW_OWN_NAME_MASK) == PW_OWN_NAME_WORD;
}

/* Not static: the verifier then checks it once and not once a call. */
__noinline int pw_is_own_map(__u32 id, __u32 name)
{
	__u32 i;

	for (i = 0; i < PW_OWN_MAPS; i++)
		if (id && shared.state.own_maps[i] == id)
			return 1;

	return pw_is_own_name(name);
}

extern const void bpf_map_fops __ksym __weak;

/*
 * The number of the map when descriptor @fd of the current task is one of ours, or 0. But for
 * `shared` no stranger gets one, so it is from before the policy; a thread that exchanges
 * descriptors meanwhile is not seen.
 */
static __noinline __u32 pw_own_map_of(__u32 fd)
{
	struct fdtable *fdt = bpf_get_current_task_btf()->files->fdt;
	__u64 operations = 0, map = 0;
	struct file *file = NULL;
	__u32 id = 0, name = 0;

	if (!pw_can_probe || fd >= fdt->max_fds)
		return 0;
	bpf_probe_read_kernel(&file, sizeof(file), (const void *)((__u64)fdt->fd + fd * sizeof(file)));
	if (!file)
		return 0;
	bpf_core_read(&operations, sizeof(operations), &file->f_op);
	if (&bpf_map_fops && operations != (__u64)&bpf_map_fops)
		return 0;
	bpf_core_read(&map, sizeof(map), &file->private_data);
	bpf_core_read(&id, sizeof(id), &((struct bpf_map *)map)->id);
	bpf_core_read(&name, sizeof(name), &((struct bpf_map *)map)->name);

	return pw_is_own_map(id, name) ? id : 0;
}

/* Root may look at map `shared`, so that `phiward status` tells what is in force when phiwardd is dead. */
static __always_inline int pw_is_shared_map(__u32 id)
{
	return id == shared.state.own_maps[PW_OWN_SHARED];
}

/* @looks: it is only read. */
static __noinline int pw_guard_map_of(__u32 fd, __u32 looks)
{
	__u32 id = pw_own_map_of(fd);

	if (!id || (looks && pw_is_shared_map(id)))
		return 0;

	return pw_guard(PW_ACTION_BPF, PW_REASON_SELF, NULL);
}

/* Where a stranger gets a descriptor of a map: by number, by a pin, by making it. */
SEC("lsm/bpf_map")
int BPF_PROG(pw_bpf_map, struct bpf_map *map, fmode_t mode)
{
	__u32 id = map->id;

	if (!pw_is_own_map(id, *(const __u32 *)&map->name[0]))
		return 0;
	if (pw_is_shared_map(id) && !(mode & PW_FMODE_WRITE))
		return 0;

	return pw_guard(PW_ACTION_BPF, PW_REASON_SELF, NULL);
}

/* The same of programs. */
SEC("lsm/bpf_prog")
int BPF_PROG(pw_bpf_prog, struct bpf_prog *program)
{
	if (!pw_is_own_name(*(const __u32 *)&program->aux->name[0]))
		return 0;

	return pw_guard(PW_ACTION_BPF, PW_REASON_SELF, NULL);
}

/* ---- bpf(2) ----------------------------------------------------------------------------------- */

/*
 * Descriptors of maps, programs and links by number are how a stranger would
 * get at phiward's own; links of cgroup programs could then be detached. Nobody asks about the
 * descriptor of a link, so what can be done with one is refused instead.
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
	case BPF_PROG_ATTACH:
	case BPF_PROG_DETACH:
		if (pw_may_attach(attr->attach_type))
			return 0;
		break;
	case BPF_LINK_CREATE:
		if (pw_may_attach(attr->link_create.attach_type))
			return 0;
		break;
	case BPF_MAP_LOOKUP_ELEM:
		return pw_guard_map_of(attr->map_fd, 1);
	case BPF_MAP_UPDATE_ELEM:
	case BPF_MAP_DELETE_ELEM:
	case BPF_MAP_GET_NEXT_KEY:
	case BPF_MAP_LOOKUP_AND_DELETE_ELEM:
	case BPF_MAP_FREEZE:
		return pw_guard_map_of(attr->map_fd, 0);
	case BPF_MAP_LOOKUP_BATCH:
	case BPF_MAP_LOOKUP_AND_DELETE_BATCH:
	case BPF_MAP_UPDATE_BATCH:
	case BPF_MAP_DELETE_BATCH:
		return pw_guard_map_of(attr->batch.map_fd, 0);
	default:
		return 0;
	}

	return pw_guard(PW_ACTION_BPF, PW_REASON_GATE, NULL);
}

/* Refuses to all but who has `system: [trace]`. */
static __noinline int pw_guard_trace(struct dentry *dentry)
{
	return pw_has_right(PW_SYSTEM_TRACE) ?
		       0 : pw_guard(PW_ACTION_TRACE, PW_REASON_TRACING, dentry);
}

SEC("lsm/perf_event_open")
int BPF_PROG(pw_perf_event_open)
{
	return pw_errno(pw_guard_trace(NULL));
}

/*
 * What lockdown calls integrity and confidentiality, as far as it opens members' memory, or
 * the ports and registers by which a disk is read past its driver.
 */
SEC("lsm/locked_down")
int BPF_PROG(pw_locked_down, enum lockdown_reason what)
{
	if (what == bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_KPROBES))
		return pw_errno(pw_guard_trace(NULL));
	if (what != bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_DEV_MEM) &&
	    what != bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_IOPORT) &&
	    what != bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_PCI_ACCESS) &&
	    what != bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_MSR) &&
	    what != bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_KCORE) &&
	    what != bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_BPF_WRITE_USER) &&
	    what != bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_DBG_WRITE_KERNEL))
		return pw_guard_sealed_lockdown(what);

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

/*
 * md, zram and bcache are told by a file of sysfs of a disk, which they then write on by
 * themselves; the kernel runs what stands in uevent_helper.
 */
static __noinline int pw_guard_hand_over(struct file *file)
{
	struct dentry *dentry = file->f_path.dentry;
	struct pw_pseudo_name name;

	pw_read_pseudo_name(dentry, &name);
	if (pw_name_is(&name, "uevent_helper"))
		return pw_guard_sealed(PW_ACTION_TUNE, PW_REASON_KERNEL, PW_SYSTEM_KERNEL, dentry);
	if (!pw_name_is(&name, "new_dev") && !pw_name_is(&name, "backing_dev") &&
	    !pw_name_is(&name, "register") && !pw_name_is(&name, "register_quiet"))
		return 0;

	return pw_guard_storage(dentry);
}

/* Freezing, killing, starving: whatever is written in the control groups of phiwardd is PID 1's affair. */
static __noinline int pw_guard_cgroup(struct file *file)
{
	struct dentry *dentry = file->f_path.dentry;
	__u64 ino = dentry->d_parent->d_inode->i_ino;
	__u32 i;

	for (i = 0; i < PW_OWN_CGROUPS; i++)
		if (shared.state.own_cgroups[i] == ino)
			break;
	if (i == PW_OWN_CGROUPS || pw_is_init())
		return 0;

	return pw_guard_of(PW_ACTION_TUNE, PW_REASON_SELF, dentry, PW_SUBJECT_DAEMON);
}

/*
 * Called when any file is opened for writing or written to. From 6.7 on sysfs and cgroupfs have
 * a UUID, so they are not asked about where the other pseudo file systems are.
 */
static __always_inline int pw_guard_sysfs(struct file *file, const struct super_block *sb)
{
	__u64 magic = sb->s_magic;

	if (magic == PW_SYSFS_MAGIC)
		return pw_guard_hand_over(file);

	return magic == PW_CGROUP2_MAGIC ? pw_guard_cgroup(file) : 0;
}

/* In hooks_task.bpf.h. */
static __noinline int pw_ask_memory(const struct inode *inode, __u32 mode);
static __noinline int pw_guard_proc(struct file *file);

/* Called when a file of a pseudo file system is opened or written to: 0, or the refusal. */
static __noinline int pw_guard_pseudo(struct file *file)
{
	struct dentry *dentry;
	struct pw_pseudo_name name;
	__u64 magic;

	file = PW_PLAIN(file);
	dentry = file->f_path.dentry;
	magic = file->f_inode->i_sb->s_magic;
	pw_read_pseudo_name(dentry, &name);
	if (magic == PW_PROC_MAGIC) {
		if (pw_name_is(&name, "kcore"))
			return pw_guard(PW_ACTION_TRACE, PW_REASON_TRACING, dentry);
		if (pw_shows_memory(&name))
			return pw_ask_memory(file->f_inode, PW_PTRACE_READ);
		if (!(file->f_mode & PW_FMODE_WRITE))
			return pw_name_is(&name, "current") ?
				       pw_ask_memory(file->f_inode,
						     PW_PTRACE_READ | PW_PTRACE_NOAUDIT) :
				       0;
		if (pw_name_is(&name, "ftrace_enabled"))
			return pw_guard(PW_ACTION_TUNE, PW_REASON_SWITCH, dentry);
		if (pw_name_is(&name, "sysrq-trigger"))
			return pw_guard_sealed(PW_ACTION_TUNE, PW_REASON_KERNEL, PW_SYSTEM_KERNEL,
					       dentry);
		if (pw_name_is(&name, "loginuid") && bpf_get_current_task_btf()->cred->uid.val)
			return pw_guard(PW_ACTION_TUNE, PW_REASON_LOGIN, dentry);
		return pw_guard_proc(file);
	}
	if (!(file->f_mode & PW_FMODE_WRITE))
		return 0;
	if (magic == PW_CONFIGFS_MAGIC)
		return pw_guard_storage(dentry);
	if (pw_name_is(&name, "trace_marker") || pw_name_is(&name, "trace_marker_raw"))
		return 0;

	return pw_guard_trace(dentry);
}

/* Whether pw_guard_pseudo() has to be asked; for the hooks on open files. */
static __always_inline int pw_is_guarded_pseudo(const struct super_block *sb)
{
	__u64 magic = sb->s_magic;

	return magic == PW_PROC_MAGIC || magic == PW_TRACEFS_MAGIC || magic == PW_DEBUGFS_MAGIC ||
	       magic == PW_CONFIGFS_MAGIC;
}

#endif
