/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The daemon's own directories and what must be in them before anything is
 * enforced. Each is opened once and used by its descriptor from then on.
 */
#ifndef PW_DAEMON_DIRECTORIES_H
#define PW_DAEMON_DIRECTORIES_H

struct pw_directories {
	int run;	/* PW_RUN_DIR: control socket, canary */
	int state;	/* PW_STATE_DIR: accepted policy, catalogs */
	int log;	/* PW_LOG_DIR: new files are of group PW_GROUP_AUDIT */
	int lock;	/* held as long as this daemon lives */
};

#define PW_DIRECTORIES_INIT                                                                        \
	((struct pw_directories){ .run = -1, .state = -1, .log = -1, .lock = -1 })

/*
 * Makes and opens them, and the canary's file. -EBUSY: another phiwardd runs.
 * *@ret_wrong is the path that the error is about.
 */
int pw_directories_open(struct pw_directories *directories, const char **ret_wrong);
void pw_directories_close(struct pw_directories *directories);

#endif
