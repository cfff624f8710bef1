// SPDX-License-Identifier: BSD-2-Clause
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include <bpf/bpf.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <phiward/abi.h>

#include "common/cleanup.h"
#include "daemon/addresses.h"

struct found {
	struct pw_addr addrs[PW_LOCAL_ADDRS_MAX];
	__u32 kinds[PW_LOCAL_ADDRS_MAX];
	size_t n;
	bool overflow;
};

int pw_addresses_open(void)
{
	const struct sockaddr_nl groups = { .nl_family = AF_NETLINK,
					    .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR };
	_cleanup_close_ int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&groups, sizeof(groups)) < 0)
		return -errno;
	return TAKE_FD(fd);
}

void pw_addresses_clear(int fd)
{
	char message[4096];

	/* ENOBUFS says that some were lost: the caller reads everything anyway. */
	while (recv(fd, message, sizeof(message), 0) >= 0 || errno == ENOBUFS || errno == EINTR)
		;
}

static void add(struct found *found, uint32_t family, const void *bytes, __u32 kind)
{
	struct pw_addr addr = { .family = family };

	memcpy(addr.addr, bytes, family == 4 ? 4 : 16);
	for (size_t i = 0; i < found->n; i++)
		if (!memcmp(&found->addrs[i], &addr, sizeof(addr))) {
			if (kind == PW_LOCAL_ADDR_OWN)
				found->kinds[i] = kind;
			return;
		}
	if (found->n == PW_LOCAL_ADDRS_MAX) {
		found->overflow = true;
		return;
	}
	found->addrs[found->n] = addr;
	found->kinds[found->n++] = kind;
}

/*
 * The kernel takes the last address of a network for its broadcast address
 * too, whatever was set (fib_add_ifaddr), unless the network has two or less.
 */
static void add_v4(struct found *found, const struct ifaddrs *entry)
{
	struct in_addr own = ((const struct sockaddr_in *)entry->ifa_addr)->sin_addr;
	const struct sockaddr_in *mask = (const struct sockaddr_in *)entry->ifa_netmask;
	const struct sockaddr_in *set = (const struct sockaddr_in *)entry->ifa_broadaddr;
	in_addr_t last;

	if ((ntohl(own.s_addr) >> 24) == IN_LOOPBACKNET)
		return;
	add(found, 4, &own, PW_LOCAL_ADDR_OWN);
	if ((entry->ifa_flags & IFF_BROADCAST) && set && set->sin_family == AF_INET &&
	    set->sin_addr.s_addr)
		add(found, 4, &set->sin_addr, PW_LOCAL_ADDR_BROADCAST);
	if (mask && ntohl(mask->sin_addr.s_addr) < 0xfffffffe) {
		last = own.s_addr | ~mask->sin_addr.s_addr;
		add(found, 4, &last, PW_LOCAL_ADDR_BROADCAST);
	}
}

static void add_v6(struct found *found, const struct ifaddrs *entry)
{
	const struct in6_addr *own = &((const struct sockaddr_in6 *)entry->ifa_addr)->sin6_addr;

	if (!IN6_IS_ADDR_LOOPBACK(own))
		add(found, 6, own, PW_LOCAL_ADDR_OWN);
}

static int find(struct found *found)
{
	struct ifaddrs *list;

	if (getifaddrs(&list) < 0)
		return -errno;
	for (const struct ifaddrs *entry = list; entry; entry = entry->ifa_next) {
		if (!entry->ifa_addr)
			continue;
		if (entry->ifa_addr->sa_family == AF_INET)
			add_v4(found, entry);
		else if (entry->ifa_addr->sa_family == AF_INET6)
			add_v6(found, entry);
	}
	freeifaddrs(list);
	return 0;
}

static bool has(const struct found *found, const struct pw_addr *addr)
{
	for (size_t i = 0; i < found->n; i++)
		if (!memcmp(&found->addrs[i], addr, sizeof(*addr)))
			return true;
	return false;
}

/* A key is looked for before the one that led to it goes. */
static int remove_others(int map_fd, const struct found *found)
{
	struct pw_addr stale[PW_LOCAL_ADDRS_MAX], key, last;
	const struct pw_addr *previous = NULL;
	size_t n = 0;

	while (n < PW_LOCAL_ADDRS_MAX && bpf_map_get_next_key(map_fd, previous, &key) == 0) {
		if (!has(found, &key))
			stale[n++] = key;
		last = key;
		previous = &last;
	}
	for (size_t i = 0; i < n; i++)
		if (bpf_map_delete_elem(map_fd, &stale[i]) < 0 && errno != ENOENT)
			return -errno;
	return 0;
}

static int put(int map_fd, const struct found *found)
{
	for (size_t i = 0; i < found->n; i++)
		if (bpf_map_update_elem(map_fd, &found->addrs[i], &found->kinds[i], BPF_ANY) < 0)
			return -errno;
	return found->overflow ? -E2BIG : 0;
}

int pw_addresses_update(int map_fd)
{
	_cleanup_free_ struct found *found = calloc(1, sizeof(*found));
	int r;

	if (!found)
		return -ENOMEM;
	r = find(found);
	if (r < 0)
		return r;
	r = put(map_fd, found);
	if (r < 0 && r != -E2BIG)
		return r;
	r = remove_others(map_fd, found);
	/* What went has made room. */
	return r < 0 ? r : put(map_fd, found);
}
