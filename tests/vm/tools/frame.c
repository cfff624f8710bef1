// SPDX-License-Identifier: BSD-2-Clause
/*
 * frame [--bypass] INTERFACE NETNS INTERFACE: sends a frame that is no IP by the one interface,
 * round its queues with --bypass, and listens at the other, which is in network namespace NETNS.
 * There it sees what comes before any filter of that end does. Says "arrived" or "lost". Exit
 * code: 0 when it arrived within a second.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define KIND 0x88b5	/* for experiments */

static int packet_socket(const char *interface, unsigned short kind)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(kind),
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, htons(kind));

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		perror(interface);
		_exit(2);
	}
	return fd;
}

int main(int argc, char **argv)
{
	const int bypass = argc > 1 && !strcmp(argv[1], "--bypass");
	unsigned char frame[64] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 2, 2, 2, 2, 2,
				   KIND >> 8, KIND & 0xff, 'l', 'e', 'a', 'k'};
	unsigned char got[2048];
	struct pollfd arrives = {.events = POLLIN};
	int sender, there;

	argv += bypass;
	if (argc - bypass != 4) {
		fprintf(stderr, "usage: frame [--bypass] INTERFACE NETNS INTERFACE\n");
		return 2;
	}
	sender = packet_socket(argv[1], KIND);
	if (setsockopt(sender, SOL_PACKET, PACKET_QDISC_BYPASS, &bypass, sizeof(bypass)) < 0)
		return 2;
	there = open(argv[2], O_RDONLY);
	if (setns(there, CLONE_NEWNET) < 0) {
		perror(argv[2]);
		return 2;
	}
	arrives.fd = packet_socket(argv[3], ETH_P_ALL);
	if (send(sender, frame, sizeof(frame), 0) < 0)
		perror("not sent");
	while (poll(&arrives, 1, 1000) == 1) {
		ssize_t len = recv(arrives.fd, got, sizeof(got), 0);

		if (len == sizeof(frame) && !memcmp(got, frame, sizeof(frame))) {
			puts("arrived");
			return 0;
		}
	}
	puts("lost");
	return 1;
}
