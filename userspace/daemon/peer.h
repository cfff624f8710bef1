/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is at the other end of a unix socket, by the credentials it had when it
 * connected, and what that one may ask.
 */
#ifndef PW_DAEMON_PEER_H
#define PW_DAEMON_PEER_H

#include <sys/types.h>

#define PW_RIGHT_VIEW (1U << 0)		/* status, doctor, canary, drain */
#define PW_RIGHT_ADMIN (1U << 1)	/* apply, unload */
#define PW_RIGHT_AUDIT (1U << 2)	/* report */

struct pw_peer {
	pid_t pid;
	uid_t uid;
	unsigned int rights;
};

/* A peer whose groups cannot be read has only the rights of its user. */
int pw_peer_of(int fd, struct pw_peer *ret);

#endif
