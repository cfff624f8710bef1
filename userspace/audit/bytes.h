/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes of a segment, whether its file is compressed or not. A compressed one is frames of
 * zstd, one after the other, each of PW_FRAME_BYTES but the last, so that it can be read from
 * any place. What it is given need not be either.
 */
#ifndef PW_AUDIT_BYTES_H
#define PW_AUDIT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PW_PACKED_SUFFIX ".zst"
#define PW_FRAME_BYTES (1U << 20)
/* No segment has more; what claims to is refused, however small its file. */
#define PW_PACKED_MAX (256ULL << 20)

struct pw_frames;	/* of a compressed file */

struct pw_bytes {
	int fd;
	struct pw_frames *frames;	/* NULL: it is not compressed */
};

/*
 * @name is that of a file of the log. One that was compressed in this moment is found all the
 * same. -EINVAL: no regular file; else an errno.
 */
int pw_bytes_open(int dir, const char *name, struct pw_bytes *ret);
void pw_bytes_close(struct pw_bytes *bytes);

/* Up to @n of them; 0: the end; -EBADMSG: what is compressed is damaged, cut short, or too much. */
ssize_t pw_bytes_read(struct pw_bytes *bytes, void *to, size_t n);

/* What is read next; behind the end there is nothing. */
int pw_bytes_seek(struct pw_bytes *bytes, uint64_t offset);

/* How many there are, from the headers of frames. */
int pw_bytes_size(struct pw_bytes *bytes, uint64_t *ret);

/* Whether @name ends as that of a compressed file. */
bool pw_bytes_packed(const char *name);

#endif
