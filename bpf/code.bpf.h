/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Code sets: programs, libraries, and what a subject protects like them. They are changed by
 * updates only, and members map nothing else as code. Walks of their own, in the layer of code,
 * and only where something is written or mapped: most opens of most files of a machine are for
 * reading code, and pay nothing.
 */
#ifndef PW_CODE_BPF_H
#define PW_CODE_BPF_H

static __always_inline const struct pw_code_set *pw_code_set_at(const struct pw_bank *bank,
								__u32 set)
{
	return &bank->code_sets[PW_INDEX(set, PW_CODE_SETS_MAX)];
}

/* Whether code lies on the file system, or it is not sure that not. */
static __always_inline int pw_may_hold_code(__u32 scope)
{
	return !!(scope & PW_FS_AT_CODE);
}

/* In what a walk for code on file system @fs looks things up; 0: no code lies there. */
static __always_inline __u32 pw_code_scope_on(const struct pw_bank *bank, __u32 slot, __u32 fs,
					      __u32 fresh)
{
	if (!(pw_fs_flags(bank, fs) & PW_FS_CODE))
		return 0;

	return pw_scope(fs, slot, PW_SCOPE_CODE | (fresh ? PW_SCOPE_FRESH : 0));
}

/* The same of @sb, under the policy in force. */
static __always_inline __u32 pw_code_scope(const struct super_block *sb, __u32 fresh)
{
	__u32 slot = pw_active_slot();
	struct pw_bank *bank = pw_bank_at(slot);

	return pw_code_scope_on(bank, slot, pw_fs_index(bank, sb), fresh);
}

/* What becomes of a change of what lies at @spot: enum pw_reason of the refusal, or 0. */
static __noinline __u32 pw_refuses_change(const struct pw_spot *spot, enum pw_action action)
{
	struct pw_bank *bank = pw_bank_at(pw_active_slot());
	struct pw_actor actor = pw_actor_of(bank, bpf_get_current_task_btf());
	__u32 where = PW_OPAQUE(spot->where), flags = 0;
	struct pw_answer answer;

	if (where == PW_WHERE_OUTSIDE && (!(spot->flags & PW_SPOT_WAY) ||
					  action == PW_ACTION_ATTR || action == PW_ACTION_CREATE))
		return 0;
	if (where == PW_WHERE_OBJECT)
		flags = pw_code_set_at(bank, spot->object)->flags;
	answer = pw_decide_code(flags, actor.subject, actor.flags, pw_is_sealed());
	if (answer.verdict == PW_VERDICT_ALLOW)
		return 0;

	return where == PW_WHERE_UNRESOLVED ? PW_REASON_UNRESOLVED : answer.reason;
}

/*
 * Refuses @action on what lies in a code set, and on what leads to one, to who may not change it.
 * @fresh: the name need not exist yet.
 */
static __noinline int pw_guard_code(struct dentry *dentry, __u32 fresh, enum pw_action action)
{
	__u32 scope = pw_code_scope(dentry->d_sb, fresh), reason;
	struct pw_spot spot;

	if (!scope)
		return 0;
	pw_walk_long(pw_bank_at(pw_active_slot()), dentry, scope, &spot);
	reason = pw_refuses_change(&spot, action);

	return reason ? pw_guard(action, reason, dentry) : 0;
}

/* Where the open @file lies, whose entry may be one of overlayfs above it. Returns 0: where no code is. */
static __always_inline int pw_locate_code(struct file *file, struct pw_spot *spot)
{
	struct dentry *dentry = file->f_path.dentry;
	struct inode *inode = file->f_inode;
	__u32 scope = pw_code_scope(inode->i_sb, 0);

	if (!scope)
		return 0;
	if (dentry->d_inode == inode)
		pw_walk_long(pw_bank_at(pw_active_slot()), dentry, scope, spot);
	else
		pw_locate_by_address((__u64)inode, 0, scope, spot);

	return 1;
}

/* Writing to an open regular file. */
static __noinline int pw_guard_code_file(struct file *file)
{
	struct pw_spot spot;
	__u32 reason;

	file = PW_PLAIN(file);
	if (!pw_locate_code(file, &spot))
		return 0;
	reason = pw_refuses_change(&spot, PW_ACTION_WRITE);

	return reason ? pw_guard(PW_ACTION_WRITE, reason, file->f_path.dentry) : 0;
}

/* The same of any; what is no regular file holds no code. */
static __always_inline int pw_guard_code_write(struct file *file, __u32 scope)
{
	return pw_may_hold_code(scope) && (file->f_inode->i_mode & PW_S_IFMT) == PW_S_IFREG ?
		       pw_guard_code_file(file) : 0;
}

#define PW_GROUPS_READ 32	/* of a task's; who is in the right one beyond these has a record */

static __always_inline int pw_is_in_group(const struct cred *cred, __u32 group)
{
	const struct group_info *info = cred->group_info;
	__u32 i, n = info->ngroups, one;
	__u64 at;

	if (cred->fsgid.val == group)
		return 1;
	/* As a number, which may be added to. */
	if (!pw_can_probe || bpf_core_read(&at, sizeof(at), &cred->group_info))
		return 0;
	at += bpf_core_field_offset(info->gid);
	for (i = 0; i < PW_GROUPS_READ && i < n; i++)
		if (!bpf_probe_read_kernel(&one, sizeof(one), (void *)(at + i * sizeof(one))) &&
		    one == group)
			return 1;

	return 0;
}

/* Whether @file, which has the group of the log's readers, is phiwardd's. */
static __noinline int pw_is_log(struct file *file)
{
	struct pw_spot spot;

	return pw_locate_code(file, &spot) && PW_OPAQUE(spot.where) == PW_WHERE_OBJECT &&
	       (pw_code_set_at(pw_bank_at(pw_active_slot()), spot.object)->flags & PW_CODE_OWN);
}

/* Whoever reads the log, and is no auditor, stands in it; nobody is refused. */
static __noinline int pw_record_reader(struct dentry *dentry)
{
	__u32 slot = pw_active_slot();
	struct pw_bank *bank = pw_bank_at(slot);
	struct pw_actor actor = pw_actor_of(bank, bpf_get_current_task_btf());
	struct pw_case c = {.slot = slot, .verdict = PW_VERDICT_ALLOW};

	if (actor.subject == PW_SUBJECT_DAEMON)
		return 0;
	pw_case_tamper(&c, &actor, PW_ACTION_READ, PW_REASON_ADMIN, PW_SUBJECT_OTHERS);
	c.type = PW_RECORD_SYSTEM;
	c.flags = PW_CASE_RECORD;
	pw_case_name(&c, dentry);
	c.ino = dentry->d_inode ? dentry->d_inode->i_ino : 0;

	return pw_verdict(&c);
}

/* @file has the group of those who may read the log without a record. */
static __always_inline void pw_opens_log(struct file *file, __u32 group)
{
	const struct task_struct *task = bpf_get_current_task_btf();

	if (!pw_is_in_group(task->cred, group) && pw_is_log(file))
		pw_record_reader(file->f_path.dentry);
}

/* Whether the code set at @spot is one of @subject. */
static __always_inline int pw_is_code_of(const struct pw_bank *bank, const struct pw_spot *spot,
					 __u32 subject)
{
	return PW_OPAQUE(spot->where) == PW_WHERE_OBJECT &&
	       pw_subject_in(&pw_code_set_at(bank, spot->object)->members, subject);
}

/*
 * A member maps @file as code: by its entry, which on overlayfs is what names the file below. One
 * that any program can be a helper of has no code of its own.
 */
static __noinline int pw_guard_mapping(struct file *file)
{
	struct dentry *dentry = file->f_path.dentry;
	struct pw_bank *bank = pw_bank_at(pw_active_slot());
	struct pw_actor actor;
	struct pw_spot spot;
	__u32 scope;

	if (!pw_is_labelled())
		return 0;
	actor = pw_actor_of(bank, bpf_get_current_task_btf());
	if (actor.subject < PW_SUBJECT_FIRST || (actor.flags & PW_SUBJECT_HELPERS_ANY))
		return 0;
	scope = pw_code_scope(dentry->d_sb, 0);
	if (scope) {
		pw_walk_long(bank, dentry, scope, &spot);
		if (pw_is_code_of(bank, &spot, PW_INDEX(actor.subject, PW_SUBJECT_IDS)))
			return 0;
	}

	return pw_guard(PW_ACTION_EXEC, PW_REASON_CODE, dentry);
}

#endif
