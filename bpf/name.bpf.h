/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names that are guarded whatever the policy says of objects: phiward's pins, and what lies in
 * code sets.
 */
#ifndef PW_NAME_BPF_H
#define PW_NAME_BPF_H

#define PW_BPF_FS_MAGIC 0xcafe4a11
#define PW_PIN_DEPTH 4	/* levels from a pin up to the root of its file system, and one more */

static __noinline int pw_guard_pin(struct dentry *dentry, enum pw_action action)
{
	const struct pw_own_directory *pins = &shared.state.own_directories[PW_OWN_PINS];
	struct dentry *at;
	__u32 i;

	dentry = PW_PLAIN(dentry);
	if (dentry->d_sb->s_magic != PW_BPF_FS_MAGIC || dentry->d_sb->s_dev != pins->dev)
		return 0;
	at = dentry;
#pragma clang loop unroll(full)
	for (i = 0; i < PW_PIN_DEPTH; i++) {
		struct inode *inode = at->d_inode;

		if (inode && inode->i_ino == pins->ino)
			return pw_guard(action, PW_REASON_SELF, dentry);
		at = at->d_parent;
	}

	return 0;
}

#define PW_NAME_REFUSED (~0U)

/*
 * In what the question about a name on @sb is to be asked, or PW_NAME_REFUSED. @fresh: it need not
 * exist yet. The file system of the pins has no UUID.
 */
static __always_inline __u32 pw_guard_name(struct dentry *dentry, __u32 fresh,
					   enum pw_action action)
{
	const struct super_block *sb = dentry->d_sb;
	__u64 key = pw_uuid_of(sb);
	__u32 slot = pw_active_slot(), scope;

	if (!key) {
		if (pw_guard_pin(dentry, action))
			return PW_NAME_REFUSED;
		key = sb->s_dev;
	}
	scope = pw_scope_at(pw_fs_at(pw_bank_at(slot), key), slot, fresh ? PW_SCOPE_FRESH : 0);
	if (pw_may_hold_code(scope) && pw_guard_code(dentry, fresh, action))
		return PW_NAME_REFUSED;

	return scope;
}

#endif
