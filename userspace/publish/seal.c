// SPDX-License-Identifier: BSD-2-Clause
#include "publish/seal.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <string.h>

#include "bundle/trust.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "common/sha256.h"
#include "publish/auditor.h"

#define PW_TRUST_MAX 65536

_Static_assert(PW_SEAL_DIGEST_LEN == PW_SHA256_LEN, "what stands there is SHA-256");

static const uint32_t only;	/* the key of the one entry */

int pw_seal_read(const struct pw_kernel *kernel, struct pw_seal *ret)
{
	return bpf_map_lookup_elem(pw_kernel_map(kernel, PW_MAP_SEAL), &only, ret) < 0 ? -errno : 0;
}

int pw_seal_set(const struct pw_kernel *kernel, const struct pw_seal *seal)
{
	const int map = pw_kernel_map(kernel, PW_MAP_SEAL);

	if (bpf_map_update_elem(map, &only, seal, BPF_ANY) < 0)
		return -errno;

	if (bpf_map_freeze(map) < 0)
		return -errno;
	pw_kernel_state(kernel)->seal_flags = seal->flags;
	pw_kernel_state(kernel)->sealed = seal->sealed;

	return 0;
}

int pw_seal_digest_trust(const uint8_t *trust, uint8_t digest[static PW_SEAL_DIGEST_LEN])
{
	_cleanup_(pw_sha256_freep) struct pw_sha256 *sha = NULL;
	_cleanup_free_ char *text = NULL;
	size_t length = 0;
	int r;

	memset(digest, 0, PW_SEAL_DIGEST_LEN);
	r = pw_file_read(AT_FDCWD, PW_AUDITOR_FILE, PW_TRUST_MAX, &text, &length);
	if (r < 0 && r != -ENOENT)
		return r;
	if (r == -ENOENT && !trust)
		return 0;
	r = pw_sha256_start(&sha);
	if (r == 0 && text)
		r = pw_sha256_add(sha, text, length);
	if (r == 0 && trust)
		r = pw_sha256_add(sha, trust, PW_DIGEST_LEN);

	return r < 0 ? r : pw_sha256_end(sha, digest);
}

static int digest_trust(uint8_t digest[static PW_SEAL_DIGEST_LEN])
{
	_cleanup_(pw_trust_freep) struct pw_trust *trust = NULL;
	struct pw_diag diag = {};
	int r = pw_trust_read(PW_TRUST_FILE, PW_TRUST_OF_ROOT, &trust, &diag);

	pw_diag_done(&diag);
	if (r < 0 && r != -ENOENT)
		return r;

	return pw_seal_digest_trust(trust ? pw_trust_digest(trust) : NULL, digest);
}

static struct pw_seal_place place_of(const struct pw_identity *id)
{
	return (struct pw_seal_place){
		.fs = id->fs,
		.ino = id->ino,
		.generation = id->generation,
		.dev = id->dev,
	};
}

int pw_seal_describe(struct pw_kernel *kernel, int state_dir, int log_dir, struct pw_seal *ret,
		     bool *ret_init)
{
	_cleanup_close_ int state = openat(state_dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int log = openat(log_dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct pw_identity ids[2] = {{.fd = (uint32_t)state}, {.fd = (uint32_t)log}};
	int r;

	if (state < 0 || log < 0)
		return -errno;
	r = pw_kernel_identify(kernel, ids, PW_ARRAY_SIZE(ids));
	if (r == 0)
		r = digest_trust(ret->trust);
	if (r < 0)
		return r;

	ret->state = place_of(&ids[0]);
	ret->log = place_of(&ids[1]);
	*ret_init = ids[0].mounts_of_init;
	return 0;
}

const char *pw_seal_difference(const struct pw_seal *seal, const struct pw_seal *now)
{
	if (memcmp(&seal->state, &now->state, sizeof(now->state)) != 0)
		return "another state directory";
	if (memcmp(&seal->log, &now->log, sizeof(now->log)) != 0)
		return "another log directory";
	if (memcmp(seal->trust, now->trust, sizeof(now->trust)) != 0)
		return "another certificate of the auditor or another trust.yaml";

	return NULL;
}
