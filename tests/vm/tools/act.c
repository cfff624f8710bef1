// SPDX-License-Identifier: BSD-2-Clause
/*
 * act WORD [ARGUMENT]...: does one thing after the other; copied to the name of a
 * program of a policy, it is that program. What fails is printed as
 * "WORD ARGUMENT: ERRNO" and ends it with the errno as exit code.
 *
 *     read FILE             open, read one byte
 *     write FILE            open, append one byte
 *     create FILE           the same with a new file
 *     list DIR              open, read one entry
 *     times N FILE          open and close N times; ends with the last errno;
 *                           a # in FILE is 0 to 9 in turn: more files than are known as opened again
 *     crowd N FILE          N processes at the same time, each of which opens it; ends with the
 *                           last errno, EAGAIN when not all could be made
 *     fork-in-vain N        N forks that the kernel gives up late: into a namespace that it may not make
 *     put FD                write one byte to a descriptor that it was started with
 *     take FD               read one byte from it
 *     send FD               the same as put by sendmsg(2)
 *     put-long FD           write eight bytes
 *     put-memfd, put-shm, put-pipe, put-pair, put-null, put-netlink
 *                           write one byte to a memfd, a POSIX shared memory, a pipe, a pair of
 *                           unix sockets, /dev/null, a netlink socket, all its own
 *     put-event             write eight bytes to an eventfd of its own
 *     map FILE              map it shared and writable, store one byte
 *     connect ADDR PORT     TCP, IPv4
 *     unix PATH             connect to a unix socket, send one byte
 *     uid REAL EFFECTIVE    setresuid; -1: unchanged
 *     secure                fails with EPERM when the kernel does not call the exec secure
 *     dump                  abort(3), with no limit on the dump
 *     raise SIGNAL          the same by another signal; 0: by a fault of its own
 *     name NAME             what the thread calls itself
 *     await FIFO            read one byte, whenever it comes
 *     touch FILE            says "here" to whoever waits
 *     print TEXT            on standard output
 *     clock STATE           the kernel's clock is kept right by something (right), or not (free)
 *     out KIND              standard output becomes a pipe, pair (of unix sockets), memfd, tty, tcp
 *                           (a connection with itself), netlink (to a socket of the same process),
 *                           alg (a hash by the kernel) or event (an eventfd)
 *
 * and what decides who does the rest:
 *
 *     fork, sibling         a child; a child of its own parent
 *     traced                a child that is traced from its first instruction
 *     thread                a thread that is not the leader
 *     orphan                a grandchild that PID 1 took in
 *     exec FILE ARG...      another program, by this task
 *     vfork FILE ARG...     another program, by a vforked child
 *     exec-nothing FILE     another program that does not exist or does not run: goes on
 *     exec-fd FILE ARG...   the same by descriptor; exec-memfd: a copy of it in a memfd;
 *     exec-memfd, exec-tmpfile, exec-deleted
 *                           in a file without a name; in one that was deleted
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ends.h"

extern char **environ;

static int act(char **words);

/* -errno of what just failed, or 0. */
static int outcome(long r)
{
	return r < 0 ? -errno : 0;
}

static int by_descriptor(int fd, ssize_t (*use)(int fd))
{
	ssize_t n = fd < 0 ? -1 : use(fd);
	int r = outcome(n);

	if (fd >= 0)
		close(fd);
	return r;
}

static ssize_t get_byte(int fd)
{
	char byte;

	return read(fd, &byte, 1);
}

static ssize_t put_byte(int fd)
{
	return write(fd, "x", 1);
}

static ssize_t put_long(int fd)
{
	return write(fd, "xxxxxxxx", 8);
}

static ssize_t send_byte(int fd)
{
	return send(fd, "x", 1, MSG_NOSIGNAL);
}

static ssize_t get_entry(int fd)
{
	char room[4096];

	return syscall(SYS_getdents64, fd, room, sizeof(room));
}

static ssize_t map_and_store(int fd)
{
	char *map = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		return -1;
	map[0] = 'x';
	return munmap(map, 1);
}

/* ---- Words with what they do; each gets its argument and returns 0 or -errno -------------- */

static int do_read(char **a)
{
	return by_descriptor(open(a[0], O_RDONLY | O_CLOEXEC), get_byte);
}

static int do_write(char **a)
{
	return by_descriptor(open(a[0], O_WRONLY | O_APPEND | O_CLOEXEC), put_byte);
}

static int do_create(char **a)
{
	return by_descriptor(open(a[0], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644), put_byte);
}

static int do_list(char **a)
{
	return by_descriptor(open(a[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC), get_entry);
}

static int do_times(char **a)
{
	char *number = strchr(a[1], '#');
	int r = 0;

	for (long times = atol(a[0]); times > 0; times--) {
		int fd;

		if (number)
			*number = '0' + times % 10;
		fd = open(a[1], O_RDONLY | O_CLOEXEC);
		r = outcome(fd);
		if (fd >= 0)
			close(fd);
	}
	return r;
}

/* What the processes of a crowd share. Memory is common, so that thousands find room. */
static struct {
	const char *file;
	int gate[2];
} crowd;

#define CROWD_STACK 16384

static int one_of_crowd(void *data)
{
	char byte;
	int fd;

	(void)data;
	close(crowd.gate[1]);
	(void)!read(crowd.gate[0], &byte, 1);	/* ends when nobody holds the other end */
	fd = open(crowd.file, O_RDONLY);
	return fd < 0 ? errno : 0;
}

static int do_fork_in_vain(char **a)
{
	struct clone_args args = {.flags = CLONE_NEWUTS, .exit_signal = SIGCHLD};

	for (long n = atol(a[0]); n > 0; n--) {
		if (syscall(SYS_clone3, &args, sizeof(args)) >= 0)
			return -ECHILD;
		if (errno != EPERM)
			return -errno;
	}
	return 0;
}

static int do_crowd(char **a)
{
	long n = atol(a[0]), made;
	char *stacks = mmap(NULL, (size_t)n * CROWD_STACK, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int r = 0, status;

	crowd.file = a[1];
	if (stacks == MAP_FAILED || pipe(crowd.gate) < 0)
		return -errno;
	for (made = 0; made < n; made++)
		if (clone(one_of_crowd, stacks + (made + 1) * CROWD_STACK, CLONE_VM | SIGCHLD,
			  NULL) < 0)
			break;
	close(crowd.gate[1]);
	for (long i = 0; i < made; i++)
		if (wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status))
			r = -WEXITSTATUS(status);
	return made < n ? -EAGAIN : r;
}

static int do_put(char **a)
{
	return outcome(put_byte(atoi(a[0])));
}

static int do_take(char **a)
{
	return outcome(get_byte(atoi(a[0])));
}

static int do_send(char **a)
{
	return outcome(send_byte(atoi(a[0])));
}

static int do_put_long(char **a)
{
	return outcome(put_long(atoi(a[0])));
}

static int do_put_memfd(char **a)
{
	(void)a;
	return by_descriptor(memfd_create("loot", MFD_CLOEXEC), put_byte);
}

static int do_put_shm(char **a)
{
	int r = by_descriptor(shm_open("/act", O_RDWR | O_CREAT, 0600), put_byte);

	(void)a;
	shm_unlink("/act");
	return r;
}

static int put_to_other_end(int made, int ends[2])
{
	int r = made < 0 ? -errno : outcome(put_byte(ends[1]));

	if (made == 0) {
		close(ends[0]);
		close(ends[1]);
	}
	return r;
}

static int do_put_pipe(char **a)
{
	int ends[2];

	(void)a;
	return put_to_other_end(pipe(ends), ends);
}

static int do_put_pair(char **a)
{
	int ends[2];

	(void)a;
	return put_to_other_end(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), ends);
}

static int do_put_null(char **a)
{
	(void)a;
	return by_descriptor(open("/dev/null", O_WRONLY | O_CLOEXEC), put_byte);
}

static int do_put_netlink(char **a)
{
	int ends[2] = {-1, -1};

	(void)a;
	ends[1] = open_netlink(&ends[0]);
	return put_to_other_end(ends[1] < 0 ? -1 : 0, ends);
}

static int do_put_event(char **a)
{
	(void)a;
	return by_descriptor(eventfd(0, EFD_CLOEXEC), put_long);
}

static int do_map(char **a)
{
	return by_descriptor(open(a[0], O_RDWR | O_CLOEXEC), map_and_store);
}

static int do_connect(char **a)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(a[1]))};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), r;

	inet_pton(AF_INET, a[0], &to.sin_addr);
	r = fd < 0 ? -errno : outcome(connect(fd, (struct sockaddr *)&to, sizeof(to)));
	if (fd >= 0)
		close(fd);
	return r;
}

static int do_unix(char **a)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(to.sun_path, a[0], sizeof(to.sun_path) - 1);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	return by_descriptor(fd, put_byte);
}

static int do_uid(char **a)
{
	return outcome(syscall(SYS_setresuid, atoi(a[0]), atoi(a[1]), -1));
}

static int do_secure(char **a)
{
	(void)a;
	return getauxval(AT_SECURE) ? 0 : -EPERM;
}

static int do_dump(char **a)
{
	struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};

	(void)a;
	if (setrlimit(RLIMIT_CORE, &none) < 0)
		return -errno;
	abort();
}

static int do_raise(char **a)
{
	struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
	volatile char *volatile nowhere = NULL;

	if (setrlimit(RLIMIT_CORE, &none) < 0)
		return -errno;
	if (atoi(a[0]) == 0)
		*nowhere = 'x';
	return raise(atoi(a[0])) ? -errno : 0;
}

static int do_name(char **a)
{
	return outcome(prctl(PR_SET_NAME, a[0]));
}

static int do_await(char **a)
{
	return by_descriptor(open(a[0], O_RDONLY | O_CLOEXEC), get_byte);
}

static int do_touch(char **a)
{
	return outcome(close(open(a[0], O_WRONLY | O_CREAT | O_CLOEXEC, 0666)));
}

static int do_print(char **a)
{
	puts(a[0]);
	return fflush(stdout) ? -errno : 0;
}

/* The other end stays open, here and in what this becomes. */
static int do_out(char **a)
{
	int ends[2] = {-1, -1};

	if (!strcmp(a[0], "pipe"))
		(void)!pipe(ends);
	else if (!strcmp(a[0], "pair"))
		(void)!socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
	else
		ends[1] = open_end(a[0], &ends[0]);
	return outcome(dup2(ends[1], STDOUT_FILENO));
}

/* ---- Who does the rest. None of these returns when it worked ------------------------------- */

static void end_like(pid_t child)
{
	int status;

	while (waitpid(child, &status, __WALL) != child)
		;
	_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

static int do_fork(char **a)
{
	pid_t child = fork();

	if (child < 0)
		return -errno;
	if (!child)
		_exit(act(a));
	end_like(child);
	return 0;
}

static int do_traced(char **a)
{
	pid_t child = fork();
	int status;

	if (child < 0)
		return -errno;
	if (!child) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0) {
			fprintf(stderr, "traceme: %s\n", strerrorname_np(errno));
			_exit(errno);
		}
		_exit(act(a));
	}
	while (waitpid(child, &status, __WALL) == child && WIFSTOPPED(status))
		ptrace(PTRACE_CONT, child, 0, 0);
	_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

/*
 * Nobody here can wait for who does the rest, so whoever ends as it, this program
 * or one that it became, tells its exit code by a pipe.
 */
#define CODE_TO "ACT_CODE_TO"

static int end_like_far(int ends[2])
{
	char code = 1;

	close(ends[1]);
	(void)!read(ends[0], &code, 1);
	_exit(code);
}

static void rest_far(int ends[2], char **a)
{
	char fd[16];

	close(ends[0]);
	snprintf(fd, sizeof(fd), "%d", ends[1]);
	setenv(CODE_TO, fd, 1);
	_exit(act(a));
}

static int do_sibling(char **a)
{
	struct clone_args args = {.flags = CLONE_PARENT};
	int ends[2];
	long child;

	if (pipe(ends) < 0)
		return -errno;
	child = syscall(SYS_clone3, &args, sizeof(args));
	if (child < 0)
		return -errno;
	if (!child)
		rest_far(ends, a);
	return end_like_far(ends);
}

static int do_orphan(char **a)
{
	pid_t child;
	int ends[2];

	if (pipe(ends) < 0)
		return -errno;
	child = fork();
	if (child < 0)
		return -errno;
	if (!child) {
		if (fork())
			_exit(0);
		while (getppid() != 1)
			usleep(1000);
		rest_far(ends, a);
	}
	waitpid(child, NULL, 0);
	return end_like_far(ends);
}

static void *rest_of_thread(void *words)
{
	_exit(act(words));
	return NULL;
}

static int do_thread(char **a)
{
	pthread_t thread;
	int r = pthread_create(&thread, NULL, rest_of_thread, a);

	if (r)
		return -r;
	pthread_join(thread, NULL);
	return -ESRCH;
}

static int do_exec(char **a)
{
	execv(a[0], a);
	return -errno;
}

static int do_exec_nothing(char **a)
{
	char *const argv[] = {a[0], NULL};

	execv(a[0], argv);
	return 0;
}

static int do_vfork(char **a)
{
	pid_t child = vfork();

	if (child < 0)
		return -errno;
	if (!child) {
		execv(a[0], a);
		_exit(errno);
	}
	end_like(child);
	return 0;
}

static int do_exec_fd(char **a)
{
	int fd = open(a[0], O_PATH);	/* an interpreter would open it once more */

	if (fd < 0)
		return -errno;
	syscall(SYS_execveat, fd, "", a, environ, AT_EMPTY_PATH);
	return -errno;
}

/* Copies the program @from into @to, which is open for writing. */
static int copy_program(const char *from, int to)
{
	int fd = open(from, O_RDONLY | O_CLOEXEC), r = 0;
	struct stat st;

	if (fd < 0 || to < 0 || fstat(fd, &st) < 0)
		return -errno;
	for (off_t at = 0; at < st.st_size && r == 0;)
		r = outcome(sendfile(to, fd, &at, (size_t)(st.st_size - at)));
	close(fd);
	return r ? r : outcome(fchmod(to, 0755));
}

/* Runs what was written through @to; its descriptor for writing has to be closed first. */
static int run_copy(int to, char **a)
{
	char link[64];
	int fd, r = copy_program(a[0], to);

	if (r < 0)
		return r;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", to);
	fd = open(link, O_RDONLY | O_CLOEXEC);
	close(to);
	if (fd < 0)
		return -errno;
	syscall(SYS_execveat, fd, "", a, environ, AT_EMPTY_PATH);
	return -errno;
}

static int do_exec_memfd(char **a)
{
	return run_copy(memfd_create("program", 0), a);
}

static int do_exec_tmpfile(char **a)
{
	return run_copy(open("/run/vm", O_TMPFILE | O_RDWR, 0700), a);
}

static int do_exec_deleted(char **a)
{
	int fd = open("/run/vm/deleted", O_RDWR | O_CREAT | O_EXCL, 0700);

	unlink("/run/vm/deleted");
	return run_copy(fd, a);
}

static int do_clock(char **a)
{
	struct timex clock = {.modes = ADJ_STATUS | ADJ_MAXERROR,
			      .status = strcmp(a[0], "right") ? STA_UNSYNC : STA_PLL};

	return adjtimex(&clock) < 0 ? -1 : 0;
}

static const struct {
	const char *word;
	int arguments;
	int (*act)(char **arguments);
} words[] = {
	{"read", 1, do_read},	    {"write", 1, do_write},	{"create", 1, do_create},
	{"list", 1, do_list},	    {"times", 2, do_times},	{"crowd", 2, do_crowd},
	{"fork-in-vain", 1, do_fork_in_vain}, {"put", 1, do_put},
	{"take", 1, do_take},	    {"send", 1, do_send},	{"put-memfd", 0, do_put_memfd},
	{"put-shm", 0, do_put_shm}, {"put-pipe", 0, do_put_pipe}, {"put-pair", 0, do_put_pair},
	{"put-long", 1, do_put_long}, {"put-netlink", 0, do_put_netlink},
	{"put-event", 0, do_put_event},
	{"put-null", 0, do_put_null}, {"map", 1, do_map},	{"connect", 2, do_connect},
	{"unix", 1, do_unix},	    {"uid", 2, do_uid},		{"secure", 0, do_secure},
	{"out", 1, do_out},	    {"dump", 0, do_dump},	{"raise", 1, do_raise},
	{"name", 1, do_name},	    {"clock", 1, do_clock},
	{"await", 1, do_await},	    {"touch", 1, do_touch},	{"print", 1, do_print},
	{"fork", 0, do_fork},	    {"traced", 0, do_traced},	{"sibling", 0, do_sibling}, {"orphan", 0, do_orphan},
	{"thread", 0, do_thread},   {"exec", 1, do_exec},	{"vfork", 1, do_vfork},
	{"exec-nothing", 1, do_exec_nothing},
	{"exec-fd", 1, do_exec_fd}, {"exec-memfd", 1, do_exec_memfd},
	{"exec-tmpfile", 1, do_exec_tmpfile}, {"exec-deleted", 1, do_exec_deleted},
};

static int find(const char *word)
{
	int n = sizeof(words) / sizeof(words[0]), i = 0;

	while (i < n && strcmp(words[i].word, word))
		i++;
	if (i < n)
		return i;
	fprintf(stderr, "act: what is '%s'?\n", word);
	_exit(255);
}

static int act_all(char **at)
{
	while (*at) {
		char **word = at++;
		int i = find(*word), r = 0;

		for (int n = words[i].arguments; n > 0; n--, at++)
			if (!*at) {
				fprintf(stderr, "act: %s needs more\n", *word);
				_exit(255);
			}
		r = words[i].act(words[i].arguments ? word + 1 : at);
		if (r < 0) {
			fprintf(stderr, "%s %s: %s\n", *word, word[1] ? word[1] : "",
				strerrorname_np(-r));
			return -r;
		}
	}
	return 0;
}

static int act(char **at)
{
	const char *to = getenv(CODE_TO);
	char code = act_all(at);

	if (to && write(atoi(to), &code, 1) != 1)
		return EPIPE;
	return code;
}

int main(int argc, char **argv)
{
	(void)argc;
	return act(argv + 1);
}
