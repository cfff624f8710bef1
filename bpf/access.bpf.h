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
/* Something leaves an object by its name. */
#define PW_ASK_BORDER (1U << 17)

/* What a global function can be handed: the question without typed pointers. */
struct pw_asked {
	struct pw_spot spot;
	__u64 dentry;		/* address, for the record's path */
	__u64 ino;
	__u32 dev;
	__u32 slot;
	__u32 need;		/* PW_ACTION_BIT()s */
	__u32 action;		/* the one that the record names */
	__u32 bound;		/* writes or creates a file: `writes` binds members */
	__u32 flags;		/* PW_CASE_*, PW_ASK_* */
};

struct pw_ask {
	struct dentry *dentry;	/* the walk starts here */
	struct inode *inode;	/* what is there; when fresh, any that exists */
	__u32 fresh;		/* the name need not exist yet */
	__u32 need;		/* as in struct pw_asked */
	__u32 action;
	__u32 bound;
	__u32 flags;
	/* Under what, by pw_ask_on(). */
	struct pw_bank *bank;	/* all zero: no policy, so nothing to ask */
	__u32 slot;
	__u32 fs;
	struct pw_met *met;
	__u64 climbed;		/* enum pw_climbed; when nobody has yet, @met has room for what is met */
};

/* The bank in force and what it knows of the file system. */
static __always_inline void pw_ask_on(struct pw_ask *ask, struct super_block *sb)
{
	ask->slot = pw_active_slot();
	ask->bank = pw_bank_at(ask->slot);
	ask->fs = pw_fs_index(ask->bank, sb);
}

static __always_inline __u32 pw_access_of(const struct pw_bank *bank, __u32 subject, __u32 object)
{
	if (subject == PW_SUBJECT_OTHERS || subject >= PW_SUBJECT_IDS || object >= PW_OBJECT_IDS)
		return 0;

	return bank->access[PW_INDEX(subject, PW_SUBJECT_IDS)][PW_INDEX(object, PW_OBJECT_IDS)];
}

/* Whether the record of what @subject was allowed may be one of many reads. */
static __always_inline int pw_folds(__u32 access, __u32 action)
{
	return action == PW_ACTION_READ && (access & PW_ACCESS_FOLDED);
}

static __always_inline void pw_fill_question(const struct pw_bank *bank,
					     const struct pw_asked *asked, __u32 subject,
					     __u32 subject_flags, struct pw_file_question *q)
{
	__u32 object = asked->spot.object, place = asked->spot.place;

	q->need = asked->need;
	q->where = asked->spot.where;
	q->object = object;
	q->subject = subject;
	q->subject_flags = subject_flags;
	q->bound_by_writes = asked->bound;
	q->access = pw_access_of(bank, subject, object);
	if (place && place < PW_PLACES_MAX)
		q->may_write_here = pw_subject_in(
			&bank->place_writers[PW_INDEX(place, PW_PLACES_MAX)], subject);
	if ((asked->flags & PW_ASK_WRITE_OR_CREATE) &&
	    !(q->access & PW_ACTION_BIT(PW_ACTION_WRITE)) &&
	    (q->need & PW_ACTION_BIT(PW_ACTION_WRITE))) {
		q->need &= ~PW_ACTION_BIT(PW_ACTION_WRITE);
		q->need |= PW_ACTION_BIT(PW_ACTION_CREATE);
	}
}

/* What a global function can return of an answer: verdict and, above it, reason. */
#define PW_PACKED_REASON 8

/* A function of its own for the room that it takes on the stack. */
__noinline __u32 pw_answer_to(struct pw_bank *bank, struct pw_asked *asked, __u32 subject,
			      __u32 subject_flags)
{
	struct pw_file_question q = {};
	struct pw_answer answer;

	if (!bank || !asked)
		return PW_VERDICT_DENY | PW_REASON_BUG << PW_PACKED_REASON;
	pw_fill_question(bank, asked, subject, subject_flags, &q);
	answer = pw_decide_file(&q);
	if (answer.verdict != PW_VERDICT_ALLOW && (asked->spot.flags & PW_SPOT_PENDING) &&
	    answer.reason == PW_REASON_STRANGER)
		answer.reason = PW_REASON_PENDING;
	if (answer.reason == PW_REASON_WRITES && (asked->flags & PW_ASK_BORDER))
		answer.reason = PW_REASON_BORDER;
	if (answer.reason == PW_REASON_BUG)
		pw_count(PW_COUNT_BUG);
	if (asked->spot.where == PW_WHERE_UNRESOLVED)
		pw_count(PW_COUNT_UNRESOLVED);

	return answer.verdict | answer.reason << PW_PACKED_REASON;
}

/* Whether the use @c is one that is counted with its like. The name's length stands behind its hash. */
static __always_inline void pw_mark_again(struct pw_case *c, struct pw_task *label)
{
	const struct dentry *dentry = (const struct dentry *)c->dentry;

	if (!(c->flags & PW_CASE_FOLDED) && dentry && pw_can_probe &&
	    !bpf_core_read(&c->name, sizeof(c->name), &dentry->d_name.hash) && pw_is_again(label, c))
		c->flags |= PW_CASE_AGAIN;
}

/* What a member got by break-glass is asked for again at each use, as the session ends. */
static __always_inline void pw_opened_by_glass(struct pw_task *label, __u32 object)
{
	label->flags |= PW_TASK_MIXED;
	if (object && !(label->flags & PW_TASK_PHI))
		pw_carry_phi(label);
}

/* The answer to what the current task asks: decided, recorded, applied. */
__noinline int pw_judge(struct pw_asked *asked)
{
	__u32 answer, verdict, reason;
	int error;
	struct pw_actor actor;
	struct pw_bank *bank;
	struct pw_case c;

	if (!asked)
		return pw_impossible(PW_COUNT_BUG);
	bank = pw_bank_in(asked->slot & (PW_BANK_SLOTS - 1));
	if (!bank)
		return pw_impossible(PW_COUNT_BUG);
	actor = pw_actor_of(bank, bpf_get_current_task_btf());
	answer = pw_answer_to(bank, asked, actor.subject, actor.flags);
	verdict = answer & 0xff;
	reason = answer >> PW_PACKED_REASON;
	if (verdict == PW_VERDICT_ALLOW) {
		if (asked->spot.where == PW_WHERE_OUTSIDE)
			return 0;
		if (actor.label && !(actor.label->flags & PW_TASK_PHI))
			pw_carry_phi(actor.label);
		if (!pw_wants_record(asked->flags, verdict, reason,
				     pw_object_flags(bank, asked->spot.object)))
			return 0;
	}

	__builtin_memset(&c, 0, sizeof(c));
	c.dentry = asked->dentry;
	c.ino = asked->ino;
	c.slot = asked->slot;
	c.dev = asked->dev;
	c.subject = actor.subject;
	c.subject_flags = actor.flags;
	c.program = actor.program;
	c.object = asked->spot.object;
	c.root = asked->spot.root;
	c.depth = asked->spot.depth;
	c.flags = asked->flags;
	if (actor.label && (actor.label->flags & PW_TASK_PHI))
		c.flags |= PW_CASE_PHI;
	if (verdict == PW_VERDICT_ALLOW &&
	    pw_folds(pw_access_of(bank, c.subject, c.object), asked->action))
		c.flags |= PW_CASE_FOLDED;
	c.type = PW_RECORD_FILE;
	c.action = asked->action;
	c.verdict = verdict;
	c.reason = reason;
	if (verdict == PW_VERDICT_ALLOW && actor.label && c.ino)
		pw_mark_again(&c, actor.label);
	error = pw_verdict(&c);
	if (c.reason == PW_REASON_BREAKGLASS && actor.label)
		pw_opened_by_glass(actor.label, c.object);

	return error;
}

/* Hands @ask over to the decision; @q has the spot. */
static __always_inline int pw_put_to_judge(const struct pw_ask *ask, struct pw_asked *q)
{
	q->dentry = (__u64)ask->dentry;
	q->ino = ask->fresh ? 0 : ask->inode->i_ino;
	q->dev = ask->inode->i_sb->s_dev;
	q->slot = ask->slot;
	q->need = ask->need;
	q->action = ask->action;
	q->bound = ask->bound;
	q->flags = ask->flags;

	return pw_errno(pw_judge(q));
}

/* Where what has these addresses lies, as struct pw_alias has them. */
static __noinline int pw_locate_by_address(__u64 inode, __u64 dentry, __u32 scope,
					   struct pw_spot *spot)
{
	struct pw_alias alias = {
		.inode = inode,
		.dentry = dentry,
		.slot = pw_scope_slot(scope),
		.fs = pw_scope_layer(scope),
	};

	pw_walk_alias(&alias);
	*spot = alias.spot;

	return 0;
}

/* Whether files that the policy protects may lie on the file system. */
static __always_inline int pw_may_hold_objects(const struct pw_bank *bank, __u32 fs)
{
	return (bank->flags & PW_BANK_REMOVABLE) || (pw_fs_flags(bank, fs) & PW_FS_OBJECTS);
}

/*
 * Whether the file may be an object's although it lies outside: it has further
 * names, or had one that a member deleted.
 */
static __always_inline int pw_may_be_linked(const struct inode *inode)
{
	if (inode->i_nlink <= 1 && !shared.state.orphans)
		return 0;

	return (inode->i_mode & PW_S_IFMT) != PW_S_IFDIR;
}

/* Outside of all that is named, and what of the path is recorded is the whole of it. */
static __always_inline void pw_spot_outside(struct pw_spot *spot)
{
	pw_spot_clear(spot);
	spot->where = PW_OPAQUE(PW_WHERE_OUTSIDE);
	spot->depth = PW_WALK_MAX;
}

/* Finds where the file lies. Returns 1 for outside of all that is named, @spot left alone. */
static __always_inline int pw_locate_on_fs(struct pw_ask *ask, struct pw_spot *spot)
{
	__u32 scope = pw_scope(ask->fs, ask->slot, ask->fresh ? PW_SCOPE_FRESH : 0);
	int linked, clear = 0;

	if (ask->fresh || ask->dentry->d_inode == ask->inode) {
		if (ask->climbed == PW_CLIMBED_NOT)
			ask->climbed = pw_climb(ask->bank, ask->dentry,
						ask->fresh ? NULL : ask->inode, scope, ask->met);
		clear = pw_walk_on(ask->bank, ask->dentry, scope, ask->climbed, ask->met, spot);
	} else {
		pw_locate_by_address((__u64)ask->inode, 0, scope, spot);
	}
	linked = !ask->fresh && pw_may_be_linked(ask->inode);
	if (clear && !linked && !pw_fs_object(ask->bank, ask->fs))
		return 1;

	if (clear)
		pw_spot_outside(spot);
	pw_spot_on_fs(ask->bank, ask->fs, spot);
	if (linked && spot->where == PW_WHERE_OUTSIDE)
		pw_look_up_link(ask->inode, scope, spot);

	return 0;
}

/*
 * The same for all that can be an object's or a place: also every file system on a
 * removable device is one object, where no root is nearer.
 */
static __always_inline int pw_locate(struct pw_ask *ask, __u32 fs_flags,
				     struct pw_spot *spot)
{
	int clear = 1;

	if (pw_fs_flags(ask->bank, ask->fs) & fs_flags)
		clear = pw_locate_on_fs(ask, spot);
	if (!(ask->bank->flags & PW_BANK_REMOVABLE) ||
	    (!clear && spot->where != PW_WHERE_OUTSIDE) || !pw_is_removable(ask->inode->i_sb))
		return clear;
	if (clear)
		pw_spot_outside(spot);
	spot->where = PW_OPAQUE(PW_WHERE_OBJECT);
	spot->object = ask->bank->removable;
	spot->root = 0;

	return 0;
}

/*
 * Whether anybody is concerned: what lies in no object concerns nobody, except
 * where a task with a label would write (ask->bound). Most calls end here. Fills
 * @spot when so.
 */
static __always_inline int pw_is_concern(struct pw_ask *ask, struct pw_spot *spot)
{
	int clear = pw_locate(ask, ask->bound ? PW_FS_OBJECTS | PW_FS_PLACES : PW_FS_OBJECTS, spot);

	if ((clear || spot->where == PW_WHERE_OUTSIDE) && (!ask->bound || !ask->bank->generation))
		return 0;
	if (clear)
		pw_spot_outside(spot);

	return 1;
}

/*
 * Climbs from @dentry before there is a question about @inode. When it is @fresh, a constant,
 * it need not exist yet. PW_CLIMBED_CLEAR says that no object is concerned: so it is with most
 * files, and they are not kept waiting. That the file system is the one of its slot is not looked
 * at: where nothing is met it does not matter.
 */
static __always_inline __u64 pw_climb_first(struct dentry *dentry, struct inode *inode,
					    __u32 fresh, __u32 scope, struct pw_met *met)
{
	__u64 climbed = PW_CLIMBED_NOT;

	if (!(scope & PW_FS_AT_OBJECTS)) {
		climbed = PW_CLIMBED_CLEAR;
	} else if (pw_scope_fs_at(scope) != PW_FS_MANY && (fresh || dentry->d_inode == inode)) {
		climbed = pw_climb(pw_bank_at(pw_scope_slot(scope)), dentry, fresh ? NULL : inode,
				   scope, met);
		if (climbed == PW_CLIMBED_CLEAR && !fresh && pw_may_be_linked(inode))
			climbed = PW_CLIMBED_NOT;
	}
	/* Not to be computed: the verifier would lose which of them it is. */
	if (climbed == PW_CLIMBED_NOT)
		barrier_var(climbed);

	return climbed;
}

/*
 * What was climbed counts only when @scope is that of @sb after all. Where no object lies nobody
 * climbed, and there may be places.
 */
static __always_inline void pw_ask_from(struct pw_ask *ask, struct super_block *sb, __u32 scope,
					__u64 climbed, struct pw_met *met)
{
	ask->slot = pw_scope_slot(scope);
	ask->bank = pw_bank_at(ask->slot);
	ask->fs = pw_fs_index(ask->bank, sb);
	ask->met = met;
	ask->climbed = (scope & PW_FS_AT_OBJECTS) && ask->fs == pw_scope_fs(scope) ?
			       climbed : PW_CLIMBED_NOT;
}

static __always_inline int pw_is_labelled(void)
{
	return pw_label_of(bpf_get_current_task_btf()) != NULL;
}

/*
 * What the hook returns. @ask says all of the request, and nothing of the policy; @scope is that
 * of @sb in the bank in force.
 */
static __always_inline int pw_ask_file(struct pw_ask *ask, struct super_block *sb, __u32 scope)
{
	struct pw_asked q;
	__u64 climbed;
	struct pw_met met;

	climbed = pw_climb_first(ask->dentry, ask->inode, ask->fresh, scope, &met);
	ask->bound = PW_OPAQUE(ask->bound && pw_is_labelled());
	if (climbed == PW_CLIMBED_CLEAR && !ask->bound)
		return 0;
	pw_ask_from(ask, sb, scope, climbed, &met);

	return pw_is_concern(ask, &q.spot) ? pw_put_to_judge(ask, &q) : 0;
}

#endif
