// SPDX-License-Identifier: BSD-2-Clause
/*
 * shuffle DIR BELOW N: opens DIR/BELOW N times while a thread moves DIR to and fro
 * between two directories beside it, DIR-here and DIR-there. Prints
 *
 *     opened 0 refused 1000 other 0 moves 31337
 *
 * With the right to it, the mover is a real-time thread that wakes up all the time, so
 * that the opens are disturbed at every point; without preempt=full they hardly are.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_NS 30000

static char home[PATH_MAX], here[PATH_MAX], there[PATH_MAX];
static atomic_int over;
static atomic_long moves;

static void *move(void *unused)
{
	const struct sched_param first = {.sched_priority = 1};
	const struct timespec pause = {.tv_nsec = PAUSE_NS};

	(void)unused;
	pthread_setschedparam(pthread_self(), SCHED_FIFO, &first);
	while (!over) {
		if (rename(here, there) < 0 || rename(there, here) < 0) {
			perror("shuffle: rename");
			exit(2);
		}
		moves += 2;
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static int make_sides(const char *dir)
{
	char side[PATH_MAX];
	const char *base = strrchr(dir, '/');

	snprintf(home, sizeof(home), "%s", dir);
	snprintf(side, sizeof(side), "%s-here", dir);
	if (!base || (mkdir(side, 0777) < 0 && errno != EEXIST))
		return -1;
	snprintf(here, sizeof(here), "%.*s%s", PATH_MAX - NAME_MAX - 2, side, base);
	snprintf(side, sizeof(side), "%s-there", dir);
	if (mkdir(side, 0777) < 0 && errno != EEXIST)
		return -1;
	snprintf(there, sizeof(there), "%.*s%s", PATH_MAX - NAME_MAX - 2, side, base);
	return rename(home, here);
}

int main(int argc, char **argv)
{
	long opened = 0, refused = 0, other = 0;
	pthread_t mover;
	int top;

	if (argc != 4) {
		fprintf(stderr, "usage: shuffle DIR BELOW N\n");
		return 2;
	}
	top = open(argv[1], O_PATH);
	if (top < 0 || make_sides(argv[1]) < 0 || pthread_create(&mover, NULL, move, NULL)) {
		perror("shuffle");
		return 2;
	}
	while (moves == 0)
		sched_yield();
	for (long n = atol(argv[3]); n > 0; n--) {
		int fd = openat(top, argv[2], O_RDONLY);

		*(fd >= 0 ? &opened : errno == EACCES ? &refused : &other) += 1;
		if (fd >= 0)
			close(fd);
	}
	over = 1;
	pthread_join(mover, NULL);
	printf("opened %ld refused %ld other %ld moves %ld\n", opened, refused, other, (long)moves);
	return rename(here, home) < 0 ? 2 : 0;
}
