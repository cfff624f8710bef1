/* SPDX-License-Identifier: GPL-2.0-only */
/* What userspace reads out of the kernel: identities of files. */
#ifndef PW_ITERATORS_BPF_H
#define PW_ITERATORS_BPF_H

/* The identities of what the reading process has open with O_PATH, struct pw_identity each. */
SEC("iter/task_file")
int pw_identify(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct pw_identity id = {};
	struct super_block *sb;
	struct dentry *dentry;
	struct inode *inode;

	if (!task || !file || (__u32)task->tgid != bpf_get_current_pid_tgid() >> 32)
		return 0;
	if (task->group_leader != task || !(file->f_mode & PW_FMODE_PATH))
		return 0;

	inode = file->f_inode;
	dentry = file->f_path.dentry;
	sb = inode->i_sb;
	id.fd = ctx->fd;
	id.dev = sb->s_dev;
	id.fs = pw_fs_id_of(sb);
	id.ino = inode->i_ino;
	id.generation = inode->i_generation;
	id.parent_ino = dentry->d_parent->d_inode->i_ino;
	id.parent_generation = dentry->d_parent->d_inode->i_generation;
	id.magic = sb->s_magic;
	id.mode = inode->i_mode;
	id.nlink = inode->i_nlink;
	id.removable = pw_is_removable(sb);
	id.is_fs_root = dentry == sb->s_root;
	id.mounts_of_init = pw_has_mounts_of_init(bpf_get_current_task_btf());
	bpf_seq_write(ctx->meta->seq, &id, sizeof(id));

	return 0;
}

#endif
