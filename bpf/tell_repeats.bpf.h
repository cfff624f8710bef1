/* SPDX-License-Identifier: GPL-2.0-only */
/* What was counted becomes records, see repeat.bpf.h. The daemon runs it. */
#ifndef PW_TELL_REPEATS_BPF_H
#define PW_TELL_REPEATS_BPF_H

/* The record of @count more since @first. Returns 1 when there is no room for it now. */
static __always_inline int pw_emit_repeat(const struct pw_repeat *repeat, __u64 count, __u64 first)
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
	e->first = first < e->mono ? first : e->mono;
	e->count = count;
	bpf_ringbuf_submit(e, 0);

	return 0;
}

/*
 * Nothing came for a whole wait: whoever counts in this moment finds it dead, and has a record of its own.
 */
static __always_inline void pw_end_repeat(const __u64 *key, struct pw_repeat *repeat)
{
	__u64 count = __sync_val_compare_and_swap(&repeat->count, 0, PW_REPEAT_DEAD);

	if (count && !(count & PW_REPEAT_DEAD))
		return;
	if (!bpf_map_delete_elem(&repeats, key))
		__sync_fetch_and_add(&shared.state.repeats, -1);
}

/* Whether the process that did the first of these is there, and still in its run. */
static __always_inline int pw_run_goes_on(const struct pw_repeat *repeat)
{
	const struct pw_event *record = (const struct pw_event *)repeat->record;
	const struct pw_label *label;
	__u64 leader = repeat->leader;

	label = bpf_map_lookup_elem(&labels, &leader);

	return label && label->task.run == record->run;
}

static long pw_tell_repeat(struct bpf_map *map, const __u64 *key, struct pw_repeat *repeat,
			   struct pw_tell_repeats *how)
{
	__u64 count = repeat->count, first = repeat->first;
	__u64 due;

	if (!repeat->due)	/* another processor fills it */
		return 0;
	due = pw_repeat_due(repeat, !repeat->leader || pw_run_goes_on(repeat));
	if (!count || count & PW_REPEAT_DEAD) {
		if (how->now >= due)
			pw_end_repeat(key, repeat);
		return 0;
	}
	if (!how->all && how->now < due)
		return 0;
	if (__sync_fetch_and_sub(&repeat->count, count) != count)
		repeat->first = how->now;	/* those that came meanwhile took theirs for one of many */
	if (pw_emit_repeat(repeat, count, first)) {
		__sync_fetch_and_add(&repeat->count, count);
		repeat->first = first;
		how->left = 1;
		return 0;
	}
	pw_repeat_told(repeat, how->now);

	return 0;
}

/* 1: there was no room for all of them. */
SEC("syscall")
int pw_tell_repeats(struct pw_tell_repeats *ctx)
{
	struct pw_tell_repeats how = {.now = bpf_ktime_get_boot_ns(), .all = ctx->all};

	bpf_for_each_map_elem(&repeats, pw_tell_repeat, &how, 0);

	return how.left;
}

#endif
