/* SPDX-License-Identifier: GPL-2.0-only */
/* What was counted becomes records, see repeat.bpf.h. The daemon runs it. */
#ifndef PW_TELL_REPEATS_BPF_H
#define PW_TELL_REPEATS_BPF_H

/* The record of @count more. Returns 1 when there is no room for it now. */
static __always_inline int pw_emit_repeat(const struct pw_repeat *repeat, __u64 count)
{
	struct pw_event *e = pw_reserve_event(pw_loss_of((const struct pw_case *)repeat->words));

	if (!e)
		return 1;
	if (bpf_probe_read_kernel(e, PW_EVENT_SIZE, repeat->record)) {
		bpf_ringbuf_discard(e, 0);
		return 1;
	}
	e->seq = pw_next_sequence();
	e->mono = repeat->last;
	e->count = count;
	bpf_ringbuf_submit(e, 0);

	return 0;
}

/*
 * Nothing came for a whole wait, or it was never filled: whoever counts in this moment finds it dead, and
 * has a record of its own.
 */
static __always_inline void pw_end_repeat(const __u64 *key, struct pw_repeat *repeat)
{
	__u64 count = __sync_val_compare_and_swap(&repeat->count, 0, PW_REPEAT_DEAD);

	if (count && !(count & PW_REPEAT_DEAD))
		return;
	if (!bpf_map_delete_elem(&repeats, key))
		__sync_fetch_and_add(&shared.state.repeats, -1);
}

/*
 * When it is recorded. Reads: also when a while has passed since the last, and the process that began
 * is gone or runs something else; until then a fork may go on with the run.
 */
static __always_inline __u64 pw_repeat_due(const struct pw_repeat *repeat)
{
	const struct pw_case *like = (const struct pw_case *)repeat->words;
	__u64 leader = repeat->leader, quiet = repeat->last + PW_REPEAT_NS_MAX;
	const struct pw_label *label;

	if (!leader || quiet >= repeat->due)
		return repeat->due;
	label = bpf_map_lookup_elem(&labels, &leader);

	return label && label->task.run == like->run ? repeat->due : quiet;
}

static long pw_tell_repeat(struct bpf_map *map, const __u64 *key, struct pw_repeat *repeat,
			   const struct pw_tell_repeats *how)
{
	__u64 count = repeat->count, due = pw_repeat_due(repeat);

	if (!count || count & PW_REPEAT_DEAD) {
		if (how->now >= due)
			pw_end_repeat(key, repeat);
		return 0;
	}
	if (!how->all && how->now < due)
		return 0;
	__sync_fetch_and_sub(&repeat->count, count);
	if (pw_emit_repeat(repeat, count)) {
		__sync_fetch_and_add(&repeat->count, count);
		return 0;
	}
	if (repeat->wait < PW_REPEAT_NS_MAX)
		repeat->wait *= 2;
	repeat->due = how->now + repeat->wait;

	return 0;
}

/* Always 0. */
SEC("syscall")
int pw_tell_repeats(struct pw_tell_repeats *ctx)
{
	struct pw_tell_repeats how = {.now = bpf_ktime_get_boot_ns(), .all = ctx->all};

	bpf_for_each_map_elem(&repeats, pw_tell_repeat, &how, 0);

	return 0;
}

#endif
