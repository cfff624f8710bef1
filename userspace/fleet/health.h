/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a bundle wants to be so after it was applied. Each kind is built in: nothing that comes over
 * the network is run.
 */
#ifndef PW_FLEET_HEALTH_H
#define PW_FLEET_HEALTH_H

#include "bundle/bundle.h"

/*
 * Looks until all is so, but at most as long as @health says, and so long where nothing may be
 * refused meanwhile. 0, or with what is not so in @why -EAGAIN, or -EACCES: the policy lets the calling
 * program not look whether it is.
 * @since: when the bundle was handed in, ns since 1970.
 */
int pw_health_wait(const struct pw_health *health, const char *control, int64_t since, char *why,
		   size_t size);

#endif
