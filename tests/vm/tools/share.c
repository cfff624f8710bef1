// SPDX-License-Identifier: BSD-2-Clause
/*
 * share DIR FILE ARG...: a child that shares its root directory with this process runs FILE;
 * as soon as that is in place, both have DIR for their root. Ends with the child's code.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int gate[2];

static int become(void *argv)
{
	char **a = argv;

	execv(a[0], a);	/* closes its end of the gate */
	fprintf(stderr, "share: %s: %s\n", a[0], strerrorname_np(errno));
	return errno;
}

int main(int argc, char **argv)
{
	static char stack[65536];
	int status;
	pid_t child;
	char byte;

	if (argc < 3 || pipe2(gate, O_CLOEXEC) < 0)
		return 2;
	child = clone(become, stack + sizeof(stack), CLONE_FS | SIGCHLD, argv + 2);
	close(gate[1]);
	if (child < 0 || read(gate[0], &byte, 1) < 0 || chroot(argv[1]) < 0) {
		perror("share");
		return 2;
	}
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return 2;
	return WEXITSTATUS(status);
}
