// SPDX-License-Identifier: BSD-2-Clause
/* renames DIR: renames a file in DIR to and fro, as fast as it can, until it is killed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc != 2 || chdir(argv[1]) < 0 || close(open("to", O_CREAT | O_WRONLY, 0600)) < 0) {
		fprintf(stderr, "renames: %s\n", argc == 2 ? strerror(errno) : "usage: renames DIR");
		return 2;
	}
	puts("ready");
	fflush(stdout);
	while (rename("to", "fro") == 0 && rename("fro", "to") == 0)
		;
	perror("renames");
	return 1;
}
