// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "common/cleanup.h"
#include "daemon/server.h"
#include "publish/protocol.h"

#define CLIENTS_MAX 32
#define CLIENTS_OF_USER 8
#define CLIENT_USEC (10 * 1000000ULL)
#define SMALL_REQUEST 16384	/* of who may not apply: the longest is a token */
#define BUFFERED_MAX (2 * (size_t)PW_PROTOCOL_MAX)
#define JSON_DEPTH 8

static const char busy[] = "{\"ok\":false,\"code\":3,\"errors\":[\"phiwardd has too many "
			   "clients; try again\"],\"warnings\":[]}\n";

struct pw_client {
	struct pw_server *server;
	int fd;
	struct pw_peer peer;
	sd_event_source *io;
	sd_event_source *timer;
	char *in;
	size_t length, capacity;
	json_object *answer;	/* owns out */
	const char *out;
	size_t left;
	bool newline;		/* the answer's last byte is still to be sent */
	bool asked;		/* the request was handed over */
	bool unread;		/* it may still be sending what nobody wants */
	size_t ignored;		/* bytes of that */
};

struct pw_server {
	sd_event *event;
	int fd;
	sd_event_source *io;
	struct pw_server_calls calls;
	struct pw_client *clients[CLIENTS_MAX];
	size_t buffered;	/* bytes in all of clients[].in */
};

static void forget(struct pw_client *client)
{
	struct pw_server *server = client->server;

	if (client->asked && !client->answer && server->calls.gone)
		server->calls.gone(server->calls.data, client);
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (server->clients[i] == client)
			server->clients[i] = NULL;
	sd_event_source_disable_unref(client->io);
	sd_event_source_disable_unref(client->timer);
	server->buffered -= client->capacity;
	free(client->in);
	json_object_put(client->answer);
	close(client->fd);
	free(client);
}

/* ---- The answer --------------------------------------------------------------------------- */

static int send_some(struct pw_client *client)
{
	while (client->left || client->newline) {
		const char *bytes = client->left ? client->out : "\n";
		size_t length = client->left ? client->left : 1;
		ssize_t n = send(client->fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0)
			return errno == EINTR ? 0 : -errno;
		if (client->left) {
			client->out += n;
			client->left -= (size_t)n;
		} else {
			client->newline = false;
		}
	}
	return 0;
}

/*
 * Takes what the client still sends until it closes or its time is over: when
 * we closed first, its write would fail and it might never read the answer.
 */
static void ignore_rest(struct pw_client *client)
{
	char rest[4096];
	ssize_t n;

	do {
		n = recv(client->fd, rest, sizeof(rest), MSG_DONTWAIT);
		if (n > 0)
			client->ignored += (size_t)n;
	} while (n > 0 && client->ignored <= BUFFERED_MAX);
	if (n >= 0 || errno != EAGAIN)
		forget(client);
}

static void end(struct pw_client *client)
{
	if (!client->unread || shutdown(client->fd, SHUT_WR) < 0)
		forget(client);
	else
		sd_event_source_set_io_events(client->io, EPOLLIN);
}

static void flush(struct pw_client *client)
{
	int r;

	do
		r = send_some(client);
	while (!r && (client->left || client->newline));
	if (r == -EAGAIN)
		sd_event_source_set_io_events(client->io, EPOLLOUT);
	else if (r < 0)
		forget(client);
	else
		end(client);
}

void pw_client_answer(struct pw_client *client, json_object *answer)
{
	client->answer = answer;
	client->out = answer ? json_object_to_json_string_length(answer, JSON_C_TO_STRING_PLAIN,
								 &client->left) : NULL;
	if (!client->out) {
		forget(client);
		return;
	}
	client->newline = true;
	sd_event_source_set_time_relative(client->timer, CLIENT_USEC);
	sd_event_source_set_enabled(client->timer, SD_EVENT_ONESHOT);
	flush(client);
}

static void refuse(struct pw_client *client, int code, const char *why)
{
	json_object *answer = json_object_new_object(), *errors = json_object_new_array();

	json_object_array_add(errors, json_object_new_string(why));
	json_object_object_add(answer, "ok", json_object_new_boolean(0));
	json_object_object_add(answer, "code", json_object_new_int(code));
	json_object_object_add(answer, "errors", errors);
	json_object_object_add(answer, "warnings", json_object_new_array());
	json_object_object_add(answer, "notes", json_object_new_array());
	client->asked = true;
	client->unread = true;
	pw_client_answer(client, answer);
}

const struct pw_peer *pw_client_peer(const struct pw_client *client)
{
	return &client->peer;
}

void pw_client_keep(struct pw_client *client)
{
	sd_event_source_set_enabled(client->timer, SD_EVENT_OFF);
}

/* ---- The request -------------------------------------------------------------------------- */

static void hand_over(struct pw_client *client, size_t length)
{
	struct pw_server *server = client->server;
	json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH);
	json_object *request = NULL;

	if (tokener) {
		json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
		request = json_tokener_parse_ex(tokener, client->in, (int)length);
		if (json_tokener_get_parse_end(tokener) != length) {
			json_object_put(request);
			request = NULL;
		}
		json_tokener_free(tokener);
	}
	server->buffered -= client->capacity;
	free(client->in);
	client->in = NULL;
	client->length = client->capacity = 0;
	/* More of it would not be read; that it is gone is always told. */
	sd_event_source_set_io_events(client->io, 0);
	if (json_object_is_type(request, json_type_object)) {
		client->asked = true;
		server->calls.request(server->calls.data, client, request);
	} else {
		refuse(client, PW_EXIT_USAGE, "the request is not one JSON object");
	}
	json_object_put(request);
}

/* Room for more of the request, within what all clients together may use. */
static int make_room(struct pw_client *client)
{
	const unsigned int rights = client->peer.rights;
	size_t most = rights & (PW_RIGHT_ADMIN | PW_RIGHT_BUNDLE) ? PW_PROTOCOL_MAX : SMALL_REQUEST;
	/* Who hands in what came over the network leaves room for an administrator. */
	size_t of_all = rights & PW_RIGHT_ADMIN ? BUFFERED_MAX : BUFFERED_MAX / 2;
	size_t capacity = client->capacity ? 2 * client->capacity : SMALL_REQUEST;
	char *in;

	if (client->length < client->capacity)
		return 0;
	if (capacity > most)
		return -EFBIG;
	if (client->server->buffered - client->capacity + capacity > of_all)
		return -ENOBUFS;
	in = realloc(client->in, capacity);
	if (!in)
		return -ENOMEM;
	client->server->buffered += capacity - client->capacity;
	client->in = in;
	client->capacity = capacity;
	return 0;
}

static void receive(struct pw_client *client)
{
	ssize_t n;

	switch (make_room(client)) {
	case 0:
		break;
	case -EFBIG:
		refuse(client, PW_EXIT_USAGE, "the request is too long");
		return;
	default:
		refuse(client, PW_EXIT_UNKNOWN, "phiwardd has too many requests; try again");
		return;
	}
	n = recv(client->fd, client->in + client->length, client->capacity - client->length,
		 MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		forget(client);
		return;
	}
	client->length += (size_t)n;
	if (client->in[client->length - 1] == '\n')
		hand_over(client, client->length - 1);
	else if (memchr(client->in + client->length - n, '\n', (size_t)n))
		refuse(client, PW_EXIT_USAGE, "there is something behind the request");
}

static int on_client(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct pw_client *client = data;

	(void)source;
	(void)fd;
	if (client->answer && (client->left || client->newline))
		flush(client);
	else if (client->answer)
		ignore_rest(client);
	else if (client->asked)
		forget(client);
	else if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		receive(client);
	return 0;
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *data)
{
	(void)source;
	(void)usec;
	forget(data);
	return 0;
}

/* ---- Connections -------------------------------------------------------------------------- */

static int add_client(struct pw_server *server, size_t slot, int fd, const struct pw_peer *peer)
{
	struct pw_client *client = calloc(1, sizeof(*client));
	int r;

	if (!client)
		return -ENOMEM;
	client->server = server;
	client->peer = *peer;
	client->fd = -1;
	r = sd_event_add_io(server->event, &client->io, fd, EPOLLIN, on_client, client);
	if (r >= 0)
		r = sd_event_add_time_relative(server->event, &client->timer, CLOCK_MONOTONIC,
					       CLIENT_USEC, 0, on_timeout, client);
	if (r < 0) {
		sd_event_source_disable_unref(client->io);
		free(client);
		return r;
	}
	client->fd = fd;
	server->clients[slot] = client;
	if (!peer->rights)
		refuse(client, PW_EXIT_UNKNOWN, "you may not ask phiwardd; become root or join "
		       "one of the groups " PW_GROUP_VIEW ", " PW_GROUP_AUDIT ", " PW_GROUP_ADMIN);
	return 0;
}

/* A free place for this user, or -1: others must find one too. */
static ssize_t find_place(const struct pw_server *server, uid_t uid)
{
	ssize_t place = -1;
	size_t same = 0;

	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (!server->clients[i])
			place = (ssize_t)i;
		else if (server->clients[i]->peer.uid == uid)
			same++;
	}
	return same < CLIENTS_OF_USER ? place : -1;
}

static int on_connection(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct pw_server *server = data;
	_cleanup_close_ int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct pw_peer peer;
	ssize_t place;

	(void)source;
	(void)events;
	if (connection < 0 || pw_peer_of(connection, &peer) < 0)
		return 0;
	if (server->calls.rights)
		peer.rights |= server->calls.rights(server->calls.data, connection, &peer);
	place = find_place(server, peer.uid);
	if (place < 0)
		send(connection, busy, sizeof(busy) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	else if (add_client(server, (size_t)place, connection, &peer) == 0)
		TAKE_FD(connection);
	return 0;
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t before;
	int r;

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	if (unlink(path) < 0 && errno != ENOENT)
		return -errno;
	before = umask(0111);
	r = bind(fd, (const struct sockaddr *)&address, sizeof(address));
	umask(before);
	if (r < 0 || listen(fd, CLIENTS_MAX) < 0)
		return -errno;
	return TAKE_FD(fd);
}

int pw_server_open(sd_event *event, const char *path, const struct pw_server_calls *calls,
		   struct pw_server **ret)
{
	struct pw_server *server = calloc(1, sizeof(*server));
	int r;

	if (!server)
		return -ENOMEM;
	server->event = event;
	server->calls = *calls;
	server->fd = r = listen_at(path);
	if (r >= 0)
		r = sd_event_add_io(event, &server->io, server->fd, EPOLLIN, on_connection, server);
	if (r < 0) {
		pw_server_close(server);
		return r;
	}
	*ret = server;
	return 0;
}

struct pw_server *pw_server_close(struct pw_server *server)
{
	if (!server)
		return NULL;
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (server->clients[i])
			forget(server->clients[i]);
	sd_event_source_disable_unref(server->io);
	if (server->fd >= 0)
		close(server->fd);
	free(server);
	return NULL;
}
