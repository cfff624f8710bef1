// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "cli/command.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "publish/pins.h"

#define ANSWER_SECONDS 5

/* Sends "ACTOR=@name" and one end of @pair, by which the answer comes. */
static int state(const char *name, const int pair[2])
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = PW_ACTOR_SOCKET };
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr aligned;
	} control = { .bytes = { 0 } };
	struct iovec text[] = { { (char *)"ACTOR=", 6 }, { (char *)name, strlen(name) } };
	struct msghdr message = { .msg_name = &address, .msg_namelen = sizeof(address),
				  .msg_iov = text, .msg_iovlen = 2, .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);

	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(rights), &pair[1], sizeof(int));
	return fd < 0 || sendmsg(fd, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* Waits until phiwardd has dealt with it. An exit code; what was wrong has been said. */
static int wait_for_answer(int fd)
{
	const struct timeval patience = { .tv_sec = ANSWER_SECONDS };
	char wrong[256];
	ssize_t n;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	n = recv(fd, wrong, sizeof(wrong) - 1, 0);
	if (n < 0)
		return pw_fail(PW_EXIT_UNKNOWN, "phiwardd does not answer: %s", strerror(errno));
	if (n == 0)
		return PW_EXIT_YES;
	wrong[n] = '\0';
	return pw_fail(PW_EXIT_NO, "%s", wrong);
}

int pw_cmd_actor(const struct pw_command *self, int argc, char **argv)
{
	static const struct option options[] = { { "help", no_argument, NULL, 'h' },
						 { "nobody", no_argument, NULL, 'n' }, { 0 } };
	bool nobody = false;
	int option, pair[2], r;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option != 'n')
			return pw_usage(self, option);
		nobody = true;
	}
	if (argc - optind != !nobody)
		return pw_usage(self, '?');
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return pw_fail(PW_EXIT_INTERNAL, "no socket: %s", strerror(errno));
	r = state(nobody ? "" : argv[optind], pair);
	close(pair[1]);
	r = r < 0 ? pw_fail(PW_EXIT_UNKNOWN, "phiwardd cannot be told at %s: %s", PW_ACTOR_SOCKET,
			    strerror(-r)) : wait_for_answer(pair[0]);
	close(pair[0]);
	return r;
}
