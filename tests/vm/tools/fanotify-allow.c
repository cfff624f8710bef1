// SPDX-License-Identifier: BSD-2-Clause
/*
 * fanotify-allow PATH: is asked about each open on the file system that holds PATH,
 * and allows it. "ready" is printed when it is asked from now on.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/fanotify.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct fanotify_event_metadata events[64], *event;
	int fd;

	if (argc != 2) {
		fprintf(stderr, "usage: fanotify-allow PATH\n");
		return 2;
	}
	fd = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY);
	if (fd < 0 || fanotify_mark(fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_OPEN_PERM, AT_FDCWD,
				    argv[1]) < 0) {
		perror("fanotify-allow");
		return 1;
	}
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		ssize_t length = read(fd, events, sizeof(events));

		if (length <= 0) {
			perror("fanotify-allow: read");
			return 1;
		}
		for (event = events; FAN_EVENT_OK(event, length);
		     event = FAN_EVENT_NEXT(event, length)) {
			struct fanotify_response answer = {event->fd, FAN_ALLOW};

			if (write(fd, &answer, sizeof(answer)) < 0)
				perror("fanotify-allow: answer");
			close(event->fd);
		}
	}
}
