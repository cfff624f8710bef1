// SPDX-License-Identifier: BSD-2-Clause
#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "common/cleanup.h"

#define FIRST_SIZE 16384

static int read_all(int fd, size_t max, char **ret_text, size_t *ret_length)
{
	_cleanup_free_ char *text = NULL;
	size_t size = FIRST_SIZE, length = 0;
	char *larger;
	ssize_t n;

	for (;;) {
		if (size > max + 1)
			size = max + 1;
		larger = realloc(text, size + 1);
		if (!larger)
			return -ENOMEM;
		text = larger;
		n = read(fd, text + length, size - length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		length += n;
		if (length > max)
			return -EFBIG;
		if (length == size)
			size *= 2;
	}
	text[length] = '\0';
	*ret_text = TAKE_PTR(text);
	*ret_length = length;

	return 0;
}

int pw_file_read(int dirfd, const char *path, size_t max, char **ret_text, size_t *ret_length)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	/* O_NONBLOCK: a FIFO must not hold us before fstat can refuse it. */
	fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;

	return read_all(fd, max, ret_text, ret_length);
}
