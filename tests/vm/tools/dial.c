// SPDX-License-Identifier: BSD-2-Clause
/*
 * dial [OPTION]... ROUTE:ADDRESS:PORT|ROUTE:PATH|ROUTE:@NAME...
 *
 * Tries to reach each: connects, sends something, and waits for what comes back.
 *
 *     --wait MS             gives up after this time (2000)
 *     --say TEXT            what is sent (hello)
 *     --from ADDRESS:PORT   from that address
 *     --first ADDRESS:PORT  see below
 *
 * It says
 *
 *
 *     TARGET: ok          something came back
 *     TARGET: ETIMEDOUT   nothing did for MS (2000)
 *     TARGET: EACCES      or the name of another errno
 *
 * Routes beside those of endpoint.h:
 *
 *     fastopen           data in the SYN, by sendto(MSG_FASTOPEN) without connect(2)
 *     fastopen-connect   the same by TCP_FASTOPEN_CONNECT
 *     udp-connected      connect(2), then send(2)
 *     udp-control        the same with a control message
 *     sendmmsg           two datagrams in one call, the first to --first
 *     source-route       tcp with a source route over --first (IP_OPTIONS)
 *     udp-source-route   udp with the same
 *     uring-tcp, uring-udp, uring-sqpoll   the calls made through io_uring
 *
 * Exit code: 0 when all answered, 1 when one did not.
 */
#include <liburing.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "endpoint.h"

static int patience = 2000;
static const char *say = "hello";
static struct endpoint first, from;	/* .text is NULL when not given */

/* 0 or a negative errno, from what a call returned. */
static int code(ssize_t r)
{
	return r < 0 ? -errno : 0;
}

/* Waits for an answer. */
static int hear(int fd)
{
	char text[4096];
	ssize_t n = recv(fd, text, sizeof(text), 0);

	return n > 0 ? 0 : n < 0 ? -errno : -ECONNRESET;
}

static int talk(int fd)
{
	int r = code(send(fd, say, strlen(say), MSG_NOSIGNAL));

	return r ? r : hear(fd);
}

/* A socket, or a negative errno. */
static int open_socket(const struct endpoint *e, int type, int protocol)
{
	int fd = endpoint_socket(e, type, protocol, patience), on = 1;

	if (fd < 0 || !from.text)
		return fd;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, &from.addr.any, from.length) < 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	return fd;
}

static int done(int fd, int r)
{
	close(fd);
	return r;
}

static int by_connect(const struct endpoint *e, int type, int protocol)
{
	int fd = open_socket(e, type, protocol);
	int r = fd < 0 ? fd : code(connect(fd, &e->addr.any, e->length));

	return fd < 0 ? fd : done(fd, r ? r : talk(fd));
}

static int by_tcp(const struct endpoint *e) { return by_connect(e, SOCK_STREAM, 0); }
static int by_mptcp(const struct endpoint *e) { return by_connect(e, SOCK_STREAM, IPPROTO_MPTCP); }
static int by_udp_connected(const struct endpoint *e) { return by_connect(e, SOCK_DGRAM, 0); }
static int by_seqpacket(const struct endpoint *e) { return by_connect(e, SOCK_SEQPACKET, 0); }

static int by_fastopen(const struct endpoint *e)
{
	int fd = open_socket(e, SOCK_STREAM, 0), r;

	if (fd < 0)
		return fd;
	r = code(sendto(fd, say, strlen(say), MSG_FASTOPEN | MSG_NOSIGNAL, &e->addr.any, e->length));
	return done(fd, r ? r : hear(fd));
}

static int by_fastopen_connect(const struct endpoint *e)
{
	int fd = open_socket(e, SOCK_STREAM, 0), on = 1, r;

	if (fd < 0)
		return fd;
	r = code(setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof(on)));
	if (!r)
		r = code(connect(fd, &e->addr.any, e->length));
	return done(fd, r ? r : talk(fd));
}

/* Unix datagrams can be answered only when the sender has a name: the kernel gives one. */
static int by_datagram(const struct endpoint *e)
{
	struct sockaddr any = {.sa_family = AF_UNIX};
	int fd = open_socket(e, SOCK_DGRAM, 0), r;

	if (fd < 0)
		return fd;
	r = e->addr.any.sa_family == AF_UNIX ? code(bind(fd, &any, sizeof(sa_family_t))) : 0;
	if (!r)
		r = code(sendto(fd, say, strlen(say), 0, &e->addr.any, e->length));
	return done(fd, r ? r : hear(fd));
}

static int by_udp_control(const struct endpoint *e)
{
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = {};
	struct iovec text = {(char *)say, strlen(say)};
	struct msghdr message = {
		.msg_iov = &text,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int fd = open_socket(e, SOCK_DGRAM, 0), r;

	if (fd < 0)
		return fd;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	header->cmsg_level = e->addr.any.sa_family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
	header->cmsg_type = e->addr.any.sa_family == AF_INET ? IP_TOS : IPV6_TCLASS;
	r = code(connect(fd, &e->addr.any, e->length));
	if (!r)
		r = code(sendmsg(fd, &message, 0));
	return done(fd, r ? r : hear(fd));
}

static int by_sendmmsg(const struct endpoint *e)
{
	struct iovec text = {(char *)say, strlen(say)}, other = {"first", 5};
	struct mmsghdr messages[2] = {
		{.msg_hdr = {(void *)&first.addr, first.length, &other, 1, NULL, 0, 0}},
		{.msg_hdr = {(void *)&e->addr, e->length, &text, 1, NULL, 0, 0}},
	};
	int fd = open_socket(e, SOCK_DGRAM, 0), r;

	if (fd < 0)
		return fd;
	r = sendmmsg(fd, messages, 2, 0);
	if (r == 1)	/* the call tells of a failure only when it sent nothing */
		r = sendmmsg(fd, messages + 1, 1, 0);
	r = code(r);
	return done(fd, r ? r : hear(fd));
}

static int by_source_route_of(const struct endpoint *e, int type)
{
	/* LSRR, 7 bytes, pointer at the only hop, padded. The last hop is the target. */
	unsigned char option[8] = {IPOPT_NOP, IPOPT_LSRR, 7, IPOPT_MINOFF};
	int fd = open_socket(e, type, 0), r;

	if (fd < 0)
		return fd;
	memcpy(option + 4, &first.addr.v4.sin_addr, 4);
	r = code(setsockopt(fd, IPPROTO_IP, IP_OPTIONS, option, sizeof(option)));
	if (!r)
		r = code(connect(fd, &e->addr.any, e->length));
	return done(fd, r ? r : talk(fd));
}

static int by_source_route(const struct endpoint *e) { return by_source_route_of(e, SOCK_STREAM); }
static int by_udp_source_route(const struct endpoint *e) { return by_source_route_of(e, SOCK_DGRAM); }

/* ---- io_uring -------------------------------------------------------------------------------- */

/* Submits what was prepared and returns its result. */
static int uring_wait(struct io_uring *ring)
{
	struct __kernel_timespec limit = {patience / 1000, patience % 1000 * 1000000};
	struct io_uring_cqe *done = NULL;
	int r = io_uring_submit(ring);

	if (r >= 0)
		do {
			r = io_uring_wait_cqe_timeout(ring, &done, &limit);
		} while (r == -EINTR);
	if (r < 0 || !done)
		return r == -ETIME ? -ETIMEDOUT : r;
	r = done->res;
	io_uring_cqe_seen(ring, done);
	return r < 0 ? r : 0;
}

static int uring_talk(struct io_uring *ring, int fd)
{
	char text[4096];
	int r;

	io_uring_prep_send(io_uring_get_sqe(ring), fd, say, strlen(say), MSG_NOSIGNAL);
	r = uring_wait(ring);
	if (r)
		return r;
	io_uring_prep_recv(io_uring_get_sqe(ring), fd, text, sizeof(text), 0);
	return uring_wait(ring);
}

/* The kernel's thread that looks for work would take the only processor for a second. */
static int by_uring_connect(const struct endpoint *e, unsigned int flags)
{
	struct io_uring_params params = {.flags = flags, .sq_thread_idle = 1};
	int fd = open_socket(e, SOCK_STREAM, 0), r;
	struct io_uring ring;

	if (fd < 0)
		return fd;
	r = io_uring_queue_init_params(4, &ring, &params);
	if (r < 0)
		return done(fd, r);
	io_uring_prep_connect(io_uring_get_sqe(&ring), fd, &e->addr.any, e->length);
	r = uring_wait(&ring);
	if (!r)
		r = uring_talk(&ring, fd);
	io_uring_queue_exit(&ring);
	return done(fd, r);
}

static int by_uring(const struct endpoint *e) { return by_uring_connect(e, 0); }

static int by_uring_sqpoll(const struct endpoint *e)
{
	return by_uring_connect(e, IORING_SETUP_SQPOLL);
}

static int by_uring_udp(const struct endpoint *e)
{
	struct iovec text = {(char *)say, strlen(say)};
	struct msghdr message = {(void *)&e->addr, e->length, &text, 1, NULL, 0, 0};
	int fd = open_socket(e, SOCK_DGRAM, 0), r;
	struct io_uring ring;

	if (fd < 0)
		return fd;
	r = io_uring_queue_init(4, &ring, 0);
	if (r < 0)
		return done(fd, r);
	io_uring_prep_sendmsg(io_uring_get_sqe(&ring), fd, &message, 0);
	r = uring_wait(&ring);
	io_uring_queue_exit(&ring);
	return done(fd, r ? r : hear(fd));
}

static const struct {
	const char *name;
	int (*dial)(const struct endpoint *e);
} routes[] = {
	{"tcp", by_tcp},
	{"mptcp", by_mptcp},
	{"udp", by_datagram},
	{"stream", by_tcp},
	{"dgram", by_datagram},
	{"seqpacket", by_seqpacket},
	{"fastopen", by_fastopen},
	{"fastopen-connect", by_fastopen_connect},
	{"udp-connected", by_udp_connected},
	{"udp-control", by_udp_control},
	{"sendmmsg", by_sendmmsg},
	{"source-route", by_source_route},
	{"udp-source-route", by_udp_source_route},
	{"uring-tcp", by_uring},
	{"uring-udp", by_uring_udp},
	{"uring-sqpoll", by_uring_sqpoll},
};

static int try_route(const char *text)
{
	struct endpoint e;

	if (endpoint_parse(text, &e) < 0)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++)
		if (!strcmp(e.route, routes[i].name))
			return routes[i].dial(&e);
	return -EINVAL;
}

static int usage(void)
{
	fprintf(stderr, "usage: dial [--wait MS] [--say TEXT] [--from ADDRESS:PORT] "
			"[--first ADDRESS:PORT] ROUTE:ADDRESS:PORT...\n");
	return 2;
}

/* "option:ADDRESS:PORT" is parsed like a target. */
static int read_option(const char *name, const char *value)
{
	static char text[2][80];

	if (!strcmp(name, "--wait")) {
		patience = atoi(value);
		return 0;
	}
	if (!strcmp(name, "--say")) {
		say = value;
		return 0;
	}
	if (!strcmp(name, "--from")) {
		snprintf(text[0], sizeof(text[0]), "from:%s", value);
		return endpoint_parse(text[0], &from);
	}
	snprintf(text[1], sizeof(text[1]), "first:%s", value);
	return strcmp(name, "--first") ? -EINVAL : endpoint_parse(text[1], &first);
}

int main(int argc, char **argv)
{
	int failed = 0, r;

	for (argv++; argc > 2 && !strncmp(*argv, "--", 2); argv += 2, argc -= 2)
		if (read_option(argv[0], argv[1]) < 0)
			return usage();
	if (argc < 2)
		return usage();
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (; *argv; argv++) {
		r = try_route(*argv);
		failed |= !!r;
		printf("%s: %s\n", *argv, result_name(-r));
	}
	return failed;
}
