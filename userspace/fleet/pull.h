/* SPDX-License-Identifier: BSD-2-Clause */
/* One poll: the document of the channel, and the bundle where there is one for this device. */
#ifndef PW_FLEET_PULL_H
#define PW_FLEET_PULL_H

#include "fleet/channel.h"
#include "fleet/http.h"
#include "fleet/rollout.h"
#include "fleet/state.h"

enum pw_pull {
	PW_PULL_UNCHANGED,	/* one request, and nothing came */
	PW_PULL_NOTHING,	/* the channel changed, and there is nothing to do here */
	PW_PULL_BUNDLE,
};

struct pw_pulled {
	enum pw_pull what;
	struct pw_channel *channel;	/* but for PW_PULL_UNCHANGED */
	enum pw_rollout rollout;
	char etag[PW_ETAG_SIZE];	/* to be remembered when all of it was dealt with */
	char hex[PW_FLEET_HEX_SIZE];	/* of the bundle */
	char *bundle;		/* PW_PULL_BUNDLE: the file; its length and SHA-256 are as stated */
	size_t length;
};

/*
 * @state is read, and its sequence set. 0; -EIO or -EINVAL with errors in @diag when the server does
 * not answer, or not as it should; -ENOMEM. pw_pulled_done() in any case.
 */
int pw_pull(struct pw_http *http, const struct pw_fleet_config *config,
	    const struct pw_device *device, struct pw_fleet_state *state, struct pw_pulled *ret,
	    struct pw_diag *diag);
void pw_pulled_done(struct pw_pulled *pulled);

#endif
