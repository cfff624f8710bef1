/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Raw storage as a class. Protecting only the device below an object fails: the
 * same blocks are reachable by loop, device-mapper, sg, nvme, network targets.
 * The kernel's own work (mount, loop and target threads) does not come this way.
 */
#ifndef PW_STORAGE_BPF_H
#define PW_STORAGE_BPF_H

#define PW_CONFIGFS_MAGIC 0x62656570
#define PW_SYSFS_MAGIC 0x62656572
#define PW_BTRFS_MAGIC 0x9123683e

#define PW_MAJOR_MEM 1
#define PW_MAJOR_MISC 10
#define PW_MAJOR_SG 21
#define PW_MAJOR_MTD 90
#define PW_MAJOR_USB 189
#define PW_MINOR_DM_CONTROL 236
#define PW_MINOR_LOOP_CONTROL 237

#define PW_NR_SWAPON 167	/* x86-64 */
#define PW_NR_SWAPON_32 87	/* i386; on x86-64 that is unlink(2) */
#define PW_TS_COMPAT 2

/* Refuses to all but who has `system: [storage]`. */
static __noinline int pw_guard_storage(struct dentry *dentry)
{
	return pw_has_right(PW_SYSTEM_STORAGE) ?
		       0 : pw_guard(PW_ACTION_RAW, PW_REASON_STORAGE, dentry);
}

/*
 * A node that leads to blocks: all block devices, sg, device-mapper and loop control, and mtd,
 * which block2mtd makes of a disk that nobody has mounted.
 */
static __always_inline int pw_is_storage(const struct inode *inode)
{
	umode_t format = inode->i_mode & PW_S_IFMT;
	__u32 major, minor;

	if (format == PW_S_IFBLK)
		return 1;
	if (format != PW_S_IFCHR)
		return 0;
	major = PW_MAJOR(inode->i_rdev);
	minor = PW_MINOR(inode->i_rdev);

	return major == PW_MAJOR_SG || major == PW_MAJOR_MTD ||
	       (major == PW_MAJOR_MISC &&
		(minor == PW_MINOR_DM_CONTROL || minor == PW_MINOR_LOOP_CONTROL));
}

/* nvme-fabrics has no fixed number; the module that answers for the open file has a name. */
static __always_inline int pw_is_fabrics(const struct file *file)
{
	struct module *owner = file->f_op->owner;

	if (!owner)
		return 0;

	return *(const __u64 *)&owner->name[0] == 0x6261665f656d766eULL; /* "nvme_fab" */
}

/* Commands to disks that need no block node: SG_IO, NVMe pass-through. */
static __always_inline int pw_is_disk_command(unsigned int cmd)
{
	unsigned int type = (cmd >> 8) & 0xff, nr = cmd & 0xff;

	return cmd == 0x2285 || (type == 'N' && nr >= 0x41 && nr <= 0x49);
}

/* btrfs reads, sends and snapshots one file by a descriptor of another; cloning is decided as reading. */
static __always_inline int pw_is_btrfs_command(const struct super_block *sb, unsigned int cmd)
{
	unsigned int nr = cmd & 0xff;

	return ((cmd >> 8) & 0xff) == 0x94 && sb->s_magic == PW_BTRFS_MAGIC && nr != 9 && nr != 13 &&
	       nr != 54;
}

/* Whether the current task is in the system call @nr of x86-64, or @nr_32 of i386. */
static __always_inline int pw_in_call(__u32 nr, __u32 nr_32)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);

	return (__u32)regs->orig_ax == (task->thread_info.status & PW_TS_COMPAT ? nr_32 : nr);
}

/* swapon(2) opens a file like everybody; what is swapped out is members' memory. */
static __always_inline int pw_in_swapon(void)
{
	return pw_in_call(PW_NR_SWAPON, PW_NR_SWAPON_32);
}

#endif
