/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What userspace says to the kernel module through PW_GUARD_DEVICE.
 *
 * Who opens it has CAP_SYS_ADMIN and CAP_BPF in the initial user namespace, and who calls
 * still has CAP_BPF, else EPERM: phiwardd opens it when it starts, and then gives up
 * CAP_SYS_ADMIN for good. Every struct begins with its own size and with flags, of which
 * there are none yet; another size, a flag, or a byte that is set beyond the fields marked
 * "in" is EINVAL and changes nothing. A number that is not listed here is ENOTTY.
 */
#ifndef PHIWARD_GUARD_H
#define PHIWARD_GUARD_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define PW_GUARD_ABI 1
#define PW_GUARD_DEVICE "/dev/phiward"

#define PW_GUARD_ASSERT_SIZE(type, bytes)                                                          \
	_Static_assert(sizeof(type) == (bytes), "the size of " #type " is part of the ABI")

struct pw_guard_call {
	__u32 size;
	__u32 flags;
};
PW_GUARD_ASSERT_SIZE(struct pw_guard_call, 8);

/* ---- What is held ------------------------------------------------------------------------- */

#define PW_GUARD_LINK 1
#define PW_GUARD_MAP 2
#define PW_GUARD_PROGRAM 3

#define PW_GUARD_HELD_MAX 512
#define PW_GUARD_ROLE_LEN 48

/* The map whose first bytes are struct pw_state: an array of one. No other may have the role. */
#define PW_GUARD_ROLE_STATE "shared"

struct pw_guard_held {
	__u32 size;
	__u32 flags;
	__u32 kind;		/* in: PW_GUARD_LINK... */
	char role[PW_GUARD_ROLE_LEN];	/* in: of [a-z0-9_], NUL-padded; unique within its kind */
	__s32 fd;		/* in, of HOLD only */
};
PW_GUARD_ASSERT_SIZE(struct pw_guard_held, 64);

/* ---- The sealing key --------------------------------------------------------------------- */

#define PW_GUARD_HASH_LEN 32
#define PW_GUARD_BOOT_LEN 16
#define PW_GUARD_LABEL_LEN 16

/* The key of epoch 1. */
struct pw_guard_key {
	__u32 size;
	__u32 flags;
	__u64 epoch;
	__u8 boot[PW_GUARD_BOOT_LEN];	/* boot_id, in the order in which it is written */
	__u8 key[PW_GUARD_HASH_LEN];
};
PW_GUARD_ASSERT_SIZE(struct pw_guard_key, 64);

/*
 * What is authenticated: mac = HMAC-SHA256(key of the epoch, these bytes), numbers with the
 * lowest byte first. The key of the next epoch is HMAC-SHA256(key, PW_GUARD_LABEL_KEY).
 */
#define PW_GUARD_LABEL_MAC "phiward/mac/1\0\0"	/* with the closing NUL 16 bytes, as the next */
#define PW_GUARD_LABEL_KEY "phiward/key/1\0\0"

struct pw_guard_message {
	char label[PW_GUARD_LABEL_LEN];
	__u8 digest[PW_GUARD_HASH_LEN];
	__u8 boot[PW_GUARD_BOOT_LEN];
	__u64 records;
	__u64 epoch;
};
PW_GUARD_ASSERT_SIZE(struct pw_guard_message, 80);
_Static_assert(sizeof(PW_GUARD_LABEL_MAC) == PW_GUARD_LABEL_LEN, "a label has its length");
_Static_assert(sizeof(PW_GUARD_LABEL_KEY) == PW_GUARD_LABEL_LEN, "a label has its length");

struct pw_guard_mac {
	__u32 size;
	__u32 flags;
	__u8 digest[PW_GUARD_HASH_LEN];	/* in: SHA-256 of what was closed */
	__u8 boot[PW_GUARD_BOOT_LEN];
	__u64 records;	/* issued so far, as the module read it: pw_state.seq */
	__u64 epoch;
	__u8 mac[PW_GUARD_HASH_LEN];
};
PW_GUARD_ASSERT_SIZE(struct pw_guard_mac, 104);

/* ---- Status ------------------------------------------------------------------------------ */

#define PW_GUARD_SEALED (1U << 0)
#define PW_GUARD_FTRACE (1U << 1)	/* ftrace is held on, and a traced call was seen just now */
#define PW_GUARD_KEY_GIVEN (1U << 2)
#define PW_GUARD_WEAK (1U << 3)		/* the first key was not given, and never will be */
#define PW_GUARD_KEEP (1U << 4)		/* told that a policy exists: the gate waits for it */
#define PW_GUARD_DEBUG (1U << 5)	/* built with self-tests, which passed */

#define PW_GUARD_GATE_NONE 0		/* loaded without a gate */
#define PW_GUARD_GATE_SHUT 1
#define PW_GUARD_GATE_OPEN 2
#define PW_GUARD_GATE_TIMED_OUT 3	/* open: gate_timeout went by without KEEP_SHUT */

struct pw_guard_status {
	__u32 size;
	__u32 flags;
	__u32 abi;		/* PW_GUARD_ABI */
	__u32 state;		/* PW_GUARD_SEALED... */
	__u32 links;		/* held */
	__u32 maps;
	__u32 programs;
	__u32 gate;		/* PW_GUARD_GATE_NONE... */
	__u32 gate_timeout;	/* seconds, 0: never */
	__u32 gate_allowed;	/* entries of gate_allow */
	__u64 dropped;		/* packets that the gate dropped */
	__u64 epoch;		/* of the key that the next MAC is made with */
	char version[16];
};
PW_GUARD_ASSERT_SIZE(struct pw_guard_status, 72);

/* ---- Calls -------------------------------------------------------------------------------- */

#define PW_GUARD_IO 0xD7

/*
 * STATUS     always.
 * HOLD       takes a reference; a role that is held already gets the new one. As long as a
 *            link is held the module is in use. ENOSPC: full; sealed: EPERM for a role that is
 *            held, new ones are taken. EBADF, EINVAL: no descriptor of that kind, or a role or
 *            state map that is none.
 * GET        returns a new descriptor of what is held, close-on-exec. ENOENT: nothing is;
 *            sealed: EPERM for links, because some can be detached through a descriptor.
 * DROP       gives a reference up. ENOENT: nothing is held; sealed: EPERM.
 * SEAL       until reboot: no unloading, also by force, and nothing held is given up. ENODATA:
 *            no link or no state map is held; EBUSY: ftrace is off, so links enforce nothing;
 *            EALREADY.
 * OPEN       EALREADY: it is not shut.
 * KEEP_SHUT  a policy was accepted: the gate no longer opens by itself. EALREADY: not shut.
 * KEY        once, and only while the gate is shut: EPERM afterwards. From then on the module
 *            cannot be unloaded. A call that fails with EFAULT has taken the key.
 * MAC        ENOKEY: no key was given; ENODATA: no state map is held. A call that fails with
 *            EFAULT has used the epoch up.
 * AGAIN      what the last MAC answered, when it was asked for the same digest; no epoch is used.
 *            ENOENT: it was not.
 */
#define PW_GUARD_STATUS _IOWR(PW_GUARD_IO, 0, struct pw_guard_status)
#define PW_GUARD_HOLD _IOW(PW_GUARD_IO, 1, struct pw_guard_held)
#define PW_GUARD_GET _IOW(PW_GUARD_IO, 2, struct pw_guard_held)
#define PW_GUARD_DROP _IOW(PW_GUARD_IO, 3, struct pw_guard_held)
#define PW_GUARD_SEAL _IOW(PW_GUARD_IO, 4, struct pw_guard_call)
#define PW_GUARD_OPEN _IOW(PW_GUARD_IO, 5, struct pw_guard_call)
#define PW_GUARD_KEEP_SHUT _IOW(PW_GUARD_IO, 6, struct pw_guard_call)
#define PW_GUARD_KEY _IOWR(PW_GUARD_IO, 7, struct pw_guard_key)
#define PW_GUARD_MAC _IOWR(PW_GUARD_IO, 8, struct pw_guard_mac)
#define PW_GUARD_AGAIN _IOWR(PW_GUARD_IO, 9, struct pw_guard_mac)

#endif
