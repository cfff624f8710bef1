/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel module, where it is loaded: include/phiward/guard.h. Its device is opened
 * once a process and kept. Everything works without it; then each call is -ENOENT.
 */
#ifndef PW_PUBLISH_MODULE_H
#define PW_PUBLISH_MODULE_H

#include <stdbool.h>
#include <stdint.h>

#include <phiward/guard.h>

/*
 * What it says of itself. -ENOENT: it is not loaded; -EACCES, -EPERM: without the
 * rights, or it was loaded after this process gave them up; -EPROTO: it is of another
 * ABI than this program.
 */
int pw_module_status(struct pw_guard_status *ret);

/*
 * This process is phiwardd: what stands below is refused to everybody else, with a record, and
 * is -ENOENT before this was said.
 */
void pw_module_take(void);

/* @kind is PW_GUARD_LINK, _MAP or _PROGRAM; @role the name that it is pinned under. */
int pw_module_hold(unsigned int kind, const char *role, int fd);
/* A descriptor; -ENOENT: it is not held; -EPERM: a link that is held and sealed. */
int pw_module_get(unsigned int kind, const char *role);
bool pw_module_holds(unsigned int kind, const char *role);
/* 0 also when it was not held. */
int pw_module_drop(unsigned int kind, const char *role);

int pw_module_seal(void);
/* 0 also when it is not shut. */
int pw_module_open_gate(void);
int pw_module_keep_shut(void);
/* Once a boot; the caller cleanses *@ret. */
int pw_module_key(struct pw_guard_key *ret);
/* Authenticates @digest and uses the epoch's key up. -ENOKEY, -ENODATA as in guard.h. */
int pw_module_mac(const uint8_t digest[static PW_GUARD_HASH_LEN], struct pw_guard_mac *ret);

/* What the last one answered, if it was for @digest; -ENOENT: it was not, -ENOTTY: an older module. */
int pw_module_again(const uint8_t digest[static PW_GUARD_HASH_LEN], struct pw_guard_mac *ret);

#endif
