// SPDX-License-Identifier: BSD-2-Clause
/*
 * spent DIR CMD...: runs CMD, waits until nothing in DIR has grown for two seconds, and
 * prints how many nanoseconds all tasks of the machine ran meanwhile, itself left
 * out. Where the clock counts instructions that is their number: of CMD, of who
 * writes to DIR for it, and of the kernel's threads. What the machine idles is not in it.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOOKS_A_SECOND 10
#define QUIET_SECONDS 2

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* The number behind @label in @path, the @field-th of its line. */
static unsigned long long number_in(const char *path, const char *label, int field)
{
	char line[256], *word, *rest;
	unsigned long long number = 0;
	FILE *f = fopen(path, "re");

	if (!f)
		die(path);
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, label, strlen(label)))
			continue;
		rest = line;
		for (int i = 0; (word = strtok_r(rest, " \n", &rest)) && i < field; i++)
			;
		number = word ? strtoull(word, NULL, 10) : 0;
		break;
	}
	fclose(f);
	return number;
}

/* What other tasks have run so far. */
static unsigned long long others_ran(void)
{
	unsigned long long all;

	usleep(1000);	/* both are counted when a task leaves the processor */
	all = number_in("/proc/schedstat", "cpu0 ", 7);
	return all - number_in("/proc/self/schedstat", "", 0);
}

static unsigned long long bytes_in(const char *path)
{
	unsigned long long sum = 0;
	struct dirent *entry;
	struct stat st;
	DIR *dir = opendir(path);

	if (!dir)
		die(path);
	while ((entry = readdir(dir)))
		if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode))
			sum += st.st_size;
	closedir(dir);
	return sum;
}

static void wait_until_quiet(const char *dir)
{
	unsigned long long before = bytes_in(dir), now;
	int quiet = 0;

	while (quiet < QUIET_SECONDS * LOOKS_A_SECOND) {
		usleep(1000000 / LOOKS_A_SECOND);
		now = bytes_in(dir);
		quiet = now == before ? quiet + 1 : 0;
		before = now;
	}
}

int main(int argc, char **argv)
{
	unsigned long long start;
	int status;
	pid_t pid;

	if (argc < 3) {
		fprintf(stderr, "usage: spent DIR CMD...\n");
		return 2;
	}
	wait_until_quiet(argv[1]);
	start = others_ran();
	pid = vfork();
	if (!pid) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status) {
		fprintf(stderr, "spent: %s failed\n", argv[2]);
		return 1;
	}
	wait_until_quiet(argv[1]);
	printf("%llu\n", others_ran() - start);
	return 0;
}
