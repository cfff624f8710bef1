/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entering and leaving a subject. bprm_creds_for_exec decides while the exec
 * can still fail and keeps the answer on the thread; bprm_committed_creds
 * takes it over, when that thread has become the leader of its group.
 */
#ifndef PW_HOOKS_EXEC_BPF_H
#define PW_HOOKS_EXEC_BPF_H

#define PW_LSM_UNSAFE_PTRACE 2
#define PW_SECUREEXEC 1		/* BPF_F_BPRM_SECUREEXEC */

/* A parent's program has room for these; each: last offset + longest name <= the array. */
#define PW_PARENT_OFFSET 63
#define PW_PARENT_NAME 56
_Static_assert(PW_PARENT_OFFSET + PW_PARENT_NAME <= PW_PARENT_EXE_BYTES, "parent's program");

/* An exec: what is known of it, and what becomes of it. */
struct pw_entry {
	__u64 dentry;		/* address, for the record's path */
	__u64 ino;
	__u64 dir;		/* inode of the nearest directory of programs above, 0: none */
	__u32 generation;
	__u32 dev;
	__u32 fs;
	__u32 slot;
	__u32 traced;
	__u32 interpreted;	/* an interpreter runs it, and opens its name again */
	__u32 script;		/* the program that the policy has by this name, 0: none */
	__u32 by_name;		/* enters as a program or helper that the policy names */
	__u32 actor;		/* subject of who calls execve */
	/* The answer. */
	__u32 subject;		/* who the task becomes */
	__u32 wanted;		/* who it would have become, had it not been for reason */
	__u32 program;
	__u32 reason;		/* enum pw_reason, 0: nothing was refused */
};

/* Not static: the verifier then checks it once and not once a call. */
__noinline int pw_user_listed(struct pw_subject *subject, __u32 uid)
{
	__u32 i;

	if (!subject)
		return 0;
	for (i = 0; i < PW_USERS_PER_SUBJECT; i++)
		if (i < subject->nusers && subject->users[i] == uid)
			return 1;

	return 0;
}

static __always_inline int pw_runs_as(struct pw_subject *subject, struct task_struct *task)
{
	return !(subject->flags & PW_SUBJECT_USERS) ||
	       (pw_user_listed(subject, task->cred->uid.val) &&
		pw_user_listed(subject, task->cred->euid.val));
}

static __always_inline struct pw_subject *pw_subject_at(struct pw_bank *bank, __u32 subject)
{
	return &bank->subjects[PW_INDEX(subject, PW_SUBJECT_IDS)];
}

/* Whether @actor, who calls execve, may start a program of @s. */
static __always_inline int pw_may_start(const struct pw_subject *s, __u32 actor,
					struct task_struct *task)
{
	__u64 index = PW_INDEX(actor, PW_SUBJECT_IDS);

	if (s->flags & PW_SUBJECT_STARTED_BY_ANYONE)
		return 1;
	if ((s->flags & PW_SUBJECT_STARTED_BY_INIT) && actor == PW_SUBJECT_INIT)
		return 1;
	if ((s->flags & PW_SUBJECT_STARTED_BY_LOGIN) && task->loginuid.val != PW_NO_ID)
		return 1;

	return actor >= PW_SUBJECT_FIRST &&
	       !!(s->started_by.bits[PW_INDEX(index / 64, PW_SUBJECT_IDS / 64)] &
		  (1ULL << (index & 63)));
}

/*
 * Of a file system with the right UUID that was mounted from another device it is none:
 * that can be made with any file under any number.
 */
static __always_inline struct pw_program *pw_program_at(__u32 slot, __u64 ino, __u32 fs, __u32 dev)
{
	struct pw_inode_key key = {.ino = ino, .fs = fs};
	void *inner = bpf_map_lookup_elem(&programs, &slot);
	struct pw_program *program = inner ? bpf_map_lookup_elem(inner, &key) : NULL;

	return program && program->dev == dev ? program : NULL;
}

/* Whether a program of the policy has a name that begins like that of @dentry. */
static __always_inline int pw_may_be_program(const struct pw_bank *bank, struct dentry *dentry)
{
	__u64 first = pw_word_of_name(dentry, 0);
	__u32 length = dentry->d_name.len, mark;

	if (length < 8)
		first &= (1ULL << (length & 7) * 8) - 1;
	mark = PW_INDEX(pw_name_mark(first, length), PW_NAME_MARKS);

	return !!(bank->program_marks[mark / 64] & (1ULL << (mark & 63)));
}

/*
 * The program of which the file of @dentry, an address, has the name. Only an updater can have
 * put it there, when that name was held.
 */
static __noinline struct pw_program *pw_program_by_name(__u64 address, __u32 slot, __u32 fs,
							__u32 dev)
{
	struct dentry *dentry = (struct dentry *)address, *parent = NULL;
	struct pw_hit hit = {.fs = PW_LAYER_CODE(fs), .slot = slot};
	struct inode *inode = NULL;

	if (!pw_can_probe)
		return NULL;
	bpf_core_read(&parent, sizeof(parent), &dentry->d_parent);
	bpf_core_read(&inode, sizeof(inode), &parent->d_inode);
	bpf_core_read(&hit.ino, sizeof(hit.ino), &inode->i_ino);
	bpf_core_read(&hit.generation, sizeof(hit.generation), &inode->i_generation);
	bpf_core_read(&hit.name, sizeof(hit.name), &dentry->d_name.name);
	bpf_core_read(&hit.name_length, sizeof(hit.name_length), &dentry->d_name.len);
	pw_look_up(&hit);

	return hit.program ? pw_program_at(slot, hit.program, fs, dev) : NULL;
}

/* The program of the policy that is run: the inode itself, or by the directory it lies in. */
static __always_inline struct pw_program *pw_program_of(const struct pw_entry *entry)
{
	struct pw_program *program = pw_program_at(entry->slot, entry->ino, entry->fs, entry->dev);

	if (program && program->generation == entry->generation)
		return program;
	if (entry->dir)
		return pw_program_at(entry->slot, entry->dir, entry->fs, entry->dev);

	return pw_program_by_name(entry->dentry, entry->slot, entry->fs, entry->dev);
}

/* The role in which the actor may run @program; a helper of its own subject comes first. */
static __always_inline void pw_choose_role(struct pw_bank *bank, const struct pw_program *program,
					   struct task_struct *task, struct pw_entry *entry)
{
	__u32 actor = entry->actor, uid = task->cred->uid.val, i;

	entry->program = program->id;
	for (i = 0; i < PW_PROGRAM_SUBJECTS && i < program->nroles; i++) {
		__u32 subject = program->roles[i].subject, role = program->roles[i].role;
		struct pw_subject *s = pw_subject_at(bank, subject);

		if (role == PW_ROLE_HELPER && subject == actor && actor >= PW_SUBJECT_FIRST) {
			entry->subject = subject;
			break;
		}
		if (role != PW_ROLE_EXEC || entry->subject ||
		    pw_subject_in_force(bank, subject) == PW_SUBJECT_OTHERS)
			continue;
		entry->wanted = subject;
		if (!pw_may_start(s, actor, task))
			entry->reason = PW_REASON_STARTED_BY;
		else if ((s->flags & PW_SUBJECT_USERS) && !pw_user_listed(s, uid))
			entry->reason = PW_REASON_USER;
		else
			entry->subject = subject;
	}
	if (entry->subject) {
		entry->reason = 0;
		entry->by_name = 1;
	}
}

/* One record of an exec: an entry that was allowed or refused. It refuses no exec. */
static __always_inline void pw_record_exec(struct pw_bank *bank, const struct pw_entry *entry)
{
	struct pw_case c = {
		.dentry = entry->dentry,
		.generation = bank->generation,
		.ino = entry->ino,
		.dev = entry->dev,
		.depth = PW_PATH_DEPTH,
		.type = PW_RECORD_EXEC,
		.action = PW_ACTION_EXEC,
		.program = entry->program,
		.subject = entry->subject,
		.verdict = PW_VERDICT_ALLOW,
		.reason = PW_REASON_RULE,
	};

	if (entry->reason) {
		c.flags = PW_CASE_ENFORCED;
		c.subject = entry->actor;
		c.peer_subject = entry->wanted;
		c.verdict = PW_VERDICT_DENY;
		c.reason = entry->reason;
	}
	pw_emit(&c);
}

static long pw_put_parent_name(__u32 round, struct pw_names *list)
{
	__u64 entry[PW_ENTRY_WORDS];

	return pw_put_name(list, entry, PW_PARENT_OFFSET, PW_PARENT_NAME);
}

/* The program that calls execve, which will be the parent's as far as records go. */
static __always_inline void pw_note_parent(struct pw_task *label, struct task_struct *task)
{
	struct file *exe = task->mm->exe_file;
	struct pw_names list = {
		.bytes = label->parent_exe,
		.used = PW_OPAQUE(0),
		.left = PW_OPAQUE(PW_EXE_DEPTH),
	};

	label->parent_len = 0;
	if (!exe || !pw_can_probe)
		return;
	list.dentry = (__u64)exe->f_path.dentry;
	label->parent_dev = exe->f_path.dentry->d_sb->s_dev;
	bpf_loop(PW_EXE_DEPTH + 1, pw_put_parent_name, &list, 0);
	if (!list.left)
		label->parent_len = list.used;
}

/*
 * Keeps the decision on the thread. Returns 0, or -EACCES when it could not be kept:
 * not that of a member, nor that a program of the policy was started by somebody who
 * may not, which a later policy has to know.
 */
static __always_inline int pw_keep_entry(struct task_struct *task, const struct pw_entry *entry)
{
	struct pw_task *own = pw_label_on(task);

	if (!own && entry->subject == PW_SUBJECT_OTHERS && !entry->program)
		return 0;
	if (!own)
		own = bpf_task_storage_get(&tasks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!own)
		return pw_impossible(PW_COUNT_LABEL_LOST);
	own->next_subject = entry->subject;
	own->next_program = entry->program;
	own->next_actor = (__u16)entry->actor;
	own->next_flags = (entry->by_name ? PW_TASK_BY_NAME : 0) |
			  (entry->traced ? PW_TASK_WAS_TRACED : 0);
	if (entry->subject >= PW_SUBJECT_DAEMON)
		pw_note_parent(own, task);

	return 0;
}

/* Decides who the current task becomes. Returns 0 or -EACCES. */
__noinline int pw_enter(struct pw_entry *entry)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pw_program *program;
	struct pw_actor actor;
	struct pw_bank *bank;

	if (!entry)
		return pw_impossible(PW_COUNT_BUG);
	bank = pw_bank_in(entry->slot & (PW_BANK_SLOTS - 1));
	if (!bank)
		return pw_impossible(PW_COUNT_BUG);
	actor = pw_actor_of(bank, task);
	entry->actor = actor.subject;
	program = pw_program_of(entry);
	if (program)
		pw_choose_role(bank, program, task, entry);
	if ((actor.flags & PW_SUBJECT_HELPERS_ANY) && actor.subject >= PW_SUBJECT_FIRST) {
		entry->subject = actor.subject;
		entry->reason = 0;
		entry->by_name = 0;
	}
	if (entry->subject && entry->traced) {
		entry->wanted = entry->subject;
		entry->subject = PW_SUBJECT_OTHERS;
		entry->reason = PW_REASON_TRACED;
	}
	if (entry->reason)
		pw_record_exec(bank, entry);

	return pw_keep_entry(task, entry);
}

#define PW_NO_PROGRAM_DIR 0
#define PW_NOTHING_TO_ENTER ((__u64)-1)

/*
 * Inode of the directory of programs that @file lies in, or PW_NOTHING_TO_ENTER
 * when neither the program nor the task means anything to the policy. This and
 * the next have frames of their own because one stack would not hold both.
 */
static __noinline __u64 pw_program_dir(struct file *file)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 ino = file->f_inode->i_ino, dir = PW_NO_PROGRAM_DIR;
	__u32 slot = pw_active_slot(), fs;
	struct pw_bank *bank = pw_bank_in(slot);
	struct pw_spot spot;

	if (!bank)
		return PW_NOTHING_TO_ENTER;
	fs = pw_fs_index(bank, file->f_inode->i_sb);
	if ((bank->flags & PW_BANK_PROGRAM_DIRS) && (pw_fs_flags(bank, fs) & PW_FS_PROGRAMS)) {
		if (!pw_walk(bank, file->f_path.dentry, pw_scope(fs, slot, 0), &spot))
			dir = spot.program_dir;
	}
	if (!(bank->program_filter[PW_FILTER_WORD(ino)] & PW_FILTER_BIT(ino)) && !dir &&
	    !pw_may_be_program(bank, file->f_path.dentry) && !pw_label_on(task) && !pw_label_of(task))
		return PW_NOTHING_TO_ENTER;

	return dir;
}

static __noinline int pw_exec(struct linux_binprm *bprm, __u64 dir)
{
	struct file *file = bprm->file;
	struct inode *inode = file->f_inode;
	struct pw_entry entry = {
		.dentry = (__u64)file->f_path.dentry,
		.ino = inode->i_ino,
		.dir = dir,
		.generation = inode->i_generation,
		.dev = inode->i_sb->s_dev,
		.slot = pw_active_slot(),
		.traced = bprm->unsafe & PW_LSM_UNSAFE_PTRACE,
	};
	struct pw_bank *bank = pw_bank_in(entry.slot);
	int r;

	if (!bank)
		return 0;
	entry.fs = pw_fs_index(bank, inode->i_sb);
	r = pw_errno(pw_enter(&entry));
	if (entry.subject >= PW_SUBJECT_DAEMON)
		bpf_bprm_opts_set(bprm, PW_SECUREEXEC);

	return r;
}

SEC("lsm/bprm_creds_for_exec")
int BPF_PROG(pw_bprm_creds_for_exec, struct linux_binprm *bprm)
{
	__u64 dir = pw_program_dir(bprm->file);

	return dir == PW_NOTHING_TO_ENTER ? 0 : pw_exec(bprm, dir);
}

/* Descriptors of a task that entered: what is among them from before? */
struct pw_descriptors {
	__u64 table;	/* address of the array of struct file pointers */
	__u64 open;	/* bits of those that are open */
	__u32 flags;	/* PW_TASK_MIXED: a file or directory; PW_TASK_EVENTS: an eventfd */
};

#define PW_TASK_INHERITED (PW_TASK_MIXED | PW_TASK_EVENTS)

static long pw_look_at_descriptor(__u32 fd, struct pw_descriptors *d)
{
	__u64 rest = d->open >> (fd & 63), operations = 0;
	struct inode *inode = NULL;
	struct file *file = NULL;
	umode_t mode = 0;

	if (!rest)
		return 1;
	if (!(rest & 1))
		return 0;
	bpf_probe_read_kernel(&file, sizeof(file), (void *)(d->table + fd * sizeof(file)));
	bpf_core_read(&inode, sizeof(inode), &file->f_inode);
	bpf_core_read(&mode, sizeof(mode), &inode->i_mode);
	mode &= PW_S_IFMT;
	if (mode == PW_S_IFREG || mode == PW_S_IFDIR)
		d->flags |= PW_TASK_MIXED;
	if (!mode) {
		bpf_core_read(&operations, sizeof(operations), &file->f_op);
		if (pw_is_eventfd(operations))
			d->flags |= PW_TASK_EVENTS;
	}

	return 0;
}

#define PW_DESCRIPTORS_SEEN 64
#define PW_DESCRIPTORS_MAX 512	/* of a table whose further bits are looked at */

/* What there is among descriptors that are not looked at one by one. */
static __always_inline __u32 pw_further_descriptors(const struct fdtable *fdt)
{
	__u64 bits[(PW_DESCRIPTORS_MAX - PW_DESCRIPTORS_SEEN) / 64] = {};
	__u32 size = fdt->max_fds / 8, i;

	if (size <= PW_DESCRIPTORS_SEEN / 8)
		return 0;
	/* As PID 1 has many open, the table of a service can be large, and empty. */
	if (size > PW_DESCRIPTORS_MAX / 8)
		return PW_TASK_MIXED;
	if (bpf_probe_read_kernel(bits, size - PW_DESCRIPTORS_SEEN / 8, fdt->open_fds + 1) < 0)
		return PW_TASK_INHERITED;
	for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (bits[i])
			return PW_TASK_INHERITED;

	return 0;
}

/* PW_TASK_INHERITED but for what it is sure is not among the descriptors. */
static __noinline __u32 pw_inherited(struct task_struct *task)
{
	struct fdtable *fdt = task->files->fdt;
	struct pw_descriptors d = {.flags = PW_OPAQUE(0)};

	if (!pw_can_probe)
		return PW_TASK_INHERITED;
	d.table = (__u64)fdt->fd;
	bpf_probe_read_kernel(&d.open, sizeof(d.open), fdt->open_fds);
	bpf_loop(PW_DESCRIPTORS_SEEN, pw_look_at_descriptor, &d, 0);

	return d.flags | pw_further_descriptors(fdt);
}

/* Whether @task's mount namespace and root are those of PID 1. */
static __noinline int pw_has_mounts_of_init(struct task_struct *task)
{
	struct task_struct *init = pw_init_beside(task);

	return init && task->fs->root.mnt == init->fs->root.mnt &&
	       task->fs->root.dentry == init->fs->root.dentry;
}

/*
 * Whether a path leads the current task to what PID 1 finds there, and goes on to: who shares
 * its root directory could change it.
 */
static __noinline int pw_sees_as_init(struct task_struct *task)
{
	return task->fs->users == 1 && pw_has_mounts_of_init(task);
}

/* The program of the policy that is a script with the path @name, 0: none. */
static __noinline __u32 pw_script_at(__u64 name)
{
	struct pw_script_key key = {};
	__u32 slot = pw_active_slot(), *program;
	void *inner = bpf_map_lookup_elem(&scripts, &slot);

	if (!inner || pw_copy_name(key.path, sizeof(key.path), name) < 0)
		return 0;
	program = bpf_map_lookup_elem(inner, &key);

	return program ? *program : 0;
}

/*
 * An interpreter opens the name that execve was called with, and by then that can
 * be another file: of the names of a script only the policy's own will do, and what
 * gives access to an object is no script at all.
 */
static __always_inline int pw_may_be_interpreted(const struct pw_subject *s,
						 const struct pw_entry *entry,
						 struct task_struct *task)
{
	return !(s->flags & PW_SUBJECT_HAS_ACCESS) && entry->script == entry->program &&
	       pw_sees_as_init(task);
}

/* What only now is known of an entry: the users, the root, and whether an interpreter runs. */
static __always_inline __u32 pw_late_reason(struct pw_subject *s, struct task_struct *task,
					    const struct pw_entry *entry)
{
	if (!pw_runs_as(s, task))
		return PW_REASON_USER;
	/* Another root, or other mounts, would hand phiwardd another policy, state and log. */
	if (entry->subject == PW_SUBJECT_DAEMON && !pw_sees_as_init(task))
		return PW_REASON_ELSEWHERE;
	if (entry->interpreted && entry->by_name && !pw_may_be_interpreted(s, entry, task))
		return PW_REASON_SCRIPT;

	return 0;
}

/* The number of the record is on the label's copy, where pw_emit() could write it. */
static __always_inline void pw_know_run(struct task_struct *leader, struct pw_task *own)
{
	const struct pw_task *copy = pw_label_copied(leader);

	if (copy)
		own->run = copy->run;
}

/* Takes over what was decided. */
__noinline int pw_take_over(struct pw_entry *entry)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pw_task *own = pw_label_on(task);
	struct pw_bank *bank = pw_bank_in(pw_active_slot());
	struct pw_subject *s;

	if (!entry || !own || !bank)
		return 0;
	entry->program = own->next_program;
	entry->by_name = own->next_flags & PW_TASK_BY_NAME;
	entry->subject = pw_subject_in_force(bank, own->next_subject);
	s = pw_subject_at(bank, entry->subject);
	if (entry->subject)
		entry->reason = pw_late_reason(s, task, entry);
	if (entry->reason) {
		entry->wanted = entry->subject;
		entry->subject = PW_SUBJECT_OTHERS;
	}

	own->subject = entry->subject;
	own->was = entry->subject;
	own->program = entry->program;
	own->actor = own->next_actor;
	own->next_subject = PW_SUBJECT_OTHERS;
	own->next_program = 0;
	own->run = 0;
	own->generation = bank->generation;
	own->flags = PW_TASK_DECIDED | (own->next_flags & PW_TASK_WAS_TRACED) |
		     (entry->subject ? pw_inherited(task) : 0);
	own->next_flags = 0;
	own->next_actor = PW_SUBJECT_OTHERS;
	if (entry->subject) {
		if (!pw_label_copy(task, own))
			pw_count(PW_COUNT_NET_LABEL_LOST);
	} else {
		pw_label_drop(task);
		/* No policy names it, so nobody will ask who started it: its forks are spared a label. */
		if (!entry->program && !(own->flags & PW_TASK_WAS_TRACED))
			bpf_task_storage_delete(&tasks, task);
	}
	if (entry->reason || (entry->subject && (s->flags & PW_SUBJECT_HAS_ACCESS)))
		pw_record_exec(bank, entry);
	if (entry->subject)
		pw_know_run(task, own);

	return 0;
}

SEC("lsm/bprm_committed_creds")
int BPF_PROG(pw_bprm_committed_creds, struct linux_binprm *bprm)
{
	struct dentry *dentry = bprm->file->f_path.dentry;
	struct pw_entry entry = {
		.dentry = (__u64)dentry,
		.ino = bprm->file->f_inode->i_ino,
		.dev = dentry->d_sb->s_dev,
	};

	if (!pw_label_on(bpf_get_current_task_btf()))
		return 0;
	if (bprm->interp != bprm->filename) {
		entry.interpreted = 1;
		entry.script = pw_script_at((__u64)bprm->filename);
	}
	pw_take_over(&entry);

	return 0;
}

#endif
