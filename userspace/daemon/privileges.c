// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <nss.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include <cap-ng.h>

#include "common/cleanup.h"
#include "daemon/privileges.h"

static const unsigned int kept[] = {
	CAP_BPF,		/* maps, and loading programs when a policy is applied */
	CAP_PERFMON,		/* loading LSM, tracing and iterator programs */
	CAP_NET_ADMIN,		/* loading and attaching programs at the root cgroup */
	CAP_DAC_READ_SEARCH,	/* finding paths and links in directories that are not root's */
};

int pw_privileges_forget_environment(void)
{
	static const char *const needed[] = { "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID" };
	char *values[PW_ARRAY_SIZE(needed)] = { 0 };
	int r = 0;

	for (size_t i = 0; i < PW_ARRAY_SIZE(needed); i++) {
		/* Started under enforcement it runs with secureexec, and still has to say READY. */
		const char *value = getenv(needed[i]);

		if (value && !(values[i] = strdup(value)))
			r = -ENOMEM;
	}
	if (!r && clearenv() != 0)
		r = -ENOMEM;
	for (size_t i = 0; i < PW_ARRAY_SIZE(needed); i++) {
		if (!r && values[i] && setenv(needed[i], values[i], 1) < 0)
			r = -errno;
		free(values[i]);
	}
	return r;
}

int pw_privileges_local_names(void)
{
	if (__nss_configure_lookup("passwd", "files") < 0 ||
	    __nss_configure_lookup("group", "files") < 0 ||
	    __nss_configure_lookup("initgroups", "files") < 0)
		return -errno;
	return 0;
}

int pw_privileges_drop(void)
{
	capng_clear(CAPNG_SELECT_BOTH);
	for (size_t i = 0; i < PW_ARRAY_SIZE(kept); i++)
		if (capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, kept[i]) < 0)
			return -EINVAL;
	if (capng_apply(CAPNG_SELECT_BOTH) < 0)
		return -EPERM;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	return 0;
}
