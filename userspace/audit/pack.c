// SPDX-License-Identifier: BSD-2-Clause
#include "audit/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zstd.h>

#include "audit/bytes.h"
#include "audit/file.h"
#include "common/cleanup.h"

#define NAME_BYTES 64
#define LEVEL 3
#define FRAME_BOUND ZSTD_COMPRESSBOUND(PW_FRAME_BYTES)

struct pw_pack {
	int dir;
	int from, to;
	char name[NAME_BYTES], packed[NAME_BYTES], unfinished[NAME_BYTES];
	ZSTD_CCtx *compress;
	ZSTD_DCtx *decompress;
	char *plain, *frame, *again;
	off_t at;
	bool done;
};

/* ---- Opening ------------------------------------------------------------------------------ */

static int open_files(struct pw_pack *pack)
{
	struct stat st;

	pack->from = openat(pack->dir, pack->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (pack->from < 0 || fstat(pack->from, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (unlinkat(pack->dir, pack->unfinished, 0) < 0 && errno != ENOENT)
		return -errno;
	pack->to = openat(pack->dir, pack->unfinished,
			  O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	return pack->to < 0 ? -errno : 0;
}

static int allocate(struct pw_pack *pack)
{
	pack->compress = ZSTD_createCCtx();
	pack->decompress = ZSTD_createDCtx();
	pack->plain = malloc(PW_FRAME_BYTES);
	pack->again = malloc(PW_FRAME_BYTES);
	pack->frame = malloc(FRAME_BOUND);
	if (!pack->compress || !pack->decompress || !pack->plain || !pack->again || !pack->frame)
		return -ENOMEM;
	if (ZSTD_isError(ZSTD_CCtx_setParameter(pack->compress, ZSTD_c_compressionLevel, LEVEL)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(pack->compress, ZSTD_c_checksumFlag, 1)))
		return -EINVAL;
	return 0;
}

int pw_pack_begin(int dir, uint64_t segment, struct pw_pack **ret)
{
	struct pw_pack *pack = calloc(1, sizeof(*pack));
	int r;

	if (!pack)
		return -ENOMEM;
	pack->dir = dir;
	pack->from = pack->to = -1;
	snprintf(pack->name, NAME_BYTES, PW_LOG_NUMBERED, (unsigned int)segment);
	snprintf(pack->packed, NAME_BYTES, PW_LOG_NUMBERED PW_PACKED_SUFFIX, (unsigned int)segment);
	snprintf(pack->unfinished, NAME_BYTES, PW_LOG_NUMBERED PW_PACKED_SUFFIX ".new",
		 (unsigned int)segment);
	r = allocate(pack);
	if (!r)
		r = open_files(pack);
	if (r < 0)
		pw_pack_end(pack);
	else
		*ret = pack;
	return r;
}

struct pw_pack *pw_pack_end(struct pw_pack *pack)
{
	if (!pack)
		return NULL;
	if (pack->to >= 0) {
		close(pack->to);
		if (!pack->done)
			unlinkat(pack->dir, pack->unfinished, 0);
	}
	if (pack->from >= 0)
		close(pack->from);
	ZSTD_freeCCtx(pack->compress);
	ZSTD_freeDCtx(pack->decompress);
	free(pack->plain);
	free(pack->again);
	free(pack->frame);
	free(pack);
	return NULL;
}

/* ---- Working ------------------------------------------------------------------------------ */

/* A whole frame, or what is left: 0 at the end. */
static ssize_t read_plain(struct pw_pack *pack)
{
	size_t length = 0;

	while (length < PW_FRAME_BYTES) {
		ssize_t n = pread(pack->from, pack->plain + length, PW_FRAME_BYTES - length,
				  pack->at + (off_t)length);

		if (n < 0)
			return -errno;
		if (!n)
			break;
		length += (size_t)n;
	}
	return (ssize_t)length;
}

static int write_all(int fd, const char *bytes, size_t n)
{
	while (n) {
		ssize_t done = write(fd, bytes, n);

		if (done < 0)
			return -errno;
		bytes += done;
		n -= (size_t)done;
	}
	return 0;
}

static int write_frame(struct pw_pack *pack, size_t length)
{
	size_t n = ZSTD_compress2(pack->compress, pack->frame, FRAME_BOUND, pack->plain, length), m;

	if (ZSTD_isError(n))
		return -EIO;
	m = ZSTD_decompressDCtx(pack->decompress, pack->again, PW_FRAME_BYTES, pack->frame, n);
	if (ZSTD_isError(m) || m != length || memcmp(pack->plain, pack->again, length) != 0)
		return -EIO;
	return write_all(pack->to, pack->frame, n);
}

static int finish(struct pw_pack *pack)
{
	if (fsync(pack->to) < 0 ||
	    renameat(pack->dir, pack->unfinished, pack->dir, pack->packed) < 0)
		return -errno;
	pack->done = true;
	if (fsync(pack->dir) < 0 || unlinkat(pack->dir, pack->name, 0) < 0)
		return -errno;
	return 0;
}

int pw_pack_step(struct pw_pack *pack)
{
	ssize_t length = read_plain(pack);
	int r;

	if (length < 0)
		return (int)length;
	if (!length)
		return finish(pack);
	r = write_frame(pack, (size_t)length);
	pack->at += length;
	return r < 0 ? r : 1;
}
