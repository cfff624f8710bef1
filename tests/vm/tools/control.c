// SPDX-License-Identifier: BSD-2-Clause
/*
 * control REQUEST: sends one line to phiwardd and prints its answer. What `phiward` does,
 * without what it costs to start it under emulation. Ends with 1 when nobody answers.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "/run/phiward/control"};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), got = 0;
	char room[65536];
	ssize_t n;

	if (argc != 2) {
		fprintf(stderr, "usage: control REQUEST\n");
		return 2;
	}
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ||
	    dprintf(fd, "%s\n", argv[1]) < 0)
		return 1;
	while ((n = read(fd, room, sizeof(room))) > 0) {
		got = 1;
		if (write(STDOUT_FILENO, room, (size_t)n) != n || memchr(room, '\n', (size_t)n))
			break;
	}
	return !got;
}
