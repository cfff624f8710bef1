/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The seal: a map of one entry, frozen from then until the next boot, with what a phiwardd
 * that starts again must find. What is refused while it is set: bpf/seal.bpf.h and ward.h.
 */
#ifndef PW_PUBLISH_SEAL_H
#define PW_PUBLISH_SEAL_H

#include "publish/kernel.h"

/* All zero when it is not set. */
int pw_seal_read(const struct pw_kernel *kernel, struct pw_seal *ret);

/*
 * Fills in what does not come from the policy, as it is now: the directories behind the two
 * descriptors, and what is trusted. *@ret_init: whether this process sees PID 1's mounts.
 */
int pw_seal_describe(struct pw_kernel *kernel, int state_dir, int log_dir, struct pw_seal *ret,
		     bool *ret_init);

/*
 * SHA-256 over the auditor's certificate, as it is now, and @trust, the digest of trust.yaml. NULL:
 * there is none. Zero where neither is there, so that one that comes later is another thing too.
 */
int pw_seal_digest_trust(const uint8_t *trust, uint8_t digest[static PW_SEAL_DIGEST_LEN]);

/* What of @now is not as in @seal, in words; NULL: nothing. The policy is not looked at. */
const char *pw_seal_difference(const struct pw_seal *seal, const struct pw_seal *now);

/* Writes and freezes: there is no way back. */
int pw_seal_set(const struct pw_kernel *kernel, const struct pw_seal *seal);

#endif
