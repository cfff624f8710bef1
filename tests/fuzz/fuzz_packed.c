// SPDX-License-Identifier: BSD-2-Clause
/*
 * Bytes of a compressed segment: what is read from a place is what is read in order, and never
 * more than a segment has. And the text of a deletion has one form.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/bytes.h"
#include "audit/keep.h"

#define NAME "audit-00000001.log.zst"
#define CONTENT_MAX (4U << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[64];
static int dir = -1;
static uint8_t *content;

static void remove_directory(void)
{
	unlinkat(dir, NAME, 0);
	rmdir(path);
	free(content);
}

static void make_directory(void)
{
	strcpy(path, "/tmp/pw-fuzz-packed-XXXXXX");
	content = malloc(CONTENT_MAX);
	if (!content || !mkdtemp(path))
		abort();
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		abort();
	atexit(remove_directory);
}

static void put_file(const uint8_t *data, size_t size)
{
	int fd = openat(dir, NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

/* From @at on, until the end of all that was read in order. */
static void read_from(struct pw_bytes *bytes, size_t at, size_t end)
{
	uint8_t some[777];
	ssize_t n;

	if (pw_bytes_seek(bytes, at) < 0)
		abort();
	while ((n = pw_bytes_read(bytes, some, sizeof(some))) > 0) {
		if (at + (size_t)n > end || memcmp(some, content + at, (size_t)n) != 0)
			abort();
		at += (size_t)n;
	}
	if (n < 0 || at != end)
		abort();
}

static void read_bytes(void)
{
	struct pw_bytes bytes;
	size_t end = 0;
	uint64_t all;
	ssize_t n = 1;

	if (pw_bytes_open(dir, NAME, &bytes) < 0)
		abort();
	while (end < CONTENT_MAX &&
	       (n = pw_bytes_read(&bytes, content + end, CONTENT_MAX - end)) > 0)
		end += (size_t)n;
	if (n == 0) {
		if (pw_bytes_size(&bytes, &all) < 0 || all != end)
			abort();
		for (size_t at = 0; at < end; at += end / 3 + 1)
			read_from(&bytes, at, end);
	}
	pw_bytes_close(&bytes);
}

static void read_text(const uint8_t *data, size_t size)
{
	char text[PW_EXPIRED_TEXT_MAX], again[PW_EXPIRED_TEXT_MAX];
	struct pw_expired expired;

	if (size >= sizeof(text))
		return;
	memcpy(text, data, size);
	text[size] = '\0';
	if (!pw_expired_parse(text, &expired))
		return;
	pw_expired_text(&expired, again);
	if (strcmp(text, again) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!path[0])
		make_directory();
	put_file(data, size);
	read_bytes();
	read_text(data, size);
	return 0;
}
