// SPDX-License-Identifier: BSD-2-Clause
/*
 * kinds [NAME...]: opens a socket of each kind, or of all, and says
 *
 *     NAME: ok        or the name of an errno
 *
 * tun and tap are the devices: opened, and attached to an interface of that name.
 * Exit code: 0 when all were opened, 1 when one was not.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define IPPROTO_OF_ICMPV6 58
#define ETHERTYPE_ALL 0x0300	/* ETH_P_ALL in network order */

static const struct {
	const char *name;
	int family, type, protocol;
} kinds[] = {
	{"tcp", AF_INET, SOCK_STREAM, 0},
	{"udp", AF_INET, SOCK_DGRAM, 0},
	{"mptcp", AF_INET, SOCK_STREAM, IPPROTO_MPTCP},
	{"unix", AF_UNIX, SOCK_STREAM, 0},
	{"netlink", AF_NETLINK, SOCK_RAW, 0},
	{"alg", AF_ALG, SOCK_SEQPACKET, 0},
	{"packet", AF_PACKET, SOCK_RAW, ETHERTYPE_ALL},
	{"packet-cooked", AF_PACKET, SOCK_DGRAM, ETHERTYPE_ALL},
	{"packet-unbound", AF_PACKET, SOCK_RAW, 0},
	{"raw-any", AF_INET, SOCK_RAW, IPPROTO_RAW},
	{"raw-tcp", AF_INET, SOCK_RAW, IPPROTO_TCP},
	{"raw-udp6", AF_INET6, SOCK_RAW, IPPROTO_UDP},
	{"raw-icmp", AF_INET, SOCK_RAW, IPPROTO_ICMP},
	{"raw-icmp6", AF_INET6, SOCK_RAW, IPPROTO_OF_ICMPV6},
	{"ping", AF_INET, SOCK_DGRAM, IPPROTO_ICMP},
	{"ping6", AF_INET6, SOCK_DGRAM, IPPROTO_OF_ICMPV6},
	{"vsock", AF_VSOCK, SOCK_STREAM, 0},
	{"vsock-seqpacket", AF_VSOCK, SOCK_SEQPACKET, 0},
	{"bluetooth-hci", AF_BLUETOOTH, SOCK_RAW, 1},
	{"bluetooth-l2cap", AF_BLUETOOTH, SOCK_SEQPACKET, 0},
	{"bluetooth-rfcomm", AF_BLUETOOTH, SOCK_STREAM, 3},
	{"can", AF_CAN, SOCK_RAW, 1},
	{"can-bcm", AF_CAN, SOCK_DGRAM, 2},
	{"xdp", AF_XDP, SOCK_RAW, 0},
	{"sctp", AF_INET, SOCK_STREAM, IPPROTO_SCTP},
	{"sctp-seqpacket", AF_INET6, SOCK_SEQPACKET, IPPROTO_SCTP},
	{"dccp", AF_INET, SOCK_DCCP, IPPROTO_DCCP},
	{"udplite", AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE},
	{"smc", AF_SMC, SOCK_STREAM, 0},
	{"rds", AF_RDS, SOCK_SEQPACKET, 0},
	{"tipc", AF_TIPC, SOCK_STREAM, 0},
	{"key", AF_KEY, SOCK_RAW, 2},
	{"rxrpc", AF_RXRPC, SOCK_DGRAM, AF_INET},
	{"qipcrtr", AF_QIPCRTR, SOCK_DGRAM, 0},
	{"pppox", AF_PPPOX, SOCK_STREAM, 0},
	{"x25", AF_X25, SOCK_SEQPACKET, 0},
	{"kcm", AF_KCM, SOCK_DGRAM, 0},
};

static int open_tun(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	request.ifr_flags |= strcmp(name, "tap") ? IFF_TUN : IFF_TAP;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "test-%s", name);
	r = ioctl(fd, TUNSETIFF, &request) < 0 ? -errno : 0;
	close(fd);
	return r;
}

static int open_kind(const char *name)
{
	int fd;

	if (!strcmp(name, "tun") || !strcmp(name, "tap"))
		return open_tun(name);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strcmp(name, kinds[i].name))
			continue;
		fd = socket(kinds[i].family, kinds[i].type | SOCK_CLOEXEC, kinds[i].protocol);
		if (fd < 0)
			return -errno;
		close(fd);
		return 0;
	}
	return -EINVAL;
}

static int tell(const char *name)
{
	int r = open_kind(name);

	printf("%s: %s\n", name, r ? strerrorname_np(-r) : "ok");
	return !!r;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc > 1) {
		for (argv++; *argv; argv++)
			failed |= tell(*argv);
		return failed;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		failed |= tell(kinds[i].name);
	failed |= tell("tun");
	failed |= tell("tap");
	return failed;
}
