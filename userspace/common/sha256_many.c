// SPDX-License-Identifier: BSD-2-Clause
#include "common/sha256_many.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NO_COMPAT_IMB_API_053	/* its names of old are those of others, too */
#include <intel-ipsec-mb.h>

#define LANE_MAX 65534	/* bytes; what the library takes of one message */

struct pw_sha256_many {
	IMB_MGR *manager;	/* NULL: not on this processor */
	struct pw_sha256 *one;	/* for longer messages, and where there is no manager */
	uint8_t *bytes;		/* the messages with their prefix */
	size_t capacity;
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
	free(many->bytes);
	free(many);
	return NULL;
}

static int make_room(struct pw_sha256_many *many, const struct pw_message *messages, size_t n)
{
	size_t wanted = n;
	uint8_t *bytes;

	for (size_t i = 0; i < n; i++)
		wanted += messages[i].length;
	if (wanted <= many->capacity)
		return 0;
	bytes = realloc(many->bytes, wanted);
	if (!bytes)
		return -ENOMEM;
	many->bytes = bytes;
	many->capacity = wanted;
	return 0;
}

/* @job: one that is done, of those that were submitted; NULL: none is. */
static bool is_bad(const IMB_JOB *job)
{
	return job && job->status != IMB_STATUS_COMPLETED;
}

static bool submit(struct pw_sha256_many *many, const uint8_t *bytes, size_t length, uint8_t *digest)
{
	IMB_JOB *job = IMB_GET_NEXT_JOB(many->manager);

	*job = (IMB_JOB){
		.cipher_mode = IMB_CIPHER_NULL,
		.cipher_direction = IMB_DIR_ENCRYPT,
		.chain_order = IMB_ORDER_HASH_CIPHER,
		.hash_alg = IMB_AUTH_SHA_256,
		.src = bytes,
		.msg_len_to_hash_in_bytes = length,
		.auth_tag_output = digest,
		.auth_tag_output_len_in_bytes = PW_SHA256_LEN,
	};
	job = IMB_SUBMIT_JOB(many->manager);
	return !is_bad(job) && !imb_get_errno(many->manager);
}

int pw_sha256_many(struct pw_sha256_many *many, uint8_t prefix, const struct pw_message *messages,
		   size_t n, uint8_t (*digests)[PW_SHA256_LEN])
{
	bool good = true;
	uint8_t *bytes;
	IMB_JOB *job;
	int r = make_room(many, messages, n);

	if (r)
		return r;
	bytes = many->bytes;
	for (size_t i = 0; i < n; i++) {
		if (!many->manager || messages[i].length >= LANE_MAX) {
			good &= pw_sha256_prefixed(many->one, prefix, messages[i].data,
						   messages[i].length, digests[i]) == 0;
			continue;
		}
		bytes[0] = prefix;
		memcpy(bytes + 1, messages[i].data, messages[i].length);
		good &= submit(many, bytes, messages[i].length + 1, digests[i]);
		bytes += messages[i].length + 1;
	}
	while (many->manager && (job = IMB_FLUSH_JOB(many->manager)))
		good &= !is_bad(job);
	return good ? 0 : -EIO;
}
