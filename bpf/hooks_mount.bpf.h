/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mounting over an object would put other files under its path. Binds, clones
 * and second mounts elsewhere are no concern: the files in them are still the
 * same inodes.
 */
#ifndef PW_HOOKS_MOUNT_BPF_H
#define PW_HOOKS_MOUNT_BPF_H

#define PW_MS_REMOUNT 32
#define PW_MS_PROPAGATION (1 << 17 | 1 << 18 | 1 << 19 | 1 << 20)

/* Refuses a mount on what lies in an object, to all but PID 1. */
static __noinline int pw_guard_cover(struct dentry *dentry)
{
	struct pw_ask ask = {};

	if (pw_is_init())
		return 0;
	pw_ask_on(&ask, dentry->d_sb);
	if (!ask.bank || !pw_may_hold_objects(ask.bank, ask.fs))
		return 0;
	ask.dentry = dentry;
	ask.inode = dentry->d_inode;
	if (!ask.inode)
		return pw_errno(pw_impossible(PW_COUNT_BUG));
	pw_locate_both(&ask);
	if (ask.q.spot.where == PW_WHERE_OUTSIDE)
		return 0;

	return pw_guard(PW_ACTION_MOUNT, PW_REASON_COVER, dentry);
}

SEC("lsm/sb_mount")
int BPF_PROG(pw_sb_mount, const char *dev_name, const struct path *path, const char *type,
	     unsigned long flags, void *data, int ret)
{
	if (ret)
		return ret;
	if (flags & (PW_MS_REMOUNT | PW_MS_PROPAGATION))
		return 0;

	return pw_guard_cover(path->dentry);
}

SEC("lsm/move_mount")
int BPF_PROG(pw_move_mount, const struct path *from, const struct path *to, int ret)
{
	if (ret)
		return ret;

	return pw_guard_cover(to->dentry);
}

SEC("lsm/sb_pivotroot")
int BPF_PROG(pw_sb_pivotroot, const struct path *old_root, const struct path *new_root, int ret)
{
	if (ret)
		return ret;

	return pw_guard_cover(old_root->dentry);
}

#endif
