/* SPDX-License-Identifier: GPL-2.0-only */
/* Hooks on open files: opening, reading, writing, mapping, passing on. */
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
static __always_inline int pw_lists_for_scan(const struct inode *inode, fmode_t mode)
{
	struct pw_task *label;

	if ((inode->i_mode & PW_S_IFMT) != PW_S_IFDIR || mode & PW_FMODE_WRITE)
		return 0;
	label = pw_label_of(bpf_get_current_task_btf());

	return label && label->subject == PW_SUBJECT_DAEMON;
}

SEC("lsm/file_open")
int BPF_PROG(pw_file_open, struct file *file, int ret)
{
	struct inode *inode = file->f_inode;
	struct pw_ask ask = {};

	if (ret)
		return ret;
	pw_ask_on(&ask, inode->i_sb);
	if (!ask.bank || pw_lists_for_scan(inode, file->f_mode))
		return 0;

	ask.dentry = file->f_path.dentry;
	ask.inode = inode;
	ask.q.need = PW_OPAQUE(pw_need_of_open(file->f_mode, file->f_flags));
	ask.q.action = PW_OPAQUE(pw_action_of(ask.q.need));
	ask.q.bound = file->f_mode & PW_FMODE_WRITE;

	ret = pw_ask_file(&ask);
	if (ret || !pw_is_guarded_pseudo(inode->i_sb))
		return ret;

	return pw_guard_pseudo(file);
}

#endif
