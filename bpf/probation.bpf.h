/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A policy on probation, see struct pw_probation. The timer belongs to a pinned map and counts on while
 * no daemon lives, also in suspend. It writes one word, as a swap does; who runs then is looked at by
 * phiwardd, and until that a label counts as pw_subject_of() says.
 */
#ifndef PW_PROBATION_BPF_H
#define PW_PROBATION_BPF_H

#define PW_CLOCK_BOOTTIME 7

struct pw_probation_timer {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct pw_probation_timer);
} probation SEC(".maps");

static int pw_probation_ends(void *map, __u32 *key, struct pw_probation_timer *timer)
{
	struct pw_probation *on = &shared.state.probation;
	struct pw_glass *glass = &shared.state.glass;
	__u64 now = bpf_ktime_get_boot_ns();

	/* The timer of one that ended before. */
	if (now < on->until)
		return 0;
	if (__sync_val_compare_and_swap(&on->state, PW_PROBATION_ON, PW_PROBATION_RETURNING) !=
	    PW_PROBATION_ON)
		return 0;
	/* What was opened under the one policy is not allowed by the other. */
	if (glass->until > now)
		glass->until = now;
	shared.state.active = on->back;
	__sync_lock_test_and_set(&on->state, PW_PROBATION_OVER);

	return 0;
}

/* Sets what is on probation: shared.state.probation but for @until. 0, or a negative errno. */
SEC("syscall")
int pw_begin_probation(struct pw_probation_start *start)
{
	struct pw_probation_timer *timer;
	__u32 zero = 0;
	long r;

	timer = bpf_map_lookup_elem(&probation, &zero);
	if (!timer)
		return -PW_ENOENT;
	r = bpf_timer_init(&timer->timer, &probation, PW_CLOCK_BOOTTIME);
	if (r && r != -PW_EBUSY)
		return r;
	r = bpf_timer_set_callback(&timer->timer, pw_probation_ends);
	if (r)
		return r;
	shared.state.probation.until = bpf_ktime_get_boot_ns() + start->for_ns;

	return bpf_timer_start(&timer->timer, start->for_ns, 0);
}

#endif
