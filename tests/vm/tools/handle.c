// SPDX-License-Identifier: BSD-2-Clause
/*
 * handle save FILE HANDLE      writes the file handle of FILE to HANDLE
 * handle open HANDLE MOUNT     opens it as a file on the file system that MOUNT is on:
 *
 *     open-by-handle: LEAKED   at least one byte of the file came out
 *     open-by-handle: EACCES   or the name of another errno
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static union {
	struct file_handle head;
	char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
} handle = {.head.handle_bytes = MAX_HANDLE_SZ};

static int save(const char *file, const char *to)
{
	int mount_id, fd = open(to, O_CREAT | O_TRUNC | O_WRONLY, 0644);

	if (fd < 0 || name_to_handle_at(AT_FDCWD, file, &handle.head, &mount_id, 0) < 0 ||
	    write(fd, &handle, sizeof(handle)) != sizeof(handle)) {
		perror("handle");
		return 2;
	}
	return 0;
}

static int open_it(const char *from, const char *mount)
{
	int in = open(from, O_RDONLY), on = open(mount, O_RDONLY | O_DIRECTORY), fd;
	char byte;

	if (in < 0 || on < 0 || read(in, &handle, sizeof(handle)) != sizeof(handle)) {
		perror("handle");
		return 2;
	}
	fd = open_by_handle_at(on, &handle.head, O_RDONLY);
	if (fd >= 0 && read(fd, &byte, 1) == 1) {
		puts("open-by-handle: LEAKED");
		return 0;
	}
	printf("open-by-handle: %s\n", strerrorname_np(errno));
	return 1;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "save"))
		return save(argv[2], argv[3]);
	if (argc == 4 && !strcmp(argv[1], "open"))
		return open_it(argv[2], argv[3]);
	fprintf(stderr, "usage: handle save FILE HANDLE | handle open HANDLE MOUNT\n");
	return 2;
}
