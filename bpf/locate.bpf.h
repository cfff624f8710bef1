/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a file lies: the walk from its directory entry up to the nearest root
 * that the policy names, or to the root of its file system.
 *
 * Direct typed loads only. Nothing is cached: a label kept on an inode would
 * have to be undone at every rename, and costs as much as the walk. The chain
 * is read between two reads of the kernel's rename sequence and read again
 * when that moved. Most files lie nowhere near a root, so that is found out first
 * and with the least of instructions; what comes of all else is written for sense.
 */
#ifndef PW_LOCATE_BPF_H
#define PW_LOCATE_BPF_H

#define PW_NO_FS 0xffU	/* the policy names nothing on this file system */

/* Levels that are climbed inline; what lies deeper pays for a call a level. */
#define PW_WALK_INLINE 12
#define PW_WALK_TRIES 4

#define PW_SPOT_PENDING (1U << 0)	/* held for a path that is not resolved yet */
#define PW_SPOT_WAY (1U << 1)		/* leads to a code set */

struct pw_spot {
	__u32 where;	/* enum pw_where */
	__u32 object;	/* of a code walk, the code set */
	__u32 root;
	__u32 place;	/* the nearest place under somebody's `writes`, 0: none */
	__u32 depth;	/* names below that root, or below the file system's */
	__u32 flags;	/* PW_SPOT_* */
	__u64 program_dir;	/* inode of the nearest directory of programs, 0: none */
};

/* The first half of the UUID; 0 where there is none, as on all pseudo file systems. */
static __always_inline __u64 pw_uuid_of(const struct super_block *sb)
{
	return *(const __u64 *)&sb->s_uuid.b[0];
}

static __always_inline struct pw_fs_id pw_fs_id_of(const struct super_block *sb)
{
	struct pw_fs_id id = {
		.lo = pw_uuid_of(sb),
		.hi = *(const __u64 *)&sb->s_uuid.b[8],
	};

	if (!id.lo && !id.hi) {
		id.lo = sb->s_dev;
		id.hi = PW_FS_BY_DEV;
	}

	return id;
}

/* Not static: the verifier then checks it once and not once a call. */
__noinline __u32 pw_fs_search_id(struct pw_bank *bank, __u64 lo, __u64 hi)
{
	__u32 i;

	if (!bank)
		return PW_NO_FS;
	/* Unused entries are all zero and match nothing. */
	for (i = 0; i < PW_FS_MAX; i++)
		if (bank->fs[i].id.lo == lo && bank->fs[i].id.hi == hi)
			return i;

	return PW_NO_FS;
}

/* The index of @sb when several file systems of the policy share its slot. */
static __noinline __u32 pw_fs_search(struct pw_bank *bank, const struct super_block *sb)
{
	struct pw_fs_id id = pw_fs_id_of(sb);

	return pw_fs_search_id(bank, id.lo, id.hi);
}

/* By what a file system is looked up in bank->fs_at. */
static __always_inline __u64 pw_fs_key(const struct super_block *sb)
{
	__u64 uuid = pw_uuid_of(sb);

	return uuid ? uuid : sb->s_dev;
}

/*
 * What stands in bank->fs_at for a pw_fs_key(); 0: the policy says nothing of the file system.
 * Where that is 0 for one, it is so for most, so this is all that most calls do.
 */
static __always_inline __u32 pw_fs_at(const struct pw_bank *bank, __u64 key)
{
	return bank->fs_at[PW_FS_SLOT(key)];
}

static __always_inline int pw_fs_has_objects(__u32 fs_at)
{
	barrier_var(fs_at);	/* or it is made a shift, to ask for the sign */

	return fs_at >= PW_FS_AT_OBJECTS;
}

/* Whether @sb is file system @fs of the policy. */
static __always_inline int pw_is_fs(const struct pw_bank *bank, __u32 fs,
				    const struct super_block *sb)
{
	const struct pw_fs_id *id = &bank->fs[PW_INDEX(fs, PW_FS_MAX)].id;
	struct pw_fs_id found = pw_fs_id_of(sb);

	return id->lo == found.lo && id->hi == found.hi;
}

/* Index into bank->fs, or PW_NO_FS. */
static __always_inline __u32 pw_fs_index(struct pw_bank *bank, const struct super_block *sb)
{
	__u32 at = pw_fs_at(bank, pw_fs_key(sb)), i;

	if (!at)
		return PW_NO_FS;
	if (at == PW_FS_MANY)
		return pw_fs_search(bank, sb);
	i = PW_INDEX((at & PW_FS_AT_INDEX) - 1, PW_FS_MAX);

	return pw_is_fs(bank, i, sb) ? i : PW_NO_FS;
}

static __always_inline __u32 pw_fs_flags(const struct pw_bank *bank, __u32 fs)
{
	return fs < PW_FS_MAX ? bank->fs[PW_INDEX(fs, PW_FS_MAX)].flags : 0;
}

static __always_inline __u32 pw_fs_object(const struct pw_bank *bank, __u32 fs)
{
	return fs < PW_FS_MAX ? bank->fs[PW_INDEX(fs, PW_FS_MAX)].object : PW_OBJECT_NONE;
}

/* In what a walk looks things up: file system, as it stands in bank->fs_at, bank, and PW_SCOPE_*. */
#define PW_SCOPE_SLOT 8
#define PW_SCOPE_FLAGS 16

#define PW_SCOPE_FRESH (1U << PW_SCOPE_FLAGS)	/* the name need not exist yet */
#define PW_SCOPE_WRITES (2U << PW_SCOPE_FLAGS)	/* it is opened for writing */
#define PW_SCOPE_CODE (4U << PW_SCOPE_FLAGS)	/* what is looked for is code; for pw_walk_long() alone */

static __always_inline __u32 pw_scope_at(__u32 fs_at, __u32 slot, __u32 flags)
{
	return flags | slot << PW_SCOPE_SLOT | fs_at;
}

/* @fs: index, or PW_NO_FS. */
static __always_inline __u32 pw_scope(__u32 fs, __u32 slot, __u32 flags)
{
	return pw_scope_at((fs + 1) & PW_NO_FS, slot, flags);
}

static __always_inline __u32 pw_scope_fs_at(__u32 scope)
{
	return scope & ((1U << PW_SCOPE_SLOT) - 1);
}

/* Index, PW_NO_FS, or something else where fs_at says PW_FS_MANY. */
static __always_inline __u32 pw_scope_fs(__u32 scope)
{
	return ((scope & PW_FS_AT_INDEX) - 1) & PW_NO_FS;
}

/* As in struct pw_inode_key. */
static __always_inline __u32 pw_scope_layer(__u32 scope)
{
	__u32 fs = pw_scope_fs(scope);

	return scope & PW_SCOPE_CODE ? PW_LAYER_CODE(fs) : PW_LAYER_FILES(fs);
}

static __always_inline __u32 pw_scope_slot(__u32 scope)
{
	return (scope >> PW_SCOPE_SLOT) & (PW_BANK_SLOTS - 1);
}

/* One entry of a chain whose inode may mean something to the policy. */
struct pw_hit {
	__u64 ino;
	__u64 name;	/* address of the name of the entry below it, 0: none */
	__u32 name_length;
	__u32 generation;
	__u32 fs;	/* as in struct pw_inode_key */
	__u32 slot;
	/* What the policy says. */
	__u16 object;
	__u16 flags;	/* PW_HIT_* */
	__u32 root;
	__u32 place;
	__u32 program_dir;
	__u64 program;	/* of pw_name */
};

#define PW_HIT_BY_NAME (1U << 0)	/* found as the name below, not as the inode */
#define PW_HIT_PENDING (1U << 1)
#define PW_HIT_WAY (1U << 2)		/* PW_ROOT_WAY */

/* Adds the name to @key, whose parent is set. */
static __always_inline int pw_name_key_of(const struct pw_hit *hit, struct pw_name_key *key)
{
	__u32 done;

	key->length = hit->name_length;
	for (done = 0; done < PW_FILE_NAME_MAX; done += PW_NAME_BLOCK) {
		__u64 words[PW_NAME_BLOCK / 8 + 1] = {0};

		if (done >= hit->name_length)
			break;
		if (pw_copy_name((char *)words, PW_NAME_BLOCK + 1, hit->name + done) < 0)
			return 0;
		key->hash = pw_name_hash_block(key->hash, words);
	}

	return 1;
}

static __always_inline void pw_look_up_name(struct pw_hit *hit, struct pw_name_key *key,
					    __u32 *slot)
{
	struct pw_name *held;
	void *inner;

	inner = bpf_map_lookup_elem(&names, slot);
	if (!inner)
		return;
	if (!pw_name_key_of(hit, key)) {
		pw_count(PW_COUNT_BUG);
		return;
	}
	held = bpf_map_lookup_elem(inner, key);
	if (!held)
		return;
	hit->place = held->place;
	hit->object = held->object;
	hit->root = held->root;
	hit->flags = PW_HIT_BY_NAME | (held->flags & PW_NAME_PENDING ? PW_HIT_PENDING : 0);
	hit->program = held->program;
}

/* What the policy says of an inode, whatever its generation, or NULL. */
static __always_inline struct pw_root *pw_root_at(__u32 slot, struct pw_inode_key *key)
{
	struct pw_bank *bank = pw_bank_in(slot);
	struct pw_known *known;
	void *inner;
	__u32 at;

	if (!bank)
		return NULL;
	at = bank->root_at[PW_ROOT_SLOT(key->ino, PW_INDEX(key->fs, PW_LAYERS))];
	if (at != PW_KNOWN_MANY) {
		known = &bank->known[PW_INDEX(at, PW_KNOWN_MAX)];
		return known->key.ino == key->ino && known->key.fs == key->fs ? &known->root : NULL;
	}
	inner = bpf_map_lookup_elem(&roots, &slot);

	return inner ? bpf_map_lookup_elem(inner, key) : NULL;
}

/*
 * Asks the policy about one entry. A function of its own for the verifier, which
 * then checks it once and not once a level and hook.
 */
__noinline int pw_look_up(struct pw_hit *hit)
{
	struct pw_name_key key = {};
	struct pw_root *root;
	__u32 slot;

	if (!hit)
		return 0;
	slot = hit->slot & (PW_BANK_SLOTS - 1);
	key.parent.ino = hit->ino;
	key.parent.fs = hit->fs;
	root = pw_root_at(slot, &key.parent);
	if (!root || root->generation != hit->generation)
		return 0;

	if ((root->flags & PW_ROOT_HOLDS_NAMES) && hit->name)
		pw_look_up_name(hit, &key, &slot);
	if (!hit->place)
		hit->place = root->place;
	if (!hit->object) {
		hit->object = root->object;
		hit->root = root->root;
		hit->flags = 0;
	}
	hit->program_dir = root->program_dir;
	if (root->flags & PW_ROOT_WAY)
		hit->flags |= PW_HIT_WAY;

	return 0;
}

/*
 * Whether a name that begins with these eight bytes is held; it need not be in the same
 * directory. Not static, as pw_look_up().
 */
__noinline int pw_may_be_held(struct pw_bank *bank, __u64 first, __u32 length)
{
	__u32 mark;

	if (!bank)
		return 1;
	if (length < 8)
		first &= (1ULL << (length & 7) * 8) - 1;
	mark = PW_INDEX(pw_name_mark(first, length), PW_NAME_MARKS);

	return !!(bank->name_marks[mark / 64] & (1ULL << (mark & 63)));
}

/* What stands for inode @ino in @root_at, which is the file system's part of bank->root_at. */
static __always_inline __u32 pw_known_at(const __u8 *root_at, __u64 ino)
{
	return root_at[PW_ROOT_SLOT(ino, 0)];
}

static __always_inline const __u8 *pw_root_at_of(const struct pw_bank *bank, __u32 scope)
{
	/* As it stands in fs_at, the index is one more, and what the mask takes off is no index. */
	return bank->root_at + PW_INDEX(scope, 2 * PW_FS_MAX) * PW_ROOT_SKEW - PW_ROOT_SKEW;
}

/*
 * Whether @known, which stands for an entry, only holds names, and by a guess none like that of
 * @below: so it is with the top of most file systems, where most walks come by.
 */
static __always_inline int pw_holds_others(const struct pw_bank *bank, __u32 known,
					   struct dentry *below)
{
	return known >= PW_KNOWN_HOLDERS &&
	       !bank->name_guesses[pw_name_guess(pw_word_of_name(below, 0), below->d_name.len)] &&
	       known != PW_KNOWN_MANY;
}

/*
 * Whether @known, which stands there for inode @ino and is not 0, has something to say: not when
 * it only holds names, and none like that of @below, nor when it is of another inode.
 */
static __noinline int pw_worth_asking(struct pw_bank *bank, __u32 known, __u64 ino,
				      struct dentry *below, __u32 fs)
{
	const struct pw_inode_key *key;

	if (known >= PW_KNOWN_HOLDERS) {
		if (known == PW_KNOWN_MANY)
			return 1;
		if (!below ||
		    !pw_may_be_held(bank, pw_word_of_name(below, 0), below->d_name.len))
			return 0;
	}
	key = &bank->known[PW_INDEX(known, PW_KNOWN_MAX)].key;

	return key->ino == ino && key->fs == fs;
}

/*
 * What a hit @depth levels up says of the file. Returns 1 when that ends the walk. Not static, so that
 * the verifier forgets what it knows of @spot: newer ones follow a bpf_loop callback until nothing
 * new comes of it, once for each combination of what the levels below have found.
 */
__noinline int pw_take_hit(struct pw_spot *spot, const struct pw_hit *hit, __u32 depth)
{
	if (!spot || !hit)
		return 0;
	if (!spot->place)
		spot->place = hit->place;
	if (!depth && (hit->flags & PW_HIT_WAY))
		spot->flags |= PW_SPOT_WAY;
	if (!spot->program_dir && hit->program_dir)
		spot->program_dir = hit->ino;
	if (!hit->object)
		return 0;

	spot->where = PW_OPAQUE(PW_WHERE_OBJECT);
	spot->object = hit->object;
	spot->root = hit->root;
	spot->depth = depth - (hit->flags & PW_HIT_BY_NAME);
	if (hit->flags & PW_HIT_PENDING)
		spot->flags |= PW_SPOT_PENDING;

	return 1;
}

/* Fills @spot from @dentry, @depth levels up. Returns 1 when that ends the walk. */
static __noinline int pw_consult(struct dentry *dentry, struct dentry *below, __u32 scope,
				 __u32 depth, struct pw_spot *spot)
{
	struct inode *inode = dentry->d_inode;
	struct pw_hit hit = {.fs = pw_scope_layer(scope), .slot = pw_scope_slot(scope)};

	if (!inode)
		return 0;
	hit.ino = inode->i_ino;
	hit.generation = inode->i_generation;
	if (below) {
		hit.name = (__u64)below->d_name.name;
		hit.name_length = below->d_name.len;
	}
	pw_look_up(&hit);

	return pw_take_hit(spot, &hit, depth);
}

/* A walk in progress. */
struct pw_climbing {
	struct dentry *from;
	struct dentry *dentry;
	struct dentry *below;
	struct pw_bank *bank;
	struct pw_spot *spot;
	__u32 scope;
	__u64 chain;	/* digest of the entries met; bit 0: one of them was being renamed */
	__u64 last;	/* that of the try before */
};

/* The top of a chain was reached: resolved only when it is the file system's own root. */
static __always_inline void pw_at_top(struct dentry *top, __u32 depth, struct pw_spot *spot)
{
	__u32 where = PW_WHERE_OUTSIDE;

	if (top != top->d_sb->s_root) {
		where = PW_WHERE_UNRESOLVED;
		pw_count(PW_COUNT_DISCONNECTED);
	}
	spot->where = PW_OPAQUE(where);
	spot->depth = depth;
}

static __always_inline void pw_spot_clear(struct pw_spot *spot)
{
	__u32 zero = PW_OPAQUE(0);

	spot->where = zero;
	spot->object = zero;
	spot->root = zero;
	spot->place = zero;
	spot->depth = zero;
	spot->flags = zero;
	spot->program_dir = zero;
}

/* One level. Returns 1 when the walk is over. */
static __always_inline int pw_level(struct pw_climbing *climb, struct dentry *dentry, __u32 depth)
{
	const __u8 *root_at = pw_root_at_of(climb->bank, climb->scope);
	struct inode *inode = dentry->d_inode;

	if (climb->scope & PW_SCOPE_CODE)
		root_at += PW_ROOT_SLOT(0, PW_LAYER_CODE(0));

	return inode && pw_known_at(root_at, inode->i_ino) &&
	       pw_consult(dentry, climb->below, climb->scope, depth, climb->spot);
}

/* @version counts the renames of the entry below, and is odd in one. */
static __always_inline void pw_add_to_chain(struct pw_climbing *climb, struct dentry *dentry,
					    __u32 version)
{
	struct inode *inode = dentry->d_inode;
	__u64 chain = climb->chain, renamed = (chain | version) & 1;

	chain = (chain ^ (inode ? inode->i_ino : 0)) * PW_HASH_FACTOR;
	chain = (chain ^ version) * PW_HASH_FACTOR;
	climb->chain = (chain & ~1ULL) | renamed;
}

static long pw_climb_one(__u32 round, struct pw_climbing *climb)
{
	struct dentry *dentry = climb->dentry;
	struct dentry *parent = dentry->d_parent;

	pw_add_to_chain(climb, dentry, climb->below->d_seq.seqcount.sequence);
	if (pw_level(climb, dentry, round + 1))
		return 1;
	if (parent == dentry) {
		pw_at_top(dentry, round + 1, climb->spot);
		return 1;
	}
	climb->below = dentry;
	climb->dentry = parent;

	return 0;
}

/*
 * Whether a climb that began at @sequence found the chain as it stood at one moment: nothing was
 * renamed meanwhile, or the climb before it met the same, so that between the two the chain
 * stood so. Without the second whoever renames in a loop, or a processor that is taken
 * away in the middle of a rename, would keep others from files that concern nobody.
 */
static __always_inline int pw_is_settled(const struct pw_climbing *climb, __u32 sequence)
{
	return !pw_renamed_since(sequence) ||
	       (climb->chain == climb->last && !(climb->chain & 1));
}

/* One try of a walk. Returns 1 when it counts; otherwise spot->where is left invalid. */
static long pw_try_walk(__u32 try, struct pw_climbing *climb)
{
	struct dentry *dentry = climb->from;
	struct pw_spot *spot = climb->spot;
	__u32 sequence = pw_rename_sequence();

	climb->dentry = dentry->d_parent;
	climb->below = dentry;
	climb->chain = PW_OPAQUE64(0);
	pw_spot_clear(spot);
	if (!(climb->scope & PW_SCOPE_FRESH) && pw_consult(dentry, NULL, climb->scope, 0, spot))
		return 1;
	bpf_loop(PW_WALK_MAX, pw_climb_one, climb, 0);
	if (spot->where == PW_WHERE_INVALID) {
		pw_count(PW_COUNT_WALK_DEPTH);
		spot->where = PW_OPAQUE(PW_WHERE_UNRESOLVED);
		return 1;
	}
	if (spot->where == PW_WHERE_OBJECT || pw_is_settled(climb, sequence))
		return 1;
	spot->where = PW_OPAQUE(PW_WHERE_INVALID);
	climb->last = climb->chain;

	return 0;
}

/*
 * The walk for long chains, and for those that renames disturbed. By bpf_loop, because in a
 * loop of C the verifier follows each try for itself.
 */
static __noinline int pw_walk_long(struct pw_bank *bank, struct dentry *dentry, __u32 scope,
				   struct pw_spot *spot)
{
	struct pw_climbing climb = {
		.from = PW_PLAIN(dentry),
		.bank = bank,
		.spot = spot,
		.scope = scope,
		.last = PW_OPAQUE64(0),
	};

	spot->where = PW_OPAQUE(PW_WHERE_INVALID);
	bpf_loop(PW_WALK_TRIES, pw_try_walk, &climb, 0);
	if (spot->where == PW_WHERE_INVALID) {
		pw_count(PW_COUNT_WALK_RACE);
		spot->where = PW_WHERE_UNRESOLVED;
	}

	return 0;
}

/* Kept in 64 bits: what is less 6.1 does not follow through the stack. */
enum pw_climbed {
	PW_CLIMBED_NOT,		/* nobody has climbed yet */
	PW_CLIMBED_CLEAR,	/* nothing was met up to the root of the file system */
	PW_CLIMBED_MET,		/* something, and the maps have to be asked for what */
	PW_CLIMBED_AGAIN,	/* renames, or a long way: by pw_walk_long() */
};

/* An entry, the one below it, how many levels up it is, and what stands in root_at for it. */
struct pw_met {
	struct dentry *at;
	struct dentry *below;
	__u32 depth;
	__u32 known;
};

static __always_inline __u64 pw_has_met(struct pw_met *met, struct dentry *at, struct dentry *below,
					__u32 depth, __u32 known)
{
	met->at = at;
	met->below = below;
	met->depth = PW_OPAQUE(depth);
	met->known = known;

	return PW_CLIMBED_MET;
}

/*
 * Climbs from @dentry to the first entry that means something. @inode: what is there, NULL
 * when the name need not exist; then it is not looked at. Returns enum pw_climbed, and
 * fills @met for PW_CLIMBED_MET; a value in memory the verifier would not follow.
 */
static __noinline __u64 pw_climb(struct pw_bank *bank, struct dentry *dentry, struct inode *inode,
				 __u32 scope, struct pw_met *met)
{
	__u32 sequence = pw_rename_sequence(), known, level;
	const __u8 *root_at = pw_root_at_of(bank, scope);
	struct dentry *below = dentry, *at = dentry->d_parent;
	__u64 ino;

	if (inode) {
		ino = inode->i_ino;
		known = pw_known_at(root_at, ino);
		if (known && pw_worth_asking(bank, known, ino, NULL, pw_scope_fs(scope)))
			return pw_has_met(met, dentry, NULL, 0, known);
	}
#pragma clang loop unroll(full)
	for (level = 0; level < PW_WALK_INLINE; level++) {
		struct dentry *parent = at->d_parent;

		ino = at->d_inode->i_ino;
		known = pw_known_at(root_at, ino);
		if (known && !pw_holds_others(bank, known, below) &&
		    pw_worth_asking(bank, known, ino, below, pw_scope_fs(scope)))
			return pw_has_met(met, at, below, level + 1, known);
		if (parent == at) {
			return at == at->d_sb->s_root && !pw_renamed_since(sequence) ?
				       PW_CLIMBED_CLEAR : PW_CLIMBED_AGAIN;
		}
		below = at;
		at = parent;
	}

	return PW_CLIMBED_AGAIN;
}

/*
 * Where @dentry lies, from what a climb met. Returns 1 when it met nothing, and leaves @spot
 * alone; otherwise fills it. A name that is held is found by its parent. What is found inside
 * an object needs no look at the renames: a chain that met its root lay below it. What was
 * met and decides nothing is rare, and then the chain is climbed again.
 */
static __always_inline int pw_walk_on(struct pw_bank *bank, struct dentry *dentry, __u32 scope,
				      __u64 climbed, const struct pw_met *met,
				      struct pw_spot *spot)
{
	if (climbed == PW_CLIMBED_CLEAR)
		return 1;
	if (climbed == PW_CLIMBED_MET) {
		pw_spot_clear(spot);
		if (pw_consult(met->at, met->below, scope, met->depth, spot))
			return 0;
	}

	return pw_walk_long(bank, dentry, scope, spot);
}

static __always_inline int pw_walk(struct pw_bank *bank, struct dentry *dentry, __u32 scope,
				   struct pw_spot *spot)
{
	struct pw_met met;

	return pw_walk_on(bank, dentry, scope,
			  pw_climb(bank, dentry, dentry->d_inode, scope, &met), &met, spot);
}

/* What the policy says of the file system as a whole, when no root is nearer. */
static __always_inline void pw_spot_on_fs(const struct pw_bank *bank, __u32 fs,
					  struct pw_spot *spot)
{
	if (fs >= PW_FS_MAX)
		return;
	fs = PW_INDEX(fs, PW_FS_MAX);
	if (spot->where == PW_WHERE_OUTSIDE && bank->fs[fs].object) {
		spot->where = PW_OPAQUE(PW_WHERE_OBJECT);
		spot->object = bank->fs[fs].object;
	}
	/* No object here, so nothing to protect by not knowing; a place it is not. */
	if (spot->where == PW_WHERE_UNRESOLVED && !(bank->fs[fs].flags & PW_FS_OBJECTS))
		spot->where = PW_OPAQUE(PW_WHERE_OUTSIDE);
}

/* The exact inode, for files that have, or had, more than one name. */
static __noinline int pw_look_up_link(struct inode *inode, __u32 scope, struct pw_spot *spot)
{
	__u32 slot = pw_scope_slot(scope);
	struct pw_inode_key key = {.ino = inode->i_ino, .fs = pw_scope_fs(scope)};
	struct pw_link *link;
	void *inner;

	inner = bpf_map_lookup_elem(&links, &slot);
	if (!inner)
		return 0;
	link = bpf_map_lookup_elem(inner, &key);
	if (!link || link->generation != inode->i_generation)
		return 0;
	spot->where = PW_OPAQUE(PW_WHERE_OBJECT);
	spot->object = link->object;
	spot->root = 0;

	return 0;
}

#endif
