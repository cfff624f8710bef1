/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where an inode lies when the path it was opened by is another file system's:
 * overlayfs of 6.1 opens the file below with the entry above. The walk begins
 * at one of the inode's own entries, or at one that is known by its address alone. Such a pointer
 * cannot be had as a typed one, so everything here is read by address; only this case pays for it.
 */
#ifndef PW_ALIAS_BPF_H
#define PW_ALIAS_BPF_H

struct pw_alias {
	struct pw_spot spot;
	__u64 inode;	/* address */
	__u64 dentry;	/* the same, of where to begin; 0: at an entry of @inode */
	__u32 slot;
	__u32 fs;
};

struct pw_alias_climb {
	__u64 dentry;
	__u64 below;
	struct pw_alias *alias;
};

static __always_inline void pw_alias_hit(struct pw_hit *hit, __u64 below)
{
	struct dentry *dentry = (struct dentry *)below;

	if (!below)
		return;
	bpf_core_read(&hit->name, sizeof(hit->name), &dentry->d_name.name);
	bpf_core_read(&hit->name_length, sizeof(hit->name_length), &dentry->d_name.len);
}

static __always_inline int pw_alias_is_root(struct dentry *dentry)
{
	struct super_block *sb = NULL;
	struct dentry *root = NULL;

	bpf_core_read(&sb, sizeof(sb), &dentry->d_sb);
	bpf_core_read(&root, sizeof(root), &sb->s_root);

	return root == dentry;
}

static long pw_alias_one(__u32 depth, struct pw_alias_climb *climb)
{
	struct dentry *dentry = (struct dentry *)climb->dentry, *parent = NULL;
	struct inode *inode = NULL;
	struct pw_alias *alias = climb->alias;
	struct pw_hit hit = {.slot = alias->slot, .fs = alias->fs};

	bpf_core_read(&parent, sizeof(parent), &dentry->d_parent);
	bpf_core_read(&inode, sizeof(inode), &dentry->d_inode);
	bpf_core_read(&hit.ino, sizeof(hit.ino), &inode->i_ino);
	bpf_core_read(&hit.generation, sizeof(hit.generation), &inode->i_generation);
	pw_alias_hit(&hit, climb->below);
	pw_look_up(&hit);
	if (pw_take_hit(&alias->spot, &hit, depth))
		return 1;
	if (parent == dentry) {
		alias->spot.where = pw_alias_is_root(dentry) ? PW_WHERE_OUTSIDE :
							       PW_WHERE_UNRESOLVED;
		alias->spot.depth = depth;
		return 1;
	}
	climb->below = climb->dentry;
	climb->dentry = (__u64)parent;

	return 0;
}

/* Address of an entry of the inode, or 0. */
static __always_inline __u64 pw_alias_entry(const struct pw_alias *alias)
{
	struct inode *inode = (struct inode *)alias->inode;
	struct hlist_node *first = NULL;

	if (!bpf_core_field_exists(((struct dentry *)0)->d_u.d_alias))
		return 0;
	bpf_core_read(&first, sizeof(first), &inode->i_dentry.first);
	if (!first) {
		pw_count(PW_COUNT_DISCONNECTED);
		return 0;
	}

	return (__u64)first - bpf_core_field_offset(((struct dentry *)0)->d_u.d_alias);
}

/* Fills alias->spot. */
__noinline int pw_walk_alias(struct pw_alias *alias)
{
	struct pw_alias_climb climb = {};
	__u32 sequence;

	if (!alias)
		return 0;
	pw_spot_clear(&alias->spot);
	alias->spot.where = PW_WHERE_UNRESOLVED;
	if (!pw_can_probe)
		return 0;
	climb.dentry = alias->dentry ? alias->dentry : pw_alias_entry(alias);
	if (!climb.dentry)
		return 0;

	pw_spot_clear(&alias->spot);
	climb.below = PW_OPAQUE(0);
	climb.alias = alias;
	sequence = pw_rename_sequence();
	bpf_loop(PW_WALK_MAX, pw_alias_one, &climb, 0);
	if (alias->spot.where == PW_WHERE_OUTSIDE && pw_renamed_since(sequence)) {
		pw_count(PW_COUNT_WALK_RACE);
		alias->spot.where = PW_WHERE_UNRESOLVED;
	}
	if (alias->spot.where == PW_WHERE_INVALID) {
		pw_count(PW_COUNT_WALK_DEPTH);
		alias->spot.where = PW_WHERE_UNRESOLVED;
	}

	return 0;
}

#endif
