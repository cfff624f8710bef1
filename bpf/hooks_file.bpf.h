/* SPDX-License-Identifier: GPL-2.0-only */
/* Hooks on open files: opening, reading, writing, mapping, passing on, watching. */
#ifndef PW_HOOKS_FILE_BPF_H
#define PW_HOOKS_FILE_BPF_H

_Static_assert(PW_ACTION_BIT(PW_ACTION_READ) == PW_FMODE_READ &&
	       PW_ACTION_BIT(PW_ACTION_WRITE) == PW_FMODE_WRITE, "a mode says what is asked for");

/* What opening a file like this asks for. */
static __always_inline __u32 pw_need_of_open(fmode_t mode, unsigned int flags)
{
	__u32 need = mode & (PW_FMODE_READ | PW_FMODE_WRITE);

	if (flags & PW_O_EXEC)
		return PW_ACTION_BIT(PW_ACTION_EXEC);
	if ((need & PW_FMODE_WRITE) && (mode & PW_FMODE_CREATED))
		need ^= PW_ACTION_BIT(PW_ACTION_WRITE) | PW_ACTION_BIT(PW_ACTION_CREATE);

	return need ? need : PW_ACTION_BIT(PW_ACTION_READ);
}

static __always_inline __u32 pw_action_of(__u32 need)
{
	if (need & PW_ACTION_BIT(PW_ACTION_EXEC))
		return PW_ACTION_EXEC;
	if (need & PW_ACTION_BIT(PW_ACTION_CREATE))
		return PW_ACTION_CREATE;
	if (need & PW_ACTION_BIT(PW_ACTION_WRITE))
		return PW_ACTION_WRITE;

	return PW_ACTION_READ;
}

/* The daemon lists directories of objects, to find files with further names; it opens none. */
static __always_inline int pw_lists_for_scan(const struct inode *inode, __u32 writes)
{
	struct pw_task *label;

	if ((inode->i_mode & PW_S_IFMT) != PW_S_IFDIR || writes)
		return 0;
	label = pw_label_of(bpf_get_current_task_btf());

	return label && label->subject == PW_SUBJECT_DAEMON;
}

#define PW_PTS_FIRST 136
#define PW_PTS_LAST 143

/*
 * What a member needs to write here, PW_SUBJECT_WRITES_*; 0: nothing; PW_BY_PLACE:
 * like a regular file. A memfd is a pipe with a memory: what it holds goes to who has it.
 */
#define PW_BY_PLACE 1U

static __always_inline __u32 pw_writing_needs(const struct inode *inode)
{
	umode_t format = inode->i_mode & PW_S_IFMT;
	__u32 major, minor;

	if (format == PW_S_IFIFO)
		return PW_SUBJECT_WRITES_PIPE;
	if (format == PW_S_IFREG)
		return inode->i_sb->s_flags & PW_SB_NOUSER ? PW_SUBJECT_WRITES_PIPE : PW_BY_PLACE;
	if (format != PW_S_IFCHR)
		return 0;
	major = PW_MAJOR(inode->i_rdev);
	minor = PW_MINOR(inode->i_rdev);
	if (major == PW_MAJOR_MEM && minor != 1 && minor != 2 && minor != 4 && minor != 11)
		return 0;	/* null, zero, full, random */
	if (major == 4 || major == 5 || (major >= PW_PTS_FIRST && major <= PW_PTS_LAST))
		return PW_SUBJECT_WRITES_TTY;

	return PW_BY_PLACE;
}

/* Whether what @inode is, not where it lies, decides that the current task may write to it. */
static __always_inline int pw_may_write_by_kind(const struct pw_bank *bank,
						const struct inode *inode)
{
	__u32 needs = pw_writing_needs(inode);
	struct pw_actor actor;

	if (!needs)
		return 1;
	if (needs == PW_BY_PLACE)
		return 0;
	actor = pw_actor_of(bank, bpf_get_current_task_btf());

	return pw_writes_to(actor.flags, needs);
}

/*
 * Whether a question about an open file has to be judged. Only then it matters what
 * is asked for.
 */
static __always_inline int pw_open_file_is_concern(struct pw_ask *ask, struct file *file,
						   __u32 writes, struct pw_spot *spot)
{
	ask->dentry = file->f_path.dentry;
	ask->inode = file->f_inode;
	ask->bound = PW_OPAQUE(writes && pw_is_labelled() &&
			       !pw_may_write_by_kind(ask->bank, ask->inode));

	return pw_is_concern(ask, spot) && !pw_lists_for_scan(ask->inode, writes);
}

static __always_inline int pw_judge_open_file(struct pw_ask *ask, struct pw_asked *q, __u32 need,
					      __u32 flags)
{
	ask->need = PW_OPAQUE(need);
	ask->action = PW_OPAQUE(pw_action_of(ask->need));
	ask->flags = flags;

	return pw_put_to_judge(ask, q);
}

/* Opening a file that concerns somebody, or by a task that has a label. */
static __noinline int pw_open(struct file *file, __u32 scope, __u64 climbed, struct pw_met *met)
{
	struct pw_ask ask = {};
	struct pw_asked q;

	file = PW_PLAIN(file);
	pw_ask_from(&ask, file->f_inode->i_sb, scope, climbed, met);

	return pw_open_file_is_concern(&ask, file, file->f_mode & PW_FMODE_WRITE, &q.spot) ?
		       pw_judge_open_file(&ask, &q,
					  pw_need_of_open(file->f_mode, file->f_flags), 0) : 0;
}

/* Raw storage is guarded whatever the policy says of files. */
static __always_inline int pw_guard_open(struct file *file, struct inode *inode, __u32 writes)
{
	if ((inode->i_mode & PW_S_IFMT) != PW_S_IFREG) {
		if (pw_is_storage(inode))
			return pw_guard_storage(file->f_path.dentry);
		if (pw_is_display(inode))
			return pw_guard_display(file->f_path.dentry);
	}

	if (!writes)
		return 0;
	if (pw_in_swapon())
		return pw_guard_storage(file->f_path.dentry);

	return pw_guard_sysfs(file, inode->i_sb);
}

#define PW_OPEN_ASK 1	/* no answer: the question is asked in full */

/* Opening what lies in an object. @subject and @object are known to be some. */
static __always_inline struct pw_file_question
pw_question_of_open(struct file *file, const struct pw_bank *bank, __u32 subject, __u32 object)
{
	struct pw_file_question q = {
		.need = pw_need_of_open(file->f_mode, file->f_flags),
		.where = PW_WHERE_OBJECT,
		.object = object,
		.subject = subject,
		.subject_flags = bank->subjects[PW_INDEX(subject, PW_SUBJECT_IDS)].flags,
		.access = bank->access[PW_INDEX(subject, PW_SUBJECT_IDS)][PW_INDEX(object, PW_OBJECT_IDS)],
	};

	return q;
}

/* Whether the open @c is one more of what was recorded, and is counted. */
static __always_inline int pw_count_open(struct file *file, struct pw_case *c)
{
	c->flags |= PW_CASE_AGAIN;
	/* Read, not loaded: what is compared has to be a number to the verifier. */
	if (bpf_core_read(&c->dentry, sizeof(c->dentry), &file->f_path.dentry))
		return 0;

	return pw_repeat_counts(c);
}

/*
 * Records an open that pw_open_in_object() has allowed; 0, or PW_OPEN_ASK or the refusal instead
 * of it. The question is put together anew: what only a record needs must not keep other opens.
 */
static __noinline int pw_record_open(struct file *file, __u32 scope, const struct pw_met *met,
				     struct pw_task *label)
{
	struct pw_bank *bank = pw_bank_at(pw_scope_slot(scope));
	const struct pw_root *root = &bank->known[PW_INDEX(met->known, PW_KNOWN_MAX)].root;
	struct pw_file_question q = pw_question_of_open(file, bank, label->subject, root->object);
	struct pw_answer answer = pw_decide_file(&q);
	__u32 object_flags = pw_object_flags(bank, q.object);
	struct inode *inode = PW_PLAIN(file)->f_inode;
	struct pw_case c = {};

	if (met->depth > PW_SHORT_WAY || pw_folds(q.access, pw_action_of(q.need)))
		return PW_OPEN_ASK;

	c.generation = bank->generation;
	c.ino = inode->i_ino;
	c.slot = pw_scope_slot(scope);
	c.dev = inode->i_sb->s_dev;
	c.subject = q.subject;
	c.subject_flags = q.subject_flags;
	c.object = q.object;
	c.root = root->root;
	c.depth = met->depth;
	c.program = label->program;
	c.flags = PW_CASE_PHI;
	c.type = PW_RECORD_FILE;
	c.action = pw_action_of(q.need);
	c.verdict = answer.verdict;
	c.reason = answer.reason;
	c.name = file->f_path.dentry->d_name.hash | (__u64)file->f_path.dentry->d_name.len << 32;
	if (pw_is_again(label, &c))
		return pw_count_open(file, &c) ? 0 : PW_OPEN_ASK;
	if (!pw_emit_at(&c, file->f_path.dentry, label))
		return 0;

	return pw_allow_unrecorded(&c, object_flags,
				   pw_mode_applies(bank->mode, q.subject_flags, object_flags));
}

/*
 * Opening what lies in an object whose root was met, by a member that may do so: most opens
 * of patients' files, and they are kept waiting no longer than need be. The answer is that
 * of the decision; where it is not that plain it is asked for again, and in full.
 */
static __noinline int pw_open_in_object(struct file *file, __u32 scope, const struct pw_met *met)
{
	struct pw_bank *bank = pw_bank_at(pw_scope_slot(scope));
	const struct pw_root *root = &bank->known[PW_INDEX(met->known, PW_KNOWN_MAX)].root;
	struct inode *inode = met->at->d_inode;
	struct pw_file_question q;
	struct pw_answer answer;
	struct pw_task *label;
	__u32 object, object_flags, subject;

	barrier_var(root);	/* or its address is computed for each member */
	object = root->object;
	if (met->known >= PW_KNOWN_HOLDERS || object >= PW_OBJECT_IDS)
		return PW_OPEN_ASK;
	object_flags = pw_object_flags(bank, object);
	if (!(object_flags & PW_OBJECT_PRESENT) || (root->flags & PW_ROOT_HOLDS_NAMES) || !inode ||
	    inode->i_generation != root->generation ||
	    !pw_is_fs(bank, pw_scope_fs(scope), inode->i_sb))
		return PW_OPEN_ASK;
	label = pw_label_of(bpf_get_current_task_btf());
	/* One of a policy that was gone back from: see pw_subject_of(). */
	if (!label || label->generation > bank->generation)
		return PW_OPEN_ASK;
	subject = label->subject;
	if (subject < PW_SUBJECT_FIRST || subject >= PW_SUBJECT_IDS)
		return PW_OPEN_ASK;
	q = pw_question_of_open(file, bank, subject, object);
	answer = pw_decide_file(&q);
	if (!(q.subject_flags & PW_SUBJECT_PRESENT) || answer.verdict != PW_VERDICT_ALLOW)
		return PW_OPEN_ASK;
	if (!(label->flags & PW_TASK_PHI))
		pw_carry_phi(label);
	if (!pw_wants_record(0, answer.verdict, answer.reason, object_flags))
		return 0;

	return pw_record_open(file, scope, met, label);
}

/* Opening a file on a file system where objects lie, or for writing. */
static __always_inline int pw_open_in_scope(struct file *file, __u32 scope)
{
	struct pw_met met;
	__u64 climbed;
	int opened;

	climbed = pw_climb_first(file->f_path.dentry, file->f_inode, 0, scope, &met);
	if (climbed == PW_CLIMBED_CLEAR && !(scope & PW_SCOPE_WRITES && pw_is_labelled()))
		return 0;
	if (climbed == PW_CLIMBED_MET) {
		opened = pw_open_in_object(file, scope, &met);
		if (opened != PW_OPEN_ASK)
			return opened;
	}

	return pw_open(file, scope, climbed, &met);
}

#define PW_SCOPE_REFUSED (~0U)

/* Of an open in which the policy may have a say; 0: it has none. */
static __always_inline __u32 pw_scope_of_open(struct file *file, __u64 fs_key, __u32 writes)
{
	__u32 slot = pw_active_slot(), fs_at = pw_fs_at(pw_bank_at(slot), fs_key);

	if (!fs_at && !writes)	/* first, as it is so of most file systems */
		return 0;
	if ((fs_at & PW_FS_AT_CODE) && file->f_inode->i_gid.val == pw_bank_at(slot)->log_group)
		pw_opens_log(file, pw_bank_at(slot)->log_group);
	if (!pw_fs_has_objects(fs_at) && !writes)
		return 0;

	return pw_scope_at(fs_at, slot, writes ? PW_SCOPE_WRITES : 0);
}

/* The same for what is guarded whatever the policy says, or PW_SCOPE_REFUSED. */
static __noinline __u32 pw_scope_of_guarded(struct file *file)
{
	struct inode *inode = file->f_inode;
	struct super_block *sb = inode->i_sb;
	__u32 writes = file->f_mode & PW_FMODE_WRITE, scope;

	if (!pw_uuid_of(sb) && pw_is_guarded_pseudo(sb) && pw_guard_pseudo(file))
		return PW_SCOPE_REFUSED;
	if (pw_guard_open(file, inode, writes))
		return PW_SCOPE_REFUSED;
	scope = pw_scope_of_open(file, pw_fs_key(sb), writes);
	if (writes && pw_guard_code_write(file, scope))
		return PW_SCOPE_REFUSED;

	return scope;
}

/*
 * Most opens are for reading a file of a disk that has no object, so nothing is kept here for
 * the others.
 */
SEC("lsm/file_open")
int BPF_PROG(pw_file_open, struct file *file)
{
	__u64 key = pw_uuid_of(file->f_inode->i_sb);
	__u32 scope;

	/* A field less to read than with the inode's kind; directories are guarded by nothing more. */
	if (!key ||
	    (file->f_mode & (PW_FMODE_ATOMIC_POS | PW_FMODE_WRITE)) != PW_FMODE_ATOMIC_POS)
		scope = pw_scope_of_guarded(file);
	else
		scope = pw_scope_of_open(file, key, 0);
	if (!scope)
		return 0;

	return scope == PW_SCOPE_REFUSED ? -PW_EACCES : pw_errno(pw_open_in_scope(file, scope));
}

/*
 * Whether the current task opened all that it has under its present label and
 * the present policy, so that reading through it was decided.
 */
static __always_inline int pw_opened_by_itself(const struct pw_bank *bank)
{
	struct pw_task *label = pw_label_of(bpf_get_current_task_btf());

	return label && label->subject >= PW_SUBJECT_FIRST && !(label->flags & PW_TASK_MIXED) &&
	       label->generation == bank->generation;
}

/* What using an open file asks for. */
static __always_inline __u32 pw_need_of_use(const struct file *file, __u32 writes)
{
	if (writes)
		return PW_ACTION_BIT(PW_ACTION_WRITE);
	if (file->f_flags & PW_O_EXEC)
		return PW_ACTION_BIT(PW_ACTION_EXEC);

	return PW_ACTION_BIT(PW_ACTION_READ);
}

#define PW_USE_IS_PIPE 1	/* no refusal yet: it is decided like a write to a pipe */

/* In net_use.bpf.h: 0, -EACCES, or PW_USE_IS_PIPE. */
static __always_inline int pw_use_socket_file(struct file *file, __u32 writes, __u32 maps);

/* What a member writes into a socket that is like a pipe to it. It lies nowhere, so no walk. */
static __noinline int pw_write_to_pipe(struct file *file)
{
	struct inode *inode = file->f_inode;
	struct pw_asked q = {
		.dentry = (__u64)file->f_path.dentry,
		.ino = inode->i_ino,
		.dev = inode->i_sb->s_dev,
		.slot = pw_active_slot(),
		.need = PW_ACTION_BIT(PW_ACTION_WRITE),
		.action = PW_ACTION_WRITE,
		.bound = 1,
		.spot.where = PW_WHERE_OUTSIDE,
		.spot.depth = PW_PATH_DEPTH,
	};

	return pw_errno(pw_judge(&q));
}

/* Reading or writing a file that concerns somebody, or writing by a task that has a label. */
static __noinline int pw_use_file(struct file *file, __u32 scope, __u64 climbed,
				  struct pw_met *met)
{
	__u32 writes = scope & PW_SCOPE_WRITES;
	struct pw_ask ask = {};
	struct pw_asked q;

	file = PW_PLAIN(file);
	pw_ask_from(&ask, file->f_inode->i_sb, scope, climbed, met);
	if (!writes && !pw_may_hold_objects(ask.bank, ask.fs))
		return 0;
	if (!pw_open_file_is_concern(&ask, file, writes, &q.spot))
		return 0;

	return pw_judge_open_file(&ask, &q, pw_need_of_use(file, writes),
				  PW_CASE_QUIET | PW_ASK_WRITE_OR_CREATE);
}

extern const void eventfd_fops __ksym __weak;

/* Whether @operations are those of an eventfd, or of what cannot be told from one. */
static __always_inline int pw_is_eventfd(__u64 operations)
{
	return !&eventfd_fops || operations == (__u64)&eventfd_fops;
}

/*
 * An eventfd adds up numbers of eight bytes, which whoever shares it reads. Programs wake
 * their own threads so; one that was started with an eventfd is not free to write to any.
 */
static __always_inline int pw_write_to_event(struct file *file)
{
	struct pw_actor actor = pw_actor_of(pw_bank_at(pw_active_slot()),
					    bpf_get_current_task_btf());

	if (!actor.label || !(actor.label->flags & PW_TASK_EVENTS) ||
	    !pw_is_eventfd((__u64)file->f_op))
		return 0;

	return pw_writes_to(actor.flags, PW_SUBJECT_WRITES_PIPE) ? 0 : pw_write_to_pipe(file);
}

#define PW_USE_AS_FILE 1	/* no answer yet: it is decided like the use of a file */

/*
 * Sockets, devices, pipes and the like: they lie in no object, but a member may not
 * write to all of them. 0, -EACCES or PW_USE_AS_FILE.
 */
static __noinline int pw_use_other(struct file *file, __u32 writes, __u32 maps)
{
	struct inode *inode = file->f_inode;
	umode_t format = inode->i_mode & PW_S_IFMT;

	if (format == PW_S_IFSOCK) {
		int use = pw_use_socket_file(file, PW_OPAQUE(writes), maps);

		return use == PW_USE_IS_PIPE ? pw_write_to_pipe(file) : pw_errno(use);
	}
	if (!format)
		return writes ? pw_write_to_event(file) : 0;
	if (pw_is_storage(inode) || (format == PW_S_IFCHR && writes && pw_is_fabrics(file)))
		return pw_guard_storage(file->f_path.dentry);

	return writes ? PW_USE_AS_FILE : 0;
}

/* Reading or writing through a descriptor, wherever that comes from, or by mmap(2). */
static __always_inline int pw_use(struct file *file, __u32 writes, __u32 maps)
{
	struct inode *inode = file->f_inode;
	__u32 format = inode->i_mode & PW_S_IFMT, slot, fs_at;
	struct super_block *sb;
	__u64 key, climbed;
	struct pw_met met;
	__u32 scope;

	barrier_var(format);
	if (format != PW_S_IFREG) {
		barrier_var(format);	/* or the two comparisons become a dozen instructions */
		if (format != PW_S_IFDIR) {
			int use = pw_use_other(file, writes, maps);

			if (use != PW_USE_AS_FILE)
				return pw_errno(use);
		}
	}
	sb = inode->i_sb;
	key = pw_uuid_of(sb);
	if (!key) {
		if (writes && pw_is_guarded_pseudo(sb) && pw_guard_pseudo(file))
			return -PW_EACCES;
		key = sb->s_dev;
	}
	slot = pw_active_slot();
	fs_at = pw_fs_at(pw_bank_at(slot), key);
	if (!writes && !pw_fs_has_objects(fs_at))
		return 0;
	if (writes && pw_guard_sysfs(file, sb))
		return -PW_EACCES;
	scope = pw_scope_at(fs_at, slot, writes ? PW_SCOPE_WRITES : 0);
	if (writes && pw_guard_code_write(file, scope))
		return -PW_EACCES;
	if (!writes && pw_opened_by_itself(pw_bank_at(slot)))
		return 0;
	climbed = pw_climb_first(file->f_path.dentry, inode, 0, scope, &met);
	if (climbed == PW_CLIMBED_CLEAR && !(scope & PW_SCOPE_WRITES && pw_is_labelled()))
		return 0;

	return pw_errno(pw_use_file(file, scope, climbed, &met));
}

SEC("lsm/file_permission")
int BPF_PROG(pw_file_permission, struct file *file, int mask)
{
	return pw_use(file, mask & PW_MAY_WRITE, 0);
}

#define PW_PROT_WRITE 2
#define PW_PROT_EXEC 4
#define PW_MAP_TYPE 0xf
#define PW_MAP_PRIVATE 2
#define PW_VM_EXEC 4
#define PW_VM_SHARED 8

/* A shared mapping of a writable file can be made writable without asking: it counts as written. */
SEC("lsm/mmap_file")
int BPF_PROG(pw_mmap_file, struct file *file, unsigned long reqprot, unsigned long prot,
	     unsigned long flags)
{
	if (!file)
		return 0;
	if ((prot & PW_PROT_EXEC) && pw_guard_mapping(file))
		return -PW_EACCES;

	return pw_use(file, (flags & PW_MAP_TYPE) == PW_MAP_PRIVATE ? 0 :
								     file->f_mode & PW_FMODE_WRITE, 1);
}

/* For mappings that were there before the policy, and what becomes code only later. */
SEC("lsm/file_mprotect")
int BPF_PROG(pw_file_mprotect, struct vm_area_struct *vma, unsigned long reqprot,
	     unsigned long prot)
{
	struct file *file = vma->vm_file;

	if (!file)
		return 0;
	if ((prot & PW_PROT_EXEC) && !(vma->vm_flags & PW_VM_EXEC) && pw_guard_mapping(file))
		return -PW_EACCES;

	return (prot & PW_PROT_WRITE) && (vma->vm_flags & PW_VM_SHARED) ? pw_use(file, 1, 1) : 0;
}

/* A descriptor arrives from another process: as if this one had opened it. */
SEC("lsm/file_receive")
int BPF_PROG(pw_file_receive, struct file *file)
{
	umode_t format = file->f_inode->i_mode & PW_S_IFMT;
	__u32 writes = file->f_mode & PW_FMODE_WRITE;
	struct pw_met met;
	struct pw_ask ask = {.met = &met};
	struct pw_asked q;

	if ((format != PW_S_IFREG && format != PW_S_IFDIR) || (file->f_mode & PW_FMODE_PATH))
		return 0;

	pw_ask_on(&ask, file->f_inode->i_sb);
	if (!pw_open_file_is_concern(&ask, file, writes, &q.spot))
		return 0;

	return pw_judge_open_file(&ask, &q, pw_need_of_open(file->f_mode & ~PW_FMODE_CREATED, 0),
				  PW_ASK_WRITE_OR_CREATE);
}

#define PW_NOTIFY_INODE 0

/*
 * Watching a directory tells the names that appear in it; watching a mount or a file
 * system tells those of all objects there.
 */
SEC("lsm/path_notify")
int BPF_PROG(pw_path_notify, const struct path *path, u64 mask, unsigned int obj_type)
{
	struct dentry *dentry = path->dentry;
	struct pw_ask ask = {
		.dentry = dentry,
		.inode = dentry->d_inode,
		.need = PW_ACTION_BIT(PW_ACTION_READ),
		.action = PW_ACTION_READ,
	};
	struct pw_asked q;

	pw_ask_on(&ask, dentry->d_sb);
	if (obj_type == PW_NOTIFY_INODE || !pw_may_hold_objects(ask.bank, ask.fs))
		return pw_ask_file(&ask, dentry->d_sb,
				   pw_scope_at(pw_fs_at(ask.bank, pw_fs_key(dentry->d_sb)), ask.slot,
					       0));
	pw_spot_clear(&q.spot);
	q.spot.where = PW_OPAQUE(PW_WHERE_UNRESOLVED);
	q.spot.depth = PW_PATH_DEPTH;

	return pw_put_to_judge(&ask, &q);
}

#endif
