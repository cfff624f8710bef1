/* SPDX-License-Identifier: BSD-2-Clause */
/* `phiward explain --pid`: what a process would be allowed, without trying it. */
#ifndef PW_CLI_FORESEE_H
#define PW_CLI_FORESEE_H

struct pw_foresee {
	const char *pid;
	const char *path;	/* or */
	const char *peer;	/* an address and a port */
};

/* Returns an exit code: whether it may read the file, or connect by TCP. */
int pw_foresee_show(const struct pw_foresee *foresee);

#endif
