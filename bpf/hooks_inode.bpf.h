/* SPDX-License-Identifier: GPL-2.0-only */
/* Hooks on names and attributes: creating, deleting, renaming, linking, changing. */
#ifndef PW_HOOKS_INODE_BPF_H
#define PW_HOOKS_INODE_BPF_H

#define PW_ATTR_SIZE (1 << 3)
#define PW_ATTR_FORCE (1 << 9)
#define PW_ATTR_FILE (1 << 13)
#define PW_ATTR_KILL ((1 << 11) | (1 << 12) | (1 << 14)) /* SUID, SGID, PRIV */

/*
 * Questions have frames of their own: with what guards a name they would not fit on one stack.
 */

/* One action on a name that exists. */
static __noinline int pw_ask_name(struct dentry *dentry, enum pw_action action, __u32 bound,
				  __u32 scope)
{
	struct pw_ask ask = {
		.dentry = dentry,
		.inode = dentry->d_inode,
		.need = PW_ACTION_BIT(action),
		.action = action,
		.bound = bound,
	};

	if (!ask.inode)
		return pw_errno(pw_impossible(PW_COUNT_BUG));

	return pw_ask_file(&ask, dentry->d_sb, scope);
}

/* The creation of a name. */
static __noinline int pw_ask_new_name(struct dentry *dentry, __u32 bound, __u32 scope)
{
	struct pw_ask ask = {
		.dentry = dentry,
		.inode = dentry->d_parent->d_inode,
		.fresh = 1,
		.need = PW_ACTION_BIT(PW_ACTION_CREATE),
		.action = PW_ACTION_CREATE,
		.bound = bound,
	};

	return pw_ask_file(&ask, dentry->d_sb, scope);
}

/* What the hooks return. */
static __always_inline int pw_on_name(struct dentry *dentry, enum pw_action action, __u32 bound)
{
	__u32 scope = pw_guard_name(dentry, 0, action);

	return scope == PW_NAME_REFUSED ? -PW_EACCES :
					  pw_errno(pw_ask_name(dentry, action, bound, scope));
}

static __always_inline int pw_on_new_name(struct dentry *dentry, __u32 bound)
{
	__u32 scope = pw_guard_name(dentry, 1, PW_ACTION_CREATE);

	return scope == PW_NAME_REFUSED ? -PW_EACCES :
					  pw_errno(pw_ask_new_name(dentry, bound, scope));
}

/* Whether there is a file behind @dentry; where that cannot be seen, there is. */
static __always_inline int pw_exists(struct dentry *dentry)
{
	__u64 inode = 1;

	if (pw_can_probe)
		bpf_core_read(&inode, sizeof(inode), &dentry->d_inode);

	return inode != 0;
}

SEC("lsm/inode_create")
int BPF_PROG(pw_inode_create, struct inode *dir, struct dentry *dentry, umode_t mode)
{
	return pw_on_new_name(dentry, 1);
}

SEC("lsm/inode_mkdir")
int BPF_PROG(pw_inode_mkdir, struct inode *dir, struct dentry *dentry, umode_t mode)
{
	if (dentry->d_sb->s_magic == PW_CONFIGFS_MAGIC)	/* targets that serve disks */
		return pw_guard_storage(dentry->d_parent);

	return pw_on_new_name(dentry, 1);
}

SEC("lsm/inode_symlink")
int BPF_PROG(pw_inode_symlink, struct inode *dir, struct dentry *dentry, const char *target)
{
	return pw_on_new_name(dentry, 1);
}

/* A socket is no file that could hold what a member read. */
SEC("lsm/inode_mknod")
int BPF_PROG(pw_inode_mknod, struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev)
{
	return pw_on_new_name(dentry, (mode & PW_S_IFMT) != PW_S_IFSOCK);
}

/*
 * A name on @sb goes whose file has @nlink. When there are others they may lie outside,
 * and when one is left no number of links tells that it is an object's.
 */
static __always_inline void pw_loses_name(struct super_block *sb, unsigned int nlink, umode_t mode)
{
	struct pw_bank *bank;

	if (nlink <= 1 || (mode & PW_S_IFMT) == PW_S_IFDIR)
		return;
	bank = pw_bank_in(pw_active_slot());
	if (bank && (pw_fs_flags(bank, pw_fs_index(bank, sb)) & PW_FS_OBJECTS))
		shared.state.orphans = 1;
}

/* The same for a name that need not exist; where that cannot be seen, it does. */
static __noinline int pw_is_replaced(struct dentry *dentry)
{
	struct inode *inode = NULL;
	unsigned int nlink = 2;
	umode_t mode = 0;

	if (pw_can_probe) {
		bpf_core_read(&inode, sizeof(inode), &dentry->d_inode);
		if (!inode)
			return 0;
		bpf_core_read(&nlink, sizeof(nlink), &inode->i_nlink);
		bpf_core_read(&mode, sizeof(mode), &inode->i_mode);
	}
	pw_loses_name(dentry->d_sb, nlink, mode);

	return 0;
}

SEC("lsm/inode_unlink")
int BPF_PROG(pw_inode_unlink, struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;
	int refused = pw_on_name(dentry, PW_ACTION_DELETE, 0);

	if (!refused && inode)
		pw_loses_name(dentry->d_sb, inode->i_nlink, inode->i_mode);

	return refused;
}

SEC("lsm/inode_rmdir")
int BPF_PROG(pw_inode_rmdir, struct inode *dir, struct dentry *dentry)
{
	return pw_on_name(dentry, PW_ACTION_DELETE, 0);
}

/*
 * Not static, so that the verifier forgets by which way it came to @spot, and checks what follows
 * once.
 */
__noinline int pw_spot_forget(struct pw_spot *spot)
{
	barrier_var(spot);

	return 0;
}

static __always_inline void pw_locate_both(struct pw_ask *ask, struct pw_spot *spot)
{
	struct pw_met met;

	ask->met = &met;
	ask->climbed = PW_CLIMBED_NOT;
	if (pw_locate(ask, PW_FS_OBJECTS, spot))
		pw_spot_outside(spot);
	pw_spot_forget(spot);
}

/* Whether another name of @inode stays where it was when it gets a new one. */
static __always_inline int pw_keeps_name(const struct inode *inode, enum pw_action action)
{
	return (inode->i_mode & PW_S_IFMT) != PW_S_IFDIR &&
	       (action == PW_ACTION_LINK || inode->i_nlink > 1);
}

/*
 * Moves @from to @to, or gives it a second name there (@action rename or link).
 * What leaves an object for no object has to go where the member may write, and break-glass lifts
 * no refusal of that: a file that has left, or has a name outside, stays there when the session ends;
 * the new side is asked first, so that an allowed record stands for what happened.
 */
static __noinline int pw_ask_move(struct dentry *from, struct dentry *to, enum pw_action action)
{
	struct pw_ask ask = {.dentry = from, .inode = from->d_inode, .action = action};
	__u32 old_where, old_object;
	struct pw_asked q;
	int r = 0;

	if (!ask.inode)
		return pw_errno(pw_impossible(PW_COUNT_BUG));
	pw_ask_on(&ask, from->d_sb);
	if (!pw_may_hold_objects(ask.bank, ask.fs))
		return 0;
	pw_locate_both(&ask, &q.spot);
	old_where = q.spot.where;
	old_object = q.spot.object;

	ask.dentry = to;
	ask.fresh = 1;
	pw_locate_both(&ask, &q.spot);
	if (q.spot.where != PW_WHERE_OUTSIDE) {
		if (pw_exists(to))
			ask.need |= PW_ACTION_BIT(PW_ACTION_DELETE);
		if (q.spot.object != old_object || q.spot.where != old_where)
			ask.need |= PW_ACTION_BIT(PW_ACTION_CREATE);
		/* Whoever holds the name that stays outside could change the object's file. */
		if (old_where == PW_WHERE_OUTSIDE && pw_keeps_name(ask.inode, action)) {
			ask.need |= PW_ACTION_BIT(PW_ACTION_LINK);
			ask.flags |= PW_CASE_LASTS;
		}
	} else if (old_where != PW_WHERE_OUTSIDE) {
		ask.bound = 1;
		ask.need = PW_ACTION_BIT(PW_ACTION_CREATE);
		ask.flags |= PW_ASK_BORDER | PW_CASE_LASTS;
	}
	if (old_where != PW_WHERE_OUTSIDE)
		ask.flags |= PW_CASE_QUIET;
	ask.flags = PW_OPAQUE(ask.flags);
	ask.need = PW_OPAQUE(ask.need);
	if (ask.need)
		r = pw_put_to_judge(&ask, &q);
	if (r || old_where == PW_WHERE_OUTSIDE)
		return r;

	ask.dentry = from;
	ask.fresh = 0;
	ask.need = PW_ACTION_BIT(action);
	ask.bound = 0;
	ask.flags &= PW_CASE_LASTS;
	pw_locate_both(&ask, &q.spot);

	return pw_put_to_judge(&ask, &q);
}

static __always_inline int pw_on_move(struct dentry *from, struct dentry *to, enum pw_action action)
{
	if (pw_guard_name(from, 0, action) == PW_NAME_REFUSED ||
	    pw_guard_name(to, 1, action) == PW_NAME_REFUSED)
		return -PW_EACCES;

	return pw_errno(pw_ask_move(from, to, action));
}

/* Called twice for an exchange, once for each direction. */
SEC("lsm/inode_rename")
int BPF_PROG(pw_inode_rename, struct inode *old_dir, struct dentry *old_dentry,
	     struct inode *new_dir, struct dentry *new_dentry)
{
	int refused = pw_on_move(old_dentry, new_dentry, PW_ACTION_RENAME);

	if (!refused)
		pw_is_replaced(new_dentry);

	return refused;
}

SEC("lsm/inode_link")
int BPF_PROG(pw_inode_link, struct dentry *old_dentry, struct inode *dir,
	     struct dentry *new_dentry)
{
	return pw_on_move(old_dentry, new_dentry, PW_ACTION_LINK);
}

/*
 * Size is content. Dropping set-id bits and capabilities is part of a write
 * and was decided there.
 */
static __always_inline int pw_on_setattr(struct dentry *dentry, struct iattr *attr)
{
	unsigned int valid = attr->ia_valid;
	enum pw_action action = PW_ACTION_ATTR;

	if (valid & PW_ATTR_SIZE)
		action = (valid & PW_ATTR_FILE) && (attr->ia_file->f_mode & PW_FMODE_CREATED) ?
				 PW_ACTION_CREATE : PW_ACTION_WRITE;
	else if ((valid & PW_ATTR_FORCE) && (valid & PW_ATTR_KILL))
		return 0;

	return pw_on_name(dentry, action, action != PW_ACTION_ATTR);
}

/* The mount's id mapping became an argument between 6.1 and 6.12. */
SEC("lsm/inode_setattr")
int BPF_PROG(pw_inode_setattr_2arg, struct dentry *dentry, struct iattr *attr)
{
	return pw_on_setattr(dentry, attr);
}

SEC("lsm/inode_setattr")
int BPF_PROG(pw_inode_setattr_3arg, void *idmap, struct dentry *dentry, struct iattr *attr)
{
	return pw_on_setattr(dentry, attr);
}

/* An extended attribute holds bytes: outside objects it is bound like a file's content. */
SEC("lsm/inode_setxattr")
int BPF_PROG(pw_inode_setxattr, void *idmap, struct dentry *dentry, const char *name,
	     const void *value, size_t size, int flags)
{
	return pw_on_name(dentry, PW_ACTION_ATTR, 1);
}

SEC("lsm/inode_removexattr")
int BPF_PROG(pw_inode_removexattr, void *idmap, struct dentry *dentry, const char *name)
{
	return pw_on_name(dentry, PW_ACTION_ATTR, 0);
}

/* From 6.17 on, also by path; before, flags of files are set by ioctl alone. */
SEC("lsm/inode_file_setattr")
int BPF_PROG(pw_inode_file_setattr, struct dentry *dentry, void *attr)
{
	return pw_on_name(dentry, PW_ACTION_ATTR, 0);
}

/* From 6.2 on; before, an ACL is an extended attribute like others. */
SEC("lsm/inode_set_acl")
int BPF_PROG(pw_inode_set_acl, void *idmap, struct dentry *dentry, const char *name, void *acl)
{
	return pw_on_name(dentry, PW_ACTION_ATTR, 0);
}

SEC("lsm/inode_remove_acl")
int BPF_PROG(pw_inode_remove_acl, void *idmap, struct dentry *dentry, const char *name)
{
	return pw_on_name(dentry, PW_ACTION_ATTR, 0);
}

#endif
