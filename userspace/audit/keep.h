/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which closed segments are compressed, and which are deleted because they are as old as the
 * policy says. The newest closed one is neither: a start reads it, and the numbers of files go on
 * from it.
 */
#ifndef PW_AUDIT_KEEP_H
#define PW_AUDIT_KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/sha256.h"

#define PW_EXPIRED_TEXT_MAX 256		/* of the text, with its NUL */

/* A segment that is deleted, as the record of that says it. */
struct pw_expired {
	uint64_t segment;
	uint64_t size;				/* records */
	uint64_t first;				/* number, of its first record */
	uint64_t last;				/* number that was issued last when it was closed */
	uint8_t root[PW_SHA256_LEN];
	uint8_t digest[PW_SHA256_LEN];		/* of its last checkpoint */
};

void pw_expired_text(const struct pw_expired *expired, char text[static PW_EXPIRED_TEXT_MAX]);
/* Of the one form that it has. */
bool pw_expired_parse(const char *text, struct pw_expired *ret);

/*
 * The oldest segment, when it is to go: it was closed @keep_ns or longer before @now_ns, ns since
 * 1970. 1: there is one; 0: none; -EBADMSG: its end or its beginning is damaged, and it stays.
 */
int pw_keep_find(int dir, int64_t now_ns, uint64_t keep_ns, struct pw_expired *ret);

/* Its file or files. The record of it is on the disk by then. */
int pw_keep_remove(int dir, uint64_t segment);

/* The oldest segment of @least bytes or more that is to be compressed; 0: none is. */
uint64_t pw_keep_unpacked(int dir, off_t least);

/* A checkpoint's time as ns since 1970; false: it is no time. */
bool pw_keep_time(const char *text, int64_t *ret_ns);

#endif
