// SPDX-License-Identifier: BSD-2-Clause
/*
 * mapper map|later|write FILE: maps the file as code at once, or makes a mapping that was
 * read-only code later; `write` keeps FILE open for writing, says so, and writes when it is told
 * to by a line. Statically linked, so that it maps nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int failed(const char *what)
{
	fprintf(stderr, "mapper: %s: %s\n", what, strerror(errno));

	return 1;
}

static int write_later(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	char line[8];

	if (fd < 0)
		return failed(path);
	puts("open");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 2;

	return pwrite(fd, "x", 1, 0) == 1 ? 0 : failed("write");
}

static int map(const char *path, int later)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *at;

	if (fd < 0)
		return failed(path);
	at = mmap(NULL, 4096, later ? PROT_READ : PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		return failed("mmap");
	if (later && mprotect(at, 4096, PROT_READ | PROT_EXEC) < 0)
		return failed("mprotect");

	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	if (strcmp(argv[1], "write") == 0)
		return write_later(argv[2]);

	return map(argv[2], strcmp(argv[1], "later") == 0);
}
