/* SPDX-License-Identifier: BSD-2-Clause */
/* What a program can be started with as its standard output: each leads to another process. */
#ifndef PHIWARD_TOOLS_ENDS_H
#define PHIWARD_TOOLS_ENDS_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_alg.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static int open_tty(int *other)
{
	*other = posix_openpt(O_RDWR | O_NOCTTY);
	if (*other < 0 || grantpt(*other) < 0 || unlockpt(*other) < 0)
		return -1;
	return open(ptsname(*other), O_RDWR | O_NOCTTY);
}

static int open_tcp(int *other)
{
	struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(here);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*other = socket(AF_INET, SOCK_STREAM, 0);
	if (*other < 0 || bind(*other, (struct sockaddr *)&here, size) < 0 ||
	    listen(*other, 1) < 0 || getsockname(*other, (struct sockaddr *)&here, &size) < 0 ||
	    connect(fd, (struct sockaddr *)&here, size) < 0)
		return -1;
	return fd;
}

/* The kernel's ciphers: what goes in comes out, to whoever shares the socket. */
static int open_alg(void)
{
	struct sockaddr_alg hash = {
		.salg_family = AF_ALG, .salg_type = "hash", .salg_name = "sha256",
	};
	int fd = socket(AF_ALG, SOCK_SEQPACKET, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&hash, sizeof(hash)) < 0)
		return -1;
	return accept(fd, NULL, NULL);
}

/* Connected to @other, as programs that talk to each other may: nobody needs a right for it. */
static int open_netlink(int *other)
{
	struct sockaddr_nl there = {.nl_family = AF_NETLINK};
	socklen_t size = sizeof(there);
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_USERSOCK);

	*other = socket(AF_NETLINK, SOCK_RAW, NETLINK_USERSOCK);
	if (*other < 0 || bind(*other, (struct sockaddr *)&there, size) < 0 ||
	    getsockname(*other, (struct sockaddr *)&there, &size) < 0 ||
	    connect(fd, (struct sockaddr *)&there, size) < 0)
		return -1;
	return fd;
}

/* An end of that kind, and its other one where there are two; -1 with errno. */
static int open_end(const char *kind, int *other)
{
	if (!strcmp(kind, "memfd"))
		return memfd_create("out", 0);
	if (!strcmp(kind, "tty"))
		return open_tty(other);
	if (!strcmp(kind, "tcp"))
		return open_tcp(other);
	if (!strcmp(kind, "netlink"))
		return open_netlink(other);
	if (!strcmp(kind, "alg"))
		return open_alg();
	if (!strcmp(kind, "event"))
		return eventfd(0, 0);
	errno = EINVAL;
	return -1;
}

#endif
