/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The one ABI between the BPF programs, the kernel module and userspace: every
 * struct that stands in a map, and in event.h, its second half, in the ring buffers or
 * in an iterator's output.
 *
 * Layouts are pinned by the assertions at the end of each struct. A change of
 * any of them raises PW_ABI_VERSION; a daemon that finds maps of another
 * version pinned refuses to adopt them and says so.
 *
 * Zero is never a permission: a zeroed bank protects nothing and allows no
 * member anything, a zeroed access mask denies, a zeroed port set matches no port.
 */
#ifndef PHIWARD_ABI_H
#define PHIWARD_ABI_H

#if !defined(__VMLINUX_H__)
#include <linux/types.h>
#endif

#include "limits.h"
#include "words.h"

#define PW_ABI_VERSION 8

#define PW_ASSERT_SIZE(type, bytes)                                                                \
	_Static_assert(sizeof(type) == (bytes), "the size of " #type " is part of the ABI")

/* ---- Subjects and objects ------------------------------------------------------------- */

/* Subject ids below PW_SUBJECT_FIRST are built in. Others: every task in no subject. */
#define PW_SUBJECT_OTHERS 0
#define PW_SUBJECT_INIT 1	/* PID 1 and its forks that have not called execve yet */
#define PW_SUBJECT_DAEMON 2	/* phiwardd */
#define PW_SUBJECT_FIRST 3

/* Object ids below PW_OBJECT_FIRST are built in. */
#define PW_OBJECT_NONE 0
#define PW_OBJECT_CANARY 1	/* denied to everyone in every mode, counted, never recorded */
#define PW_OBJECT_FIRST 2

/* A set of subjects, one bit an id. */
struct pw_subject_set {
	__u64 bits[PW_SUBJECT_IDS / 64];
};
PW_ASSERT_SIZE(struct pw_subject_set, 32);

#define PW_SUBJECT_PRESENT (1U << 0)	 /* the bank defines this id */
#define PW_SUBJECT_HAS_ACCESS (1U << 1)	 /* may do something in some object: `writes` binds it */
#define PW_SUBJECT_READS (1U << 2)	 /* may read some object: its ports and sockets are doors */
#define PW_SUBJECT_NEVER_BLOCK (1U << 3)
#define PW_SUBJECT_PERMISSIVE (1U << 4)
#define PW_SUBJECT_HELPERS_ANY (1U << 5)
#define PW_SUBJECT_STARTED_BY_INIT (1U << 6)
#define PW_SUBJECT_STARTED_BY_LOGIN (1U << 7)
#define PW_SUBJECT_STARTED_BY_ANYONE (1U << 8)
#define PW_SUBJECT_USERS (1U << 9)	 /* only the listed users enter it */
#define PW_SUBJECT_WRITES_TTY (1U << 10)
#define PW_SUBJECT_WRITES_PIPE (1U << 11)
#define PW_SUBJECT_NETNS_ANY (1U << 12)
#define PW_SUBJECT_NETWORK_ALL (1U << 13) /* others only: `network: allow` */
#define PW_SUBJECT_LOOPBACK (1U << 14)	  /* others only: the word `loopback` */
#define PW_SUBJECT_UNIX_ANY (1U << 15)	  /* a `unix: any` listen rule */
#define PW_SUBJECT_UDP_FROM (1U << 16)	  /* has a UDP listen rule with `from` */
#define PW_SUBJECT_UPDATES (1U << 17)	  /* may change code sets */
#define PW_SUBJECT_GLASS (1U << 18)	  /* `breakglass` may open it */
#define PW_SUBJECT_SERVICE (1U << 19)	  /* `service` may */

struct pw_subject {
	__u32 flags;
	__u32 raw;	/* PW_RAW_BIT() of what `raw:` names */
	__u32 system;	/* PW_SYSTEM_BIT() */
	__u32 nusers;
	__u32 users[PW_USERS_PER_SUBJECT];
	struct pw_subject_set started_by;	/* named subjects */
	struct pw_subject_set unix_any_clients;	/* `local` of its `unix: any` rule */
};
PW_ASSERT_SIZE(struct pw_subject, 144);

#define PW_OBJECT_PRESENT (1U << 0)
#define PW_OBJECT_PERMISSIVE (1U << 1)
#define PW_OBJECT_LOSS_DENIES (1U << 2)	 /* on_audit_loss: deny */
#define PW_OBJECT_AUDIT_ALLOWED (1U << 3) /* audit: all */
#define PW_OBJECT_AUDIT_DENIED (1U << 4) /* audit: all or denied */
#define PW_OBJECT_GLASS (1U << 5)	/* `breakglass` may open it */
#define PW_OBJECT_SERVICE (1U << 6)	/* `service` may */

/* ---- File systems and places ---------------------------------------------------------- */

/*
 * A file system's identity: the UUID of its superblock, or, where that is all
 * zero, (s_dev, PW_FS_BY_DEV). Kernel numbers, never those of stat(2).
 */
#define PW_FS_BY_DEV 0xffffffffffffffffULL

struct pw_fs_id {
	__u64 lo;	/* first eight bytes of s_uuid as the machine loads them, or s_dev */
	__u64 hi;
};
PW_ASSERT_SIZE(struct pw_fs_id, 16);

#define PW_FS_OBJECTS (1U << 0)		/* holds a root of an object, or is one */
#define PW_FS_PLACES (1U << 1)		/* holds a place under somebody's `writes` */
#define PW_FS_PROGRAMS (1U << 2)	/* holds a program or helper */
#define PW_FS_SOCKETS (1U << 3)		/* holds a unix socket of a rule */
#define PW_FS_CODE (1U << 4)		/* holds code, or what is protected like it */

struct pw_fs {
	struct pw_fs_id id;
	__u32 object;	/* the whole file system belongs to it (`volumes`), or PW_OBJECT_NONE */
	__u32 flags;
};
PW_ASSERT_SIZE(struct pw_fs, 24);

/*
 * Map `roots`: an inode that means something to the policy. It may be several
 * things at once (a directory of programs inside an object).
 */
struct pw_inode_key {
	__u64 ino;
	__u32 fs;	/* PW_LAYER_*() of an index into pw_bank.fs */
	__u32 zero;
};
PW_ASSERT_SIZE(struct pw_inode_key, 16);

/* Code is a layer of its own: most of a machine is code, and who looks for objects does not meet it. */
#define PW_LAYER_FILES(fs) (fs)
#define PW_LAYER_CODE(fs) (PW_FS_MAX + (fs))
#define PW_LAYERS (2 * PW_FS_MAX)

#define PW_ROOT_HOLDS_NAMES (1U << 0)	/* look its children up in map `names` */
#define PW_ROOT_ITSELF (1U << 1)	/* means something itself, not only by the names it holds */
#define PW_ROOT_WAY (1U << 2)		/* code: leads to a code set, and is not moved away */

struct pw_root {
	__u32 generation;	/* i_generation; another one is another file */
	__u32 flags;
	__u32 object;		/* this inode and all below belong to it, or PW_OBJECT_NONE; code: its set */
	__u32 place;		/* index into pw_bank.place_writers, 0: none */
	__u32 root;		/* number of the path in the policy's table of roots, for records */
	/*
	 * Programs below are this program (`exec` ending in /), 0: none. What it may
	 * be stands in map `programs` under this directory's own inode.
	 */
	__u32 program_dir;
};
PW_ASSERT_SIZE(struct pw_root, 24);

/*
 * Map `names`: (parent, name) pairs that are held whatever inode stands there,
 * so that renaming a root away, or creating one that was missing, gains nothing.
 */
struct pw_name_key {
	struct pw_inode_key parent;
	__u64 hash;		/* pw_name_hash() of match.h; a collision protects too much, never too little */
	__u32 length;		/* without NUL */
	__u32 zero;
};
PW_ASSERT_SIZE(struct pw_name_key, 32);

#define PW_NAME_PENDING (1U << 0)	/* the first missing component of a path */

struct pw_name {
	__u32 object;	/* as in struct pw_root */
	__u32 place;
	__u32 root;
	__u32 flags;
	__u64 program;	/* code: what is put here is the program that `programs` has by this inode */
};
PW_ASSERT_SIZE(struct pw_name, 24);

/* Map `links`: files of objects that have more than one link, by inode. */
struct pw_link {
	__u32 generation;
	__u32 object;
	__u32 root;
	__u32 zero;
};
PW_ASSERT_SIZE(struct pw_link, 16);

/* ---- Programs -------------------------------------------------------------------------- */

#define PW_ROLE_EXEC 1
#define PW_ROLE_HELPER 2

/* Map `programs` (key struct pw_inode_key): who becomes what by running this inode. */
struct pw_program {
	__u32 generation;	/* i_generation */
	__u32 dev;		/* s_dev: whoever mounts a file system chooses its UUID and numbers */
	__u32 id;		/* number of the program in the policy, from 1; for records */
#define PW_PROGRAM_BELOW (1U << 31)	/* in the number: a directory; the path says which program */
	__u32 nroles;
	struct {
		__u16 subject;
		__u16 role;
	} roles[PW_PROGRAM_SUBJECTS];
};
PW_ASSERT_SIZE(struct pw_program, 48);

/*
 * Map `scripts`: the paths by which a script may be called, and its pw_program.id.
 * Its interpreter opens the path again, so no other name of the inode will do.
 */
struct pw_script_key {
	char path[PW_SCRIPT_PATH_MAX];	/* NUL-padded */
};
PW_ASSERT_SIZE(struct pw_script_key, 256);

/* ---- Network --------------------------------------------------------------------------- */

/*
 * Map `prefixes` (LPM trie): the port ranges that a subject may use with the
 * peers under this prefix. The value of each prefix already holds the union of
 * all prefixes that cover it, so one lookup decides. IPv4 stands in the first
 * four bytes of the address with family 4; IPv4-mapped IPv6 is looked up as IPv4.
 *
 * One entry more for each subject and protocol with listen rules: direction
 * PW_DIRECTION_IN, family 0, prefixlen PW_PREFIX_SCOPE_BITS, whose value is the
 * union of the ports that it may listen on, whoever may come.
 */
struct pw_prefix_key {
	__u32 prefixlen;	/* PW_PREFIX_SCOPE_BITS + length of the prefix */
	__u16 subject;
	__u8 direction;		/* enum pw_direction */
	__u8 proto_family;	/* enum pw_proto << 4 | 4, 6, or 0 */
	__u8 addr[PW_ADDR_LEN];
};
PW_ASSERT_SIZE(struct pw_prefix_key, 24);
#define PW_PREFIX_SCOPE_BITS 32

struct pw_port_range {
	__u16 low;	/* host byte order, inclusive */
	__u16 high;
	__u32 rule;
};
PW_ASSERT_SIZE(struct pw_port_range, 8);

/* Disjoint and ascending, so that the first range whose high end reaches the port decides. */
struct pw_port_set {
	__u32 n;
	__u32 zero;
	struct pw_port_range ranges[PW_PORT_RANGES];
};
PW_ASSERT_SIZE(struct pw_port_set, 264);

/*
 * Map `doors`: ports on this machine that somebody serves, and the subjects
 * that may reach them over loopback. One entry unites all who may serve it.
 */
struct pw_door_key {
	__u16 port;	/* host byte order */
	__u8 proto;	/* PW_PROTO_TCP or PW_PROTO_UDP */
	__u8 zero;
};
PW_ASSERT_SIZE(struct pw_door_key, 4);

#define PW_DOOR_GUARDS (1U << 0)	/* a server of this port may read an object */

struct pw_door {
	__u32 flags;
	__u32 rule;
	struct pw_subject_set clients;	/* `local` and the servers themselves */
};
PW_ASSERT_SIZE(struct pw_door, 40);

/*
 * Map `unix_doors`: paths and abstract names of unix sockets, as bound. A path
 * socket is found by its inode through `roots` (field root), and here when it was
 * renamed since; an abstract one here.
 */
struct pw_unix_key {
	char name[108];	/* path, or abstract name without its leading NUL; NUL-padded */
};
PW_ASSERT_SIZE(struct pw_unix_key, 108);

/* ---- The bank: one compiled policy ----------------------------------------------------- */

/*
 * Most walks meet nothing, so what asks least comes first. Inode @ino of bank->fs[@fs] is
 * slot PW_ROOT_SLOT(ino, fs) of pw_bank.root_at, a byte: 0 when it means nothing to the
 * policy, PW_KNOWN_MANY when map `roots` has to be asked, else where in pw_bank.known it
 * stands: from PW_KNOWN_HOLDERS on those that mean nothing themselves and only hold names.
 * File systems number their files alike, so each begins at another slot; code has its own.
 */
#define PW_ROOT_SLOTS 65536
#define PW_ROOT_SKEW 257
#define PW_ROOT_SLOT(ino, fs)                                                                      \
	(((ino) & (PW_ROOT_SLOTS - 1)) + (__u64)(fs) * PW_ROOT_SKEW +                              \
	 (__u64)(fs) / PW_FS_MAX * PW_ROOT_SLOTS)
#define PW_KNOWN_MAX 256
#define PW_KNOWN_HOLDERS 128
#define PW_KNOWN_MANY (PW_KNOWN_MAX - 1)

struct pw_known {
	struct pw_inode_key key;
	struct pw_root root;
};
PW_ASSERT_SIZE(struct pw_known, 40);

/*
 * File systems likewise, by the first half of the UUID, or by s_dev where that is 0:
 * 0, PW_FS_MANY, or index + 1 with PW_FS_AT_*. Where removable media are an
 * object, or a UUID begins with eight zeros, no slot is 0.
 */
#define PW_FS_SLOTS 256
/* UUIDs are random, and device numbers differ in their last digits. */
#define PW_FS_SLOT(key) ((key) & (PW_FS_SLOTS - 1))
/* The file system has PW_FS_OBJECTS, or it is not sure that not. The highest bit: comparing does for a mask. */
#define PW_FS_AT_OBJECTS 128
#define PW_FS_AT_CODE 64	/* the same of PW_FS_CODE */
#define PW_FS_AT_INDEX 63
#define PW_FS_MANY 255

/* A name that is held has its bit of pw_bank.name_marks, by pw_name_mark() of match.h. */
#define PW_NAME_MARKS 4096
#define PW_NAME_GUESSES 256

#define PW_FILTER_BITS 65536
#define PW_FILTER_WORDS (PW_FILTER_BITS / 64)
/* Inode @ino is bit PW_FILTER_BIT(ino) of word PW_FILTER_WORD(ino). */
#define PW_FILTER_WORD(ino) (((ino) / 64) & (PW_FILTER_WORDS - 1))
#define PW_FILTER_BIT(ino) (1ULL << ((ino) & 63))

#define PW_BANK_UDP_INGRESS (1U << 0)	/* some rule has udp ports to listen on, or `answers` */
#define PW_BANK_REMOVABLE (1U << 1)	/* removable media belong to pw_bank.removable */

#define PW_BANK_PROGRAM_DIRS (1U << 2)	/* some root is a directory of programs */

/* Who maps the files of a code set as code, and who changes them: pw_decide_code() of decide.h. */
#define PW_CODE_OWN (1U << 0)	/* phiwardd's: nobody else does */
#define PW_CODE_SEALED (1U << 1)	/* guarded once phiward is sealed */

struct pw_code_set {
	struct pw_subject_set members;
	__u32 flags;
	__u32 zero;
};
PW_ASSERT_SIZE(struct pw_code_set, 40);

#define PW_ACCESS_FOLDED (1U << 15)	/* in pw_bank.access: reads of a run are one record */
_Static_assert(!(PW_ACCESS_FOLDED & PW_ACTIONS_OF_FILES), "it allows nothing");

struct pw_bank {
	__u64 generation;	/* 0: no policy */
	__u32 mode;		/* enum pw_mode */
	__u32 flags;
	__u32 nfs;
	__u32 removable;	/* object of every file system on a removable device, or 0 */
	__u32 log_group;	/* may read the log without a record; all ones: there is no such group */
	__u32 zero;
	struct pw_fs fs[PW_FS_MAX];
	__u8 fs_at[PW_FS_SLOTS];
	__u8 root_at[2 * PW_ROOT_SLOTS + PW_LAYERS * PW_ROOT_SKEW];
	struct pw_known known[PW_KNOWN_MAX];	/* the first is never used */
	__u8 name_guesses[PW_NAME_GUESSES];	/* 1: by pw_name_guess() a name that is held */
	__u64 name_marks[PW_NAME_MARKS / 64];
	__u64 program_marks[PW_NAME_MARKS / 64];	/* of names that are programs by their name */
	/* A bit by inode number; set for every key of programs. */
	__u64 program_filter[PW_FILTER_WORDS];
	__u32 object_flags[PW_OBJECT_IDS];
	struct pw_subject subjects[PW_SUBJECT_IDS];
	/* PW_ACTION_BIT() masks, and PW_ACCESS_FOLDED; the access of others is always 0. */
	__u16 access[PW_SUBJECT_IDS][PW_OBJECT_IDS];
	struct pw_subject_set place_writers[PW_PLACES_MAX];
	struct pw_code_set code_sets[PW_CODE_SETS_MAX];	/* the first is never used */
};

/* ---- State that outlives policies and daemons ------------------------------------------- */

#define PW_COUNTER_LIST(X)                                                                         \
	X(PW_COUNT_INVALID, "invalid")                                                             \
	X(PW_COUNT_BUG, "impossible states met")                                                   \
	X(PW_COUNT_UNRESOLVED, "files whose place could not be resolved")                          \
	X(PW_COUNT_WALK_RACE, "walks lost four times to renames")                                  \
	X(PW_COUNT_WALK_DEPTH, "walks deeper than the bound")                                      \
	X(PW_COUNT_DISCONNECTED, "disconnected directory entries")                                 \
	X(PW_COUNT_LABEL_LOST, "task labels that could not be stored")                             \
	X(PW_COUNT_PATH_CUT, "records whose path did not fit")                                     \
	X(PW_COUNT_CANARY, "canary refusals")                                                      \
	X(PW_COUNT_DENIED, "refusals")                                                             \
	X(PW_COUNT_WOULD_DENY, "refusals not applied because of the mode")                         \
	X(PW_COUNT_NET_LABEL_LOST, "socket labels that could not be stored")                       \
	X(PW_COUNT_NO_RECORD_DENIED, "accesses denied because no record could be made")            \
	X(PW_COUNT_ADOPTED, "running tasks adopted")                                               \
	X(PW_COUNT_NOT_ADOPTED, "running tasks not adopted")                                       \
	X(PW_COUNT_GLASS, "refusals not applied because of break-glass")

enum pw_counter { PW_COUNTER_LIST(PW_ENUM_ENTRY) PW_COUNTER_MAX_ };

struct pw_lost {
	__u64 count;
	__u64 first;	/* lowest number lost since the log last settled, 0: none since */
	__u64 last;	/* highest number lost */
};
PW_ASSERT_SIZE(struct pw_lost, 24);

/*
 * Numbers of the maps of bpf/maps.bpf.h, by which the guard knows them; the first is that of
 * `shared`, 0: not used. Programs, and the maps of one bank, it knows by their names' beginning.
 */
#define PW_OWN_MAPS 32
#define PW_OWN_SHARED 0
#define PW_OWN_NAME "pw_"

/* Control groups that phiwardd is in, but the root, from its own up: i_ino. 0: no more. */
#define PW_OWN_CGROUPS 16

/*
 * The mounts on the way to the pins, and the directories on it that others could be mounted
 * over. A zeroed one is none.
 */
#define PW_OWN_MOUNTS 8
#define PW_OWN_PINS 4	/* of the directories, the one of the pins */

struct pw_own_mount {
	__u32 id;	/* as in /proc/self/mountinfo */
	__u32 dev;	/* s_dev */
};
PW_ASSERT_SIZE(struct pw_own_mount, 8);

struct pw_own_directory {
	__u64 ino;
	__u32 dev;	/* s_dev */
	__u32 zero;
};
PW_ASSERT_SIZE(struct pw_own_directory, 16);

#define PW_SEAL_DIGEST_LEN 32

/* The policy that a start must find where a signed bundle took the place of the sealed one. */
struct pw_successor {
	__u64 version;	/* 0: there is none */
	__u8 digest[PW_SEAL_DIGEST_LEN];
};
PW_ASSERT_SIZE(struct pw_successor, 40);

/*
 * A session of break-glass or service: refusals that it covers are not applied before @until. One at
 * a time, opened and closed by the daemon; that it ends needs nobody. All zero: there was none.
 */
#define PW_GLASS_SERVICE (1U << 0)	/* opened by `service` of the policy, not by `breakglass` */

struct pw_glass {
	__u64 until;	/* ns since boot; kept until the end is recorded, then 0 */
	__u64 session;	/* number of the last one; 0: none since phiward was loaded */
	__u32 subject;	/* 0: with @object 0 too, all that the policy names */
	__u32 object;
	__u32 flags;	/* PW_GLASS_* */
	__u32 zero;
};
PW_ASSERT_SIZE(struct pw_glass, 32);

/*
 * A policy on probation: unless it is confirmed before @until, the bank that decided before it does so
 * again. The kernel's timer sees to that, whether or not phiwardd lives.
 */
enum pw_probation_state {
	PW_PROBATION_NONE,
	PW_PROBATION_ON,
	PW_PROBATION_RETURNING,	/* for the moment between the two words */
	PW_PROBATION_OVER,	/* not confirmed: the bank in @back decides; phiwardd has not looked at it yet */
};

struct pw_probation {
	__u64 until;	/* ns since boot */
	__u32 state;	/* enum pw_probation_state */
	__u32 back;	/* slot */
};
PW_ASSERT_SIZE(struct pw_probation, 16);

/* What program pw_begin_probation is called with. */
struct pw_probation_start {
	__u64 for_ns;
};
PW_ASSERT_SIZE(struct pw_probation_start, 8);

struct pw_state {
	__u32 abi;	/* PW_ABI_VERSION */
	__u32 active;	/* slot; the one word that a swap writes */
	__u64 seq;	/* last sequence number issued; the first is 1 */
	__u64 settled;	/* the log accounts for every number up to this one */
	__u64 gapped;	/* how many of those stand in gap lines */
	__u32 adopt_slot;	/* the bank whose programs the iterator `adopt` looks for */
	__u32 orphans;		/* 1: a file in map `links` may have lost all other names */
	__u32 renames;		/* sequence of the kernel's renames, odd while one is under way */
	__u32 zero;		/* see PW_OPAQUE() */
	struct pw_lost lost[8];
	__u64 counters[32];
	__u32 own_maps[PW_OWN_MAPS];
	__u64 own_cgroups[PW_OWN_CGROUPS];
	struct pw_own_mount own_mounts[PW_OWN_MOUNTS];
	struct pw_own_directory own_directories[PW_OWN_MOUNTS];
	/* For who may only look; what decides is map `seal`. */
	__u32 sealed;
	__u32 seal_flags;	/* PW_SEAL_* */
	__u32 repeats;		/* entries of map `repeats` */
	__u32 zero2;
	/* Since the seal: the accepted one, and one that is being put into its place. */
	struct pw_successor accepted, next;
	struct pw_glass glass;
	struct pw_probation probation;
};
PW_ASSERT_SIZE(struct pw_state, 48 + 8 * 24 + 32 * 8 + PW_OWN_MAPS * 4 + PW_OWN_CGROUPS * 8 +
				PW_OWN_MOUNTS * 24 + 16 + 2 * 40 + 32 + 16);
_Static_assert((int)PW_LOSS_MAX_ <= 8, "lost[] has a slot for every reason");
_Static_assert((int)PW_COUNTER_MAX_ <= 32, "counters[] has a slot for every counter");

/* ---- The seal --------------------------------------------------------------------------- */

/* A directory, by what the kernel knows it by. */
struct pw_seal_place {
	struct pw_fs_id fs;
	__u64 ino;
	__u32 generation;
	__u32 dev;
};
PW_ASSERT_SIZE(struct pw_seal_place, 32);

#define PW_SEAL_BY_MODULE (1U << 0)	/* the kernel module was sealed with it */

/* Map `seal`, one entry: all zero, or what phiwardd must find at each start until the next boot. */
struct pw_seal {
	__u32 sealed;
	__u32 flags;		/* PW_SEAL_* */
	__u64 version;		/* of the policy */
	__u8 digest[PW_SEAL_DIGEST_LEN];
	__u8 trust[PW_SEAL_DIGEST_LEN];	/* SHA-256 of the auditor's certificate and trust.yaml, or zero */
	struct pw_seal_place state;	/* the daemon's directories */
	struct pw_seal_place log;
};
PW_ASSERT_SIZE(struct pw_seal, 144);

/* ---- The whole ---------------------------------------------------------------------------- */

/* One decides, one is filled, and one is what a policy on probation goes back to. A power of two. */
#define PW_BANK_SLOTS 4

/*
 * Map `shared`, one entry, mapped by the daemon and addressed directly by the
 * programs. The bank in force is banks[state.active].
 */
struct pw_shared {
	struct pw_state state;
	struct pw_bank banks[PW_BANK_SLOTS];
};

/* ---- Tasks -------------------------------------------------------------------------------- */

#define PW_TASK_MIXED (1U << 0)	/* has descriptors not opened under its present label and bank */
#define PW_TASK_PHI (1U << 1)	/* has opened an object */
#define PW_TASK_DECIDED (1U << 2)	/* its exec was decided: @actor is who called execve */
#define PW_TASK_WAS_TRACED (1U << 3)	/* at its exec, so that no policy takes it in */
#define PW_TASK_BY_NAME (1U << 4)	/* in next_flags: the policy names the program or helper */
#define PW_TASK_EVENTS (1U << 5)	/* was started with an eventfd: those are like pipes to it */
#define PW_TASK_FOREIGN_CODE (1U << 6)	/* maps other code than a member may, so that no policy takes it in */

#define PW_PARENT_EXE_BYTES 120

/* Task storage of the thread group leader. A task without one is in others. */
struct pw_task {
	__u32 subject;
	__u32 flags;
	__u32 program;		/* pw_program.id */
	__u32 next_subject;	/* set on the thread that is in execve, taken over when it commits */
	__u32 next_program;
	__u16 actor;		/* subject; counts with PW_TASK_DECIDED */
	__u16 next_actor;
	__u32 next_flags;
	__u32 was;		/* @subject where an older bank than that of @generation decides */
	__u64 generation;	/* of the bank under which the label was given */
	__u64 run;		/* number of the record of its exec, 0: none */
	__u32 parent_dev;	/* where the program lies that called execve */
	__u32 parent_len;	/* bytes of parent_exe that are used */
	char parent_exe[PW_PARENT_EXE_BYTES];	/* its names, file first, each NUL-terminated */
	__u64 recent[PW_RECENT];	/* in task storage: what it was last allowed, see repeat.bpf.h */
};
PW_ASSERT_SIZE(struct pw_task, 176 + 8 * PW_RECENT);

/*
 * Map `labels`: the label once more, for cgroup programs, which may not read task
 * storage. The key is the address of the leader's task_struct. A copy counts only
 * while @storage is the leader's task->bpf_storage, so that what a dead task left
 * behind labels nobody.
 */
struct pw_label {
	__u64 storage;
	struct pw_task task;
};
PW_ASSERT_SIZE(struct pw_label, 184 + 8 * PW_RECENT);

/* ---- Sockets ------------------------------------------------------------------------------ */

/*
 * Map `local_addrs`: an address of this machine other than loopback; IPv4 in the
 * first four bytes. The value says which kind.
 */
#define PW_LOCAL_ADDR_OWN 1
#define PW_LOCAL_ADDR_BROADCAST 2	/* the broadcast address of one of its interfaces */

struct pw_addr {
	__u8 addr[PW_ADDR_LEN];
	__u32 family;		/* 4 or 6 */
};
PW_ASSERT_SIZE(struct pw_addr, 20);

#define PW_SOCKET_LISTENS (1U << 0)	/* listen(2), or an explicit bind of UDP, was allowed */
#define PW_SOCKET_ASKED (1U << 1)	/* sent to a group or broadcast address: answers are filtered */
#define PW_SOCKET_ANNOUNCE (1U << 2)	/* its connection to a door is to be announced */
#define PW_SOCKET_DOOR (1U << 3)	/* unix: connected to a door of @subject */
#define PW_SOCKET_KERNEL (1U << 4)	/* UDP of the kernel's own */

#define PW_SOCKET_PEERS 4

/*
 * Map `sockets` (socket storage). A socket without one belongs to others. Written
 * with the socket locked; what arrives meanwhile looks at subject and flags only.
 */
struct pw_socket {
	__u32 subject;		/* who listens or bound it */
	__u32 flags;		/* PW_SOCKET_* */
	/* The last send that was allowed: the same once more needs no lookup. */
	__u64 generation;
	__u32 sender;		/* subject, and in bit 8 that it has opened an object */
	__u16 port;
	__u8 family;
	__u8 zero;
	__u32 addr[PW_ADDR_LEN / 4];
	/* Peers that sends were recorded for, and which of them is the oldest. */
	__u64 recorded[PW_SOCKET_PEERS];
	__u32 oldest;
	__u32 root;		/* unix: pw_root.root of the door it listens as, under @generation */
	__u64 heard;		/* the last IPv4 datagram that was let in, packed; 0: none */
	__u64 used;		/* who was last allowed to use it, under which policy: pw_use_mark() */
	__u32 maker;		/* unix: subject that opened it, init too; 0: not known */
	__u32 zero2;
};
PW_ASSERT_SIZE(struct pw_socket, 104);

/* Map `announced`: one connection by loopback that its client's side allowed. */
struct pw_announcement_key {
	__u8 addr[PW_ADDR_LEN];	/* the client's own address */
	__u32 netns;		/* inode number of the network namespace */
	__u16 port;		/* the client's own port, host byte order */
	__u16 server_port;
	__u8 family;
	__u8 proto;
	__u16 zero;
};
PW_ASSERT_SIZE(struct pw_announcement_key, 28);

struct pw_announcement {
	__u64 time;		/* ns since boot */
	__u32 subject;		/* the client's */
	__u32 zero;
};
PW_ASSERT_SIZE(struct pw_announcement, 16);

#include "event.h"

#endif
