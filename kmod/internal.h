/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the module offer to each other. */
#ifndef PW_INTERNAL_H
#define PW_INTERNAL_H

#undef pr_fmt
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include <phiward/abi.h>
#include <phiward/guard.h>

/* Held by every ioctl; taken before the locks of networking, never in a hook of theirs. */
extern struct mutex pw_lock;

/* Ioctls: @arg is the struct of guard.h, and is written back where the number says so. */
long pw_hold(void *arg);
long pw_hold_get(void *arg);
long pw_hold_drop(void *arg);
long pw_seal(void *arg);
long pw_gate_open(void *arg);
long pw_gate_keep_shut(void *arg);
long pw_key_give(void *arg);
long pw_key_mac(void *arg);
long pw_key_again(void *arg);

/* device.c */
extern struct miscdevice pw_device;
/* Whether @arg says that it is @size bytes without flags, and is zero from byte @in on. */
bool pw_arg_is_valid(const void *arg, size_t size, size_t in);

/* hold.c */
void pw_hold_status(struct pw_guard_status *status);
/* In the memory of the map that is held as the state map; NULL while none is. */
extern const struct pw_state *pw_state;
void pw_hold_release(void);
/* Until reboot the module cannot be unloaded. */
void pw_stay(void);

/* gate.c */
struct pw_allow {
	u8 addr[16];	/* IPv4: the first four bytes */
	u8 family;	/* NFPROTO_IPV4 or NFPROTO_IPV6 */
	u8 bits;
};

int pw_allow_parse(struct pw_allow *allow, const char *text);
bool pw_allow_matches(const struct pw_allow *allow, u8 family, const u8 *addr);
int pw_gate_register(void);
void pw_gate_unregister(void);
bool pw_gate_is_shut(void);
void pw_gate_status(struct pw_guard_status *status);

/* key.c */
int pw_key_init(void);
void pw_key_exit(void);
void pw_key_status(struct pw_guard_status *status);
int pw_hmac(u8 out[PW_GUARD_HASH_LEN], const void *with, size_t with_len, const void *data,
	    size_t len);
int pw_key_next(u8 next[PW_GUARD_HASH_LEN], const u8 from[PW_GUARD_HASH_LEN]);

/* ftrace.c */
int pw_ftrace_hold(void);
void pw_ftrace_release(void);
bool pw_ftrace_is_held(void);

/* selftest.c, in debug builds only */
int pw_selftest(void);

#endif
