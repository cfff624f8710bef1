// SPDX-License-Identifier: BSD-2-Clause
#include "audit/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/record.h"
#include "common/cleanup.h"

#define BUFFER_BYTES (1024 * 1024)

_Static_assert(BUFFER_BYTES > 2 * PW_RECORD_LINE_MAX, "the longest record has room");

int pw_lines_open(int dir, const char *name, struct pw_lines *ret)
{
	_cleanup_close_ int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct pw_lines lines = { 0 };
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	lines.bytes = malloc(BUFFER_BYTES);
	if (!lines.bytes)
		return -ENOMEM;
	lines.fd = TAKE_FD(fd);
	*ret = lines;
	return 0;
}

void pw_lines_close(struct pw_lines *lines)
{
	if (lines->bytes)
		close(lines->fd);
	free(lines->bytes);
	*lines = (struct pw_lines){ .fd = -1 };
}

static int fill(struct pw_lines *lines)
{
	ssize_t n;
	int r = lines->before_fill ? lines->before_fill(lines->data) : 0;

	if (r < 0)
		return r;
	memmove(lines->bytes, lines->bytes + lines->start, lines->end - lines->start);
	lines->end -= lines->start;
	lines->start = 0;
	do
		n = read(lines->fd, lines->bytes + lines->end, BUFFER_BYTES - lines->end);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	lines->end += (size_t)n;
	lines->done = n == 0;
	return 0;
}

int pw_lines_next(struct pw_lines *lines)
{
	size_t looked = 0;
	int r;

	for (;;) {
		const char *start = lines->bytes + lines->start;
		size_t n = lines->end - lines->start;
		const char *end = memchr(start + looked, '\n', n - looked);

		lines->line = start;
		lines->length = end ? (size_t)(end - start) : n;
		if (lines->length > PW_RECORD_LINE_MAX) {
			lines->number++;
			return -EMSGSIZE;
		}
		if (end) {
			lines->start += lines->length + 1;
			lines->number++;
			return 1;
		}
		looked = n;
		if (lines->done) {
			lines->number += n != 0;
			return n ? -ENODATA : 0;
		}
		r = fill(lines);
		if (r < 0)
			return r;
	}
}
