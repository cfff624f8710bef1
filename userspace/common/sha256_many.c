// SPDX-License-Identifier: BSD-2-Clause
#include "common/sha256_many.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NO_COMPAT_IMB_API_053	/* its names of old are those of others, too */
#include <intel-ipsec-mb.h>

#define LANE_MAX 65534	/* bytes; what the library takes of one message */
#define FEW 3		/* lanes that stay empty cost as much as the others */

struct pw_sha256_many {
	IMB_MGR *manager;	/* NULL: not on this processor */
	struct pw_sha256 *one;	/* for longer messages, and where there is no manager */
};

int pw_sha256_many_open(struct pw_sha256_many **ret)
{
	struct pw_sha256_many *many = calloc(1, sizeof(*many));

	if (many)
		many->manager = alloc_mb_mgr(0);
	if (!many || !many->manager || pw_sha256_start(&many->one) < 0) {
		pw_sha256_many_close(many);
		return -ENOMEM;
	}
	init_mb_mgr_auto(many->manager, NULL);
	if (imb_get_errno(many->manager)) {
		free_mb_mgr(many->manager);
		many->manager = NULL;
	}
	*ret = many;
	return 0;
}

struct pw_sha256_many *pw_sha256_many_close(struct pw_sha256_many *many)
{
	if (!many)
		return NULL;
	if (many->manager)
		free_mb_mgr(many->manager);
	pw_sha256_free(many->one);
	free(many);
	return NULL;
}

/* @job: one that is done, of those that were submitted; NULL: none is. */
static bool is_bad(const IMB_JOB *job)
{
	return job && job->status != IMB_STATUS_COMPLETED;
}

static bool submit(struct pw_sha256_many *many, const struct pw_message *message, uint8_t *digest)
{
	IMB_JOB *job = IMB_GET_NEXT_JOB(many->manager);

	*job = (IMB_JOB){
		.cipher_mode = IMB_CIPHER_NULL,
		.cipher_direction = IMB_DIR_ENCRYPT,
		.chain_order = IMB_ORDER_HASH_CIPHER,
		.hash_alg = IMB_AUTH_SHA_256,
		.src = message->data,
		.msg_len_to_hash_in_bytes = message->length,
		.auth_tag_output = digest,
		.auth_tag_output_len_in_bytes = PW_SHA256_LEN,
	};
	/* What it would look at is so by what stands above, and would take a tenth of the time. */
	return !is_bad(IMB_SUBMIT_JOB_NOCHECK(many->manager));
}

static int hash_one(struct pw_sha256_many *many, const struct pw_message *message, uint8_t *digest)
{
	int r = pw_sha256_restart(many->one);

	if (!r)
		r = pw_sha256_add(many->one, message->data, message->length);
	return r ? r : pw_sha256_end(many->one, digest);
}

int pw_sha256_many(struct pw_sha256_many *many, const struct pw_message *messages, size_t n,
		   uint8_t (*digests)[PW_SHA256_LEN])
{
	bool lanes = many->manager && n > FEW, good = true;
	IMB_JOB *job;

	for (size_t i = 0; i < n; i++)
		good &= lanes && messages[i].length && messages[i].length <= LANE_MAX ?
				submit(many, &messages[i], digests[i]) :
				hash_one(many, &messages[i], digests[i]) == 0;
	while (lanes && (job = IMB_FLUSH_JOB(many->manager)))
		good &= !is_bad(job);
	return good ? 0 : -EIO;
}
