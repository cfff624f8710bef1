// SPDX-License-Identifier: BSD-2-Clause
#include "fleet/rollout.h"

#include <string.h>

#include "common/cleanup.h"
#include "common/sha256.h"

bool pw_rollout_place(const uint8_t digest[static PW_DIGEST_LEN], const char *serial,
		      unsigned int *ret)
{
	_cleanup_(pw_sha256_freep) struct pw_sha256 *sha = NULL;
	uint8_t mixed[PW_SHA256_LEN];
	uint64_t number = 0;

	if (pw_sha256_start(&sha) < 0 || pw_sha256_add(sha, digest, PW_DIGEST_LEN) < 0 ||
	    pw_sha256_add(sha, serial, strlen(serial)) < 0 || pw_sha256_end(sha, mixed) < 0)
		return false;
	for (size_t i = 0; i < sizeof(number); i++)
		number = number << 8 | mixed[i];
	*ret = (unsigned int)(number % PW_SHARE_ALL);

	return true;
}

static bool is_canary(const struct pw_channel *channel, const char *serial)
{
	for (size_t i = 0; i < channel->canaries.n; i++)
		if (!strcmp(channel->canaries.list[i], serial))
			return true;

	return false;
}

enum pw_rollout pw_rollout_judge(const struct pw_channel *channel, const struct pw_device *device)
{
	const struct pw_selectors selectors = {.tags = channel->tags};
	const struct pw_device unknown = {};
	const char *serial = device ? device->serial : NULL;
	unsigned int place;

	if (channel->paused)
		return PW_ROLLOUT_PAUSED;
	if (pw_selectors_mismatch(&selectors, device ?: &unknown))
		return PW_ROLLOUT_TAGS;
	if (!serial && (channel->canaries.n || channel->share < PW_SHARE_ALL))
		return PW_ROLLOUT_NO_SERIAL;
	if (channel->canaries.n)
		return is_canary(channel, serial) ? PW_ROLLOUT_YES : PW_ROLLOUT_CANARIES;
	if (channel->share == PW_SHARE_ALL)
		return PW_ROLLOUT_YES;

	return pw_rollout_place(channel->digest, serial, &place) && place < channel->share ?
	       PW_ROLLOUT_YES : PW_ROLLOUT_LATER;
}

const char *pw_rollout_text(enum pw_rollout rollout)
{
	switch (rollout) {
	case PW_ROLLOUT_YES:
		return "is for this device";
	case PW_ROLLOUT_PAUSED:
		return "is paused";
	case PW_ROLLOUT_NO_SERIAL:
		return "goes to some first, and " PW_DEVICE_FILE " says no serial";
	case PW_ROLLOUT_TAGS:
		return "is for devices with other tags";
	case PW_ROLLOUT_CANARIES:
		return "is tried by others first";
	case PW_ROLLOUT_LATER:
		return "comes here later";
	}

	return "is for nobody";
}
