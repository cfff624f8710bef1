/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A checkpoint: what the log was when it was written, in the text form of C2SP
 * tlog-checkpoint, and the line of the log that carries it. docs/audit-format.md
 * describes both.
 */
#ifndef PW_AUDIT_CHECKPOINT_H
#define PW_AUDIT_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <phiward/guard.h>

#include "common/sha256.h"
#include "publish/ids.h"

#define PW_CHECKPOINT_MAX 1024		/* bytes of the text or the line, with their NUL */
#define PW_LOG_ID_LEN 32		/* hexadecimal digits */
#define PW_CHECKPOINT_START "{\"schema\":1,\"checkpoint\":\""

/* Why the segment has no further record. */
enum pw_segment_end {
	PW_END_OPEN,	/* it may have */
	PW_END_SIZE,
	PW_END_AGE,
	PW_END_STOP,	/* phiwardd stopped */
	PW_END_CRASH,	/* phiwardd had ended without a word, and now it begins another one */
	PW_END_MAX_
};

struct pw_checkpoint {
	char log[PW_LOG_ID_LEN + 1];
	uint64_t segment;
	uint64_t size;			/* records of the segment */
	uint8_t root[PW_SHA256_LEN];
	bool first;			/* there is none before it */
	uint8_t previous[PW_SHA256_LEN];	/* SHA-256 of the text before */
	char time[32];
	uint64_t settled;		/* up to here every number stands in the log */
	enum pw_segment_end end;
	bool module;			/* sealed by the kernel module, else by a key file */
	char boot[PW_BOOT_ID_LEN + 1];
	uint64_t records;		/* numbers issued */
	uint64_t epoch;			/* 0: of a key file */
	uint8_t mac[PW_GUARD_HASH_LEN];
};

/* Both return the length. */
size_t pw_checkpoint_text(const struct pw_checkpoint *checkpoint,
			  char text[static PW_CHECKPOINT_MAX]);
/* With its newline. */
size_t pw_checkpoint_line(const struct pw_checkpoint *checkpoint,
			  char line[static PW_CHECKPOINT_MAX]);

/* Of the one form that each checkpoint has; -EBADMSG for every other. */
int pw_checkpoint_parse(const char *text, struct pw_checkpoint *ret);
/* @line is without its newline and need not have a NUL. */
int pw_checkpoint_parse_line(const char *line, size_t length, struct pw_checkpoint *ret);

static inline bool pw_checkpoint_is(const char *line, size_t length)
{
	return length >= sizeof(PW_CHECKPOINT_START) - 1 &&
	       __builtin_memcmp(line, PW_CHECKPOINT_START, sizeof(PW_CHECKPOINT_START) - 1) == 0;
}

/* What the next checkpoint has as previous. */
int pw_checkpoint_digest(const struct pw_checkpoint *checkpoint,
			 uint8_t digest[static PW_SHA256_LEN]);

/* What is sealed, beside boot, records and epoch: the text before the line of the boot. */
int pw_checkpoint_sealed(const struct pw_checkpoint *checkpoint,
			 uint8_t digest[static PW_SHA256_LEN]);

/* The seal that @key makes. */
int pw_checkpoint_mac(const struct pw_checkpoint *checkpoint,
		      const uint8_t key[static PW_GUARD_HASH_LEN],
		      uint8_t mac[static PW_GUARD_HASH_LEN]);

/* `phiward/LOG/SEGMENT SIZE ROOT`, the shortest form of an anchor. */
size_t pw_checkpoint_anchor(const struct pw_checkpoint *checkpoint,
			    char text[static PW_CHECKPOINT_MAX]);

/* An anchor in this form, or a checkpoint's text or line: log, segment, size and root of @ret. */
int pw_checkpoint_parse_anchor(const char *text, struct pw_checkpoint *ret);

#endif
