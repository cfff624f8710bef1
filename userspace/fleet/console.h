/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A console of a fleet: one round polls the channel, hands a bundle to phiwardd, looks whether the
 * console is healthy with it, goes back where it is not, and tells how it is. phiwardd judges the
 * bundle; this has no right but to hand one in.
 */
#ifndef PW_FLEET_CONSOLE_H
#define PW_FLEET_CONSOLE_H

#include "fleet/config.h"
#include "fleet/http.h"
#include "fleet/state.h"
#include "fleet/trial.h"

struct pw_console {
	const struct pw_fleet_config *config;
	const struct pw_device *device;	/* NULL: nothing says what it is */
	const char *control;	/* the socket of phiwardd */
	int dir;		/* for state.json and bundles */
	struct pw_http *http;
	struct pw_fleet_state state;
	/* Of the last round: */
	enum pw_trial trial;
	char said[1024];		/* what it came to, one line */
	bool offline;		/* for longer than the grace */
	bool untold;		/* the status record was not taken */
};

/*
 * One round. What failed is in @diag: 0 when the server answered and all was dealt with; -EIO or
 * -EINVAL when the channel could not be had; -EAGAIN when phiwardd could not be asked. The state is
 * written.
 */
int pw_console_round(struct pw_console *console, struct pw_diag *diag);

#endif
