/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a console gets its bundle from and whom it tells how it is: /etc/phiward/fleet.yaml. */
#ifndef PW_FLEET_CONFIG_H
#define PW_FLEET_CONFIG_H

#include "common/arena.h"
#include "policy/diag.h"

#define PW_FLEET_FILE "/etc/phiward/fleet.yaml"

struct pw_fleet_config {
	const char *url;	/* of the published tree, without a slash at its end */
	const char *channel;
	const char *ca;		/* whose servers are believed */
	const char *certificate;	/* of this device, and its key */
	const char *key;
	uint64_t every_s;	/* 15 minutes */
	uint64_t grace_s;	/* without contact until that is an alarm; 7 days */
	const char *put;	/* URL to which "/SERIAL" is added; NULL: none */
	const char *syslog;	/* HOST:PORT; NULL: none */
	uint64_t report_s;	/* at least so often, if nothing changes; 1 hour */
	struct pw_arena *arena;	/* owns them, and this */
};

/* 0, -ENOENT without an error in @diag, -ENOMEM, or -EINVAL with errors there. */
int pw_fleet_config_read(const char *path, struct pw_fleet_config **ret, struct pw_diag *diag);
int pw_fleet_config_parse(const struct pw_source *source, struct pw_fleet_config **ret,
			  struct pw_diag *diag);
/* "15m" in seconds, at most a year; false: it is no time. */
bool pw_fleet_duration(const char *text, uint64_t *ret_s);

struct pw_fleet_config *pw_fleet_config_free(struct pw_fleet_config *config);

static inline void pw_fleet_config_freep(struct pw_fleet_config **config)
{
	*config = pw_fleet_config_free(*config);
}

#endif
