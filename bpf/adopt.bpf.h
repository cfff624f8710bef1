/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs that ran before the policy. The daemon reads this iterator twice a
 * swap, with state.adopt_slot naming the new bank: before the flip it labels
 * for subjects that the bank in force does not know, which until then means
 * nothing; after it, all others. Who called execve is known of those that ran a
 * program of a policy then in force, and what they forked; of all others nobody can
 * tell any more, and what can be seen now counts: the parent, the audit login, the users.
 */
#ifndef PW_ADOPT_BPF_H
#define PW_ADOPT_BPF_H

struct pw_candidate {
	struct task_struct *task;
	struct pw_bank *bank;
	struct pw_task *label;
	__u32 slot;
	__u32 program;
	__u32 subject;	/* PW_SUBJECT_OTHERS: none */
	__u32 reason;
};

static __always_inline struct pw_program *pw_running_program(const struct pw_candidate *c)
{
	struct mm_struct *mm = c->task->mm;
	struct file *exe = mm ? mm->exe_file : NULL;
	struct pw_program *program;
	struct pw_spot spot;
	__u32 fs, dev;

	if (!exe)
		return NULL;
	dev = exe->f_inode->i_sb->s_dev;
	fs = pw_fs_index(c->bank, exe->f_inode->i_sb);
	if (!(pw_fs_flags(c->bank, fs) & PW_FS_PROGRAMS))
		return NULL;
	program = pw_program_at(c->slot, exe->f_inode->i_ino, fs, dev);
	if (program && program->generation == exe->f_inode->i_generation)
		return program;
	/* A member goes on when an updater has put another file in its program's place. */
	if (c->label && c->label->subject >= PW_SUBJECT_FIRST) {
		program = pw_program_by_name((__u64)exe->f_path.dentry, c->slot, fs, dev);
		if (program)
			return program;
	}
	if (!(c->bank->flags & PW_BANK_PROGRAM_DIRS))
		return NULL;
	if (pw_walk(c->bank, exe->f_path.dentry, pw_scope(fs, c->slot, 0), &spot))
		return NULL;

	return spot.program_dir ? pw_program_at(c->slot, spot.program_dir, fs, dev) : NULL;
}

static __always_inline int pw_was_started_by(const struct pw_candidate *c,
					     const struct pw_subject *subject)
{
	struct task_struct *parent = c->task->real_parent;
	struct pw_task *label;
	__u32 starter;

	if (c->label && (c->label->flags & PW_TASK_DECIDED))
		return pw_may_start(subject, c->label->actor, c->task);
	if (subject->flags & PW_SUBJECT_STARTED_BY_ANYONE)
		return 1;
	if (c->task->loginuid.val != PW_NO_ID)
		return !!(subject->flags & PW_SUBJECT_STARTED_BY_LOGIN);
	if (parent->tgid == 1)
		return !!(subject->flags & PW_SUBJECT_STARTED_BY_INIT);
	label = pw_label_of(parent);
	if (!label)
		return 0;
	starter = pw_subject_of(pw_bank_at(pw_active_slot()), label);

	return starter >= PW_SUBJECT_FIRST &&
	       pw_subject_in(&subject->started_by, PW_INDEX(starter, PW_SUBJECT_IDS));
}

/* Whether the label it has still stands under the new bank. */
static __always_inline int pw_stays(const struct pw_candidate *c, const struct pw_program *program)
{
	__u32 subject = c->label->subject, i;

	if (subject < PW_SUBJECT_FIRST)
		return 0;
	if (!program)
		return !!(pw_subject_flags(c->bank, subject) & PW_SUBJECT_HELPERS_ANY);
	for (i = 0; i < PW_PROGRAM_SUBJECTS && i < program->nroles; i++)
		if (program->roles[i].subject == subject)
			return 1;

	return !!(pw_subject_flags(c->bank, subject) & PW_SUBJECT_HELPERS_ANY);
}

/*
 * The subject for it, PW_SUBJECT_OTHERS with c->reason: none. This and the next
 * have frames of their own because one stack would not hold all.
 */
static __noinline __u32 pw_choose_subject(struct pw_candidate *c, const struct pw_program *program)
{
	__u32 i;

	for (i = 0; i < PW_PROGRAM_SUBJECTS && i < program->nroles; i++) {
		__u32 subject = program->roles[i].subject;
		struct pw_subject *s;

		if (program->roles[i].role != PW_ROLE_EXEC || c->subject)
			continue;
		s = pw_subject_at(c->bank, subject);
		if (!pw_was_started_by(c, s))
			c->reason = PW_REASON_STARTED_BY;
		else if (!pw_runs_as(s, c->task))
			c->reason = PW_REASON_USER;
		else
			c->subject = subject;
	}
	if (c->subject &&
	    (c->task->ptrace || (c->label && (c->label->flags & PW_TASK_WAS_TRACED)))) {
		c->subject = PW_SUBJECT_OTHERS;
		c->reason = PW_REASON_TRACED;
	}
	if (c->subject && c->label && (c->label->flags & PW_TASK_FOREIGN_CODE)) {
		c->subject = PW_SUBJECT_OTHERS;
		c->reason = PW_REASON_CODE;
	}

	return c->subject;
}

/* A function of its own for its share of the stack; always 0. */
static __noinline int pw_copy_adopted(struct task_struct *leader, const struct pw_task *label)
{
	if (!pw_label_copy(leader, label))
		pw_count(PW_COUNT_NET_LABEL_LOST);

	return 0;
}

/* What the label, which is about to be given anew, says under the bank that a probation goes back to. */
static __always_inline __u32 pw_kept_subject(const struct pw_candidate *c,
					     const struct pw_task *label)
{
	const struct pw_probation *probation = &shared.state.probation;

	if (probation->state != PW_PROBATION_ON)
		return c->subject;

	return pw_subject_of(pw_bank_at(probation->back), label);
}

/* Makes it what was chosen; returns what it is. */
static __noinline __u32 pw_relabel(const struct pw_candidate *c)
{
	struct pw_task *label = c->label;

	if (!label && !c->subject)
		return PW_SUBJECT_OTHERS;
	if (!label)
		label = bpf_task_storage_get(&tasks, c->task, NULL,
					     BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!label) {
		pw_count(PW_COUNT_LABEL_LOST);
		return PW_SUBJECT_OTHERS;
	}
	label->was = pw_kept_subject(c, label);
	label->subject = c->subject;
	label->program = c->program;
	label->generation = c->bank->generation;
	label->flags = (label->flags & (PW_TASK_DECIDED | PW_TASK_WAS_TRACED | PW_TASK_PHI)) |
		       (c->subject || label->was ? PW_TASK_MIXED : 0);
	if (!c->subject && !label->was)
		pw_label_drop(c->task);
	else
		pw_copy_adopted(c->task, label);

	return c->subject;
}

/* A policy that was not confirmed gave @label: from here on it is what it was before. */
static __noinline int pw_take_back(struct task_struct *leader, struct pw_task *label)
{
	label->subject = label->was;
	label->generation = pw_bank_at(pw_active_slot())->generation;
	label->flags |= PW_TASK_MIXED;

	return pw_copy_adopted(leader, label);
}

/* pw_fs_index() by the address of the superblock. */
static __always_inline __u32 pw_fs_index_by_address(struct pw_bank *bank, struct super_block *sb)
{
	struct pw_fs_id id = {};
	__u32 dev = 0;

	bpf_core_read(&id.lo, sizeof(id.lo), &sb->s_uuid.b[0]);
	bpf_core_read(&id.hi, sizeof(id.hi), &sb->s_uuid.b[8]);
	bpf_core_read(&dev, sizeof(dev), &sb->s_dev);
	if (!id.lo && !id.hi) {
		id.lo = dev;
		id.hi = PW_FS_BY_DEV;
	}

	return pw_fs_search_id(bank, id.lo, id.hi);
}

/* Where the path lies that the mapped @file below an overlayfs was opened by. */
static __noinline int pw_locate_backed(const struct pw_candidate *c, struct file *file,
				       struct pw_spot *spot)
{
	const struct path *opened = (void *)((__u64)file + bpf_core_type_size(struct file));
	struct dentry *dentry = NULL;
	struct super_block *sb = NULL;
	__u32 scope;

	if (!pw_can_probe)
		return 0;
	bpf_core_read(&dentry, sizeof(dentry), &opened->dentry);
	bpf_core_read(&sb, sizeof(sb), &dentry->d_sb);
	scope = pw_code_scope_on(c->bank, c->slot, pw_fs_index_by_address(c->bank, sb), 0);
	if (scope)
		pw_locate_by_address(0, (__u64)dentry, scope, spot);

	return 0;
}

/* The same of a file that is mapped as itself. @spot stays as it is where no code lies. */
static __always_inline void pw_locate_mapped(const struct pw_candidate *c, struct file *file,
					     struct pw_spot *spot)
{
	struct dentry *dentry = file->f_path.dentry;
	__u32 scope = pw_code_scope_on(c->bank, c->slot, pw_fs_index(c->bank, dentry->d_sb), 0);

	if (scope)
		pw_walk_long(c->bank, dentry, scope, spot);
}

/* Whether @file, mapped as code, is no code of a subject that its program makes it a member of. */
static __always_inline int pw_is_foreign_code(const struct pw_candidate *c,
					      const struct pw_program *program, struct file *file)
{
	struct pw_spot spot = {};
	__u32 i;

	if (file->f_mode & pw_backing_mode)
		pw_locate_backed(c, file, &spot);
	else
		pw_locate_mapped(c, file, &spot);
	for (i = 0; i < PW_PROGRAM_SUBJECTS && i < program->nroles; i++) {
		__u32 subject = PW_INDEX(program->roles[i].subject, PW_SUBJECT_IDS);

		if (program->roles[i].role == PW_ROLE_EXEC &&
		    !(pw_subject_flags(c->bank, subject) & PW_SUBJECT_HELPERS_ANY) &&
		    !pw_is_code_of(c->bank, &spot, subject))
			return 1;
	}

	return 0;
}

/*
 * Run by the daemon before pw_adopt, with the same slot: who has mapped other code than a member may
 * runs it already. Its output is empty.
 */
SEC("iter/task_vma")
int pw_adopt_code(struct bpf_iter__task_vma *ctx)
{
	struct task_struct *task = ctx->task;
	struct vm_area_struct *area = ctx->vma;
	struct pw_candidate c = {.task = task};
	struct pw_program *program;

	if (!task || !area || task->group_leader != task || task->tgid == 1)
		return 0;
	if (!(area->vm_flags & PW_VM_EXEC) || !area->vm_file)
		return 0;
	c.slot = shared.state.adopt_slot & (PW_BANK_SLOTS - 1);
	c.bank = pw_bank_in(c.slot);
	c.label = pw_label_of(task);
	if (!c.bank || (c.label && c.label->subject == PW_SUBJECT_DAEMON))
		return 0;
	program = pw_running_program(&c);
	if (!program || !pw_is_foreign_code(&c, program, area->vm_file))
		return 0;
	if (!c.label)
		c.label = bpf_task_storage_get(&tasks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (c.label)
		c.label->flags |= PW_TASK_FOREIGN_CODE;
	else
		pw_count(PW_COUNT_LABEL_LOST);

	return 0;
}

/* One line, struct pw_adopted, a task that runs a program of the policy and was in no subject. */
SEC("iter/task")
int pw_adopt(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct pw_candidate c = {.task = task};
	struct pw_program *program;
	struct pw_adopted line = {};
	struct pw_bank *in_force;
	__u32 active;

	if (!task || task->group_leader != task || task->tgid == 1)
		return 0;
	active = pw_active_slot();
	c.slot = shared.state.adopt_slot & (PW_BANK_SLOTS - 1);
	c.bank = pw_bank_in(c.slot);
	if (!c.bank)
		return 0;
	in_force = pw_bank_at(active);
	c.label = pw_label_of(task);
	program = pw_running_program(&c);
	if (c.label && c.label->subject == PW_SUBJECT_DAEMON) {
		/* It has labelled itself, and from user space there is no way to the copy. */
		pw_note_cgroups(task->cgroups->dfl_cgrp);
		return pw_copy_adopted(task, c.label);
	}
	if (c.label && c.label->generation > in_force->generation)
		pw_take_back(task, c.label);
	if (c.label && pw_stays(&c, program))
		return 0;
	if (!program && (!c.label || c.label->subject < PW_SUBJECT_FIRST))
		return 0;
	if (program) {
		c.program = program->id;
		c.subject = pw_choose_subject(&c, program);
		/* It is a helper of somebody, and nobody's member: no policy takes it in. */
		if (!c.subject && !c.reason && (!c.label || c.label->subject < PW_SUBJECT_FIRST))
			return 0;
	}
	if (c.slot != active &&
	    (!c.subject || pw_subject_flags(in_force, c.subject) & PW_SUBJECT_PRESENT))
		return 0;

	c.subject = pw_relabel(&c);
	pw_count(c.subject ? PW_COUNT_ADOPTED : PW_COUNT_NOT_ADOPTED);
	line.tgid = task->tgid;
	line.subject = c.subject;
	line.reason = c.reason;
	line.program = c.program;
	bpf_seq_write(ctx->meta->seq, &line, sizeof(line));

	return 0;
}

#endif
