/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands to files and devices that reach what no other hook guards: blocks of a
 * disk, extents of another file, and by what a file or a volume is recognised.
 */
#ifndef PW_HOOKS_IOCTL_BPF_H
#define PW_HOOKS_IOCTL_BPF_H

/* Type and number of a command; its size differs between 32 and 64 bits. */
#define PW_COMMAND(type, nr) ((type) << 8 | (nr))
#define PW_GUARD_IO 0xD7	/* as in guard.h, which needs the kernel's headers */
#define PW_GUARD_NR_STATUS 0	/* says only what it is asked */
#define PW_COMMAND_WRITES(cmd) ((cmd) >> 30 == 1)

/*
 * They name a second file by a descriptor in their argument, which no hook sees, and
 * swap its blocks with the first one's; or give the volume another UUID or label, under
 * which it would be another one after the next mount; or shut it down, with the loss of what
 * was written and is not on disk yet.
 */
static __always_inline int pw_is_volume_command(unsigned int cmd)
{
	switch (cmd & 0xffff) {
	case PW_COMMAND('f', 15):	/* EXT4_IOC_MOVE_EXT */
	case PW_COMMAND('f', 17):	/* EXT4_IOC_SWAP_BOOT */
	case PW_COMMAND(0x94, 50):	/* FS_IOC_SETFSLABEL */
	case PW_COMMAND('X', 125):	/* EXT4_IOC_SHUTDOWN, of XFS and f2fs too */
	case PW_COMMAND('X', 109):	/* XFS_IOC_SWAPEXT */
	case PW_COMMAND('X', 129):	/* XFS_IOC_EXCHANGE_RANGE */
		return 1;
	case PW_COMMAND('f', 44):	/* EXT4_IOC_SETFSUUID; to get it has the same number */
		return PW_COMMAND_WRITES(cmd);
	default:
		return 0;
	}
}

/* Flags of the file, and the generation by which it is recognised. */
static __always_inline int pw_is_attr_command(unsigned int cmd)
{
	switch (cmd & 0xffff) {
	case PW_COMMAND('f', 2):	/* FS_IOC_SETFLAGS */
	case PW_COMMAND('f', 4):	/* EXT4_IOC_SETVERSION */
	case PW_COMMAND('f', 19):	/* FS_IOC_SET_ENCRYPTION_POLICY */
	case PW_COMMAND('f', 133):	/* FS_IOC_ENABLE_VERITY: read-only for ever */
	case PW_COMMAND('v', 2):	/* FS_IOC_SETVERSION */
	case PW_COMMAND('X', 32):	/* FS_IOC_FSSETXATTR */
		return 1;
	default:
		return 0;
	}
}

/* A device driven from userspace: a stick can be, once its driver is taken off. */
static __always_inline int pw_guard_usb(struct dentry *dentry)
{
	struct pw_bank *bank = pw_bank_in(pw_active_slot());

	return bank && (bank->flags & PW_BANK_REMOVABLE) ? pw_guard_storage(dentry) : 0;
}

static __always_inline int pw_ask_ioctl(struct file *file, unsigned int cmd)
{
	struct inode *inode = file->f_inode;
	umode_t format = inode->i_mode & PW_S_IFMT;
	struct pw_bank *bank;

	/* By a descriptor from before the policy, too: it would make loop devices, and discard blocks. */
	if ((format == PW_S_IFCHR || format == PW_S_IFBLK) &&
	    (pw_is_disk_command(cmd) || pw_is_storage(inode)))
		return pw_guard_storage(file->f_path.dentry);
	/* What the module holds can be let go, and its key used up, also by an old descriptor. */
	if (format == PW_S_IFCHR && PW_MAJOR(inode->i_rdev) == PW_MAJOR_MISC &&
	    (cmd & 0xffff) != PW_COMMAND(PW_GUARD_IO, PW_GUARD_NR_STATUS) && pw_is_module_device(file))
		return pw_guard(PW_ACTION_TUNE, PW_REASON_SWITCH, file->f_path.dentry);
	if (format == PW_S_IFCHR && PW_MAJOR(inode->i_rdev) == PW_MAJOR_USB)
		return pw_guard_usb(file->f_path.dentry);
	if (format != PW_S_IFREG && format != PW_S_IFDIR)
		return 0;
	if (pw_is_attr_command(cmd))
		return pw_on_name(file->f_path.dentry, PW_ACTION_ATTR, 0);
	if (!pw_is_volume_command(cmd) && !pw_is_btrfs_command(inode->i_sb, cmd))
		return 0;
	bank = pw_bank_in(pw_active_slot());
	if (!bank || !(pw_fs_flags(bank, pw_fs_index(bank, inode->i_sb)) & (PW_FS_OBJECTS | PW_FS_CODE)))
		return 0;

	return pw_guard_storage(file->f_path.dentry);
}

SEC("lsm/file_ioctl")
int BPF_PROG(pw_file_ioctl, struct file *file, unsigned int cmd, unsigned long arg)
{
	return pw_ask_ioctl(file, cmd);
}

/* The same from 32-bit programs, where the kernel has the hook. */
SEC("lsm/file_ioctl_compat")
int BPF_PROG(pw_file_ioctl_compat, struct file *file, unsigned int cmd, unsigned long arg)
{
	return pw_ask_ioctl(file, cmd);
}

/*
 * Commands to a driver by io_uring, from 5.19 on: NVMe takes all that its disks understand
 * so, and ublk makes disks. /dev/null and what is no device have nothing to give.
 */
SEC("lsm/uring_cmd")
int BPF_PROG(pw_uring_cmd, struct io_uring_cmd *command)
{
	struct file *file = command->file;
	struct inode *inode = file->f_inode;
	umode_t format = inode->i_mode & PW_S_IFMT;

	if (format != PW_S_IFCHR && format != PW_S_IFBLK)
		return pw_ask_ioctl(file, command->cmd_op);
	if (format == PW_S_IFCHR && PW_MAJOR(inode->i_rdev) == PW_MAJOR_MEM)
		return 0;

	return pw_guard_storage(file->f_path.dentry);
}

#endif
