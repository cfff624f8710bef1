// SPDX-License-Identifier: BSD-2-Clause
/*
 * mllp-send HOST PORT MESSAGE [LOG]: sends the HL7 message in a file by MLLP and waits for
 * its acknowledgement, as the interface of a patient monitor does. Ends with 0 when it
 * was accepted. LOG gets a line with the acknowledgement.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define MESSAGE_MAX 65536
#define START "\x0b"
#define END "\x1c\r"
#define WAIT_SECONDS 20

static int fail(const char *what)
{
	fprintf(stderr, "mllp-send: %s: %s\n", what, strerror(errno));
	return 1;
}

/* The file between the bytes that frame it; its length, or -1. */
static ssize_t read_message(const char *path, char frame[MESSAGE_MAX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, frame + 1, MESSAGE_MAX - 3);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return -1;
	frame[0] = START[0];
	memcpy(frame + 1 + n, END, 2);
	return n + 3;
}

static int connect_to(const char *host, const char *port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
	struct timeval patience = {.tv_sec = WAIT_SECONDS};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || inet_pton(AF_INET, host, &to.sin_addr) != 1)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ? -1 : fd;
}

/* The acknowledgement up to the end of its frame, as a string; its length, or -1. */
static ssize_t read_answer(int fd, char answer[MESSAGE_MAX])
{
	size_t length = 0;

	while (length < MESSAGE_MAX - 1) {
		ssize_t n = recv(fd, answer + length, MESSAGE_MAX - 1 - length, 0);

		if (n <= 0)
			return -1;
		length += n;
		answer[length] = '\0';
		if (strstr(answer, END))
			return length;
	}
	return -1;
}

static int write_log(const char *path, const char *message, int accepted)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	int r = fd < 0 ? -1 : dprintf(fd, "%s %s\n", accepted ? "accepted" : "refused", message);

	if (fd >= 0)
		close(fd);
	return r;
}

int main(int argc, char **argv)
{
	static char frame[MESSAGE_MAX], answer[MESSAGE_MAX];
	ssize_t length;
	int fd, accepted;

	if (argc < 4 || argc > 5) {
		fprintf(stderr, "usage: mllp-send HOST PORT MESSAGE [LOG]\n");
		return 2;
	}
	length = read_message(argv[3], frame);
	if (length < 0)
		return fail(argv[3]);
	fd = connect_to(argv[1], argv[2]);
	if (fd < 0)
		return fail(argv[1]);
	if (send(fd, frame, length, MSG_NOSIGNAL) != length || read_answer(fd, answer) < 0)
		return fail("no acknowledgement");
	accepted = !!strstr(answer, "MSA|AA");
	if (argc == 5 && write_log(argv[4], argv[3], accepted) < 0)
		return fail(argv[4]);
	return !accepted;
}
