// SPDX-License-Identifier: BSD-2-Clause
/*
 * pry PID: tries to look into a process, and to act as it, by every route there is. One
 * line each:
 *
 *     ROUTE: OPEN            it worked
 *     ROUTE: EACCES          or the name of another errno
 *
 * A line of routes that take a process over begins with "attach-", of those that only
 * read what /proc tells with "read-". Exit code: 0 when any was open, 1 when none was.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t victim;

static int outcome(long r)
{
	return r < 0 ? -errno : 0;
}

static const char *below_proc(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "/proc/%d/%s", victim, name);
	return path;
}

/* An address that the victim can read, or 0 when its maps are not shown. */
static unsigned long some_address(void)
{
	FILE *maps = fopen(below_proc("maps"), "re");
	unsigned long start = 0;

	if (maps) {
		if (fscanf(maps, "%lx-", &start) != 1)
			start = 0;
		fclose(maps);
	}
	return start;
}

static int let_go(long attached)
{
	int r = outcome(attached);

	if (r == 0) {
		waitpid(victim, NULL, __WALL);
		ptrace(PTRACE_DETACH, victim, 0, 0);
	}
	return r;
}

static int by_attach(void)
{
	return let_go(ptrace(PTRACE_ATTACH, victim, 0, 0));
}

static int by_seize(void)
{
	long r = ptrace(PTRACE_SEIZE, victim, 0, 0);

	if (r == 0)
		r = ptrace(PTRACE_INTERRUPT, victim, 0, 0);
	return let_go(r);
}

static int by_vm(int nr)
{
	unsigned long at = some_address();
	char bytes[4] = "";
	struct iovec here = {bytes, nr == SYS_process_vm_readv ? sizeof(bytes) : 0};
	struct iovec there = {(void *)(at ? at : 4096), here.iov_len};

	return outcome(syscall(nr, victim, &here, 1, &there, 1, 0));
}

static int by_vm_read(void)
{
	return by_vm(SYS_process_vm_readv);
}

/* Nothing is written: the right is asked for before the length is looked at. */
static int by_vm_write(void)
{
	char byte = 0;
	struct iovec here = {&byte, 1}, there = {(void *)8, 1};
	int r = outcome(syscall(SYS_process_vm_writev, victim, &here, 1, &there, 1, 0));

	return r == -EFAULT ? 0 : r;
}

static int by_open(const char *name, int flags)
{
	int fd = open(below_proc(name), flags | O_CLOEXEC), r = outcome(fd);

	if (fd >= 0)
		close(fd);
	return r;
}

static int by_mem(void)
{
	return by_open("mem", O_RDONLY);
}

static int by_mem_write(void)
{
	return by_open("mem", O_RDWR);
}

static int by_descriptor(void)
{
	int pidfd = syscall(SYS_pidfd_open, victim, 0), fd, r;

	if (pidfd < 0)
		return -errno;
	fd = syscall(SYS_pidfd_getfd, pidfd, 0, 0);
	r = outcome(fd);
	if (fd >= 0)
		close(fd);
	close(pidfd);
	return r;
}

static int by_syscall_file(void)
{
	char room[256];
	int fd = open(below_proc("syscall"), O_RDONLY | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	r = outcome(read(fd, room, sizeof(room)));
	close(fd);
	return r;
}

static int by_reading(const char *name)
{
	char room[64];
	int fd = open(below_proc(name), O_RDONLY | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	r = outcome(read(fd, room, sizeof(room)));
	close(fd);
	return r;
}

static int by_environ(void)
{
	return by_reading("environ");
}

static int by_auxv(void)
{
	return by_reading("auxv");
}

static int by_maps(void)
{
	return by_reading("maps");
}

static int by_smaps(void)
{
	return by_reading("smaps_rollup");
}

static int by_pagemap(void)
{
	return by_open("pagemap", O_RDONLY);
}

static int by_link(const char *name)
{
	char room[PATH_MAX];

	return outcome(readlink(below_proc(name), room, sizeof(room)));
}

static int by_fd_link(void)
{
	return by_link("fd/0");
}

static int by_fd_open(void)
{
	return by_open("fd/0", O_RDONLY | O_NONBLOCK);
}

static int by_cwd(void)
{
	return by_link("cwd");
}

static int by_root(void)
{
	return by_open("root", O_RDONLY | O_DIRECTORY);
}

static int by_map_files(void)
{
	DIR *dir = opendir(below_proc("map_files"));
	struct dirent *entry;
	int r = -ENODATA;

	if (!dir)
		return -errno;
	errno = 0;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			r = 0;
	if (errno)
		r = -errno;
	closedir(dir);
	return r;
}

static int by_kcmp(void)
{
	return outcome(syscall(SYS_kcmp, getpid(), victim, KCMP_VM, 0, 0));
}

static int by_madvise(void)
{
	struct iovec there = {(void *)some_address(), 4096};
	int pidfd = syscall(SYS_pidfd_open, victim, 0), r;

	if (pidfd < 0)
		return -errno;
	r = outcome(syscall(SYS_process_madvise, pidfd, &there, 1, MADV_COLD, 0));
	close(pidfd);
	return r;
}

static const struct {
	const char *name;
	int (*try)(void);
} routes[] = {
	{"attach-ptrace", by_attach},
	{"attach-seize", by_seize},
	{"attach-vm-readv", by_vm_read},
	{"attach-vm-writev", by_vm_write},
	{"attach-mem", by_mem},
	{"attach-mem-write", by_mem_write},
	{"attach-pidfd-getfd", by_descriptor},
	{"attach-syscall", by_syscall_file},
	{"read-environ", by_environ},
	{"read-auxv", by_auxv},
	{"read-maps", by_maps},
	{"read-smaps", by_smaps},
	{"read-pagemap", by_pagemap},
	{"read-fd-link", by_fd_link},
	{"read-fd-open", by_fd_open},
	{"read-cwd", by_cwd},
	{"read-root", by_root},
	{"read-map-files", by_map_files},
	{"read-kcmp", by_kcmp},
	{"read-madvise", by_madvise},
};

int main(int argc, char **argv)
{
	int open = 0;

	victim = argc == 2 ? atoi(argv[1]) : 0;
	if (victim <= 0) {
		fprintf(stderr, "usage: pry PID\n");
		return 2;
	}
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		int r = routes[i].try();

		open |= r >= 0;
		printf("%s: %s\n", routes[i].name, r < 0 ? strerrorname_np(-r) : "OPEN");
	}
	return !open;
}
