// SPDX-License-Identifier: BSD-2-Clause
/*
 * mllp-serve PORT OUT: the hospital's end of mllp-send. Appends each HL7 message that
 * comes in by MLLP to OUT, one line a message, and accepts it.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE_MAX 65536
#define END "\x1c\r"

static int listen_on(const char *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 16) < 0)
		return -1;
	return fd;
}

/* One message of the connection as a line in @out; whether there was one. */
static int take(int fd, int out)
{
	static const char ack[] = "\x0bMSH|^~\\&|||||||ACK|1|P|2.3\rMSA|AA|1\r" END;
	static char frame[MESSAGE_MAX];
	size_t length = 0;
	char *end;

	do {
		ssize_t n = recv(fd, frame + length, sizeof(frame) - 1 - length, 0);

		if (n <= 0)
			return 0;
		length += n;
		frame[length] = '\0';
		end = strstr(frame, END);
	} while (!end);
	*end = '\0';
	for (char *p = frame; *p; p++)
		if (*p == '\r' || *p == '\n')
			*p = '~';
	dprintf(out, "%s\n", frame + 1);
	return send(fd, ack, sizeof(ack) - 1, MSG_NOSIGNAL) > 0;
}

int main(int argc, char **argv)
{
	int listener, out;

	if (argc != 3) {
		fprintf(stderr, "usage: mllp-serve PORT OUT\n");
		return 2;
	}
	listener = listen_on(argv[1]);
	out = open(argv[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (listener < 0 || out < 0) {
		perror("mllp-serve");
		return 1;
	}
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			continue;
		while (take(fd, out))
			;
		close(fd);
	}
}
