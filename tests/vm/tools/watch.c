// SPDX-License-Identifier: BSD-2-Clause
/*
 * watch DIR: asks to be told what happens in DIR, by every way there is, one line each:
 *
 *     WAY: DONE
 *     WAY: EACCES     or the name of another errno
 *
 * Needs root. Exit code: 0 when one way was open, 1 when none was.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <unistd.h>

static const char *dir;

static int by_inotify(void)
{
	return inotify_add_watch(inotify_init1(IN_CLOEXEC), dir, IN_CREATE | IN_OPEN);
}

static int by_fanotify(unsigned int flags, unsigned int mark, unsigned long mask)
{
	int fd = fanotify_init(FAN_CLASS_NOTIF | flags, O_RDONLY);

	return fd < 0 ? -1 : fanotify_mark(fd, FAN_MARK_ADD | mark, mask, AT_FDCWD, dir);
}

static int by_directory(void)
{
	return by_fanotify(0, 0, FAN_OPEN | FAN_EVENT_ON_CHILD);
}

static int by_names(void)
{
	return by_fanotify(FAN_REPORT_DFID_NAME, 0, FAN_CREATE | FAN_EVENT_ON_CHILD);
}

static int by_mount(void)
{
	return by_fanotify(0, FAN_MARK_MOUNT, FAN_OPEN);
}

static int by_file_system(void)
{
	return by_fanotify(0, FAN_MARK_FILESYSTEM, FAN_OPEN);
}

static int by_names_of_file_system(void)
{
	return by_fanotify(FAN_REPORT_DFID_NAME, FAN_MARK_FILESYSTEM, FAN_CREATE | FAN_OPEN);
}

static const struct {
	const char *name;
	int (*try)(void);
} ways[] = {
	{"inotify", by_inotify},
	{"fanotify", by_directory},
	{"fanotify-names", by_names},
	{"fanotify-mount", by_mount},
	{"fanotify-file-system", by_file_system},
	{"fanotify-names-of-file-system", by_names_of_file_system},
};

int main(int argc, char **argv)
{
	int any = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: watch DIR\n");
		return 2;
	}
	dir = argv[1];
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		int r = ways[i].try();

		printf("%s: %s\n", ways[i].name, r < 0 ? strerrorname_np(errno) : "DONE");
		any |= r >= 0;
	}
	return !any;
}
