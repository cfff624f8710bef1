// SPDX-License-Identifier: BSD-2-Clause
/*
 * PID 1 of the test machine and its client, in one program.
 *
 * As PID 1:  pid1 CMD...   runs CMD, serves requests on /run/pid1, reaps what it
 *                          inherits, and powers the machine off when CMD ends.
 * As client: pid1 start|run [--user U] [--out FILE] [--socket N] [--env K=V]... -- CMD...
 *            pid1 listen ROUTE:ADDRESS:PORT
 *            pid1 wait PID
 *            pid1 kill PID SIGNAL-NUMBER
 *
 * A service started this way is a direct fork of PID 1 that execs the command and
 * nothing before it, as with a real init. `start` prints its pid; `wait` and `run`
 * exit with its code, or 128 + signal. When FILE is a unix socket its output goes there,
 * as to the journal. `listen` has PID 1 open a socket that tools/endpoint.h describes
 * and prints a number; who is started with that as --socket has it as descriptor 3.
 *
 * A request is one packet of NUL-terminated strings:
 *   "start", uid, gid, supplementary gids with commas, output file, socket, number of
 *   environment strings, those, then argv; or "listen", endpoint; or "wait", pid; or
 *   "kill", pid, signal.
 * The answer is one packet: a decimal number, or "-" and an errno.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "endpoint.h"

#define SOCKET_PATH "/run/pid1"
#define MESSAGE_MAX 65536
#define STRINGS_MAX 512
#define GROUPS_MAX 64
#define EXITS_MAX 1024	/* exit codes that are remembered; the oldest gives way */
#define WAITERS_MAX 64

struct strings {
	size_t n;
	char *at[STRINGS_MAX + 1];	/* NULL-terminated */
};

struct waiter {
	int fd;
	pid_t pid;
};

static struct {
	pid_t pid;
	int code;
} exits[EXITS_MAX];
static size_t exits_n;
static struct waiter waiters[WAITERS_MAX];
static size_t waiters_n;

static int split(char *buf, size_t len, struct strings *out)
{
	out->n = 0;
	if (!len || buf[len - 1])
		return -EINVAL;
	for (char *p = buf; p < buf + len; p += strlen(p) + 1) {
		if (out->n == STRINGS_MAX)
			return -E2BIG;
		out->at[out->n++] = p;
	}
	out->at[out->n] = NULL;
	return 0;
}

static void answer(int fd, long number)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%ld", number);

	(void)!send(fd, text, n, MSG_NOSIGNAL);
}

/* ---- PID 1 ------------------------------------------------------------------------- */

static size_t parse_groups(char *text, gid_t *groups)
{
	size_t n = 0;

	for (char *word = strtok(text, ","); word && n < GROUPS_MAX; word = strtok(NULL, ","))
		groups[n++] = strtoul(word, NULL, 10);
	return n;
}

static int open_output(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct stat st;
	int fd;

	if (stat(path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
	strncpy(addr.sun_path, path, sizeof(addr.sun_path) - 1);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -1;
	return fd;
}

/* In the fork: becomes the service. @s is the request. */
static void become(const struct strings *s)
{
	size_t env_n = strtoul(s->at[6], NULL, 10);
	char *const *env = s->at + 7, *const *argv = env + env_n;
	int out, socket = atoi(s->at[5]);
	gid_t groups[GROUPS_MAX];
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	out = open_output(s->at[4]);
	if (out < 0)
		_exit(126);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	close(STDIN_FILENO);
	if (open("/dev/null", O_RDONLY) != STDIN_FILENO)
		_exit(126);
	if (socket > 3)
		dup2(socket, 3);
	closefrom(socket >= 3 ? 4 : 3);
	for (size_t i = 0; i < env_n; i++)
		putenv(env[i]);
	if (setgroups(parse_groups(s->at[3], groups), groups) < 0 ||
	    setgid(strtoul(s->at[2], NULL, 10)) < 0 || setuid(strtoul(s->at[1], NULL, 10)) < 0) {
		perror("pid1: credentials");
		_exit(126);
	}
	execvp(argv[0], argv);
	fprintf(stderr, "pid1: %s: %s\n", argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static void serve_start(int fd, const struct strings *s)
{
	pid_t pid;

	if (s->n < 8 || 7 + strtoul(s->at[6], NULL, 10) >= s->n)
		return answer(fd, -EINVAL);
	pid = fork();
	if (!pid)
		become(s);
	answer(fd, pid < 0 ? -errno : pid);
}

/* Kept for good, like the socket of a unit. */
static long serve_listen(const char *where)
{
	struct endpoint e;
	int fd, on = 1;

	if (endpoint_parse(where, &e) < 0 || endpoint_type(e.route) < 0)
		return -EINVAL;
	fd = socket(e.addr.any.sa_family, endpoint_type(e.route) | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, &e.addr.any, e.length) < 0 ||
	    (endpoint_type(e.route) != SOCK_DGRAM && listen(fd, 16) < 0)) {
		int r = -errno;

		close(fd);
		return r;
	}
	return fd;
}

/* Returns whether the connection is kept until the process ends. */
static int serve_wait(int fd, pid_t pid)
{
	for (size_t i = exits_n; i-- > 0 && exits_n - i <= EXITS_MAX;) {
		if (exits[i % EXITS_MAX].pid == pid) {
			answer(fd, exits[i % EXITS_MAX].code);
			return 0;
		}
	}
	if (kill(pid, 0) < 0 || waiters_n == WAITERS_MAX) {
		answer(fd, waiters_n == WAITERS_MAX ? -EBUSY : -ESRCH);
		return 0;
	}
	waiters[waiters_n++] = (struct waiter){fd, pid};
	return 1;
}

static void serve(int listener)
{
	static char buf[MESSAGE_MAX];
	static struct strings s;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC), keep = 0;
	ssize_t n;

	if (fd < 0)
		return;
	n = recv(fd, buf, sizeof(buf), 0);
	if (n <= 0 || split(buf, n, &s) < 0)
		answer(fd, -EINVAL);
	else if (!strcmp(s.at[0], "start"))
		serve_start(fd, &s);
	else if (!strcmp(s.at[0], "listen") && s.n == 2)
		answer(fd, serve_listen(s.at[1]));
	else if (!strcmp(s.at[0], "wait") && s.n == 2)
		keep = serve_wait(fd, strtol(s.at[1], NULL, 10));
	else if (!strcmp(s.at[0], "kill") && s.n == 3)
		answer(fd, kill(strtol(s.at[1], NULL, 10), strtol(s.at[2], NULL, 10)) ? -errno : 0);
	else
		answer(fd, -EINVAL);
	if (!keep)
		close(fd);
}

static void note_exit(pid_t pid, int status)
{
	int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);

	exits[exits_n % EXITS_MAX].pid = pid;
	exits[exits_n++ % EXITS_MAX].code = code;
	for (size_t i = 0; i < waiters_n;) {
		if (waiters[i].pid != pid) {
			i++;
			continue;
		}
		answer(waiters[i].fd, code);
		close(waiters[i].fd);
		waiters[i] = waiters[--waiters_n];
	}
}

static int listen_on(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	strncpy(addr.sun_path, path, sizeof(addr.sun_path) - 1);
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 64) < 0) {
		perror("pid1: socket");
		return -1;
	}
	return fd;
}

static void power_off(void)
{
	tcdrain(STDOUT_FILENO);
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static int init_main(char **argv)
{
	struct pollfd polls[2];
	sigset_t child;
	pid_t first;

	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	polls[0] = (struct pollfd){signalfd(-1, &child, SFD_CLOEXEC), POLLIN, 0};
	polls[1] = (struct pollfd){listen_on(SOCKET_PATH), POLLIN, 0};

	first = fork();
	if (!first) {
		sigprocmask(SIG_UNBLOCK, &child, NULL);
		setsid();
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	for (;;) {
		struct signalfd_siginfo info;
		int status;
		pid_t pid;

		if (poll(polls, 2, -1) < 0)
			continue;
		if (polls[0].revents)
			(void)!read(polls[0].fd, &info, sizeof(info));
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
			if (pid == first)
				power_off();
			note_exit(pid, status);
		}
		if (polls[1].revents)
			serve(polls[1].fd);
	}
}

/* ---- Client ------------------------------------------------------------------------ */

static char message[MESSAGE_MAX];
static size_t message_len;

static void put(const char *text)
{
	size_t n = strlen(text) + 1;

	if (message_len + n > sizeof(message)) {
		fprintf(stderr, "pid1: the request is too long\n");
		exit(2);
	}
	memcpy(message + message_len, text, n);
	message_len += n;
}

static void put_number(unsigned long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%lu", number);
	put(text);
}

/* The files are read directly: a static program has no name service. */
static void put_user(const char *name)
{
	char groups[GROUPS_MAX * 12] = "";
	struct passwd *user = NULL;
	struct group *group;
	FILE *f = fopen("/etc/passwd", "re");

	while (f && (user = fgetpwent(f)) && strcmp(user->pw_name, name))
		;
	if (!user) {
		fprintf(stderr, "pid1: no user %s\n", name);
		exit(2);
	}
	put_number(user->pw_uid);
	put_number(user->pw_gid);
	fclose(f);
	f = fopen("/etc/group", "re");
	while (f && (group = fgetgrent(f))) {
		for (char **member = group->gr_mem; *member; member++) {
			size_t used = strlen(groups);

			if (!strcmp(*member, name))
				snprintf(groups + used, sizeof(groups) - used, "%u,",
					 group->gr_gid);
		}
	}
	if (f)
		fclose(f);
	put(groups);
}

static long ask(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = SOCKET_PATH};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	char text[32] = "";
	long number;

	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    send(fd, message, message_len, 0) < 0 || recv(fd, text, sizeof(text) - 1, 0) <= 0) {
		perror("pid1: " SOCKET_PATH);
		exit(2);
	}
	close(fd);
	message_len = 0;
	number = strtol(text, NULL, 10);
	if (number < 0) {
		fprintf(stderr, "pid1: %s\n", strerror(-number));
		exit(2);
	}
	return number;
}

static int usage(void)
{
	fprintf(stderr, "usage: pid1 start|run [--user U] [--out FILE] [--socket N] [--env K=V]... "
			"-- CMD...\n"
			"       pid1 listen ROUTE:ADDRESS:PORT\n"
			"       pid1 wait PID\n"
			"       pid1 kill PID SIGNAL-NUMBER\n");
	return 2;
}

static long ask_wait(const char *pid)
{
	put("wait");
	put(pid);
	return ask();
}

static int client_start(char **argv, int run)
{
	const char *user = "root", *out = "/dev/null", *with = "-1", *env[STRINGS_MAX];
	size_t env_n = 0;
	char text[32];
	long pid;

	for (; argv[0] && strcmp(argv[0], "--"); argv += 2) {
		if (!argv[1])
			return usage();
		if (!strcmp(argv[0], "--user"))
			user = argv[1];
		else if (!strcmp(argv[0], "--out"))
			out = argv[1];
		else if (!strcmp(argv[0], "--socket"))
			with = argv[1];
		else if (!strcmp(argv[0], "--env") && env_n < STRINGS_MAX / 2)
			env[env_n++] = argv[1];
		else
			return usage();
	}
	if (!argv[0] || !argv[1])
		return usage();
	put("start");
	put_user(user);
	put(out);
	put(with);
	put_number(env_n);
	for (size_t i = 0; i < env_n; i++)
		put(env[i]);
	for (argv++; *argv; argv++)
		put(*argv);
	pid = ask();
	if (!run) {
		printf("%ld\n", pid);
		return 0;
	}
	snprintf(text, sizeof(text), "%ld", pid);
	return ask_wait(text);
}

int main(int argc, char **argv)
{
	if (getpid() == 1 && argc > 1)
		return init_main(argv);
	if (argc > 2 && (!strcmp(argv[1], "start") || !strcmp(argv[1], "run")))
		return client_start(argv + 2, !strcmp(argv[1], "run"));
	if (argc == 3 && !strcmp(argv[1], "listen")) {
		put("listen");
		put(argv[2]);
		printf("%ld\n", ask());
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "wait"))
		return ask_wait(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "kill")) {
		put("kill");
		put(argv[2]);
		put(argv[3]);
		return ask();
	}
	return usage();
}
