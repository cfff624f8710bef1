/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rights beyond files and peers, `system:` of a subject, as far as they are asked about at one
 * place: capabilities of the initial user namespace, screens and input devices. A capability is
 * refused with what the kernel says where it lacks, EPERM.
 */
#ifndef PW_RIGHTS_BPF_H
#define PW_RIGHTS_BPF_H

#define PW_CAP_NET_ADMIN 12
#define PW_CAP_SYS_MODULE 16
#define PW_CAP_SYS_BOOT 22
#define PW_CAP_SYS_TIME 25
#define PW_CAP_OPT_NOAUDIT 2	/* the kernel only asks */

#define PW_NR_DELETE_MODULE 176		/* x86-64 */
#define PW_NR_DELETE_MODULE_32 129	/* i386 */
#define PW_NR_SETSOCKOPT 54		/* x86-64 */
#define PW_NR_SETSOCKOPT_32 366		/* i386 */
#define PW_SOL_SOCKET 1
#define PW_NR_REBOOT 169		/* x86-64 */
#define PW_NR_REBOOT_32 88		/* i386 */
#define PW_O_TRUNC 01000		/* of delete_module(2): also what is in use */

/* Of the system call that the current task is in. */
static __always_inline unsigned long pw_second_argument(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	const struct pt_regs *regs = (const struct pt_regs *)bpf_task_pt_regs(task);

	return task->thread_info.status & PW_TS_COMPAT ? regs->cx : regs->si;
}

/*
 * delete_module(2) asks nobody else. By force phiward's own module could be taken away with
 * all that it holds, so that is refused to everybody, before the seal too.
 */
static __noinline int pw_guard_module_removal(void)
{
	unsigned long flags;

	if (!pw_in_call(PW_NR_DELETE_MODULE, PW_NR_DELETE_MODULE_32))
		return 0;
	flags = pw_second_argument();
	if (flags & PW_O_TRUNC)
		return pw_guard(PW_ACTION_MODULE, PW_REASON_SWITCH, NULL);

	return pw_guard_sealed(PW_ACTION_MODULE, PW_REASON_MODULES, PW_SYSTEM_MODULES, NULL);
}

/*
 * Options of one's own socket beyond what is usual: every service that tells PID 1 that it is
 * ready asks so for a larger buffer. They change nothing of the network; options of a protocol,
 * by which netfilter's tables are set, are another level.
 */
static __noinline int pw_sets_own_socket(void)
{
	return pw_in_call(PW_NR_SETSOCKOPT, PW_NR_SETSOCKOPT_32) &&
	       (__u32)pw_second_argument() == PW_SOL_SOCKET;
}

static __noinline int pw_guard_right(enum pw_system right, enum pw_reason reason,
				     unsigned int options)
{
	if (pw_has_right(right))
		return 0;

	return options & PW_CAP_OPT_NOAUDIT ? -PW_EACCES :
					      pw_errno(pw_guard(PW_ACTION_TUNE, reason, NULL));
}

SEC("lsm/capable")
int BPF_PROG(pw_capable, const struct cred *cred, struct user_namespace *ns, int cap,
	     unsigned int options)
{
	switch (cap) {
	case PW_CAP_SYS_MODULE:
		return pw_errno(pw_guard_module_removal());
	case PW_CAP_NET_ADMIN:
		if (ns->level || pw_sets_own_socket())
			return 0;
		return pw_guard_right(PW_SYSTEM_NETADMIN, PW_REASON_NETADMIN, options);
	case PW_CAP_SYS_TIME:
		return pw_guard_right(PW_SYSTEM_CLOCK, PW_REASON_CLOCK, options);
	case PW_CAP_SYS_BOOT:
		/* Who loads another kernel is asked with its file: seal.bpf.h. */
		if (ns->level || !pw_in_call(PW_NR_REBOOT, PW_NR_REBOOT_32))
			return 0;
		return pw_guard_right(PW_SYSTEM_POWER, PW_REASON_POWER, options);
	default:
		return 0;
	}
}

#define PW_MAJOR_VCS 7
#define PW_MAJOR_INPUT 13
#define PW_MAJOR_FB 29
#define PW_MAJOR_DRM 226
#define PW_MINOR_UINPUT 223
#define PW_MINOR_DRM_RENDER 128	/* from here on nodes that only compute, which show no screen */

/* What shows a screen, tells what is typed, or types. */
static __always_inline int pw_is_display(const struct inode *inode)
{
	__u32 major, minor;

	if ((inode->i_mode & PW_S_IFMT) != PW_S_IFCHR)
		return 0;
	major = PW_MAJOR(inode->i_rdev);
	minor = PW_MINOR(inode->i_rdev);

	return major == PW_MAJOR_VCS || major == PW_MAJOR_INPUT || major == PW_MAJOR_FB ||
	       (major == PW_MAJOR_DRM && minor < PW_MINOR_DRM_RENDER) ||
	       (major == PW_MAJOR_MISC && minor == PW_MINOR_UINPUT);
}

/* Whoever has one open hands it on to whom he likes: a session's manager does. */
static __noinline int pw_guard_display(struct dentry *dentry)
{
	return pw_has_right(PW_SYSTEM_DISPLAY) ?
		       0 : pw_guard(PW_ACTION_RAW, PW_REASON_DISPLAY, dentry);
}

#endif
