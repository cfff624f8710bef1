// SPDX-License-Identifier: BSD-2-Clause
/*
 * pass-for FILE: tries to have the kernel take FILE for the program that it runs, in
 * both ways that prctl(2) knows; pass-for --argument changes another part of its memory
 * map, which is harmless. Prints the reason when it cannot. Exit code: 0 when it could.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

static int set(const char *what, int option, unsigned long value, unsigned long size)
{
	if (prctl(PR_SET_MM, option, value, size, 0) == 0)
		return 1;
	perror(what);

	return 0;
}

int main(int argc, char **argv)
{
	struct prctl_mm_map map = {0};
	int fd;

	if (argc == 2 && !strcmp(argv[1], "--argument"))
		return !set("argument", PR_SET_MM_ARG_START, (unsigned long)argv[0], 0);
	fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0) {
		perror("pass-for");
		return 2;
	}
	map.exe_fd = (unsigned int)fd;

	return !(set("file", PR_SET_MM_EXE_FILE, (unsigned long)fd, 0) +
		 set("map", PR_SET_MM_MAP, (unsigned long)&map, sizeof(map)));
}
