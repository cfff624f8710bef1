/* SPDX-License-Identifier: BSD-2-Clause */
/* That one record stands in the log, for who has not the rest of it. */
#ifndef PW_AUDIT_PROOF_H
#define PW_AUDIT_PROOF_H

#include "audit/keys.h"
#include "audit/tree.h"

struct pw_proof {
	char *line;		/* the record */
	size_t length;
	uint64_t index;		/* among those of its segment, from 0 */
	struct pw_tree_path path;
	struct pw_checkpoint checkpoint;
	uint8_t *cms;		/* the encrypted first key of the boot; NULL: there is none */
	size_t cms_length;
};

/*
 * Of the line that accounts for number @seq. -ENOENT: none does; -EAGAIN: no checkpoint
 * covers it; -EBADMSG: the checkpoint that does is not over these records; else an error of
 * reading. The caller frees with done(), after 0.
 */
int pw_proof_make(int dir, uint64_t seq, struct pw_proof *ret);
void pw_proof_done(struct pw_proof *proof);

/* As JSON and a newline; the caller frees. NULL: no memory. */
char *pw_proof_write(const struct pw_proof *proof);

/* -EBADMSG: it is no proof. After 0 the caller frees with done(). */
int pw_proof_read(const char *text, size_t length, struct pw_proof *ret);

/* -EBADMSG: the record is not under the checkpoint. The seal is not looked at. */
int pw_proof_check(const struct pw_proof *proof);

#endif
