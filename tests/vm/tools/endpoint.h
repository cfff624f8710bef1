/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the network tools name the end of a connection: ROUTE:ADDRESS:PORT, as in
 * tcp:10.20.5.4:104, udp:fe80::1%lan0:53, or ROUTE:PATH and ROUTE:@NAME for unix
 * sockets. And how they tell a result: "ok" or the name of an errno.
 */
#ifndef PHIWARD_TOOLS_ENDPOINT_H
#define PHIWARD_TOOLS_ENDPOINT_H

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

struct endpoint {
	const char *text;
	char route[24];
	socklen_t length;
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_un un;
	} addr;
};

/* A result of 0 is "ok"; what took too long is ETIMEDOUT whatever the call said. */
static inline const char *result_name(int error)
{
	if (error == EAGAIN || error == EINPROGRESS)
		error = ETIMEDOUT;
	return error ? strerrorname_np(error) : "ok";
}

static inline int endpoint_unix(struct endpoint *e, const char *name)
{
	size_t n = strlen(name);

	if (!n || n >= sizeof(e->addr.un.sun_path))
		return -EINVAL;
	e->addr.un.sun_family = AF_UNIX;
	memcpy(e->addr.un.sun_path, name, n);
	if (*name == '@')
		e->addr.un.sun_path[0] = '\0';
	e->length = offsetof(struct sockaddr_un, sun_path) + n + (*name != '@');
	return 0;
}

static inline int endpoint_inet(struct endpoint *e, const char *address, const char *port)
{
	char host[INET6_ADDRSTRLEN + IF_NAMESIZE];
	size_t n = port - address;
	char *zone;

	if (n >= sizeof(host))
		return -EINVAL;
	memcpy(host, address, n);
	host[n] = '\0';
	if (inet_pton(AF_INET, host, &e->addr.v4.sin_addr) == 1) {
		e->addr.v4.sin_family = AF_INET;
		e->addr.v4.sin_port = htons(strtoul(port + 1, NULL, 10));
		e->length = sizeof(e->addr.v4);
		return 0;
	}
	zone = strchr(host, '%');
	if (zone) {
		*zone = '\0';
		e->addr.v6.sin6_scope_id = if_nametoindex(zone + 1);
	}
	if (inet_pton(AF_INET6, host, &e->addr.v6.sin6_addr) != 1)
		return -EINVAL;
	e->addr.v6.sin6_family = AF_INET6;
	e->addr.v6.sin6_port = htons(strtoul(port + 1, NULL, 10));
	e->length = sizeof(e->addr.v6);
	return 0;
}

/* Returns 0 or -EINVAL. */
static inline int endpoint_parse(const char *text, struct endpoint *e)
{
	const char *address = strchr(text, ':'), *port = strrchr(text, ':');

	memset(e, 0, sizeof(*e));
	e->text = text;
	if (!address || address == text || (size_t)(address - text) >= sizeof(e->route))
		return -EINVAL;
	memcpy(e->route, text, address - text);
	address++;
	if (*address == '/' || *address == '@')
		return endpoint_unix(e, address);
	return port < address ? -EINVAL : endpoint_inet(e, address, port);
}

/* ADDRESS:PORT, or the name of a unix socket. */
static inline const char *endpoint_name(const struct sockaddr *addr, socklen_t length)
{
	static char name[INET6_ADDRSTRLEN + sizeof(":65535")];
	char host[INET6_ADDRSTRLEN] = "";

	if (length < sizeof(addr->sa_family) || addr->sa_family == AF_UNIX)
		return "unix";
	if (addr->sa_family == AF_INET) {
		const struct sockaddr_in *v4 = (const void *)addr;

		snprintf(name, sizeof(name), "%s:%u",
			 inet_ntop(AF_INET, &v4->sin_addr, host, sizeof(host)),
			 ntohs(v4->sin_port));
	} else {
		const struct sockaddr_in6 *v6 = (const void *)addr;

		snprintf(name, sizeof(name), "%s:%u",
			 inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof(host)),
			 ntohs(v6->sin6_port));
	}
	return name;
}

/* The type of the sockets that a route uses, or -1. */
static inline int endpoint_type(const char *route)
{
	static const struct {
		const char *route;
		int type;
	} types[] = {
		{"tcp", SOCK_STREAM},	    {"mptcp", SOCK_STREAM},    {"udp", SOCK_DGRAM},
		{"stream", SOCK_STREAM},    {"dgram", SOCK_DGRAM},     {"seqpacket", SOCK_SEQPACKET},
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (!strcmp(route, types[i].route))
			return types[i].type;
	return -1;
}

/* A socket for @e that gives up after @patience ms and may broadcast, or a negative errno. */
static inline int endpoint_socket(const struct endpoint *e, int type, int protocol, int patience)
{
	struct timeval limit = {patience / 1000, patience % 1000 * 1000};
	int fd = socket(e->addr.any.sa_family, type | SOCK_CLOEXEC, protocol), on = 1;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	return fd;
}

#endif
