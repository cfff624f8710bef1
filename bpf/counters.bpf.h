/* SPDX-License-Identifier: GPL-2.0-only */
/* The bank that decides, and the counters. */
#ifndef PW_COUNTERS_BPF_H
#define PW_COUNTERS_BPF_H

static __always_inline void pw_count(enum pw_counter which)
{
	if (which < PW_COUNTER_MAX_)
		__sync_fetch_and_add(&shared.state.counters[which], 1);
}

/* The slot of the bank in force; read once a decision. */
static __always_inline __u32 pw_active_slot(void)
{
	return *(volatile __u32 *)&shared.state.active & (PW_BANK_SLOTS - 1);
}

/* The bank in @slot; when it holds no policy it is all zero, and names no file system. */
static __always_inline struct pw_bank *pw_bank_at(__u32 slot)
{
	return &shared.banks[slot & (PW_BANK_SLOTS - 1)];
}

/* The same, but NULL when it holds no policy. */
static __always_inline struct pw_bank *pw_bank_in(__u32 slot)
{
	struct pw_bank *bank = pw_bank_at(slot);

	return bank->generation ? bank : NULL;
}

#endif
