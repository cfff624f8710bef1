/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Refusals that repeat. Whoever tries the same again and again must not fill the rings: the first is
 * recorded at once, the next ones are counted, and become one record after a second, and then more
 * and more seldom while it goes on. A count is in the kernel, so it survives the daemon.
 */
#ifndef PW_REPEAT_BPF_H
#define PW_REPEAT_BPF_H

/*
 * Whether @c, which has been decided, is to be counted with its like: a refusal, or a look into the
 * log, and of a file that exists. A name that does not could be another the next time at the same
 * address. Makes it what is compared.
 */
static __always_inline int pw_repeat_prepare(struct pw_case *c)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if ((c->verdict == PW_VERDICT_ALLOW && c->type != PW_RECORD_SYSTEM) ||
	    c->flags & PW_CASE_TEXT || !pw_can_probe || (c->type == PW_RECORD_FILE && !c->ino))
		return 0;
	c->flags |= PW_CASE_REPEATS;
	c->tgid = 0;
	c->uid = 0;
	if (!(c->flags & PW_CASE_NO_TASK)) {
		c->tgid = task->tgid;
		c->uid = task->cred->uid.val;
	}

	return 1;
}

static __always_inline __u64 pw_repeat_key(const __u64 *words)
{
	__u64 key = 0;
	__u32 i;

	for (i = 0; i < PW_CASE_WORDS; i += PW_NAME_BLOCK / 8)
		key = pw_name_hash_block(key, words + i);

	return key;
}

/* Two cases may have one key, and somebody may look for such. */
static __always_inline int pw_repeat_is(const struct pw_repeat *repeat, const __u64 *words)
{
	__u64 differ = 0;
	__u32 i;

	for (i = 0; i < PW_CASE_WORDS; i++)
		differ |= repeat->words[i] ^ words[i];

	return !differ;
}

/* Whether @c is one more of what was recorded, and is counted. */
static __noinline int pw_repeat_counts(struct pw_case *c)
{
	const __u64 *words = (const __u64 *)c;
	struct pw_repeat *repeat;
	__u64 key;

	if (!pw_repeat_prepare(c))
		return 0;
	key = pw_repeat_key(words);
	repeat = bpf_map_lookup_elem(&repeats, &key);
	if (!repeat || !pw_repeat_is(repeat, words) ||
	    __sync_fetch_and_add(&repeat->count, 1) & PW_REPEAT_DEAD)
		return 0;
	repeat->last = bpf_ktime_get_boot_ns();

	return 1;
}

/*
 * From now on what is like @c is counted. @e is its record. Where there is no room for one more in the
 * map, each has its own.
 */
static __noinline int pw_repeat_begin(const struct pw_case *c, const struct pw_event *e)
{
	const __u64 *words = (const __u64 *)c;
	__u64 key = pw_repeat_key(words);
	struct pw_repeat *repeat, *blank;
	__u32 zero = 0, i;

	blank = bpf_map_lookup_elem(&no_repeat, &zero);
	if (!blank || bpf_map_update_elem(&repeats, &key, blank, BPF_NOEXIST))
		return 0;
	__sync_fetch_and_add(&shared.state.repeats, 1);
	repeat = bpf_map_lookup_elem(&repeats, &key);
	if (!repeat || bpf_probe_read_kernel(repeat->record, sizeof(repeat->record), e))
		return 0;
	repeat->last = e->mono;
	repeat->due = e->mono + PW_REPEAT_NS;
	repeat->wait = PW_REPEAT_NS;
	barrier();
	for (i = 0; i < PW_CASE_WORDS; i++)
		repeat->words[i] = words[i];

	return 0;
}

#endif
