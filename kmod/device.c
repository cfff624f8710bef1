// SPDX-License-Identifier: GPL-2.0-only
/* The device: who may use it, and what an argument has to look like. */
#include "internal.h"

#include <linux/capability.h>
#include <linux/miscdevice.h>
#include <linux/uaccess.h>

#include <phiward/version.h>

static long get_status(void *arg)
{
	struct pw_guard_status *status = arg;

	status->abi = PW_GUARD_ABI;
	if (pw_ftrace_is_held())
		status->state |= PW_GUARD_FTRACE;
	if (PW_DEBUG)
		status->state |= PW_GUARD_DEBUG;
	pw_hold_status(status);
	pw_gate_status(status);
	pw_key_status(status);
	strscpy(status->version, PW_VERSION, sizeof(status->version));
	return 0;
}

static const struct {
	unsigned int cmd;
	size_t in;	/* bytes from the beginning that the caller may set */
	long (*run)(void *arg);
} calls[] = {
	{ PW_GUARD_STATUS, sizeof(struct pw_guard_call), get_status },
	{ PW_GUARD_HOLD, sizeof(struct pw_guard_held), pw_hold },
	{ PW_GUARD_GET, offsetofend(struct pw_guard_held, role), pw_hold_get },
	{ PW_GUARD_DROP, offsetofend(struct pw_guard_held, role), pw_hold_drop },
	{ PW_GUARD_SEAL, sizeof(struct pw_guard_call), pw_seal },
	{ PW_GUARD_OPEN, sizeof(struct pw_guard_call), pw_gate_open },
	{ PW_GUARD_KEEP_SHUT, sizeof(struct pw_guard_call), pw_gate_keep_shut },
	{ PW_GUARD_KEY, sizeof(struct pw_guard_call), pw_key_give },
	{ PW_GUARD_MAC, offsetofend(struct pw_guard_mac, digest), pw_key_mac },
	{ PW_GUARD_AGAIN, offsetofend(struct pw_guard_mac, digest), pw_key_again },
};

bool pw_arg_is_valid(const void *arg, size_t size, size_t in)
{
	const struct pw_guard_call *head = arg;

	return head->size == size && !head->flags && !memchr_inv(arg + in, 0, size - in);
}

static long device_ioctl(struct file *file, unsigned int cmd, unsigned long address)
{
	u64 arg[sizeof(struct pw_guard_mac) / sizeof(u64)];	/* the largest */
	const size_t size = _IOC_SIZE(cmd);
	size_t n = 0;
	long ret;

	if (!capable(CAP_BPF))	/* it may have been handed on since it was opened */
		return -EPERM;
	while (n < ARRAY_SIZE(calls) && calls[n].cmd != cmd)
		n++;
	if (n == ARRAY_SIZE(calls))
		return -ENOTTY;
	if (copy_from_user(arg, (void __user *)address, size))
		return -EFAULT;
	if (!pw_arg_is_valid(arg, size, calls[n].in))
		return -EINVAL;

	mutex_lock(&pw_lock);
	ret = calls[n].run(arg);
	mutex_unlock(&pw_lock);
	if (!ret && _IOC_DIR(cmd) & _IOC_READ && copy_to_user((void __user *)address, arg, size))
		ret = -EFAULT;
	memzero_explicit(arg, sizeof(arg));
	return ret;
}

static int device_open(struct inode *inode, struct file *file)
{
	return capable(CAP_SYS_ADMIN) && capable(CAP_BPF) ? 0 : -EPERM;
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.open = device_open,
	.unlocked_ioctl = device_ioctl,
};

struct miscdevice pw_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "phiward",
	.mode = 0600,
	.fops = &device_fops,
};
