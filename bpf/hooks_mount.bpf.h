/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mounting over an object would put other files under its path. Binds, clones
 * and second mounts elsewhere are no concern: the files in them are still the
 * same inodes.
 */
#ifndef PW_HOOKS_MOUNT_BPF_H
#define PW_HOOKS_MOUNT_BPF_H

#define PW_MS_REMOUNT 32
#define PW_MS_MOVE 8192
#define PW_MS_PROPAGATION (1 << 17 | 1 << 18 | 1 << 19 | 1 << 20)

/* Refuses a mount on what lies in an object, or in a code set or on the way to one, to all but PID 1. */
static __noinline int pw_guard_cover(struct dentry *dentry)
{
	struct pw_met met;
	struct pw_ask ask = {.met = &met};
	struct pw_spot spot;

	if (pw_is_init())
		return 0;
	ask.dentry = dentry;
	ask.inode = dentry->d_inode;
	if (!ask.inode)
		return pw_errno(pw_impossible(PW_COUNT_BUG));
	if (pw_guard_code(dentry, 0, PW_ACTION_MOUNT))
		return -PW_EACCES;
	pw_ask_on(&ask, dentry->d_sb);
	if (!pw_may_hold_objects(ask.bank, ask.fs))
		return 0;
	if (pw_locate(&ask, PW_FS_OBJECTS, &spot) || spot.where == PW_WHERE_OUTSIDE)
		return 0;

	return pw_guard(PW_ACTION_MOUNT, PW_REASON_COVER, dentry);
}

/*
 * In hooks_self.bpf.h: refuses what would lead away from phiward's pins. @changes: the mount that
 * @path is on is itself moved, or does not hand on any more what happens to it.
 */
static __noinline int pw_guard_way(const struct path *path, __u32 changes);

/* What is moved to @path by mount(2) is here only a name. In PID 1's namespace nobody else has to. */
static __noinline int pw_guard_move(const struct path *path)
{
	if (!pw_init_beside(bpf_get_current_task_btf()) || pw_is_init())
		return 0;

	return pw_guard(PW_ACTION_MOUNT, PW_REASON_SELF, path->dentry);
}

SEC("lsm/sb_mount")
int BPF_PROG(pw_sb_mount, const char *dev_name, const struct path *path, const char *type,
	     unsigned long flags, void *data)
{
	if (pw_guard_way(path, flags & PW_MS_PROPAGATION) ||
	    ((flags & PW_MS_MOVE) && pw_guard_move(path)))
		return -PW_EACCES;
	if (flags & (PW_MS_REMOUNT | PW_MS_PROPAGATION))
		return 0;

	return pw_guard_cover(path->dentry);
}

SEC("lsm/move_mount")
int BPF_PROG(pw_move_mount, const struct path *from, const struct path *to)
{
	if (pw_guard_way(from, 1) || pw_guard_way(to, 0))
		return -PW_EACCES;

	return pw_guard_cover(to->dentry);
}

SEC("lsm/sb_pivotroot")
int BPF_PROG(pw_sb_pivotroot, const struct path *old_root, const struct path *new_root)
{
	if (pw_guard_way(new_root, 1) || pw_guard_way(old_root, 0))
		return -PW_EACCES;

	return pw_guard_cover(old_root->dentry);
}

#endif
