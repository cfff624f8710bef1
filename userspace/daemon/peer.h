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
#define PW_RIGHT_AUDIT (1U << 2)	/* report, review */
/* To open and end a session of a kind, when the policy in force names the peer. */
#define PW_RIGHT_GLASS(kind) (1U << (3 + (kind)))
#define PW_RIGHTS_GLASS (PW_RIGHT_GLASS(0) | PW_RIGHT_GLASS(1))
#define PW_RIGHT_BUNDLE (1U << 5)	/* apply of a bundle, as it is */
#define PW_RIGHT_TOKEN (1U << 6)	/* to open a session by a token, and to end that one */

struct pw_peer {
	pid_t pid;
	uid_t uid;
	unsigned int rights;
};

/* A peer whose groups cannot be read has only the rights of its user. */
int pw_peer_of(int fd, struct pw_peer *ret);

/* All groups of the peer, its own first. The caller frees *@ret. */
int pw_peer_groups(int fd, gid_t **ret, size_t *ret_n);

/* Who logged in, as the audit of the kernel has it; all ones when that is not known. */
uid_t pw_peer_login(const struct pw_peer *peer);

#endif
