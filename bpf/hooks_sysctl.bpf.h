/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The switch of function tracing once more, by a program that does not itself
 * hang on it, and that sees writes through descriptors from before the policy.
 */
#ifndef PW_HOOKS_SYSCTL_BPF_H
#define PW_HOOKS_SYSCTL_BPF_H

SEC("cgroup/sysctl")
int pw_sysctl(struct bpf_sysctl *ctx)
{
	char name[32] = {};
	struct pw_case c = {
		.text = (__u64)name,
		.slot = pw_active_slot(),
		.type = PW_RECORD_TAMPER,
		.action = PW_ACTION_TUNE,
		.verdict = PW_VERDICT_DENY,
		.reason = PW_REASON_SWITCH,
		.flags = PW_CASE_GUARD | PW_CASE_TEXT,
	};
	struct pw_bank *bank = pw_bank_in(c.slot);

	if (!ctx->write || !bank)
		return PW_CGROUP_PASS;
	if (bpf_sysctl_get_name(ctx, name, sizeof(name), 0) < 0)
		return PW_CGROUP_PASS;
	if (bpf_strncmp(name, sizeof(name), "kernel/ftrace_enabled"))
		return PW_CGROUP_PASS;
	pw_case_actor(&c, bank, pw_net_subject(bank, bpf_get_current_task_btf()));

	return pw_cgroup_result(pw_verdict(&c));
}

#endif
