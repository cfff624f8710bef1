/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A question about a file: from the hook's arguments to the pure decision in
 * decide.h and on to the verdict. A hook fills struct pw_ask and returns what
 * pw_ask_file() says.
 */
#ifndef PW_ACCESS_BPF_H
#define PW_ACCESS_BPF_H

/* Writing through a descriptor: whoever may create here may fill what it created. */
#define PW_ASK_WRITE_OR_CREATE (1U << 16)

struct pw_ask {
	struct dentry *dentry;	/* the walk starts here */
	struct inode *inode;	/* what is there; NULL: nothing yet */
	struct super_block *sb;
	struct pw_bank *bank;	/* NULL: no policy, so nothing to ask */
	__u32 slot;
	__u32 fs;
	__u32 need;		/* PW_ACTION_BIT()s */
	__u32 action;		/* the one that the record names */
	__u32 bound;		/* writes or creates a file: `writes` binds members */
	__u32 flags;		/* PW_CASE_*, PW_ASK_* */
	struct pw_spot spot;
};

/* The bank in force and what it knows of the file system. */
static __always_inline void pw_ask_on(struct pw_ask *ask, struct super_block *sb)
{
	ask->slot = pw_active_slot();
	ask->bank = pw_bank_in(ask->slot);
	ask->sb = sb;
	ask->fs = ask->bank ? pw_fs_index(ask->bank, sb) : PW_NO_FS;
}

static __always_inline __u32 pw_fs_flags(const struct pw_bank *bank, __u32 fs)
{
	return fs < PW_FS_MAX ? bank->fs[PW_INDEX(fs, PW_FS_MAX)].flags : 0;
}

static __always_inline void pw_fill_question(const struct pw_ask *ask,
					     const struct pw_actor *actor,
					     struct pw_file_question *q)
{
	const struct pw_bank *bank = ask->bank;
	__u32 subject = actor->subject, object = ask->spot.object, place = ask->spot.place;

	q->need = ask->need;
	q->where = ask->spot.where;
	q->object = object;
	q->subject = subject;
	q->subject_flags = actor->flags;
	q->bound_by_writes = ask->bound;
	if (subject != PW_SUBJECT_OTHERS && subject < PW_SUBJECT_IDS && object < PW_OBJECT_IDS)
		q->access = bank->access[PW_INDEX(subject, PW_SUBJECT_IDS)]
					[PW_INDEX(object, PW_OBJECT_IDS)];
	if (place && place < PW_PLACES_MAX)
		q->may_write_here = pw_subject_in(
			&bank->place_writers[PW_INDEX(place, PW_PLACES_MAX)], subject);
	if ((ask->flags & PW_ASK_WRITE_OR_CREATE) &&
	    !(q->access & PW_ACTION_BIT(PW_ACTION_WRITE)) &&
	    (q->need & PW_ACTION_BIT(PW_ACTION_WRITE))) {
		q->need &= ~PW_ACTION_BIT(PW_ACTION_WRITE);
		q->need |= PW_ACTION_BIT(PW_ACTION_CREATE);
	}
}

static __always_inline void pw_fill_file_case(const struct pw_ask *ask,
					      const struct pw_actor *actor, struct pw_case *c)
{
	c->bank = ask->bank;
	c->label = actor->label;
	c->dentry = ask->dentry;
	c->generation = ask->bank->generation;
	c->ino = ask->inode ? ask->inode->i_ino : 0;
	c->dev = ask->sb->s_dev;
	c->subject = actor->subject;
	c->subject_flags = actor->flags;
	c->object = ask->spot.object;
	c->root = ask->spot.root;
	c->depth = ask->spot.depth;
	c->flags = ask->flags;
	c->type = PW_RECORD_FILE;
	c->action = ask->action;
}

/* The answer to @ask, whose spot is known: decided, recorded, applied. */
static __noinline int pw_judge(struct pw_ask *ask)
{
	struct pw_actor actor = pw_actor_of(ask->bank, bpf_get_current_task_btf());
	struct pw_file_question q = {};
	struct pw_answer answer;
	struct pw_case c = {};

	pw_fill_question(ask, &actor, &q);
	answer = pw_decide_file(&q);
	if (answer.verdict != PW_VERDICT_ALLOW && (ask->spot.flags & PW_SPOT_PENDING) &&
	    answer.reason == PW_REASON_STRANGER)
		answer.reason = PW_REASON_PENDING;
	if (answer.verdict == PW_VERDICT_ALLOW && ask->spot.where == PW_WHERE_OUTSIDE)
		return 0;
	if (answer.reason == PW_REASON_BUG)
		pw_count(PW_COUNT_BUG);
	if (ask->spot.where == PW_WHERE_UNRESOLVED)
		pw_count(PW_COUNT_UNRESOLVED);

	pw_fill_file_case(ask, &actor, &c);
	c.verdict = answer.verdict;
	c.reason = answer.reason;
	if (answer.verdict == PW_VERDICT_ALLOW && actor.label &&
	    !(actor.label->flags & PW_TASK_PHI))
		__sync_fetch_and_or(&actor.label->flags, PW_TASK_PHI);

	return pw_verdict(&c);
}

/* Finds where the file lies. */
static __always_inline void pw_locate(struct pw_ask *ask)
{
	__u64 scope = (__u64)ask->slot << 32 | ask->fs;

	pw_walk(ask->bank, ask->dentry, scope, &ask->spot);
	pw_spot_on_fs(ask->bank, ask->fs, &ask->spot);
	if (ask->spot.where == PW_WHERE_OUTSIDE && ask->inode && ask->inode->i_nlink > 1 &&
	    (ask->inode->i_mode & PW_S_IFMT) != PW_S_IFDIR)
		pw_look_up_link(ask->inode, scope, &ask->spot);
}

/*
 * What the hook returns. Leaves as early as it can: what lies in no object
 * concerns nobody, except where a member would write.
 */
static __always_inline int pw_ask_file(struct pw_ask *ask)
{
	__u32 flags = pw_fs_flags(ask->bank, ask->fs);

	if (flags & PW_FS_OBJECTS) {
		pw_locate(ask);
		if (ask->spot.where != PW_WHERE_OUTSIDE)
			return pw_judge(ask);
		if (!ask->bound || !pw_label_of(bpf_get_current_task_btf()))
			return 0;
		return pw_judge(ask);
	}
	if (!ask->bound || !pw_label_of(bpf_get_current_task_btf()))
		return 0;
	if (flags & PW_FS_PLACES)
		pw_locate(ask);
	else
		ask->spot.where = PW_WHERE_OUTSIDE;

	return pw_judge(ask);
}

#endif
