/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether the kernel has renamed something while a chain of directory entries was read. */
#ifndef PW_RENAMES_BPF_H
#define PW_RENAMES_BPF_H

extern const void rename_lock __ksym __weak;

/*
 * Set by the loader where __d_move(), in which the kernel renames, can be hooked: the
 * programs below then keep a sequence of their own, because reading the kernel's by
 * address costs as much as a walk. Odd while a rename is under way. The kernel holds
 * rename_lock around it, so only one writes. The exit is attached first: an entry
 * without its exit would leave the sequence odd.
 */
const volatile __u8 pw_counts_renames;

SEC("fexit/__d_move")
int BPF_PROG(pw_rename_ends)
{
	shared.state.renames = (shared.state.renames | 1) + 1;

	return 0;
}

SEC("fentry/__d_move")
int BPF_PROG(pw_rename_begins)
{
	shared.state.renames |= 1;

	return 0;
}

/* Not inlined, for the room it takes on the stack. */
static __noinline __u32 pw_kernel_rename_sequence(void)
{
	__u32 sequence = 0;

	if (pw_can_probe && &rename_lock)
		bpf_probe_read_kernel(&sequence, sizeof(sequence), &rename_lock);

	return sequence;
}

/* Sequence of the kernel's renames, or 0 where it cannot be read. */
static __always_inline __u32 pw_rename_sequence(void)
{
	return pw_counts_renames ? *(volatile __u32 *)&shared.state.renames : pw_kernel_rename_sequence();
}

/* Whether a rename was under way at @sequence or has begun since. */
static __always_inline int pw_renamed_since(__u32 sequence)
{
	return (sequence & 1) || sequence != pw_rename_sequence();
}

#endif
