// SPDX-License-Identifier: BSD-2-Clause
#include "audit/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit/record.h"

#define BUFFER_BYTES (1024 * 1024)

_Static_assert(BUFFER_BYTES > 2 * PW_RECORD_LINE_MAX, "the longest record has room");

int pw_lines_open(int dir, const char *name, struct pw_lines *ret)
{
	struct pw_lines lines = { .stop = UINT64_MAX };
	int r = pw_bytes_open(dir, name, &lines.from);

	if (r < 0)
		return r;
	lines.bytes = malloc(BUFFER_BYTES);
	if (!lines.bytes) {
		pw_bytes_close(&lines.from);
		return -ENOMEM;
	}
	*ret = lines;
	return 0;
}

void pw_lines_close(struct pw_lines *lines)
{
	pw_bytes_close(&lines->from);
	free(lines->bytes);
	*lines = (struct pw_lines){ .from.fd = -1 };
}

static int fill(struct pw_lines *lines)
{
	ssize_t n;
	uint64_t wanted;
	int r = lines->before_fill ? lines->before_fill(lines->data) : 0;

	if (r < 0)
		return r;
	memmove(lines->bytes, lines->bytes + lines->start, lines->end - lines->start);
	lines->end -= lines->start;
	lines->start = 0;
	wanted = lines->stop - lines->next - lines->end;
	if (wanted > BUFFER_BYTES - lines->end)
		wanted = BUFFER_BYTES - lines->end;
	n = pw_bytes_read(&lines->from, lines->bytes + lines->end, wanted);
	if (n < 0)
		return (int)n;
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
		lines->offset = lines->next;
		lines->length = end ? (size_t)(end - start) : n;
		if (lines->length > PW_RECORD_LINE_MAX) {
			lines->number++;
			return -EMSGSIZE;
		}
		if (end) {
			lines->start += lines->length + 1;
			lines->next += lines->length + 1;
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

int pw_lines_seek(struct pw_lines *lines, uint64_t offset, uint64_t stop, uint64_t number)
{
	int r = pw_bytes_seek(&lines->from, offset);

	if (r < 0)
		return r;
	lines->start = lines->end = 0;
	lines->done = false;
	lines->next = offset;
	lines->stop = stop;
	lines->number = number - 1;
	return 0;
}

int pw_lines_skip(struct pw_lines *lines)
{
	const char *newline = NULL;
	int r = 0;

	while (!r && !newline && !lines->done) {
		size_t n = lines->end - lines->start;

		newline = memchr(lines->bytes + lines->start, '\n', n);
		if (newline)
			n = (size_t)(newline + 1 - (lines->bytes + lines->start));
		lines->start += n;
		lines->next += n;
		if (!newline)
			r = fill(lines);
	}
	return r;
}
