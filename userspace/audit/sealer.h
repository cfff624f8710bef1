/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who seals checkpoints: the kernel module, where it has given the first key of the boot,
 * else a key file in the state directory, which root can read for as long as it is there.
 */
#ifndef PW_AUDIT_SEALER_H
#define PW_AUDIT_SEALER_H

#include <phiward/abi.h>

#include "audit/checkpoint.h"

#define PW_SEALER_FILE "log.key"
#define PW_SEALER_INTENT "seal.next"

struct pw_sealer {
	char log[PW_LOG_ID_LEN + 1];	/* which log this is */
	char boot[PW_BOOT_ID_LEN + 1];
	uint8_t key[PW_GUARD_HASH_LEN];
	int intent;			/* what is about to be sealed; -1: it cannot be said */
	const struct pw_state *state;	/* borrowed */
	int state_map;			/* its descriptor, borrowed; -1: there is none */
};

/* Makes the key file when there is none. */
int pw_sealer_open(int state_dir, const struct pw_state *state, int state_map,
		   struct pw_sealer *ret);
void pw_sealer_close(struct pw_sealer *sealer);

/* Fills in who, boot, records, epoch and MAC; all else is in @checkpoint already. */
int pw_sealer_seal(const struct pw_sealer *sealer, struct pw_checkpoint *checkpoint);

/*
 * The checkpoint that was sealed last in this boot, by a phiwardd that may have been killed before
 * it wrote the line. -ENOENT: none was, or it is not known.
 */
int pw_sealer_last(const struct pw_sealer *sealer, struct pw_checkpoint *ret);

/* Puts the first key of this boot, encrypted for the auditor, beside the log. */
int pw_sealer_copy_first_key(const struct pw_sealer *sealer, int state_dir, int log_dir);

#endif
