/* SPDX-License-Identifier: BSD-2-Clause */
/* A directory for one test, and its end with all files in it. */
#ifndef PW_TEST_DIRECTORY_H
#define PW_TEST_DIRECTORY_H

#include "events.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define TEST_DIRECTORY 32

/* Returns its descriptor. */
static inline int make_directory(char path[TEST_DIRECTORY])
{
	int fd;

	strcpy(path, "/tmp/pw-test-XXXXXX");
	assert_non_null(mkdtemp(path));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static inline void remove_directory(const char *path, int fd)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while ((entry = readdir(dir)))
		unlinkat(fd, entry->d_name, 0);
	closedir(dir);
	assert_int_equal(rmdir(path), 0);
	close(fd);
}

#endif
