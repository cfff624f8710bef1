/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control socket: connections with one request and one answer each, see
 * publish/protocol.h. Nothing that a client does or omits holds up the loop:
 * all is non-blocking, in a bounded time, number and size.
 *
 * The socket is open to every local user (0666) and who it is decides: three
 * groups have rights to it, and a file has only one. Who has none is refused
 * before a byte of the request is read.
 */
#ifndef PW_DAEMON_SERVER_H
#define PW_DAEMON_SERVER_H

#include <stdbool.h>

#include <json-c/json.h>
#include <systemd/sd-event.h>

#include "daemon/peer.h"

struct pw_server;
struct pw_client;

/*
 * A whole request, an object; borrowed. The answer is given by
 * pw_client_answer(), now or, if the client is remembered, later: a client is
 * forgotten when @gone was called for it.
 */
struct pw_server_calls {
	void (*request)(void *data, struct pw_client *client, json_object *request);
	void (*gone)(void *data, struct pw_client *client);
	/* PW_RIGHT_* that @peer has beside those of its groups; NULL: none. @fd: its connection. */
	unsigned int (*rights)(void *data, int fd, const struct pw_peer *peer);
	void *data;
};

/* @path is unlinked first. */
int pw_server_open(sd_event *event, const char *path, const struct pw_server_calls *calls,
		   struct pw_server **ret);
struct pw_server *pw_server_close(struct pw_server *server);

const struct pw_peer *pw_client_peer(const struct pw_client *client);

/* Sends @answer and then closes. Takes it over; NULL closes without one. */
void pw_client_answer(struct pw_client *client, json_object *answer);

/* From here on the client may be silent for as long as it likes: its answer takes time. */
void pw_client_keep(struct pw_client *client);

#endif
