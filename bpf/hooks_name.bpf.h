/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names that are guarded whatever the policy says of objects: phiward's pins, and what lies in
 * code sets. Programs of their own beside those of hooks_inode.bpf.h, which keep too much on
 * their stacks; each ends at once for what lies on other file systems.
 */
#ifndef PW_HOOKS_NAME_BPF_H
#define PW_HOOKS_NAME_BPF_H

#define PW_BPF_FS_MAGIC 0xcafe4a11
#define PW_PIN_DEPTH 4	/* levels from a pin up to the root of its file system, and one more */

static __noinline int pw_guard_pin(struct dentry *dentry, enum pw_action action)
{
	const struct pw_own_directory *pins = &shared.state.own_directories[PW_OWN_PINS];
	struct dentry *at = dentry;
	__u32 i;

	if (dentry->d_sb->s_dev != pins->dev)
		return 0;
#pragma clang loop unroll(full)
	for (i = 0; i < PW_PIN_DEPTH; i++) {
		struct inode *inode = at->d_inode;

		if (inode && inode->i_ino == pins->ino)
			return pw_guard(action, PW_REASON_SELF, dentry);
		at = at->d_parent;
	}

	return 0;
}

/* @fresh: the name need not exist yet. */
static __always_inline int pw_guard_name(struct dentry *dentry, __u32 fresh, enum pw_action action)
{
	const struct super_block *sb = dentry->d_sb;

	if (sb->s_magic == PW_BPF_FS_MAGIC)
		return pw_errno(pw_guard_pin(dentry, action));

	return pw_sb_may_hold_code(sb) ? pw_errno(pw_guard_code(dentry, fresh, action)) : 0;
}

SEC("lsm/inode_create")
int BPF_PROG(pw_name_create, struct inode *dir, struct dentry *dentry, umode_t mode, int ret)
{
	return ret ? ret : pw_guard_name(dentry, 1, PW_ACTION_CREATE);
}

SEC("lsm/inode_mkdir")
int BPF_PROG(pw_name_mkdir, struct inode *dir, struct dentry *dentry, umode_t mode, int ret)
{
	return ret ? ret : pw_guard_name(dentry, 1, PW_ACTION_CREATE);
}

SEC("lsm/inode_symlink")
int BPF_PROG(pw_name_symlink, struct inode *dir, struct dentry *dentry, const char *target, int ret)
{
	return ret ? ret : pw_guard_name(dentry, 1, PW_ACTION_CREATE);
}

SEC("lsm/inode_mknod")
int BPF_PROG(pw_name_mknod, struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev,
	     int ret)
{
	return ret ? ret : pw_guard_name(dentry, 1, PW_ACTION_CREATE);
}

SEC("lsm/inode_unlink")
int BPF_PROG(pw_name_unlink, struct inode *dir, struct dentry *dentry, int ret)
{
	return ret ? ret : pw_guard_name(dentry, 0, PW_ACTION_DELETE);
}

SEC("lsm/inode_rmdir")
int BPF_PROG(pw_name_rmdir, struct inode *dir, struct dentry *dentry, int ret)
{
	return ret ? ret : pw_guard_name(dentry, 0, PW_ACTION_DELETE);
}

SEC("lsm/inode_rename")
int BPF_PROG(pw_name_rename, struct inode *old_dir, struct dentry *old_dentry,
	     struct inode *new_dir, struct dentry *new_dentry, int ret)
{
	if (ret)
		return ret;
	if (pw_guard_name(old_dentry, 0, PW_ACTION_RENAME))
		return -PW_EACCES;

	return pw_guard_name(new_dentry, 1, PW_ACTION_RENAME);
}

SEC("lsm/inode_link")
int BPF_PROG(pw_name_link, struct dentry *old_dentry, struct inode *dir, struct dentry *new_dentry,
	     int ret)
{
	if (ret)
		return ret;
	if (pw_guard_name(old_dentry, 0, PW_ACTION_LINK))
		return -PW_EACCES;

	return pw_guard_name(new_dentry, 1, PW_ACTION_LINK);
}

/* A descriptor that may write had to be opened, and what only drops set-id bits comes of a write. */
static __always_inline int pw_guard_setattr(struct dentry *dentry, const struct iattr *attr)
{
	unsigned int valid = attr->ia_valid;

	if ((valid & PW_ATTR_FORCE) && (valid & PW_ATTR_KILL) && !(valid & PW_ATTR_SIZE))
		return 0;

	return pw_guard_name(dentry, 0, valid & PW_ATTR_SIZE ? PW_ACTION_WRITE : PW_ACTION_ATTR);
}

/* As the other program on this hook. */
SEC("lsm/inode_setattr")
int BPF_PROG(pw_name_setattr_2arg, struct dentry *dentry, struct iattr *attr, int ret)
{
	return ret ? ret : pw_guard_setattr(dentry, attr);
}

SEC("lsm/inode_setattr")
int BPF_PROG(pw_name_setattr_3arg, void *idmap, struct dentry *dentry, struct iattr *attr, int ret)
{
	return ret ? ret : pw_guard_setattr(dentry, attr);
}

SEC("lsm/inode_setxattr")
int BPF_PROG(pw_name_setxattr, void *idmap, struct dentry *dentry, const char *name,
	     const void *value, size_t size, int flags, int ret)
{
	return ret ? ret : pw_guard_name(dentry, 0, PW_ACTION_ATTR);
}

SEC("lsm/inode_removexattr")
int BPF_PROG(pw_name_removexattr, void *idmap, struct dentry *dentry, const char *name, int ret)
{
	return ret ? ret : pw_guard_name(dentry, 0, PW_ACTION_ATTR);
}

SEC("lsm/inode_file_setattr")
int BPF_PROG(pw_name_file_setattr, struct dentry *dentry, void *attr, int ret)
{
	return ret ? ret : pw_guard_name(dentry, 0, PW_ACTION_ATTR);
}

SEC("lsm/inode_set_acl")
int BPF_PROG(pw_name_set_acl, void *idmap, struct dentry *dentry, const char *name, void *acl,
	     int ret)
{
	return ret ? ret : pw_guard_name(dentry, 0, PW_ACTION_ATTR);
}

SEC("lsm/inode_remove_acl")
int BPF_PROG(pw_name_remove_acl, void *idmap, struct dentry *dentry, const char *name, int ret)
{
	return ret ? ret : pw_guard_name(dentry, 0, PW_ACTION_ATTR);
}

#endif
