/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one writer of the rings. A number is issued first; who then finds no
 * room adds it to the losses, so every number is in the log as a line or in a gap.
 *
 * pw_emit() is a global function: the verifier checks it once a program, not once a
 * way that leads to it. Such a function is handed no typed pointers, so names
 * are read from addresses; under lockdown=confidentiality, which forbids that,
 * a record has device and inode but no path. pw_emit_at() is for the one hook that
 * makes most of the records, and holds what it needs.
 */
#ifndef PW_EMIT_BPF_H
#define PW_EMIT_BPF_H

#define PW_NOTE_TEXT 512
#define PW_EXE_DEPTH 12	/* names of a program's path that fit a record */

/* Where a list may begin its last name; a power of two less one, for the verifier. */
#define PW_LAST_OFFSET (PW_PATH_BYTES - 1)

_Static_assert(!(PW_PATH_BYTES & PW_LAST_OFFSET), "PW_LAST_OFFSET is a mask");
_Static_assert(PW_LAST_OFFSET + PW_PARENT_EXE_BYTES <= PW_EVENT_BYTES, "a parent behind a name");

/* A list of names being written into an entry. */
struct pw_names {
	__u64 dentry;	/* address */
	char *bytes;
	__u32 used;
	__u32 left;	/* names that still belong to it; 0 at its end, else it was cut */
};

/* An entry's parent, name, and bytes of a short name, which lie together in it: one read. */
#define PW_ENTRY_WORDS 8

static __always_inline const void *pw_in_entry(const __u64 *entry, __u32 offset)
{
	__u32 at = offset - bpf_core_field_offset(struct dentry, d_parent);

	barrier_var(at);	/* the verifier takes no subtraction from a stack pointer */

	return (const char *)entry + at;
}

/* Appends the name of @length that is read to @to, or read it by its address. Returns bytes, or less. */
static __always_inline long pw_copy_entry_name(char *to, __u32 room, const __u64 *entry,
					       __u64 dentry, __u32 length)
{
	__u32 offset = pw_short_name_offset(), i;
	const __u64 *from = pw_in_entry(entry, offset);
	__u64 name = *(const __u64 *)pw_in_entry(entry, bpf_core_field_offset(struct dentry,
									     d_name.name));

	if (length >= PW_NAME_SHORT || name != dentry + offset)
		return bpf_probe_read_kernel_str(to, room, (const void *)name);
	for (i = 0; i < PW_NAME_SHORT / 8; i++)
		((__u64 *)to)[i] = from[i];
	to[length & (PW_NAME_SHORT - 1)] = '\0';

	return length + 1;
}

/* @entry: room for PW_ENTRY_WORDS. Returns 1 at the end of the list, or when it is cut. */
static __always_inline long pw_put_name(struct pw_names *list, __u64 *entry, __u32 last_offset,
					__u32 room)
{
	__u32 used = list->used, length;
	long n;

	if (!list->left)
		return 1;
	if (bpf_probe_read_kernel(entry, PW_ENTRY_WORDS * sizeof(*entry),
				  (const void *)(list->dentry +
						 bpf_core_field_offset(struct dentry, d_parent))))
		return 1;
	if (entry[0] == list->dentry || !entry[0]) {
		list->left = 0;
		return 1;
	}
	length = *(const __u32 *)pw_in_entry(entry, bpf_core_field_offset(struct dentry, d_name.len));
	if (used > last_offset || length >= room)
		return 1;
	used &= last_offset;
	barrier_var(used);
	n = pw_copy_entry_name(list->bytes + used, room, entry, list->dentry, length);
	if (n <= 0)
		return 1;
	list->used = used + (__u32)n;
	list->left--;
	list->dentry = *(const volatile __u64 *)entry;	/* not kept: the stack is full */

	return 0;
}

static long pw_put_event_name(__u32 round, struct pw_names *list)
{
	__u64 entry[PW_ENTRY_WORDS];

	return pw_put_name(list, entry, PW_LAST_OFFSET, PW_FILE_NAME_MAX);
}

/* Appends the @left names from @dentry up; returns how many bytes, or'ed with PW_NAMES_CUT. */
#define PW_NAMES_CUT (1U << 31)

static __always_inline __u32 pw_put_names(char *bytes, __u32 used, __u64 dentry, __u32 left)
{
	struct pw_names list = {
		.dentry = dentry,
		.bytes = bytes,
		.used = PW_OPAQUE(used),
		.left = PW_OPAQUE(left),
	};

	if (!pw_can_probe)
		return 0;
	bpf_loop(PW_PATH_DEPTH + 1, pw_put_event_name, &list, 0);

	return (list.used - used) | (list.left ? PW_NAMES_CUT : 0);
}

/* Names that pw_put_short_way() puts; an allowed open deeper below its root goes the other way. */
#define PW_SHORT_WAY 8

/*
 * The same for up to PW_SHORT_WAY names from an entry that the caller holds, in a third of the
 * instructions: a short name is loaded from its entry.
 */
static __always_inline __u32 pw_put_short_way(char *bytes, struct dentry *dentry, __u32 left)
{
	__u32 used = 0, i;

#pragma clang loop unroll(full)
	for (i = 0; i < PW_SHORT_WAY; i++) {
		__u32 length = dentry->d_name.len;
		__u64 name = (__u64)dentry->d_name.name;
		char *to;
		long n;

		if (i >= left)
			break;
		if (used > PW_LAST_OFFSET)
			return used | PW_NAMES_CUT;
		used &= PW_LAST_OFFSET;
		barrier_var(used);
		to = bytes + used;
		if (length < PW_NAME_SHORT && name == (__u64)dentry + pw_short_name_offset()) {
			*(__u64 *)to = pw_word_of_name(dentry, 0);
			if (length >= 8) {
				*(__u64 *)(to + 8) = pw_word_of_name(dentry, 1);
				*(__u64 *)(to + 16) = pw_word_of_name(dentry, 2);
				*(__u64 *)(to + 24) = pw_word_of_name(dentry, 3);
			}
			to[length & (PW_NAME_SHORT - 1)] = '\0';
			used += length + 1;
		} else {
			n = pw_copy_name(to, PW_FILE_NAME_MAX, name);
			if (n <= 0)
				return used | PW_NAMES_CUT;
			used += (__u32)n;
		}
		dentry = dentry->d_parent;
	}

	return used;
}

/* The parent's program as it was noted at exec; bytes, 0 when it does not fit. */
static __always_inline __u32 pw_put_parent(char *bytes, __u32 used, const struct pw_task *label)
{
	__u32 length = label->parent_len;
	__u32 i;

	if (length > PW_PARENT_EXE_BYTES || used > PW_LAST_OFFSET)
		return 0;
	barrier_var(used);
	if (used > PW_LAST_OFFSET)
		return 0;
	for (i = 0; i < PW_PARENT_EXE_BYTES / 8; i++)
		*(__u64 *)(bytes + used + i * 8) = ((const __u64 *)label->parent_exe)[i];

	return length;
}

/* The program, when the policy has no number for it. */
static __always_inline void pw_fill_exe(struct pw_event *e, const struct task_struct *task)
{
	struct file *exe = task->mm->exe_file;
	struct dentry *dentry;
	__u32 used;

	if (!exe)
		return;
	dentry = exe->f_path.dentry;
	e->exe_dev = dentry->d_sb->s_dev;
	used = pw_put_names(e->bytes, e->path_len, (__u64)dentry, PW_EXE_DEPTH);
	e->exe_len = used & ~PW_NAMES_CUT;
	e->flags |= (used >> 31) * PW_EVENT_EXE_CUT;
}

/*
 * Ancestors being written into an entry. It stands at the entry's own end meanwhile, as the stack has
 * no room for it.
 */
struct pw_chain {
	__u64 task;		/* address of the last one; at first, of whose ancestors they are */
	__u64 dentry;		/* of pw_names, for its program */
	__u32 left;
	__u32 used;
	__u32 head;		/* where it will stand */
	__u32 count;		/* with it; 0: none has begun */
	__u32 complete;
	struct pw_ancestor last;
	__u64 entry[PW_ENTRY_WORDS];	/* what is being read */
};

struct pw_chain_of {
	struct pw_event *event;
};

#define PW_CHAIN_AT (PW_EVENT_BYTES - sizeof(struct pw_chain))
#define PW_CHAIN_NAME 128	/* of a program; who has a longer name is not named */
_Static_assert(PW_LAST_OFFSET + PW_CHAIN_NAME <= PW_CHAIN_AT, "names do not reach the chain");
_Static_assert(!(PW_CHAIN_AT & 7), "the chain is aligned");

/* Puts down the last ancestor, whose program's names stand behind it or are missing. */
static __always_inline void pw_end_ancestor(struct pw_event *e, struct pw_chain *chain)
{
	__u32 head = chain->head, names = head + sizeof(chain->last);

	if (chain->left)	/* a part of its path would name something else */
		chain->used = names;
	chain->left = 0;
	chain->last.exe_len = chain->used - names;
	head &= PW_LAST_OFFSET;
	barrier_var(head);
	*(struct pw_ancestor *)(e->bytes + head) = chain->last;
}

/*
 * Goes on to the parent of the last one. It may be ending meanwhile: it is read by its address, and
 * the worst that happens is that its program is missing. Returns 1 when there is none, or no room.
 */
static __always_inline long pw_begin_ancestor(struct pw_chain *chain)
{
	struct task_struct *task = (struct task_struct *)chain->task;
	struct task_struct **parent = (void *)&chain->entry[0];
	struct super_block **sb = (void *)&chain->entry[1];
	struct dentry **dentry = (void *)&chain->entry[2];
	struct mm_struct **mm = (void *)&chain->entry[3];
	struct file **exe = (void *)&chain->entry[4];

	__builtin_memset(chain->entry, 0, sizeof(chain->entry));
	bpf_core_read(parent, sizeof(*parent), &task->real_parent);
	chain->last.tgid = 0;
	chain->last.exe_dev = 0;
	bpf_core_read(&chain->last.tgid, sizeof(chain->last.tgid), &(*parent)->tgid);
	chain->complete = !chain->last.tgid;
	if (chain->complete || chain->count == PW_ANCESTORS || chain->used > PW_LAST_OFFSET)
		return 1;
	bpf_core_read(mm, sizeof(*mm), &(*parent)->mm);
	if (*mm)
		bpf_core_read(exe, sizeof(*exe), &(*mm)->exe_file);
	if (*exe) {
		bpf_core_read(dentry, sizeof(*dentry), &(*exe)->f_path.dentry);
		bpf_core_read(sb, sizeof(*sb), &(*dentry)->d_sb);
		bpf_core_read(&chain->last.exe_dev, sizeof(chain->last.exe_dev), &(*sb)->s_dev);
		chain->left = PW_EXE_DEPTH;
	}
	chain->task = (__u64)*parent;
	chain->dentry = (__u64)*dentry;
	chain->head = chain->used;
	chain->used = chain->head + sizeof(chain->last);
	chain->count++;

	return 0;
}

/* A round is a name or an ancestor: a loop within a loop would be a call too many. */
#define PW_CHAIN_ROUNDS ((PW_ANCESTORS + 1) * (PW_EXE_DEPTH + 2))

static long pw_put_chain(__u32 round, const struct pw_chain_of *of)
{
	struct pw_event *e = of->event;
	struct pw_chain *chain = (struct pw_chain *)(e->bytes + PW_CHAIN_AT);
	struct pw_names names = {
		.dentry = chain->dentry,
		.bytes = e->bytes,
		.used = chain->used,
		.left = chain->left,
	};
	long ended = pw_put_name(&names, chain->entry, PW_LAST_OFFSET, PW_CHAIN_NAME);

	chain->dentry = names.dentry;
	chain->used = names.used;
	chain->left = names.left;
	if (!ended)
		return 0;
	if (chain->count)
		pw_end_ancestor(e, chain);

	return pw_begin_ancestor(chain);
}

static __always_inline void pw_fill_chain(struct pw_event *e, const struct task_struct *task)
{
	struct pw_chain *chain = (struct pw_chain *)(e->bytes + PW_CHAIN_AT);
	__u32 used = e->path_len + e->exe_len + e->parent_len;
	struct pw_chain_of of = {.event = e};

	if (!pw_can_probe)
		return;
	if (used > PW_LAST_OFFSET) {
		e->flags |= PW_EVENT_CHAIN_CUT;
		return;
	}
	__builtin_memset(chain, 0, sizeof(*chain));
	chain->task = (__u64)task;
	chain->used = used;
	bpf_loop(PW_CHAIN_ROUNDS, pw_put_chain, &of, 0);
	e->chain_len = chain->used - used;
	if (!chain->complete)
		e->flags |= PW_EVENT_CHAIN_CUT;
}

/* Who acts: the task, its user, its program and its parent. */
static __always_inline void pw_fill_task(struct pw_event *e, const struct pw_case *c,
					 const struct task_struct *task,
					 const struct pw_task *label)
{
	const struct cred *cred = task->cred;

	e->tgid = task->tgid;
	e->tid = task->pid;
	e->uid = cred->uid.val;
	e->gid = cred->gid.val;
	e->ppid = task->real_parent->tgid;
	e->auid = task->loginuid.val;
	e->ses = task->sessionid;
	e->cgroup = task->cgroups->dfl_cgrp->kn->id;
	*(__u64 *)&e->comm[0] = *(const __u64 *)&task->comm[0];
	*(__u64 *)&e->comm[8] = *(const __u64 *)&task->comm[8];
	if (task->flags & PW_PF_KTHREAD)
		e->flags |= PW_EVENT_KTHREAD;
	if (!c->program || c->program & PW_PROGRAM_BELOW)
		pw_fill_exe(e, task);
	if (label) {
		e->run = label->run;
		e->parent_dev = label->parent_dev;
		e->parent_len = pw_put_parent(e->bytes, e->path_len + e->exe_len, label);
	}
}

/* What was decided. Reserved memory is not zeroed: every member is set here or above. */
static __always_inline void pw_fill_case(struct pw_event *e, const struct pw_case *c, __u64 seq)
{
	__builtin_memset(e, 0, sizeof(*e));
	e->size = PW_EVENT_SIZE;
	e->abi = PW_ABI_VERSION;
	e->type = c->type;
	e->action = c->action;
	e->verdict = c->verdict;
	e->reason = c->reason;
	e->proto = c->proto;
	e->family = c->family;
	e->port = c->port;
	e->rule = c->rule;
	e->seq = seq;
	e->mono = bpf_ktime_get_boot_ns();
	e->count = 1;
	e->generation = c->generation;
	e->dev = c->dev;
	e->ino = c->ino;
	e->subject = c->subject;
	e->object = c->object;
	e->root = c->root;
	e->program = c->program;
	e->peer_subject = c->peer_subject;
	e->auid = PW_NO_ID;
	e->ses = PW_NO_ID;
	if (c->flags & PW_CASE_ENFORCED)
		e->flags |= PW_EVENT_ENFORCED;
	if (c->flags & PW_CASE_PHI)
		e->flags |= PW_EVENT_PHI;
	if (c->family) {
		*(__u64 *)&e->addr[0] = *(const __u64 *)&c->addr[0];
		*(__u64 *)&e->addr[8] = *(const __u64 *)&c->addr[8];
	}
}

static __always_inline void pw_fill_names(struct pw_event *e, __u32 used)
{
	e->path_len = used & ~PW_NAMES_CUT;
	if (used & PW_NAMES_CUT) {
		e->flags |= PW_EVENT_PATH_CUT;
		pw_count(PW_COUNT_PATH_CUT);
	}
}

/* The path, or the text of a note. */
static __always_inline void pw_fill_path(struct pw_event *e, const struct pw_case *c)
{
	long n;

	if (c->flags & PW_CASE_TEXT) {
		n = pw_copy_name(e->bytes, PW_NOTE_TEXT, c->text);
		e->path_len = n > 0 ? n : 0;
	} else if (c->dentry) {
		pw_fill_names(e, pw_put_names(e->bytes, 0, c->dentry, c->depth));
	}
}

static __always_inline void pw_add_lost(enum pw_loss reason, __u64 seq)
{
	struct pw_state *s = &shared.state;
	__u32 i;

	__sync_fetch_and_add(&s->lost[reason].count, 1);
	for (i = 0; i < 4; i++) {
		__u64 seen = s->lost[reason].first;

		if (seen && seen <= seq)
			break;
		if (__sync_val_compare_and_swap(&s->lost[reason].first, seen, seq) == seen)
			break;
	}
	for (i = 0; i < 4; i++) {
		__u64 seen = s->lost[reason].last;

		if (seen >= seq)
			break;
		if (__sync_val_compare_and_swap(&s->lost[reason].last, seen, seq) == seen)
			break;
	}
}

static __always_inline __u64 pw_next_sequence(void)
{
	return __sync_fetch_and_add(&shared.state.seq, 1) + 1;
}

/* Whose ring is full when there is no room for @c: members', and what is phiward's own, by default. */
static __always_inline enum pw_loss pw_loss_of(const struct pw_case *c)
{
	if (c->subject != PW_SUBJECT_OTHERS)
		return PW_LOSS_RING_MEMBERS;
	if (c->type == PW_RECORD_TAMPER)
		return PW_LOSS_RING_TAMPER;
	if (c->type == PW_RECORD_FILE || c->type == PW_RECORD_NET || c->type == PW_RECORD_EXEC)
		return PW_LOSS_RING_OTHERS;

	return PW_LOSS_RING_MEMBERS;
}

static __always_inline struct pw_event *pw_reserve_event(enum pw_loss ring)
{
	switch (ring) {
	case PW_LOSS_RING_TAMPER:
		return bpf_ringbuf_reserve(&ring_tamper, PW_EVENT_SIZE, 0);
	case PW_LOSS_RING_OTHERS:
		return bpf_ringbuf_reserve(&ring_others, PW_EVENT_SIZE, 0);
	default:
		return bpf_ringbuf_reserve(&ring_members, PW_EVENT_SIZE, 0);
	}
}

/* An entry with what was decided, or NULL when it is lost and counted. */
static __always_inline struct pw_event *pw_begin_event(const struct pw_case *c)
{
	__u64 seq = pw_next_sequence();
	struct pw_event *e = pw_reserve_event(pw_loss_of(c));

	if (!e) {
		pw_add_lost(pw_loss_of(c), seq);
		return NULL;
	}
	pw_fill_case(e, c, seq);

	return e;
}

/*
 * What the task and its forks do from now on refers to the record of its exec, which names its
 * ancestors.
 */
static __always_inline void pw_begin_run(struct pw_event *e, struct pw_task *label)
{
	e->run = e->seq;
	if (label)
		label->run = e->seq;
}

/* Records @c. Returns 0 when it is in a ring, or counted with its like, 1 when it is lost and counted. */
__noinline int pw_emit(struct pw_case *c)
{
	struct task_struct *task;
	struct pw_task *label;
	struct pw_event *e;

	if (!c)
		return 1;
	if (c->flags & PW_CASE_FOLDED ? pw_fold_counts(c) : pw_repeat_counts(c))
		return 0;
	e = pw_begin_event(c);
	if (!e)
		return 1;
	pw_fill_path(e, c);
	if (c->flags & PW_CASE_NO_TASK) {
		e->flags |= PW_EVENT_NO_TASK;
	} else {
		task = pw_current();
		label = pw_label_copied(task);
		pw_fill_task(e, c, task, label);
		if (c->type == PW_RECORD_EXEC && c->verdict == PW_VERDICT_ALLOW)
			pw_begin_run(e, label);
		if (c->type == PW_RECORD_EXEC || c->verdict != PW_VERDICT_ALLOW)
			pw_fill_chain(e, task);
	}
	if (c->flags & PW_CASE_FOLDED)
		pw_fold_begin(c, e);
	else if (c->flags & PW_CASE_REPEATS)
		pw_repeat_begin(c, e);
	bpf_ringbuf_submit(e, 0);

	return 0;
}

/* The same for what most records are of: a member, @label, at an entry in an object. */
static __noinline int pw_emit_at(const struct pw_case *c, struct dentry *dentry,
				 const struct pw_task *label)
{
	struct pw_event *e = pw_begin_event(c);

	if (!e)
		return 1;
	pw_fill_names(e, pw_put_short_way(e->bytes, dentry, c->depth));
	pw_fill_task(e, c, pw_current(), label);
	bpf_ringbuf_submit(e, 0);

	return 0;
}

#endif
