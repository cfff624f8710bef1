/* SPDX-License-Identifier: BSD-2-Clause */
/* One question to phiwardd. */
#ifndef PHIWARD_TOOLS_CONTROL_H
#define PHIWARD_TOOLS_CONTROL_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Sends one line, and writes the answer to @to, if that is not -1. False: nobody has answered. */
static inline bool control(const char *request, int to)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "/run/phiward/control"};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool answered = false;
	char room[65536];
	ssize_t n;

	if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0 &&
	    dprintf(fd, "%s\n", request) > 0)
		while ((n = read(fd, room, sizeof(room))) > 0) {
			answered = true;
			if ((to >= 0 && write(to, room, (size_t)n) != n) || memchr(room, '\n', (size_t)n))
				break;
		}
	close(fd);

	return answered;
}

#endif
