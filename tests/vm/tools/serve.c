// SPDX-License-Identifier: BSD-2-Clause
/*
 * serve [--try] [--share] [--bind] ROUTE:ADDRESS:PORT|ROUTE:PATH|ROUTE:@NAME...
 *
 * Listens on each and says "SOCKET: ok" or the errno, then "ready". Then, until it is
 * killed, one line for each thing that happens, and all that it gets goes back:
 *
 *     SOCKET from PEER      a connection was accepted
 *     SOCKET got TEXT       data came
 *
 * Routes: tcp, mptcp, udp, stream, seqpacket, dgram. With --share by SO_REUSEPORT. With
 * --try it serves nobody: exit code 0 when all could be opened, 1 when not. With --bind it
 * binds to the address, and does not listen.
 */
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include "endpoint.h"

#define SOCKETS_MAX 256

static struct pollfd polls[SOCKETS_MAX];
static struct {
	const char *name;
	bool listens;
} sockets[SOCKETS_MAX];
static size_t n;
static bool only_bind;

static void add(int fd, const char *name, bool listens)
{
	size_t i = 0;

	while (i < n && polls[i].fd >= 0)
		i++;
	if (i == SOCKETS_MAX) {
		close(fd);
		return;
	}
	if (i == n)
		n++;
	polls[i] = (struct pollfd){fd, POLLIN, 0};
	sockets[i].name = name;
	sockets[i].listens = listens;
}

static int open_socket(const struct endpoint *e, bool share)
{
	int type = endpoint_type(e->route), on = 1, fd;

	if (type < 0)
		return -EINVAL;
	fd = socket(e->addr.any.sa_family, type | SOCK_CLOEXEC,
		    strcmp(e->route, "mptcp") ? 0 : IPPROTO_MPTCP);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (share)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (e->addr.any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (e->addr.any.sa_family == AF_UNIX && e->addr.un.sun_path[0])
		unlink(e->addr.un.sun_path);
	if (bind(fd, &e->addr.any, e->length) < 0 ||
	    (type != SOCK_DGRAM && !only_bind && listen(fd, 16) < 0)) {
		int r = -errno;

		close(fd);
		return r;
	}
	add(fd, e->text, type != SOCK_DGRAM);
	return 0;
}

static void serve(size_t i)
{
	struct sockaddr_storage peer = {};
	socklen_t length = sizeof(peer);
	char text[4096];
	ssize_t got;
	int fd;

	if (sockets[i].listens) {
		fd = accept4(polls[i].fd, (struct sockaddr *)&peer, &length, SOCK_CLOEXEC);
		if (fd < 0) {	/* what cannot be accepted stays in the queue */
			printf("%s: %s\n", sockets[i].name, result_name(errno));
			close(polls[i].fd);
			polls[i].fd = -1;
			return;
		}
		printf("%s from %s\n", sockets[i].name,
		       endpoint_name((struct sockaddr *)&peer, length));
		add(fd, sockets[i].name, false);
		return;
	}
	got = recvfrom(polls[i].fd, text, sizeof(text), 0, (struct sockaddr *)&peer, &length);
	if (got > 0) {
		printf("%s got %.*s\n", sockets[i].name, (int)got, text);
		sendto(polls[i].fd, text, got, MSG_NOSIGNAL | MSG_DONTWAIT,
		       length ? (struct sockaddr *)&peer : NULL, length);
	} else if (got == 0 || errno != EAGAIN) {
		close(polls[i].fd);
		polls[i].fd = -1;
	}
}

int main(int argc, char **argv)
{
	bool try = false, share = false, failed = false;
	struct endpoint e;
	int r;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (argv++; *argv && **argv == '-'; argv++, argc--) {
		try = try || !strcmp(*argv, "--try");
		share = share || !strcmp(*argv, "--share");
		only_bind = only_bind || !strcmp(*argv, "--bind");
	}
	if (argc < 2) {
		fprintf(stderr, "usage: serve [--try] [--share] [--bind] ROUTE:ADDRESS:PORT...\n");
		return 2;
	}
	for (; *argv; argv++) {
		r = endpoint_parse(*argv, &e);
		if (!r)
			r = open_socket(&e, share);
		failed = failed || r;
		printf("%s: %s\n", *argv, result_name(-r));
	}
	if (try)
		return failed;
	printf("ready\n");
	while (poll(polls, n, -1) >= 0)
		for (size_t i = 0, all = n; i < all; i++)
			if (polls[i].revents)
				serve(i);
	return 0;
}
