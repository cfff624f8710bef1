/* SPDX-License-Identifier: GPL-2.0-only */
/* The state that every decision reads, and the counters in it. */
#ifndef PW_COUNTERS_BPF_H
#define PW_COUNTERS_BPF_H

static __always_inline struct pw_state *pw_the_state(void)
{
	const __u32 zero = 0;

	return bpf_map_lookup_elem(&state, &zero);
}

static __always_inline void pw_count(enum pw_counter which)
{
	struct pw_state *s = pw_the_state();

	if (s && which < PW_COUNTER_MAX_)
		__sync_fetch_and_add(&s->counters[which], 1);
}

/* The slot of the bank in force; read once a decision. */
static __always_inline __u32 pw_active_slot(void)
{
	struct pw_state *s = pw_the_state();

	return s ? *(volatile __u32 *)&s->active & (PW_BANK_SLOTS - 1) : 0;
}

/* The bank in @slot, or NULL when it holds no policy. */
static __always_inline struct pw_bank *pw_bank_in(__u32 slot)
{
	struct pw_bank *bank = bpf_map_lookup_elem(&banks, &slot);

	return bank && bank->generation ? bank : NULL;
}

#endif
