/* SPDX-License-Identifier: BSD-2-Clause */
/* What a console remembers of the fleet: state.json in /var/lib/phiward-fleet. */
#ifndef PW_FLEET_STATE_H
#define PW_FLEET_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/sha256.h"
#include "fleet/http.h"

#define PW_FLEET_DIR "/var/lib/phiward-fleet"
#define PW_FLEET_HEX_SIZE (2 * PW_SHA256_LEN + 1)
#define PW_FLEET_WHY_SIZE 400

struct pw_fleet_state {
	char channel[64];	/* of which the next two are */
	char etag[PW_ETAG_SIZE];	/* of the document that was dealt with; "": none */
	uint64_t sequence;	/* the highest that was seen */
	int64_t contact;	/* when the server answered last; 0: never */
	uint64_t failures;	/* polls without an answer since */
	uint64_t reports;	/* status records made */
	int64_t reported;	/* when the last of them was taken */
	char told[PW_FLEET_HEX_SIZE];	/* what it said, but for what changes by itself */
	/* SHA-256 of files of bundles; "": none. */
	char good[PW_FLEET_HEX_SIZE];	/* in force, and healthy */
	char trying[PW_FLEET_HEX_SIZE];	/* in force, and not yet known to be so */
	char bad[PW_FLEET_HEX_SIZE];	/* was refused, or not healthy */
	bool unhealthy;		/* the latter: these bytes are not tried again */
	bool for_good;		/* what is tried was applied for good: nothing was in force before */
	uint64_t bad_sequence;	/* of the channel when that was found */
	char why[PW_FLEET_WHY_SIZE];	/* and what it was */
	int64_t applied;	/* when what is in force was handed in; 0: by somebody else */
};

/* What cannot be read is as if there were nothing: 0, or -EBADMSG when there was something. */
int pw_fleet_state_read(int dir, struct pw_fleet_state *ret);
int pw_fleet_state_write(int dir, const struct pw_fleet_state *state);

#endif
