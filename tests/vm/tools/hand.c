// SPDX-License-Identifier: BSD-2-Clause
/*
 * hand take CMD...     runs CMD, which hands a descriptor over, and tries to get at the
 *                      file by it, one line each:
 *
 *     ROUTE: LEAKED           at least one byte of the file came out
 *     ROUTE: NO DESCRIPTOR    none arrived
 *     ROUTE: EACCES           or the name of another errno
 *
 * hand give FILE       is such a CMD: opens FILE, sends it over descriptor 3 and stays
 *                      until that is closed
 * hand give-fd N       the same with descriptor N, which it was started with
 *
 * Exit code of take: 0 when anything leaked, 1 when nothing did.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHANNEL 3

static int fail(const char *what)
{
	fprintf(stderr, "hand: %s: %s\n", what, strerror(errno));
	return 2;
}

static int give(int fd)
{
	char room[CMSG_SPACE(sizeof(fd))] = {0}, byte;
	struct iovec iov = {&fd, sizeof(fd)};	/* its number, for whoever can take it by that */
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = room,
		.msg_controllen = sizeof(room),
	};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	if (fd < 0)
		return fail("no file to hand over");
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	if (sendmsg(CHANNEL, &message, 0) < 0)
		return fail("sendmsg");
	return read(CHANNEL, &byte, 1) == 0 ? 0 : 2;
}

/* ---- The other side ------------------------------------------------------------------------ */

static int report(const char *route, int fd, int error)
{
	ssize_t n = -1;
	char byte;

	if (fd >= 0) {
		n = pread(fd, &byte, 1, 0);
		error = errno;
		close(fd);
	}
	printf("%s: %s\n", route, n > 0 ? "LEAKED" : error ? strerrorname_np(error) : "NO DESCRIPTOR");
	fflush(stdout);
	return n > 0;
}

/* The descriptor that comes with a message, -1: none does. *number is what the giver calls it. */
static int receive(int channel, int *number)
{
	char room[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec iov = {number, sizeof(*number)};
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = room,
		.msg_controllen = sizeof(room),
	};
	struct cmsghdr *head;
	int fd = -1;

	if (recvmsg(channel, &message, MSG_CMSG_CLOEXEC) != sizeof(*number))
		return -2;
	head = CMSG_FIRSTHDR(&message);
	if (head && head->cmsg_type == SCM_RIGHTS && head->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	return fd;
}

static int by_proc(const char *route, pid_t pid, const char *what, int number, int flags)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "/proc/%d/%s/%d", pid, what, number);
	fd = open(name, flags);
	return report(route, fd, errno);
}

static int by_pidfd(pid_t pid, int number)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0);
	int fd = syscall(SYS_pidfd_getfd, pidfd, number, 0), error = errno;

	close(pidfd);
	return report("pidfd-getfd", fd, error);
}

static int take(char **argv)
{
	int ends[2], fd, number, leaked = 0, status;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return fail("socketpair");
	pid = fork();
	if (!pid) {
		if (ends[1] == CHANNEL)
			fcntl(CHANNEL, F_SETFD, 0);
		else
			dup2(ends[1], CHANNEL);
		execvp(argv[0], argv);
		_exit(fail(argv[0]));
	}
	close(ends[1]);
	fd = receive(ends[0], &number);
	if (fd == -2) {
		fprintf(stderr, "hand: %s handed nothing over\n", argv[0]);
		return 2;
	}
	leaked |= report("scm-rights", fd, 0);
	leaked |= by_pidfd(pid, number);
	leaked |= by_proc("proc-fd", pid, "fd", number, O_RDONLY);
	leaked |= by_proc("proc-fdinfo", pid, "fdinfo", number, O_RDONLY);
	close(ends[0]);
	if (waitpid(pid, &status, 0) < 0 || status)
		return 2;
	return !leaked;
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "take"))
		return take(argv + 2);
	if (argc == 3 && !strcmp(argv[1], "give"))
		return give(open(argv[2], O_RDONLY | O_CLOEXEC));
	if (argc == 3 && !strcmp(argv[1], "give-fd"))
		return give(atoi(argv[2]));
	fprintf(stderr, "usage: hand take CMD... | hand give FILE | hand give-fd N\n");
	return 2;
}
