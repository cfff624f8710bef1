/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What repeats. Whoever tries the same again and again must not fill the rings: the first refusal is
 * recorded at once, the next ones are counted, and become one record after a second, and then more
 * and more seldom while it goes on. So is what a member is allowed, after the third time: many
 * programs open a file twice, and an archive opens its index for ever. Reads by a subject that the
 * policy wants folded are counted likewise, all of a run in an object together. A count is in the
 * kernel, so it survives the daemon.
 */
#ifndef PW_REPEAT_BPF_H
#define PW_REPEAT_BPF_H

#include <phiward/repeat.h>

#define PW_RECENT_TWICE 1ULL

/* What is done to which file, but for PW_RECENT_TWICE. */
static __always_inline __u64 pw_recent_mark(const struct pw_case *c)
{
	return (c->ino ^ c->name ^ (__u64)c->action << 48) << 1;
}

/*
 * Whether @c, which @label's process is allowed, is what it was allowed twice already, of late. Two
 * cases may have one mark: what is counted is compared whole.
 */
static __always_inline int pw_is_again(struct pw_task *label, const struct pw_case *c)
{
	__u64 mark = pw_recent_mark(c);
	__u32 i;

	for (i = 0; i < PW_RECENT; i++) {
		if ((label->recent[i] & ~PW_RECENT_TWICE) != mark)
			continue;
		if (label->recent[i] & PW_RECENT_TWICE)
			return 1;
		label->recent[i] |= PW_RECENT_TWICE;
		return 0;
	}
	for (i = PW_RECENT - 1; i; i--)
		label->recent[i] = label->recent[i - 1];
	label->recent[0] = mark;

	return 0;
}

/*
 * Whether @c, which has been decided, is to be counted with its like: a refusal, a look into the
 * log, or what is allowed once more, and of a file that exists. A name that does not could be another
 * the next time at the same address. Makes it what is compared.
 */
static __always_inline int pw_repeat_prepare(struct pw_case *c)
{
	struct task_struct *task = pw_current();

	if ((c->verdict == PW_VERDICT_ALLOW && c->type != PW_RECORD_SYSTEM &&
	     !(c->flags & PW_CASE_AGAIN)) ||
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

static __always_inline __u64 pw_repeat_key(const struct pw_case *c)
{
	const __u64 *words = (const __u64 *)c;
	__u64 key = 0;
	__u32 i;

	for (i = 0; i < PW_CASE_WORDS; i += PW_NAME_BLOCK / 8)
		key = pw_name_hash_block(key, words + i);

	return key;
}

/* Two cases may have one key, and somebody may look for such. */
static __always_inline int pw_repeat_is(const struct pw_repeat *repeat, const struct pw_case *c)
{
	const __u64 *words = (const __u64 *)c;
	__u64 differ = 0;
	__u32 i;

	for (i = 0; i < PW_CASE_WORDS; i++)
		differ |= repeat->words[i] ^ words[i];

	return !differ;
}

/* Whether one more like @c was counted. */
static __always_inline int pw_repeat_count(const struct pw_case *c)
{
	__u64 key = pw_repeat_key(c);
	struct pw_repeat *repeat = bpf_map_lookup_elem(&repeats, &key);
	__u64 counted, now;

	if (!repeat || !pw_repeat_is(repeat, c))
		return 0;
	counted = __sync_fetch_and_add(&repeat->count, 1);
	if (counted & PW_REPEAT_DEAD)
		return 0;
	now = bpf_ktime_get_boot_ns();
	if (!counted)
		repeat->first = now;
	repeat->last = now;

	return 1;
}

/*
 * Whether @c is one more of what was recorded, and is counted. This and what follows is not static,
 * so that the verifier checks it once and not once for each way that leads here.
 */
__noinline int pw_repeat_counts(struct pw_case *c)
{
	return c && pw_repeat_prepare(c) && pw_repeat_count(c);
}

/* A new one of the map, not due yet and without its words, or NULL: there is no room for one more. */
static __always_inline struct pw_repeat *pw_repeat_add(const struct pw_case *c)
{
	__u64 key = pw_repeat_key(c);
	struct pw_repeat *blank;
	__u32 zero = 0;

	blank = bpf_map_lookup_elem(&no_repeat, &zero);
	if (!blank || bpf_map_update_elem(&repeats, &key, blank, BPF_NOEXIST))
		return NULL;
	__sync_fetch_and_add(&shared.state.repeats, 1);

	return bpf_map_lookup_elem(&repeats, &key);
}

/* The new one could not be filled. */
static __always_inline void pw_repeat_drop(const struct pw_case *c)
{
	__u64 key = pw_repeat_key(c);

	if (!bpf_map_delete_elem(&repeats, &key))
		__sync_fetch_and_add(&shared.state.repeats, -1);
}

/* From now on what is like @c is counted. */
static __always_inline void pw_repeat_open(struct pw_repeat *repeat, const struct pw_case *c,
					   __u64 now, __u64 wait)
{
	const __u64 *words = (const __u64 *)c;
	__u32 i;

	pw_repeat_start(repeat, now, wait);
	barrier();
	for (i = 0; i < PW_CASE_WORDS; i++)
		repeat->words[i] = words[i];
}

static __always_inline __u64 pw_leader_address(void)
{
	return (__u64)pw_current()->group_leader;
}

/* @e is the record of @c. Where there is no room for one more in the map, each has its own. */
__noinline int pw_repeat_begin(const struct pw_case *c, const struct pw_event *e)
{
	__u64 wait = PW_REPEAT_NS;
	struct pw_repeat *repeat;

	if (!c || !e || !pw_can_probe)
		return 0;
	if (c->flags & PW_CASE_AGAIN) {
		if (!pw_use_has_room(shared.state.repeats))
			return 0;
		wait = PW_AGAIN_NS;
	}
	repeat = pw_repeat_add(c);
	if (!repeat)
		return 0;
	if (bpf_probe_read_kernel(repeat->record, sizeof(repeat->record), e)) {
		pw_repeat_drop(c);
		return 0;
	}
	if (c->flags & PW_CASE_AGAIN)
		repeat->leader = pw_leader_address();
	pw_repeat_open(repeat, c, e->mono, wait);

	return 0;
}

/*
 * Reads that the policy wants folded: what is compared is whose they are, not of which file. A run
 * that another user goes on with is another one. A process that was there before the policy, or whose
 * exec found no room for its record, has no run: it is one of its own with each program.
 */
static __always_inline void pw_fold_like(const struct pw_case *c, struct pw_case *like)
{
	struct task_struct *task = pw_current();
	struct pw_task *label = pw_label_copied(task);
	struct pw_case of = {
		.generation = c->generation,
		.run = label ? label->run : 0,
		.uid = task->cred->uid.val,
		.subject = c->subject,
		.object = c->object,
		.program = c->program,
		.flags = PW_CASE_FOLDED,
		.type = c->type,
		.action = c->action,
		.verdict = c->verdict,
	};

	if (!of.run)
		of.tgid = task->tgid;
	*like = of;
}

/* Whether the read @c is one more of its run, and is counted. */
__noinline int pw_fold_counts(const struct pw_case *c)
{
	struct pw_case like;

	if (!c)
		return 0;
	pw_fold_like(c, &like);

	return pw_repeat_count(&like);
}

/* Keeps of the record @e what is true of the reads that come, which is all but the file. */
static __always_inline int pw_fold_keep(struct pw_repeat *repeat, const struct pw_event *e)
{
	struct pw_event *kept = (struct pw_event *)repeat->record;

	if (bpf_probe_read_kernel(kept, sizeof(*kept), e) ||
	    bpf_probe_read_kernel(kept->bytes, PW_EVENT_BYTES, e->bytes + e->path_len))
		return -1;
	kept->flags &= ~PW_EVENT_PATH_CUT;
	kept->path_len = 0;
	kept->root = 0;
	kept->dev = 0;
	kept->ino = 0;

	return 0;
}

/*
 * @e is the record of the read @c; those that come are counted, while there is room. Makes @c what is
 * compared, which leaves its verdict: the stack has no room for another.
 */
__noinline int pw_fold_begin(struct pw_case *c, const struct pw_event *e)
{
	struct pw_repeat *repeat;

	if (!c || !e || !pw_can_probe || !pw_use_has_room(shared.state.repeats))
		return 0;
	pw_fold_like(c, c);
	repeat = pw_repeat_add(c);
	if (!repeat)
		return 0;
	if (pw_fold_keep(repeat, e)) {
		pw_repeat_drop(c);
		return 0;
	}
	repeat->leader = pw_leader_address();
	pw_repeat_open(repeat, c, e->mono, PW_FOLD_NS);

	return 0;
}

#endif
