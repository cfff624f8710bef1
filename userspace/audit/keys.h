/* SPDX-License-Identifier: BSD-2-Clause */
/* The keys that an auditor has, for checking what a machine sealed. */
#ifndef PW_AUDIT_KEYS_H
#define PW_AUDIT_KEYS_H

#include "audit/checkpoint.h"
#include "publish/path_key.h"

struct pw_keys;

/*
 * @path: the private key of the auditor's certificate in PEM, without a passphrase, for the
 * files key-BOOT.cms in @dir; or what such a file has in it, one JSON object a line; or a key
 * file of a log. -EBADMSG: it is none of these; -ENOENT and other errors of reading.
 */
int pw_keys_open(const char *path, int dir, struct pw_keys **ret);
struct pw_keys *pw_keys_close(struct pw_keys *keys);

/* What stands in a file key-BOOT.cms. 0, or -EBADMSG: it is not for this private key. */
int pw_keys_add_cms(struct pw_keys *keys, const void *der, size_t length);

/*
 * The key of `path_in_record: digest`: @path as above, and what is encrypted beside the log in @dir,
 * or a file with the key itself. -ENOENT also when there is none beside the log; -EBADMSG: it is not
 * encrypted to that key.
 */
int pw_keys_path_key(const char *path, int dir, uint8_t key[static PW_PATH_KEY_LEN]);

/* 0, -EBADMSG: the seal is not what the key makes; -ENOKEY: there is no key for it. */
int pw_keys_check(struct pw_keys *keys, const struct pw_checkpoint *checkpoint);

#endif
