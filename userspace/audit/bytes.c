// SPDX-License-Identifier: BSD-2-Clause
#include "audit/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <zstd.h>

#include "common/cleanup.h"

#define NAME_BYTES 64
/* The longest frame; incompressible bytes become a little more. */
#define IN_BYTES ZSTD_COMPRESSBOUND(PW_FRAME_BYTES)

struct pw_frames {
	ZSTD_DCtx *context;
	uint8_t *in, *out;
	size_t in_start, in_end;	/* read from the file, and not yet looked at */
	bool in_done;
	size_t out_at, out_end;		/* of the present frame */
	uint64_t total;			/* bytes in the frames so far */
	bool last;			/* the frame is shorter than PW_FRAME_BYTES: none follows */
};

bool pw_bytes_packed(const char *name)
{
	size_t n = strlen(name), suffix = sizeof(PW_PACKED_SUFFIX) - 1;

	return n > suffix && !strcmp(name + n - suffix, PW_PACKED_SUFFIX);
}

/* ---- Opening ------------------------------------------------------------------------------ */

static struct pw_frames *frames_free(struct pw_frames *frames)
{
	if (!frames)
		return NULL;
	ZSTD_freeDCtx(frames->context);
	free(frames->in);
	free(frames->out);
	free(frames);
	return NULL;
}

static struct pw_frames *frames_new(void)
{
	struct pw_frames *frames = calloc(1, sizeof(*frames));

	if (!frames)
		return NULL;
	frames->context = ZSTD_createDCtx();
	frames->in = malloc(IN_BYTES);
	frames->out = malloc(PW_FRAME_BYTES);
	return frames->context && frames->in && frames->out ? frames : frames_free(frames);
}

/* The packed one takes the place of the other while somebody reads the directory. */
static int open_either(int dir, const char *name, bool *packed)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	int fd = openat(dir, name, flags);
	char other[NAME_BYTES];

	*packed = pw_bytes_packed(name);
	if (fd >= 0 || errno != ENOENT || *packed ||
	    (size_t)snprintf(other, sizeof(other), "%s" PW_PACKED_SUFFIX, name) >= sizeof(other))
		return fd < 0 ? -errno : fd;
	*packed = true;
	fd = openat(dir, other, flags);
	return fd < 0 ? -errno : fd;
}

int pw_bytes_open(int dir, const char *name, struct pw_bytes *ret)
{
	bool packed;
	_cleanup_close_ int fd = open_either(dir, name, &packed);
	struct pw_frames *frames = NULL;
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (packed) {
		frames = frames_new();
		if (!frames)
			return -ENOMEM;
	}
	*ret = (struct pw_bytes){ .fd = TAKE_FD(fd), .frames = frames };
	return 0;
}

void pw_bytes_close(struct pw_bytes *bytes)
{
	if (bytes->fd >= 0)
		close(bytes->fd);
	frames_free(bytes->frames);
	*bytes = (struct pw_bytes){ .fd = -1 };
}

/* ---- Frames ------------------------------------------------------------------------------- */

static ssize_t read_some(int fd, void *to, size_t n)
{
	ssize_t got;

	do
		got = read(fd, to, n);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

/* As much as there is room for. */
static int fill(struct pw_bytes *bytes)
{
	struct pw_frames *f = bytes->frames;

	memmove(f->in, f->in + f->in_start, f->in_end - f->in_start);
	f->in_end -= f->in_start;
	f->in_start = 0;
	while (!f->in_done && f->in_end < IN_BYTES) {
		ssize_t n = read_some(bytes->fd, f->in + f->in_end, IN_BYTES - f->in_end);

		if (n < 0)
			return (int)n;
		f->in_end += (size_t)n;
		f->in_done = n == 0;
	}
	return 0;
}

/* The next frame as it stands in the file: 1, or 0 at the end. */
static int find_frame(struct pw_bytes *bytes, size_t *ret_length, size_t *ret_content)
{
	struct pw_frames *f = bytes->frames;
	unsigned long long content;
	size_t length;
	int r = fill(bytes);

	if (r)
		return r;
	if (f->in_start == f->in_end)
		return 0;
	length = ZSTD_findFrameCompressedSize(f->in + f->in_start, f->in_end - f->in_start);
	content = ZSTD_getFrameContentSize(f->in + f->in_start, f->in_end - f->in_start);
	if (f->last || ZSTD_isError(length) || !content || content > PW_FRAME_BYTES ||
	    f->total + content > PW_PACKED_MAX)
		return -EBADMSG;
	f->last = content < PW_FRAME_BYTES;
	f->total += content;
	*ret_length = length;
	*ret_content = (size_t)content;
	return 1;
}

static int unpack_frame(struct pw_bytes *bytes)
{
	struct pw_frames *f = bytes->frames;
	size_t length, content, n;
	int r = find_frame(bytes, &length, &content);

	if (r <= 0)
		return r;
	n = ZSTD_decompressDCtx(f->context, f->out, PW_FRAME_BYTES, f->in + f->in_start, length);
	if (ZSTD_isError(n) || n != content)
		return -EBADMSG;
	f->in_start += length;
	f->out_at = 0;
	f->out_end = n;
	return 1;
}

static int rewind_frames(struct pw_bytes *bytes)
{
	struct pw_frames *f = bytes->frames;

	if (lseek(bytes->fd, 0, SEEK_SET) < 0)
		return -errno;
	f->in_start = f->in_end = f->out_at = f->out_end = 0;
	f->in_done = f->last = false;
	f->total = 0;
	return 0;
}

/* ---- Reading ------------------------------------------------------------------------------ */

ssize_t pw_bytes_read(struct pw_bytes *bytes, void *to, size_t n)
{
	struct pw_frames *f = bytes->frames;
	int r;

	if (!f)
		return read_some(bytes->fd, to, n);
	if (f->out_at == f->out_end) {
		r = unpack_frame(bytes);
		if (r <= 0)
			return r;
	}
	if (n > f->out_end - f->out_at)
		n = f->out_end - f->out_at;
	memcpy(to, f->out + f->out_at, n);
	f->out_at += n;
	return (ssize_t)n;
}

int pw_bytes_seek(struct pw_bytes *bytes, uint64_t offset)
{
	struct pw_frames *f = bytes->frames;
	size_t length, content;
	int r;

	if (!f)
		return lseek(bytes->fd, (off_t)offset, SEEK_SET) < 0 ? -errno : 0;
	r = rewind_frames(bytes);
	for (; !r && offset >= PW_FRAME_BYTES; offset -= PW_FRAME_BYTES) {
		r = find_frame(bytes, &length, &content);
		if (r <= 0)
			return r;
		f->in_start += length;
		r = 0;
	}
	if (!r && offset)
		r = unpack_frame(bytes);
	if (r > 0)
		f->out_at = offset < f->out_end ? (size_t)offset : f->out_end;
	return r < 0 ? r : 0;
}

int pw_bytes_size(struct pw_bytes *bytes, uint64_t *ret)
{
	size_t length, content;
	struct stat st;
	int r;

	if (!bytes->frames) {
		if (fstat(bytes->fd, &st) < 0)
			return -errno;
		*ret = (uint64_t)st.st_size;
		return 0;
	}
	r = rewind_frames(bytes);
	while (!r && (r = find_frame(bytes, &length, &content)) > 0) {
		bytes->frames->in_start += length;
		r = 0;
	}
	*ret = bytes->frames->total;
	return r ? r : rewind_frames(bytes);
}
