/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is at the console, as members of subjects with `says_who` state it: a datagram to PW_ACTOR_SOCKET
 * in the form of sd_notify(3), `ACTOR=login@domain`, or `ACTOR=` when nobody is. What is stated
 * stands until another one is, or until who stated it ends.
 *
 * The sender is found by the number that the kernel put on the datagram, and may be a child of who
 * states, such as `phiward actor` in a script. Descriptors that come with it are closed when it has
 * been dealt with; the first, if it is a socket, gets an answer before: "" or what is wrong.
 */
#ifndef PW_DAEMON_ACTOR_H
#define PW_DAEMON_ACTOR_H

#include <stdint.h>

#include <systemd/sd-event.h>

#include "audit/actors.h"

struct pw_daemon;

struct pw_actor_state {
	struct pw_actors actors;
	sd_event_source *socket;
	sd_event_source *sayers[PW_SUBJECT_IDS];	/* by their subject: when they end */
};

/* 0 or a negative errno. */
int pw_actor_open(struct pw_daemon *daemon);
void pw_actor_close(struct pw_daemon *daemon);

/* Another policy is in force: what its subjects may not state is forgotten. */
void pw_actor_applied(struct pw_daemon *daemon);

#endif
