/* SPDX-License-Identifier: GPL-2.0-only */
/* Hooks on open files: opening, reading, writing, mapping, passing on, watching. */
#ifndef PW_HOOKS_FILE_BPF_H
#define PW_HOOKS_FILE_BPF_H

/* What opening a file like this asks for. */
static __always_inline __u32 pw_need_of_open(fmode_t mode, unsigned int flags)
{
	__u32 need = 0;

	if (flags & PW_O_EXEC)
		return PW_ACTION_BIT(PW_ACTION_EXEC);
	if (mode & PW_FMODE_WRITE)
		need |= mode & PW_FMODE_CREATED ? PW_ACTION_BIT(PW_ACTION_CREATE) :
						  PW_ACTION_BIT(PW_ACTION_WRITE);
	if (mode & PW_FMODE_READ || !need)
		need |= PW_ACTION_BIT(PW_ACTION_READ);

	return need;
}

static __always_inline __u32 pw_action_of(__u32 need)
{
	if (need & PW_ACTION_BIT(PW_ACTION_EXEC))
		return PW_ACTION_EXEC;
	if (need & PW_ACTION_BIT(PW_ACTION_CREATE))
		return PW_ACTION_CREATE;
	if (need & PW_ACTION_BIT(PW_ACTION_WRITE))
		return PW_ACTION_WRITE;

	return PW_ACTION_READ;
}

/* The daemon lists directories of objects, to find files with further names; it opens none. */
static __always_inline int pw_lists_for_scan(const struct inode *inode, __u32 writes)
{
	struct pw_task *label;

	if ((inode->i_mode & PW_S_IFMT) != PW_S_IFDIR || writes)
		return 0;
	label = pw_label_of(bpf_get_current_task_btf());

	return label && label->subject == PW_SUBJECT_DAEMON;
}

#define PW_PTS_FIRST 136
#define PW_PTS_LAST 143

/*
 * What a member needs to write here, PW_SUBJECT_WRITES_*; 0: nothing; PW_BY_PLACE:
 * like a regular file. A memfd is a pipe with a memory: what it holds goes to who has it.
 */
#define PW_BY_PLACE 1U

static __always_inline __u32 pw_writing_needs(const struct inode *inode)
{
	umode_t format = inode->i_mode & PW_S_IFMT;
	__u32 major, minor;

	if (format == PW_S_IFIFO)
		return PW_SUBJECT_WRITES_PIPE;
	if (format == PW_S_IFREG)
		return inode->i_sb->s_flags & PW_SB_NOUSER ? PW_SUBJECT_WRITES_PIPE : PW_BY_PLACE;
	if (format != PW_S_IFCHR)
		return 0;
	major = PW_MAJOR(inode->i_rdev);
	minor = PW_MINOR(inode->i_rdev);
	if (major == PW_MAJOR_MEM && minor != 1 && minor != 2 && minor != 4 && minor != 11)
		return 0;	/* null, zero, full, random */
	if (major == 4 || major == 5 || (major >= PW_PTS_FIRST && major <= PW_PTS_LAST))
		return PW_SUBJECT_WRITES_TTY;

	return PW_BY_PLACE;
}

/* Whether what @inode is, not where it lies, decides that the current task may write to it. */
static __always_inline int pw_may_write_by_kind(const struct pw_bank *bank,
						const struct inode *inode)
{
	__u32 needs = pw_writing_needs(inode);
	struct pw_actor actor;

	if (!needs)
		return 1;
	if (needs == PW_BY_PLACE)
		return 0;
	actor = pw_actor_of(bank, bpf_get_current_task_btf());

	return !pw_has_access(actor.flags) || (actor.flags & needs);
}

/*
 * No file on @sb is protected, and reading binds nobody: so it is with most files, and
 * they are not kept waiting. What is found here is not handed on, because together with
 * the question it would not fit the stack.
 */
static __always_inline int pw_is_free(const struct super_block *sb, __u32 writes)
{
	struct pw_bank *bank = pw_bank_in(pw_active_slot());

	return !bank || (!writes && !pw_may_hold_objects(bank, pw_fs_index(bank, sb)));
}

/* A question about an open file. */
static __always_inline int pw_ask_open_file(struct file *file, __u32 need, __u32 writes,
					    __u32 flags)
{
	struct inode *inode = file->f_inode;
	struct pw_ask ask = {
		.dentry = file->f_path.dentry,
		.inode = inode,
		.q.need = need,
		.q.bound = writes,
		.q.flags = flags,
	};

	pw_ask_on(&ask, inode->i_sb);
	if (!ask.bank || pw_lists_for_scan(inode, writes))
		return 0;
	if (writes && pw_may_write_by_kind(ask.bank, inode))
		ask.q.bound = 0;
	ask.q.bound = PW_OPAQUE(ask.q.bound);
	ask.q.action = PW_OPAQUE(pw_action_of(need));

	return pw_ask_file(&ask);
}

SEC("lsm/file_open")
int BPF_PROG(pw_file_open, struct file *file, int ret)
{
	if (ret)
		return ret;
	if (!pw_is_free(file->f_inode->i_sb, file->f_mode & PW_FMODE_WRITE)) {
		ret = pw_ask_open_file(file,
				       PW_OPAQUE(pw_need_of_open(file->f_mode, file->f_flags)),
				       file->f_mode & PW_FMODE_WRITE, 0);
		if (ret)
			return ret;
	}
	if (pw_is_storage(file->f_inode) || ((file->f_mode & PW_FMODE_WRITE) && pw_in_swapon()))
		return pw_guard_storage(file->f_path.dentry);
	if (pw_is_guarded_pseudo(file->f_inode->i_sb))
		return pw_guard_pseudo(file);

	return 0;
}

/*
 * Whether the current task opened all that it has under its present label and
 * the present policy, so that reading through it was decided.
 */
static __always_inline int pw_opened_by_itself(const struct pw_bank *bank)
{
	struct pw_task *label = pw_label_of(bpf_get_current_task_btf());

	return label && label->subject >= PW_SUBJECT_FIRST && !(label->flags & PW_TASK_MIXED) &&
	       label->generation == bank->generation;
}

/* What using an open file asks for. */
static __always_inline __u32 pw_need_of_use(const struct file *file, __u32 writes)
{
	if (writes)
		return PW_ACTION_BIT(PW_ACTION_WRITE);
	if (file->f_flags & PW_O_EXEC)
		return PW_ACTION_BIT(PW_ACTION_EXEC);

	return PW_ACTION_BIT(PW_ACTION_READ);
}

#define PW_USE_IS_PIPE 1	/* no refusal yet: it is decided like a write to a pipe */

/* In net_use.bpf.h: 0, -EACCES, or PW_USE_IS_PIPE. */
static __always_inline int pw_use_socket_file(struct file *file, __u32 writes);

/* What a member writes into a socket that is like a pipe to it. It lies nowhere, so no walk. */
static __noinline int pw_write_to_pipe(struct file *file)
{
	struct inode *inode = file->f_inode;
	struct pw_asked q = {
		.dentry = (__u64)file->f_path.dentry,
		.ino = inode->i_ino,
		.dev = inode->i_sb->s_dev,
		.slot = pw_active_slot(),
		.need = PW_ACTION_BIT(PW_ACTION_WRITE),
		.action = PW_ACTION_WRITE,
		.bound = 1,
		.spot.where = PW_WHERE_OUTSIDE,
		.spot.depth = PW_PATH_DEPTH,
	};

	return pw_errno(pw_judge(&q));
}

/* Reading or writing through a descriptor, wherever that comes from. */
static __always_inline int pw_use(struct file *file, __u32 writes)
{
	struct inode *inode = file->f_inode;
	umode_t format = inode->i_mode & PW_S_IFMT;
	struct pw_bank *bank;

	if (format == PW_S_IFSOCK) {
		int use = pw_use_socket_file(file, PW_OPAQUE(writes));

		return use == PW_USE_IS_PIPE ? pw_write_to_pipe(file) : pw_errno(use);
	}
	if (!format)
		return 0;
	if (pw_is_storage(inode) || (format == PW_S_IFCHR && writes && pw_is_fabrics(file)))
		return pw_guard_storage(file->f_path.dentry);
	if (!writes && format != PW_S_IFREG && format != PW_S_IFDIR)
		return 0;
	if (writes && pw_is_guarded_pseudo(inode->i_sb)) {
		int refused = pw_guard_pseudo(file);

		if (refused)
			return refused;
	}
	if (!writes) {
		bank = pw_bank_in(pw_active_slot());
		if (!bank || !pw_may_hold_objects(bank, pw_fs_index(bank, inode->i_sb)) ||
		    pw_opened_by_itself(bank))
			return 0;
	}

	return pw_ask_open_file(file, PW_OPAQUE(pw_need_of_use(file, writes)), writes,
				PW_CASE_QUIET | PW_ASK_WRITE_OR_CREATE);
}

SEC("lsm/file_permission")
int BPF_PROG(pw_file_permission, struct file *file, int mask, int ret)
{
	return ret ? ret : pw_use(file, mask & PW_MAY_WRITE);
}

#define PW_PROT_WRITE 2
#define PW_MAP_TYPE 0xf
#define PW_MAP_PRIVATE 2
#define PW_VM_SHARED 8

/* A shared mapping of a writable file can be made writable without asking: it counts as written. */
SEC("lsm/mmap_file")
int BPF_PROG(pw_mmap_file, struct file *file, unsigned long reqprot, unsigned long prot,
	     unsigned long flags, int ret)
{
	if (ret || !file)
		return ret;

	return pw_use(file, (flags & PW_MAP_TYPE) == PW_MAP_PRIVATE ? 0 :
								     file->f_mode & PW_FMODE_WRITE);
}

/* For mappings that were there before the policy. */
SEC("lsm/file_mprotect")
int BPF_PROG(pw_file_mprotect, struct vm_area_struct *vma, unsigned long reqprot,
	     unsigned long prot, int ret)
{
	struct file *file;

	if (ret || !(prot & PW_PROT_WRITE) || !(vma->vm_flags & PW_VM_SHARED))
		return ret;
	file = vma->vm_file;

	return file ? pw_use(file, 1) : 0;
}

/* A descriptor arrives from another process: as if this one had opened it. */
SEC("lsm/file_receive")
int BPF_PROG(pw_file_receive, struct file *file, int ret)
{
	umode_t format = file->f_inode->i_mode & PW_S_IFMT;
	__u32 writes = file->f_mode & PW_FMODE_WRITE;

	if (ret || (format != PW_S_IFREG && format != PW_S_IFDIR) || (file->f_mode & PW_FMODE_PATH))
		return ret;

	return pw_ask_open_file(file, PW_OPAQUE(pw_need_of_open(file->f_mode & ~PW_FMODE_CREATED, 0)),
				writes, PW_ASK_WRITE_OR_CREATE);
}

#define PW_NOTIFY_INODE 0

/*
 * Watching a directory tells the names that appear in it; watching a mount or a file
 * system tells those of all objects there.
 */
SEC("lsm/path_notify")
int BPF_PROG(pw_path_notify, const struct path *path, u64 mask, unsigned int obj_type, int ret)
{
	struct dentry *dentry = path->dentry;
	struct pw_ask ask = {
		.dentry = dentry,
		.inode = dentry->d_inode,
		.q.need = PW_ACTION_BIT(PW_ACTION_READ),
		.q.action = PW_ACTION_READ,
	};

	if (ret)
		return ret;
	pw_ask_on(&ask, dentry->d_sb);
	if (!ask.bank)
		return 0;
	if (obj_type == PW_NOTIFY_INODE || !pw_may_hold_objects(ask.bank, ask.fs))
		return pw_ask_file(&ask);
	ask.q.spot.where = PW_OPAQUE(PW_WHERE_UNRESOLVED);
	ask.q.spot.depth = PW_PATH_DEPTH;

	return pw_put_to_judge(&ask);
}

#endif
