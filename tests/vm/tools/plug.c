// SPDX-License-Identifier: BSD-2-Clause
/*
 * plug [--fd N] [COMMAND]... [-]: holds one socket and does what it is told: by its
 * arguments, then with "-" by the lines of its input. After each it says "COMMAND: ok",
 * or the name of an errno.
 *
 *     socket ENDPOINT    a socket of that route, used for nothing yet; see endpoint.h
 *     connect ENDPOINT   one that is connected
 *     dial ENDPOINT      connects the one it has
 *     bind ENDPOINT      one that is bound
 *     listen             makes it listen
 *     accept             holds the accepted one instead
 *     packet             a packet socket that hears all interfaces
 *     netns PATH         goes into that network namespace
 *     name               says its own ADDRESS:PORT instead of a result
 *     send, write, sendfile, splice, uring     "held" goes out by that call
 *     sendto ENDPOINT    a datagram goes there
 *     recv, read         waits for data
 *     give PATH          hands the socket to who waits at PATH, by SCM_RIGHTS
 *     take PATH          waits there for one
 *     wait FIFO          until somebody opens it to write
 *     fork               goes on in a child; ends when that ends
 *     user UID           is that user from now on
 *     exec PROGRAM       becomes PROGRAM, which is this tool by another name, with the
 *                        socket and what it has still to do
 */
#include <fcntl.h>
#include <liburing.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/wait.h>
#include <unistd.h>

#include "endpoint.h"

#define PATIENCE 5000	/* ms that a call may take */
#define ARGUMENTS_MAX 64

static const char text[] = "held";
static int held = -1;
static char *const *rest;	/* of the arguments, what is still to do */

static int code(ssize_t r)
{
	return r < 0 ? -errno : 0;
}

static int replace(int fd)
{
	if (fd < 0)
		return fd;
	if (held >= 0)
		close(held);
	held = fd;
	return 0;
}

static int make(const char *where, struct endpoint *e)
{
	if (endpoint_parse(where, e) < 0 || endpoint_type(e->route) < 0)
		return -EINVAL;
	return replace(endpoint_socket(e, endpoint_type(e->route),
				       strcmp(e->route, "mptcp") ? 0 : IPPROTO_MPTCP, PATIENCE));
}

static int do_socket(const char *where)
{
	struct endpoint e;

	return make(where, &e);
}

static int do_connect(const char *where)
{
	struct endpoint e;
	int r = make(where, &e);

	return r ? r : code(connect(held, &e.addr.any, e.length));
}

static int do_dial(const char *where)
{
	struct endpoint e;

	if (endpoint_parse(where, &e) < 0)
		return -EINVAL;
	return code(connect(held, &e.addr.any, e.length));
}

static int do_bind(const char *where)
{
	struct endpoint e;
	int r = make(where, &e), on = 1;

	if (r)
		return r;
	setsockopt(held, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return code(bind(held, &e.addr.any, e.length));
}

static int do_packet(const char *where)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
	struct timeval limit = {PATIENCE / 1000, 0};

	(void)where;
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return replace(fd < 0 ? -errno : fd);
}

static int do_netns(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r;

	r = fd < 0 || setns(fd, CLONE_NEWNET) < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	return r;
}

static int do_listen(const char *where)
{
	(void)where;
	return code(listen(held, 16));
}

static int do_accept(const char *where)
{
	int fd = accept4(held, NULL, NULL, SOCK_CLOEXEC);

	(void)where;
	return replace(fd < 0 ? -errno : fd);
}

static int do_name(const char *where)
{
	struct sockaddr_storage own;
	socklen_t length = sizeof(own);

	(void)where;
	if (getsockname(held, (struct sockaddr *)&own, &length) < 0)
		return -errno;
	printf("name: %s\n", endpoint_name((struct sockaddr *)&own, length));
	return 0;
}

/* ---- Data ------------------------------------------------------------------------------------ */

static int do_send(const char *where)
{
	(void)where;
	return code(send(held, text, sizeof(text) - 1, MSG_NOSIGNAL));
}

static int do_write(const char *where)
{
	(void)where;
	return code(write(held, text, sizeof(text) - 1));
}

static int do_sendto(const char *where)
{
	struct endpoint e;

	if (endpoint_parse(where, &e) < 0)
		return -EINVAL;
	return code(sendto(held, text, sizeof(text) - 1, MSG_NOSIGNAL, &e.addr.any, e.length));
}

static int do_sendfile(const char *where)
{
	int fd = memfd_create("held", MFD_CLOEXEC), r;
	off_t start = 0;

	(void)where;
	r = fd < 0 || write(fd, text, sizeof(text) - 1) < 0 ? -errno : 0;
	if (!r)
		r = code(sendfile(held, fd, &start, sizeof(text) - 1));
	close(fd);
	return r;
}

static int do_splice(const char *where)
{
	int ends[2], r;

	(void)where;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	r = code(write(ends[1], text, sizeof(text) - 1));
	if (!r)
		r = code(splice(ends[0], NULL, held, NULL, sizeof(text) - 1, 0));
	close(ends[0]);
	close(ends[1]);
	return r;
}

static int do_uring(const char *where)
{
	struct io_uring_cqe *done;
	struct io_uring ring;
	int r;

	(void)where;
	r = io_uring_queue_init(4, &ring, 0);
	if (r < 0)
		return r;
	io_uring_prep_send(io_uring_get_sqe(&ring), held, text, sizeof(text) - 1, MSG_NOSIGNAL);
	r = io_uring_submit_and_wait(&ring, 1);
	if (r >= 0)
		r = io_uring_wait_cqe(&ring, &done);
	if (r >= 0)
		r = done->res;
	io_uring_queue_exit(&ring);
	return r < 0 ? r : 0;
}

/* The end of the stream counts as an answer too: nothing was refused. */
static int do_recv(const char *where)
{
	char buf[256];

	(void)where;
	return code(recv(held, buf, sizeof(buf), 0));
}

static int do_read(const char *where)
{
	char buf[256];

	(void)where;
	return code(read(held, buf, sizeof(buf)));
}

/* ---- From hand to hand ----------------------------------------------------------------------- */

union rights {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

static int meeting_point(const char *path, struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	*addr = (struct sockaddr_un){.sun_family = AF_UNIX};
	strncpy(addr->sun_path, path, sizeof(addr->sun_path) - 1);
	return fd < 0 ? -errno : fd;
}

static int do_give(const char *path)
{
	char byte = 0;
	struct iovec data = {&byte, 1};
	union rights rights = {};
	struct sockaddr_un addr;
	struct msghdr message = {&addr, sizeof(addr), &data, 1, &rights, sizeof(rights), 0};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int fd = meeting_point(path, &addr), r;

	if (fd < 0)
		return fd;
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &held, sizeof(int));
	r = code(sendmsg(fd, &message, 0));
	close(fd);
	return r;
}

/* EACCES stands for a descriptor that the kernel kept back. */
static int do_take(const char *path)
{
	char byte = 0;
	struct iovec data = {&byte, 1};
	union rights rights = {};
	struct msghdr message = {NULL, 0, &data, 1, &rights, sizeof(rights), 0};
	struct cmsghdr *header;
	struct sockaddr_un addr;
	int fd = meeting_point(path, &addr), taken, r;

	if (fd < 0)
		return fd;
	r = code(bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
	if (!r)
		r = code(recvmsg(fd, &message, MSG_CMSG_CLOEXEC));
	close(fd);
	if (r)
		return r;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS)
		return message.msg_flags & MSG_CTRUNC ? -EACCES : -ENODATA;
	memcpy(&taken, CMSG_DATA(header), sizeof(int));
	return replace(taken);
}

static int do_exec(const char *program)
{
	char *arguments[ARGUMENTS_MAX + 4] = {(char *)program, "--fd"}, number[16];
	size_t n = 3;

	snprintf(number, sizeof(number), "%d", held);
	arguments[2] = number;
	for (char *const *next = rest; *next && n < ARGUMENTS_MAX + 3; next++)
		arguments[n++] = *next;
	fcntl(held, F_SETFD, 0);
	printf("exec %s: ok\n", program);
	execv(program, arguments);
	return -errno;
}

/* ---- As services do ---------------------------------------------------------------------------- */

static int do_wait(const char *fifo)
{
	int fd = open(fifo, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int do_fork(const char *argument)
{
	int status;
	pid_t child;

	(void)argument;
	child = fork();
	if (child < 0)
		return -errno;
	if (child == 0)
		return 0;
	waitpid(child, &status, 0);
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE);
}

static int do_user(const char *uid)
{
	uid_t user = strtoul(uid, NULL, 10);

	return code(setresuid(user, user, user));
}

static const struct {
	const char *name;
	int (*run)(const char *argument);
} commands[] = {
	{"socket", do_socket},	   {"connect", do_connect}, {"bind", do_bind},
	{"listen", do_listen},	   {"accept", do_accept},   {"name", do_name},
	{"send", do_send},	   {"write", do_write},	    {"sendto", do_sendto},
	{"sendfile", do_sendfile}, {"splice", do_splice},   {"uring", do_uring},
	{"recv", do_recv},	   {"read", do_read},	    {"give", do_give},
	{"take", do_take},	   {"exec", do_exec},	    {"packet", do_packet},
	{"netns", do_netns},	   {"dial", do_dial},	    {"wait", do_wait},
	{"fork", do_fork},	   {"user", do_user},
};

static int obey(const char *line)
{
	size_t n = strcspn(line, " ");
	int r = -EINVAL;

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (strlen(commands[i].name) == n && !strncmp(line, commands[i].name, n))
			r = commands[i].run(line + n + (line[n] == ' '));
	if (strcmp(line, "name") || r)
		printf("%s: %s\n", line, result_name(-r));
	return !!r;
}

int main(int argc, char **argv)
{
	static char *const input[] = {"-", NULL};
	char line[256];
	int failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	setvbuf(stdin, NULL, _IONBF, 0);	/* what follows an exec is for the next one */
	argv++;
	if (argc > 2 && !strcmp(argv[0], "--fd")) {
		held = atoi(argv[1]);
		argv += 2;
	}
	for (; *argv && strcmp(*argv, "-"); argv++) {
		rest = argv + 1;
		failed |= obey(*argv);
	}
	rest = input;
	while (*argv && fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		failed |= obey(line);
	}
	return failed;
}
