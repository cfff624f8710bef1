/* SPDX-License-Identifier: BSD-2-Clause */
/* Who gets a bundle now: by what the channel says and what the device is, and by nothing else. */
#ifndef PW_FLEET_ROLLOUT_H
#define PW_FLEET_ROLLOUT_H

#include "fleet/channel.h"

enum pw_rollout {
	PW_ROLLOUT_YES,
	PW_ROLLOUT_PAUSED,
	PW_ROLLOUT_NO_SERIAL,	/* the device does not say who it is, and not all get it */
	PW_ROLLOUT_TAGS,	/* it is for others */
	PW_ROLLOUT_CANARIES,	/* others try it first */
	PW_ROLLOUT_LATER,	/* its place is not reached */
};

/* @device: NULL, nothing says what it is. */
enum pw_rollout pw_rollout_judge(const struct pw_channel *channel, const struct pw_device *device);

/* In words, as the end of a sentence that begins "the bundle ". */
const char *pw_rollout_text(enum pw_rollout rollout);

/*
 * The place of a device in the rollout of one bundle, below PW_SHARE_ALL: other devices come first
 * with each bundle, and who has it at 10 % has it at 20 %. False: no memory.
 */
bool pw_rollout_place(const uint8_t digest[static PW_DIGEST_LEN], const char *serial,
		      unsigned int *ret);

#endif
