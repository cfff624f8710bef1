// SPDX-License-Identifier: BSD-2-Clause
/*
 * race MOVER ROUNDS OBJECT PUBLIC: MOVER, a copy of this that is a member, carries a file, a
 * directory and one side of an exchange out of OBJECT into PUBLIC and back, ROUNDS times, while
 * this tries to open them by descriptors, names and new hard links. A counter in PUBLIC tells
 * before and after each move, so that of every try that no move overlapped the right answer is
 * known. What stays where it is has the same answer always.
 *
 * Prints how often each right answer came, and each wrong one; exit code 0 when there was none
 * of these and all of those.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Every so many rounds the mover waits at both ends until somebody has tried. */
#define WAIT_ROUNDS 4

/* Where things are is @moves modulo 4: here, leaving, outside, coming back. */
#define INSIDE 0

struct counters {
	unsigned int moves;
	unsigned int tried;	/* the last value of @moves that held for a whole round of tries */
};

static volatile struct counters *counters;
static const char *object, *public;
static unsigned int rights[2], wrongs;	/* [inside] */

static const char *at(char *room, const char *dir, const char *name)
{
	snprintf(room, PATH_MAX, "%s/%s", dir, name);
	return room;
}

static void die(const char *what)
{
	perror(what);
	exit(2);
}

/* Lets the other processor, or the other process, go on. */
static void give_way(void)
{
	__builtin_ia32_pause();
	sched_yield();
}

static void share(void)
{
	char path[PATH_MAX];
	int fd = open(at(path, public, "counters"), O_RDWR | O_CREAT, 0666);

	if (fd < 0 || ftruncate(fd, sizeof(*counters)) < 0)
		die(path);
	counters = mmap(NULL, sizeof(*counters), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (counters == MAP_FAILED)
		die("mmap");
	close(fd);
}

/* ---- The member ---------------------------------------------------------------------------- */

/* A file that somebody has just linked is not taken in before that name is gone again. */
static void carry(const char *from, const char *to, const char *name, unsigned int flags)
{
	char old[PATH_MAX], new[PATH_MAX];

	at(old, from, name);
	at(new, to, name);
	while (renameat2(AT_FDCWD, old, AT_FDCWD, new, flags) < 0) {
		if (errno != EACCES || from != public)
			die(old);
		give_way();
	}
}

static void carry_all(const char *from, const char *to)
{
	__sync_fetch_and_add(&counters->moves, 1);
	carry(from, to, "file", 0);
	carry(from, to, "dir", 0);
	carry(from, to, "exchanged", RENAME_EXCHANGE);
	__sync_fetch_and_add(&counters->moves, 1);
}

static int move(unsigned int rounds)
{
	for (unsigned int i = 0; i < rounds; i++) {
		for (int back = 0; back < 2; back++) {
			carry_all(back ? public : object, back ? object : public);
			while (i % WAIT_ROUNDS == 0 && counters->tried != counters->moves)
				give_way();
		}
	}
	return 0;
}

/* ---- Everybody else ------------------------------------------------------------------------ */

static void judge(const char *what, bool inside, int r)
{
	if (r == (inside ? -EACCES : 0)) {
		rights[inside]++;
		return;
	}
	wrongs++;
	printf("WRONG: %s %s: %s\n", what, inside ? "inside" : "outside",
	       r < 0 ? strerrorname_np(-r) : "DONE");
}

/* Of a try that began when @before moves were done: what none overlapped has one right answer. */
static void judge_moved(const char *what, unsigned int before, int r)
{
	if (before % 2 == 0 && counters->moves == before)
		judge(what, before % 4 == INSIDE, r);
}

static int try_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int try_descriptor(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return try_open(path);
}

/* A name outside that was made for a file outside is none when the file went into the object. */
static int try_link(int fd)
{
	static unsigned int n;
	char path[64], name[64], link[PATH_MAX];
	unsigned int before = counters->moves;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	snprintf(name, sizeof(name), "link.%u", n++);
	if (linkat(AT_FDCWD, path, AT_FDCWD, at(link, public, name), AT_SYMLINK_FOLLOW) < 0)
		return -errno;
	if (counters->moves != before)
		judge_moved("by a new link", counters->moves, try_open(link));
	unlink(link);
	return 0;
}

static int hold(const char *dir, const char *name)
{
	char path[PATH_MAX];
	int fd = open(at(path, dir, name), O_PATH | O_CLOEXEC);

	if (fd < 0)
		die(path);
	return fd;
}

/* @old is opened as soon as it may be. */
static void try_all(const int *fds, int *old)
{
	unsigned int start = counters->moves, before;
	char path[PATH_MAX], byte;

	judge("what stays", false, try_open(at(path, public, "stays")));
	judge("what stays", true, try_open(at(path, object, "stays")));
	for (int i = 0; i < 3; i++) {
		before = counters->moves;
		judge_moved("by descriptor", before, try_descriptor(fds[i]));
	}
	before = counters->moves;
	judge_moved("linked", before, try_link(fds[0]));
	if (*old < 0)
		*old = open(at(path, public, "file"), O_RDONLY | O_CLOEXEC);
	before = counters->moves;
	if (*old >= 0)
		judge_moved("by what was open", before, pread(*old, &byte, 1, 0) < 0 ? -errno : 0);
	if (counters->moves == start)
		counters->tried = start;
}

int main(int argc, char **argv)
{
	int fds[3], old = -1, status;
	pid_t mover;

	if (argc != 5) {
		fprintf(stderr, "usage: race MOVER ROUNDS OBJECT PUBLIC\n");
		return 2;
	}
	object = argv[3];
	public = argv[4];
	share();
	if (strcmp(argv[1], "-") == 0)
		return move((unsigned int)atoi(argv[2]));

	fds[0] = hold(object, "file");
	fds[1] = hold(object, "dir/deep/file");
	fds[2] = hold(object, "exchanged");
	mover = fork();
	if (mover == 0) {
		execl(argv[1], argv[1], "-", argv[2], object, public, NULL);
		die(argv[1]);
	}
	while (waitpid(mover, &status, WNOHANG) == 0) {
		try_all(fds, &old);
		give_way();
	}
	printf("%u refused inside, %u open outside, %u wrong\n", rights[true], rights[false], wrongs);

	return status != 0 || wrongs || !rights[true] || !rights[false];
}
