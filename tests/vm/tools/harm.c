// SPDX-License-Identifier: BSD-2-Clause
/*
 * harm PID WHAT...: what root can do to another process, one line each: "WHAT: OPEN" or the
 * name of an errno. Signals are SIGCONT, limits and priorities those that it has, so that who may
 * do all this does no harm. Exit code: 0 when nothing was refused.
 *
 *     kill, tgkill, sigqueue, pidfd     signals
 *     sigio                             SIGKILL, by a pipe that is told to send it; OPEN when it came
 *     nice, scheduler, affinity, ioprio what it gets of the processor and the disk
 *     limits, memory                    prlimit(2); move_pages(2)
 *     file NAME                         opens /proc/PID/NAME for writing, and writes nothing
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_BEST_EFFORT (2 << 13 | 4)

static int result(long r)
{
	return r < 0 ? -errno : 0;
}

static int by_pidfd(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : result(syscall(SYS_pidfd_send_signal, fd, SIGCONT, NULL, 0));
}

static int by_sigio(pid_t pid)
{
	const struct timespec moment = {.tv_nsec = 10000000};
	int fd[2];

	if (pipe(fd) < 0 || fcntl(fd[0], F_SETOWN, pid) < 0 || fcntl(fd[0], F_SETSIG, SIGKILL) < 0 ||
	    fcntl(fd[0], F_SETFL, O_ASYNC) < 0 || write(fd[1], "x", 1) < 0)
		return -errno;
	for (int i = 0; i < 200; i++) {
		char path[32], state = 'Z';
		FILE *stat;

		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		stat = fopen(path, "re");
		if (stat) {
			(void)!fscanf(stat, "%*d (%*[^)]) %c", &state);
			fclose(stat);
		}
		if (state == 'Z' || state == 'X')
			return 0;
		nanosleep(&moment, NULL);
	}
	return -EACCES;
}

static int set_limits(pid_t pid)
{
	struct rlimit limit;

	if (prlimit(pid, RLIMIT_NOFILE, NULL, &limit) < 0)
		return -errno;
	return result(prlimit(pid, RLIMIT_NOFILE, &limit, NULL));
}

static int set_affinity(pid_t pid)
{
	cpu_set_t set;

	if (sched_getaffinity(pid, sizeof(set), &set) < 0)
		return -errno;
	return result(sched_setaffinity(pid, sizeof(set), &set));
}

static int open_file(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return result(open(path, O_WRONLY | O_CLOEXEC));
}

static int harm(pid_t pid, const char *what)
{
	const struct sched_param none = {.sched_priority = 0};
	const union sigval value = {.sival_int = 0};

	if (!strcmp(what, "kill"))
		return result(kill(pid, SIGCONT));
	if (!strcmp(what, "tgkill"))
		return result(syscall(SYS_tgkill, pid, pid, SIGCONT));
	if (!strcmp(what, "sigqueue"))
		return result(sigqueue(pid, SIGCONT, value));
	if (!strcmp(what, "pidfd"))
		return by_pidfd(pid);
	if (!strcmp(what, "sigio"))
		return by_sigio(pid);
	if (!strcmp(what, "nice"))
		return result(setpriority(PRIO_PROCESS, (id_t)pid, getpriority(PRIO_PROCESS, (id_t)pid)));
	if (!strcmp(what, "scheduler"))
		return result(sched_setscheduler(pid, SCHED_OTHER, &none));
	if (!strcmp(what, "affinity"))
		return set_affinity(pid);
	if (!strcmp(what, "ioprio"))
		return result(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, pid, IOPRIO_BEST_EFFORT));
	if (!strcmp(what, "limits"))
		return set_limits(pid);
	if (!strcmp(what, "memory"))
		return result(syscall(SYS_move_pages, pid, 0, NULL, NULL, NULL, 0));
	fprintf(stderr, "harm: what is '%s'?\n", what);
	exit(2);
}

int main(int argc, char **argv)
{
	pid_t pid = argc > 2 ? atoi(argv[1]) : 0;
	int refused = 0;

	if (pid <= 0) {
		fputs("usage: harm PID WHAT...\n", stderr);
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		int file = !strcmp(argv[i], "file") && argv[i + 1];
		int r = file ? open_file(pid, argv[i + 1]) : harm(pid, argv[i]);

		printf("%s%s%s: %s\n", argv[i], file ? " " : "", file ? argv[i + 1] : "",
		       r < 0 ? strerrorname_np(-r) : "OPEN");
		refused |= r < 0;
		i += file;
	}
	return refused;
}
