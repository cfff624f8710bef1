/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What consoles of one channel are to have, and who first: the small JSON document that they poll.
 * It lies in channels/NAME.json of a published tree, the bundle beside it in bundles/SHA-256.phb.
 * It is signed by nobody: what it can do is told in docs/threat-model.md.
 */
#ifndef PW_FLEET_CHANNEL_H
#define PW_FLEET_CHANNEL_H

#include "bundle/device.h"
#include "common/instant.h"

#define PW_CHANNEL_BYTES_MAX 65536
#define PW_CHANNEL_CANARIES_MAX 256
#define PW_SHARE_ALL 10000U	/* shares of a rollout, 100 of them are one percent */
#define PW_CHANNEL_PATH_SIZE 128	/* room for pw_channel_path() and pw_channel_bundle_path() */

struct pw_channel {
	const char *channel;
	uint64_t sequence;	/* higher with each change: what is lower is an old one again */
	const char *bundle;	/* the name that the bundle has for itself */
	uint64_t version;	/* and its version */
	uint8_t digest[PW_DIGEST_LEN];	/* SHA-256 of its file */
	uint64_t size;		/* of its file */
	uint64_t share;		/* of PW_SHARE_ALL who get it */
	struct pw_texts tags;	/* patterns; none: any device */
	struct pw_texts canaries;	/* serials; any: nobody else until it is advanced */
	uint64_t hold_s;	/* how long the canaries have to have it */
	int64_t since;		/* when this bundle was published here */
	bool paused;
	struct pw_arena *arena;	/* owns the texts, and this */
};

/* 0, -ENOMEM, or -EINVAL with errors in @diag. */
int pw_channel_parse(const struct pw_source *source, struct pw_channel **ret,
		     struct pw_diag *diag);
struct pw_channel *pw_channel_free(struct pw_channel *channel);

static inline void pw_channel_freep(struct pw_channel **channel)
{
	*channel = pw_channel_free(*channel);
}

/* The document. The caller frees it. */
int pw_channel_write(const struct pw_channel *channel, char **ret, size_t *ret_length);

/* Whether @name can be that of a channel: letters, digits, '-' and '_'. */
bool pw_channel_is_name(const char *name);

/* Where they lie in a published tree. */
void pw_channel_path(const char *channel, char path[static PW_CHANNEL_PATH_SIZE]);
void pw_channel_bundle_path(const uint8_t digest[static PW_DIGEST_LEN],
			    char path[static PW_CHANNEL_PATH_SIZE]);

#endif
