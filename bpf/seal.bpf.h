/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is refused from the seal until the next boot, beside all that the guard refuses before:
 * code that is loaded into the kernel, another kernel, and settings with which the kernel would
 * run or show what it should not. Each is a right that a policy can give.
 */
#ifndef PW_SEAL_BPF_H
#define PW_SEAL_BPF_H

static __always_inline int pw_is_sealed(void)
{
	const __u32 only = 0;
	const struct pw_seal *at = bpf_map_lookup_elem(&seal, &only);

	return at && at->sealed;
}

/* Refuses what needs @right once phiward is sealed. */
static __noinline int pw_guard_sealed(enum pw_action action, enum pw_reason reason,
				      enum pw_system right, struct dentry *dentry)
{
	if (!pw_is_sealed() || pw_has_right(right))
		return 0;

	return pw_guard(action, reason, dentry);
}

/* ---- Modules and other kernels -------------------------------------------------------------- */

#define PW_READS(id) bpf_core_enum_value(enum kernel_read_file_id, id)
#define PW_LOADS(id) bpf_core_enum_value(enum kernel_load_data_id, id)

/* What later kernels read beside firmware, keys and policies is taken for a module, as in 7.x. */
SEC("lsm/kernel_read_file")
int BPF_PROG(pw_kernel_read_file, struct file *file, enum kernel_read_file_id id, bool contents)
{
	if (id == PW_READS(READING_KEXEC_IMAGE) || id == PW_READS(READING_KEXEC_INITRAMFS))
		return pw_guard_sealed(PW_ACTION_KEXEC, PW_REASON_KEXEC, PW_SYSTEM_KEXEC,
				       file->f_path.dentry);
	if (id == PW_READS(READING_UNKNOWN) || id == PW_READS(READING_FIRMWARE) ||
	    id == PW_READS(READING_POLICY) || id == PW_READS(READING_X509_CERTIFICATE))
		return 0;

	return pw_guard_sealed(PW_ACTION_MODULE, PW_REASON_MODULES, PW_SYSTEM_MODULES,
			       file->f_path.dentry);
}

/* The same from memory: init_module(2), kexec_load(2). */
SEC("lsm/kernel_load_data")
int BPF_PROG(pw_kernel_load_data, enum kernel_load_data_id id, bool contents)
{
	if (id == PW_LOADS(LOADING_KEXEC_IMAGE) || id == PW_LOADS(LOADING_KEXEC_INITRAMFS))
		return pw_guard_sealed(PW_ACTION_KEXEC, PW_REASON_KEXEC, PW_SYSTEM_KEXEC, NULL);
	if (id == PW_LOADS(LOADING_UNKNOWN) || id == PW_LOADS(LOADING_FIRMWARE) ||
	    id == PW_LOADS(LOADING_POLICY) || id == PW_LOADS(LOADING_X509_CERTIFICATE))
		return 0;

	return pw_guard_sealed(PW_ACTION_MODULE, PW_REASON_MODULES, PW_SYSTEM_MODULES, NULL);
}

/* ---- Settings ---------------------------------------------------------------------------------- */

/* Of what lockdown=integrity refuses: by these the kernel's memory is written with no code of one's own. */
static __always_inline int pw_guard_sealed_lockdown(enum lockdown_reason what)
{
	if (what != bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_ACPI_TABLES) &&
	    what != bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_PCMCIA_CIS) &&
	    what != bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_TIOCSSERIAL) &&
	    what != bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_MODULE_PARAMETERS) &&
	    what != bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_MMIOTRACE))
		return 0;

	return pw_guard_sealed(PW_ACTION_TUNE, PW_REASON_KERNEL, PW_SYSTEM_KERNEL, NULL);
}

#define PW_SYSCTL_NAME 48	/* more than the longest name below */

#define PW_SYSCTL_IS(name, text) (bpf_strncmp(name, PW_SYSCTL_NAME, text) == 0)

/*
 * Programs that the kernel runs by itself, what it shows of its addresses and of other
 * processes, and who may load what into it.
 */
static __always_inline int pw_is_sealed_sysctl(const char *name)
{
	return PW_SYSCTL_IS(name, "kernel/core_pattern") ||
	       PW_SYSCTL_IS(name, "kernel/modprobe") ||
	       PW_SYSCTL_IS(name, "kernel/hotplug") ||
	       PW_SYSCTL_IS(name, "kernel/poweroff_cmd") ||
	       PW_SYSCTL_IS(name, "kernel/usermodehelper/bset") ||
	       PW_SYSCTL_IS(name, "kernel/usermodehelper/inheritable") ||
	       PW_SYSCTL_IS(name, "kernel/kptr_restrict") ||
	       PW_SYSCTL_IS(name, "kernel/dmesg_restrict") ||
	       PW_SYSCTL_IS(name, "kernel/perf_event_paranoid") ||
	       PW_SYSCTL_IS(name, "kernel/yama/ptrace_scope") ||
	       PW_SYSCTL_IS(name, "kernel/randomize_va_space") ||
	       PW_SYSCTL_IS(name, "kernel/unprivileged_bpf_disabled") ||
	       PW_SYSCTL_IS(name, "kernel/sysrq") ||
	       PW_SYSCTL_IS(name, "kernel/kexec_load_disabled") ||
	       PW_SYSCTL_IS(name, "kernel/kexec_load_limit_panic") ||
	       PW_SYSCTL_IS(name, "kernel/kexec_load_limit_reboot") ||
	       PW_SYSCTL_IS(name, "kernel/modules_disabled") ||
	       PW_SYSCTL_IS(name, "net/core/bpf_jit_enable") ||
	       PW_SYSCTL_IS(name, "net/core/bpf_jit_harden") ||
	       PW_SYSCTL_IS(name, "vm/mmap_min_addr") ||
	       PW_SYSCTL_IS(name, "vm/unprivileged_userfaultfd") ||
	       PW_SYSCTL_IS(name, "fs/suid_dumpable") ||
	       PW_SYSCTL_IS(name, "fs/protected_hardlinks") ||
	       PW_SYSCTL_IS(name, "fs/protected_symlinks") ||
	       PW_SYSCTL_IS(name, "dev/tty/ldisc_autoload");
}

/* ---- The kernel module's device ------------------------------------------------------------------ */

#define PW_MODULE_NAME 0x0064726177696870ULL	/* "phiward" */

/* By the module that answers for the open file: the device has no fixed number. */
static __always_inline int pw_is_module_device(const struct file *file)
{
	struct module *owner = file->f_op->owner;

	return owner && *(const __u64 *)&owner->name[0] == PW_MODULE_NAME;
}

#endif
