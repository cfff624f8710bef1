// SPDX-License-Identifier: BSD-2-Clause
/*
 * measure [--landlock] NAME=OPERATION:ARGUMENT...: how many instructions of the guest
 * each operation costs, one line "NAME NUMBER" each.
 * measure --burst TIMES OPERATION:ARGUMENT: does it, and says nothing.
 *
 * In a machine whose clock counts instructions the time stamp counter is their
 * number. An operation is done in long rows, so that what is put off (timers,
 * callbacks, memory that is given back) is paid within the row, and the median of
 * some rows counts: now and then one comes by cheaper, as its memory lies well.
 * Some turns before each row fill caches and are not looked at.
 * A # in a path stands for the number of the row, of a burst for that of the turn, from 0: how many names share a
 * bucket of the kernel's cache with one of a path is chance, so each row has its own.
 *
 * --landlock does it in a Landlock sandbox that allows all of it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#define ROWS 10
#define TURNS_BEFORE 50
#define BLOCK 4096

static char *argument;
static char *number;	/* the digit in it that stands for its #, or NULL */
static int files[2];
static struct sockaddr_in addresses[2];
static char block[BLOCK];

static void die(const char *what)
{
	fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* An operation that fails would be cheap. */
static int must(int result, const char *what)
{
	if (result < 0)
		die(what);
	return result;
}

/* ---- Files ------------------------------------------------------------------------- */

static void prepare_path(void)
{
}

static void do_open(void)
{
	close(must(open(argument, O_RDONLY), "open"));
}

/* Each time another one of ten: what is done again to the same file may be counted, not recorded. */
static void do_turn(void)
{
	*number = *number == '9' ? '0' : *number + 1;
	do_open();
}

static void do_create(void)
{
	close(must(open(argument, O_WRONLY | O_CREAT | O_EXCL, 0644), "create"));
	must(unlink(argument), "unlink");
}

static void do_stat(void)
{
	struct stat st;

	must(stat(argument, &st), "stat");
}

static void prepare_pread(void)
{
	files[0] = must(open(argument, O_RDONLY), argument);
}

static void do_pread(void)
{
	if (pread(files[0], block, BLOCK, 0) != BLOCK)
		die("pread");
}

static void finish_pread(void)
{
	close(files[0]);
}

/* ---- Network ----------------------------------------------------------------------- */

static struct sockaddr_in address_of(int port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static int socket_at(int type, int port)
{
	struct sockaddr_in address = address_of(port);
	int fd = must(socket(AF_INET, type, 0), "socket"), one = 1;

	must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)), "SO_REUSEADDR");
	must(bind(fd, (struct sockaddr *)&address, sizeof(address)), "bind");
	return fd;
}

static void prepare_tcp(void)
{
	addresses[0] = address_of(atoi(argument));
	files[0] = socket_at(SOCK_STREAM, atoi(argument));
	must(listen(files[0], 16), "listen");
}

/* The client resets the connection, so that no port waits to be forgotten. */
static void do_tcp(void)
{
	const struct linger reset = {.l_onoff = 1};
	int client = must(socket(AF_INET, SOCK_STREAM, 0), "socket");

	setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	must(connect(client, (struct sockaddr *)&addresses[0], sizeof(addresses[0])), "connect");
	close(must(accept(files[0], NULL, NULL), "accept"));
	close(client);
}

static void finish_tcp(void)
{
	close(files[0]);
}

/* A server on a port and a client on none. */
static void prepare_udp(void)
{
	socklen_t length = sizeof(addresses[1]);

	addresses[0] = address_of(atoi(argument));
	files[0] = socket_at(SOCK_DGRAM, atoi(argument));
	files[1] = socket_at(SOCK_DGRAM, 0);
	must(getsockname(files[1], (struct sockaddr *)&addresses[1], &length), "getsockname");
}

/* One datagram, in either direction by turns. */
static void do_udp(void)
{
	static int to;

	must(sendto(files[1 - to], block, 64, 0, (struct sockaddr *)&addresses[to],
		    sizeof(addresses[to])),
	     "sendto");
	must(recv(files[to], block, sizeof(block), 0), "recv");
	to = 1 - to;
}

static void finish_udp(void)
{
	close(files[0]);
	close(files[1]);
}

/* ---- Tasks ------------------------------------------------------------------------- */

static void wait_for(pid_t pid)
{
	int status;

	must(pid, "fork");
	if (waitpid(pid, &status, 0) != pid || status)
		die("the child");
}

static void do_fork(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	wait_for(pid);
}

static void do_exec(void)
{
	pid_t pid = vfork();

	if (!pid) {
		execl(argument, argument, "--nothing", NULL);
		_exit(1);
	}
	wait_for(pid);
}

/* ---- Rows -------------------------------------------------------------------------- */

static const struct operation {
	const char *name;
	void (*prepare)(void);
	void (*once)(void);
	void (*finish)(void);
	int times;	/* in a row */
} operations[] = {
	{"open", prepare_path, do_open, prepare_path, 800},
	{"turn", prepare_path, do_turn, prepare_path, 800},
	{"create", prepare_path, do_create, prepare_path, 300},
	{"stat", prepare_path, do_stat, prepare_path, 1000},
	{"pread", prepare_pread, do_pread, finish_pread, 2000},
	{"tcp", prepare_tcp, do_tcp, finish_tcp, 250},
	{"udp", prepare_udp, do_udp, finish_udp, 1500},
	{"fork", prepare_path, do_fork, prepare_path, 100},
	{"exec", prepare_path, do_exec, prepare_path, 50},
};

static void repeat(const struct operation *op, int times)
{
	for (int i = 0; i < times; i++)
		op->once();
}

static unsigned long long row(const struct operation *op)
{
	unsigned long long start;

	op->prepare();
	repeat(op, TURNS_BEFORE);
	start = __rdtsc();
	repeat(op, op->times);
	start = __rdtsc() - start;
	op->finish();
	return start;
}

static int compare(const void *a, const void *b)
{
	const unsigned long long *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void measure(const char *name, const struct operation *op)
{
	unsigned long long took[ROWS], both;

	number = strchr(argument, '#');
	for (int i = 0; i < ROWS; i++) {
		if (number)
			*number = '0' + i;
		took[i] = row(op);
	}
	qsort(took, ROWS, sizeof(took[0]), compare);
	both = took[ROWS / 2 - 1] + took[ROWS / 2];
	printf("%s %llu\n", name, (both + op->times) / (2ULL * op->times));
	fflush(stdout);
}

/* Of "OPERATION:ARGUMENT"; sets the argument. */
static const struct operation *operation_of(char *text)
{
	char *colon = strchr(text, ':');

	if (colon)
		*colon = '\0';
	for (size_t i = 0; colon && i < sizeof(operations) / sizeof(operations[0]); i++) {
		if (!strcmp(operations[i].name, text)) {
			argument = colon + 1;
			return &operations[i];
		}
	}
	fprintf(stderr, "measure: %s is no operation with its argument\n", text);
	exit(2);
}

/* Each turn another path, as in do_turn(). */
static void burst(const struct operation *op, int times)
{
	number = strchr(argument, '#');
	op->prepare();
	for (int i = 0; i < times; i++) {
		if (number)
			*number = '0' + i % ROWS;
		op->once();
	}
	op->finish();
}

/* ---- The sandbox ------------------------------------------------------------------- */

static void enter_landlock(void)
{
	struct landlock_ruleset_attr attr = {.handled_access_fs = (LANDLOCK_ACCESS_FS_REFER << 1) - 1};
	struct landlock_path_beneath_attr rule = {.allowed_access = attr.handled_access_fs};
	const char *const beneath[] = {"/srv", "/mnt", "/usr"};
	int ruleset = must(syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0), "landlock");

	for (size_t i = 0; i < sizeof(beneath) / sizeof(beneath[0]); i++) {
		rule.parent_fd = must(open(beneath[i], O_PATH), beneath[i]);
		must(syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0),
		     "landlock rule");
		close(rule.parent_fd);
	}
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
	must(syscall(SYS_landlock_restrict_self, ruleset, 0), "landlock restrict");
	close(ruleset);
}

int main(int argc, char **argv)
{
	int i = 1;

	if (argc == 2 && !strcmp(argv[1], "--nothing"))
		return 0;
	if (argc == 4 && !strcmp(argv[1], "--burst")) {
		burst(operation_of(argv[3]), atoi(argv[2]));
		return 0;
	}
	if (i < argc && !strcmp(argv[i], "--landlock")) {
		enter_landlock();
		i++;
	}
	for (; i < argc; i++) {
		char *what = strchr(argv[i], '=');

		if (!what) {
			fprintf(stderr, "measure: %s is no NAME=OPERATION:ARGUMENT\n", argv[i]);
			return 2;
		}
		*what = '\0';
		measure(argv[i], operation_of(what + 1));
	}
	return 0;
}
