/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Settings of the kernel by name, whatever procfs they are written through: the switch of
 * function tracing once more, and what the seal refuses. This program does not itself hang on
 * function tracing, and sees writes through descriptors from before the policy.
 */
#ifndef PW_HOOKS_SYSCTL_BPF_H
#define PW_HOOKS_SYSCTL_BPF_H

/* Packets that pass through, addresses that answer elsewhere: as good as setting addresses. */
static __always_inline int pw_is_network_sysctl(const char *name)
{
	return bpf_strncmp(name, 7, "net/ipv") == 0 || bpf_strncmp(name, 11, "net/bridge/") == 0;
}

/* PW_REASON_INVALID: everybody may write @name. */
static __always_inline enum pw_reason pw_sysctl_reason(const char *name)
{
	if (PW_SYSCTL_IS(name, "kernel/ftrace_enabled"))
		return PW_REASON_SWITCH;
	if (pw_is_sealed() && pw_is_sealed_sysctl(name))
		return PW_REASON_KERNEL;

	return pw_is_network_sysctl(name) ? PW_REASON_NETADMIN : PW_REASON_INVALID;
}

/* Whether @subject may write what is refused to others for @reason. */
static __always_inline int pw_may_set(const struct pw_bank *bank, __u32 subject,
				      enum pw_reason reason)
{
	if (reason == PW_REASON_SWITCH)
		return 0;

	return subject == PW_SUBJECT_INIT || subject == PW_SUBJECT_DAEMON ||
	       pw_may_system(bank, subject, reason == PW_REASON_KERNEL ? PW_SYSTEM_KERNEL :
									PW_SYSTEM_NETADMIN);
}

SEC("cgroup/sysctl")
int pw_sysctl(struct bpf_sysctl *ctx)
{
	char name[PW_SYSCTL_NAME] = {};
	struct pw_case c = {
		.text = (__u64)name,
		.slot = pw_active_slot(),
		.type = PW_RECORD_TAMPER,
		.action = PW_ACTION_TUNE,
		.verdict = PW_VERDICT_DENY,
		.flags = PW_CASE_GUARD | PW_CASE_TEXT,
	};
	struct pw_bank *bank = pw_bank_in(c.slot);

	if (!ctx->write || !bank)
		return PW_CGROUP_PASS;
	if (bpf_sysctl_get_name(ctx, name, sizeof(name), 0) < 0)
		return PW_CGROUP_PASS;
	c.reason = pw_sysctl_reason(name);
	if (c.reason == PW_REASON_INVALID)
		return PW_CGROUP_PASS;
	pw_case_actor(&c, bank, pw_net_subject(bank, bpf_get_current_task_btf()));
	if (pw_may_set(bank, c.subject, c.reason))
		return PW_CGROUP_PASS;

	return pw_cgroup_result(pw_verdict(&c));
}

#endif
