/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is at the console, as members of subjects with `says_who` state it: a datagram to PW_ACTOR_SOCKET
 * in the form of sd_notify(3), `ACTOR=login@domain`, or `ACTOR=` when nobody is. What is stated
 * stands until another one is, or until who stated it ends, also when phiwardd starts anew meanwhile: it is
 * kept in the state directory, with the process that stated it and the boot.
 *
 * The sender is found by the number that the kernel put on the datagram, and may be a child of who
 * states, such as `phiward actor` in a script. Descriptors that come with it are closed when it has
 * been dealt with; the first, if it is a socket, gets an answer before: "" or what is wrong.
 */
#ifndef PW_DAEMON_ACTOR_H
#define PW_DAEMON_ACTOR_H

#include <stdint.h>
#include <sys/types.h>

#include <systemd/sd-event.h>

#include "audit/actors.h"

struct pw_daemon;

/* Who stated last for a subject. */
struct pw_actor_sayer {
	sd_event_source *end;	/* NULL: nobody */
	pid_t pid;
	uint64_t started;	/* clock ticks since boot, as in /proc/PID/stat */
};

struct pw_actor_state {
	struct pw_actors actors;
	sd_event_source *socket;
	struct pw_actor_sayer sayers[PW_SUBJECT_IDS];	/* by their subject */
};

/* Goes on with what was stated in this boot by processes that are there. 0 or a negative errno. */
int pw_actor_open(struct pw_daemon *daemon);
void pw_actor_close(struct pw_daemon *daemon);

/* Another policy is in force: what its subjects may not state is forgotten. */
void pw_actor_applied(struct pw_daemon *daemon);

#endif
