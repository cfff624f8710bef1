// SPDX-License-Identifier: BSD-2-Clause
/*
 * opens allowed|denied FILE BEAT EACH PROCESSES: opens FILE in PROCESSES processes, each
 * EACH times for every beat. How many beats there have been stands in the file BEAT;
 * with "end" before the number it says that there will be no more. Each open must be
 * what the first word says. Prints how many there were; a wrong one is printed, too,
 * and makes the exit code 1.
 *
 * The opens of one beat are spread over the time that a beat, the swap of a policy, takes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAUSE_US 3000

static const char *file;
static int expected;	/* errno of each open */
static int beat_fd;
static atomic_ulong *opens;

/* How many beats there have been, and whether they are over. */
static unsigned long beats(int *over)
{
	char text[32] = "";

	if (pread(beat_fd, text, sizeof(text) - 1, 0) < 0) {
		perror("opens: the beat");
		exit(1);
	}
	*over = !strncmp(text, "end ", 4);
	return strtoul(text + (*over ? 4 : 0), NULL, 10);
}

static void open_once(void)
{
	int fd = open(file, O_RDONLY), error = fd < 0 ? errno : 0, over;

	if (error != expected) {
		fprintf(stderr, "opens: %s: %s, after %lu opens, at beat %lu\n", file,
			error ? strerror(error) : "was opened", (unsigned long)*opens,
			beats(&over));
		exit(1);
	}
	if (fd >= 0)
		close(fd);
	atomic_fetch_add(opens, 1);
}

static void work(unsigned long each)
{
	unsigned long done = 0, due;
	int over;

	for (;;) {
		due = beats(&over) * each;
		if (done < due) {
			open_once();
			done++;
		} else if (over) {
			break;
		}
		if (!over)
			usleep(PAUSE_US);
	}
}

int main(int argc, char **argv)
{
	int processes, status, failed = 0;

	if (argc != 6) {
		fprintf(stderr, "usage: opens allowed|denied FILE BEAT EACH PROCESSES\n");
		return 2;
	}
	expected = strcmp(argv[1], "denied") ? 0 : EACCES;
	file = argv[2];
	beat_fd = open(argv[3], O_RDONLY | O_CLOEXEC);
	opens = mmap(NULL, sizeof(*opens), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (beat_fd < 0 || opens == MAP_FAILED) {
		perror(argv[3]);
		return 1;
	}
	processes = atoi(argv[5]);
	for (int i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (!pid) {
			work(strtoul(argv[4], NULL, 10));
			_exit(0);
		}
		if (pid < 0)
			perror("opens: fork");
	}
	while (wait(&status) > 0)
		failed |= status;
	printf("%lu\n", (unsigned long)*opens);
	return failed != 0;
}
