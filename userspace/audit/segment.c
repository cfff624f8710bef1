// SPDX-License-Identifier: BSD-2-Clause
#include "audit/segment.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "audit/bytes.h"
#include "audit/record.h"
#include "common/cleanup.h"

#define READ_BYTES (1024 * 1024)

/* ---- From the file ------------------------------------------------------------------------ */

static void take_checkpoint(struct pw_segment *segment, const struct pw_checkpoint *checkpoint)
{
	segment->last = *checkpoint;
	segment->any = true;
	if (checkpoint->segment != segment->number)
		return;
	segment->covered = checkpoint->size;
	segment->closed = checkpoint->end != PW_END_OPEN;
}

static void take_checkpoint_line(struct pw_segment *segment, const char *line, size_t length)
{
	struct pw_checkpoint checkpoint;

	if (pw_checkpoint_parse_line(line, length, &checkpoint) == 0)
		take_checkpoint(segment, &checkpoint);
}

static int take_lines(struct pw_segment *segment, const char *lines, size_t length)
{
	struct pw_entries *entries = &segment->entries;
	int r = 0;

	while (!r && length) {
		const char *end = memchr(lines, '\n', length);
		size_t line = end ? (size_t)(end - lines) : length;

		if (pw_checkpoint_is(lines, line))
			take_checkpoint_line(segment, lines, line);
		else
			pw_entries_put(entries, lines, line);
		line += end != NULL;
		lines += line;
		length -= line;
		if (entries->n == PW_TREE_MANY || !length)
			r = pw_entries_flush(entries, &segment->tree);
	}
	return r;
}

/* Of the whole lines of @fd, @size bytes. */
static int read_lines(struct pw_segment *segment, int fd, off_t size)
{
	_cleanup_free_ char *bytes = malloc(READ_BYTES);
	off_t at = 0;
	int r = bytes ? 0 : -ENOMEM;

	while (!r && at < size) {
		size_t wanted = size - at < READ_BYTES ? (size_t)(size - at) : READ_BYTES;
		ssize_t n = pread(fd, bytes, wanted, at);
		const char *end = n > 0 ? memrchr(bytes, '\n', (size_t)n) : NULL;

		if (n < 0)
			return -errno;
		if (!end)	/* no line is as long */
			return -EBADMSG;
		n = end + 1 - bytes;
		r = take_lines(segment, bytes, (size_t)n);
		at += n;
	}
	return r;
}

/* The last line of a file that is closed; -ENODATA: that is no checkpoint. */
int pw_segment_last(int dir, const char *name, struct pw_checkpoint *ret)
{
	char bytes[PW_CHECKPOINT_MAX + 1];
	struct pw_bytes file;
	size_t length = 0;
	uint64_t size;
	ssize_t n = 1;
	const char *start;
	int r = pw_bytes_open(dir, name, &file);

	if (r < 0)
		return r;
	r = pw_bytes_size(&file, &size);
	if (!r)
		r = pw_bytes_seek(&file, size > sizeof(bytes) ? size - sizeof(bytes) : 0);
	while (!r && length < sizeof(bytes) &&
	       (n = pw_bytes_read(&file, bytes + length, sizeof(bytes) - length)) > 0)
		length += (size_t)n;
	pw_bytes_close(&file);
	if (r < 0 || n < 0)
		return r < 0 ? r : (int)n;
	if (!length || bytes[length - 1] != '\n')
		return -ENODATA;
	length--;
	start = memrchr(bytes, '\n', length);
	start = start ? start + 1 : bytes;
	r = pw_checkpoint_parse_line(start, (size_t)(bytes + length - start), ret);
	return r == -EBADMSG ? -ENODATA : r;
}

static int read_before(struct pw_segment *segment, int dir, const char *name)
{
	struct pw_checkpoint checkpoint;
	int r = pw_segment_last(dir, name, &checkpoint);

	if (!r)
		take_checkpoint(segment, &checkpoint);
	/* What became of that file is for verify to say. */
	return r == -ENODATA || r == -EBADMSG ? 0 : r;
}

static int find_before(struct pw_segment *segment, int dir)
{
	char **names;
	size_t n;
	int r = pw_log_file_names(dir, &names, &n);

	if (r < 0)
		return r;
	segment->number = pw_log_file_next(names, n);
	/* The last one is the file that grows. */
	if (n >= 2)
		r = read_before(segment, dir, names[n - 2]);
	pw_log_names_free(names, n);
	return r;
}

static int read_again(struct pw_segment *segment, const struct pw_log_file *file)
{
	int r;

	pw_tree_clear(&segment->tree);
	segment->covered = 0;
	segment->closed = false;
	r = read_lines(segment, file->fd, file->size);
	segment->stale = r < 0;
	return r;
}

/*
 * A seal without its line: phiwardd was killed between the two. The records under it are in the
 * file, and its line is what comes next.
 */
static int find_sealed(struct pw_segment *segment)
{
	struct pw_checkpoint *c = &segment->pending_checkpoint;
	uint8_t root[PW_SHA256_LEN], digest[PW_SHA256_LEN] = { 0 };
	int r = pw_sealer_last(&segment->sealer, c);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = pw_tree_root(&segment->tree, root);
	if (!r && segment->any)
		r = pw_checkpoint_digest(&segment->last, digest);
	if (r < 0)
		return r;
	if (c->segment == segment->number && c->size == segment->tree.size && !segment->closed &&
	    !memcmp(c->root, root, sizeof(root)) && c->first == !segment->any &&
	    !memcmp(c->previous, digest, sizeof(digest)))
		segment->pending_length = pw_checkpoint_line(c, segment->pending);
	return 0;
}

int pw_segment_open(struct pw_segment *segment, const struct pw_log_file *file, int state_dir,
		    const struct pw_state *state, int state_map)
{
	int r;

	*segment = (struct pw_segment){ .age = PW_SEGMENT_AGE_NS };
	r = pw_sealer_open(state_dir, state, state_map, &segment->sealer);
	if (!r)
		r = pw_tree_init(&segment->tree);
	if (!r)
		r = find_before(segment, file->dir);
	if (!r)
		r = read_again(segment, file);
	if (!r)
		r = find_sealed(segment);
	segment->left = file->size > 0;
	return r;
}

void pw_segment_close(struct pw_segment *segment)
{
	pw_entries_done(&segment->entries);
	pw_tree_done(&segment->tree);
	pw_sealer_close(&segment->sealer);
}

/* ---- To the file -------------------------------------------------------------------------- */

static void write_time(char text[static 32])
{
	struct timespec now;
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	n = strftime(text, 32, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, 32 - n, ".%09ldZ", now.tv_nsec);
}

static int make_checkpoint(struct pw_segment *segment, enum pw_segment_end end)
{
	struct pw_checkpoint c = {
		.segment = segment->number,
		.size = segment->tree.size,
		.first = !segment->any,
		.settled = __atomic_load_n(&segment->sealer.state->settled, __ATOMIC_ACQUIRE),
		.end = end,
	};
	int r = segment->any ? pw_checkpoint_digest(&segment->last, c.previous) : 0;

	memcpy(c.log, segment->sealer.log, sizeof(c.log));
	write_time(c.time);
	if (!r)
		r = pw_tree_root(&segment->tree, c.root);
	if (!r)
		r = pw_sealer_seal(&segment->sealer, &c);
	if (r)
		return r;
	segment->pending_checkpoint = c;
	segment->pending_length = pw_checkpoint_line(&c, segment->pending);
	return 0;
}

/* A seal is made once: what could not be written stays, and nothing else goes before it. */
static int write_pending(struct pw_segment *segment, struct pw_log_file *file)
{
	int r;

	if (!segment->pending_length)
		return 0;
	r = pw_log_file_append(file, segment->pending, segment->pending_length);
	if (r < 0)
		return r;
	segment->pending_length = 0;
	take_checkpoint(segment, &segment->pending_checkpoint);
	if (segment->closed) {
		segment->closing = segment->last;
		segment->nclosed++;
	}
	return 0;
}

int pw_segment_checkpoint(struct pw_segment *segment, struct pw_log_file *file,
			  enum pw_segment_end end)
{
	int r = write_pending(segment, file);

	if (!r && segment->stale)
		r = read_again(segment, file);
	if (r || segment->closed || !segment->tree.size ||
	    (end == PW_END_OPEN && (segment->left || segment->covered == segment->tree.size)))
		return r;
	r = make_checkpoint(segment, end);
	return r ? r : write_pending(segment, file);
}

/* The next file is begun. */
static int close_file(struct pw_segment *segment, struct pw_log_file *file,
		      enum pw_segment_end end)
{
	int r = pw_segment_checkpoint(segment, file, end);

	if (!r)
		r = pw_log_file_follow(file);
	if (r)
		return r;
	pw_tree_clear(&segment->tree);
	segment->number++;
	segment->covered = 0;
	segment->began = 0;
	segment->left = false;
	segment->closed = false;
	return 0;
}

static bool is_old(const struct pw_segment *segment, uint64_t now)
{
	return segment->began && now - segment->began >= segment->age;
}

int pw_segment_tick(struct pw_segment *segment, struct pw_log_file *file, uint64_t now)
{
	int r = write_pending(segment, file);

	return !r && is_old(segment, now) && !segment->closed && !segment->left ?
		       close_file(segment, file, PW_END_AGE) : r;
}

/* They are in the file whatever happens here. */
static void add_lines(struct pw_segment *segment, const char *lines, size_t length)
{
	if (!segment->stale && take_lines(segment, lines, length) < 0)
		segment->stale = true;
}

int pw_segment_append_owed(struct pw_segment *segment, struct pw_log_file *file, const char *lines,
			   size_t length, uint64_t now)
{
	int r = write_pending(segment, file);

	if (r < 0)
		return r;
	if (!segment->left || segment->closed)
		return pw_segment_append(segment, file, lines, length, now);
	r = pw_log_file_append(file, lines, length);
	if (!r)
		add_lines(segment, lines, length);
	return r;
}

int pw_segment_append(struct pw_segment *segment, struct pw_log_file *file, const char *lines,
		      size_t length, uint64_t now)
{
	int r = write_pending(segment, file);

	if (!r && segment->left)
		r = close_file(segment, file, PW_END_CRASH);
	else if (!r && segment->closed)
		r = close_file(segment, file, PW_END_STOP);
	else if (!r && file->size >= file->full)
		r = close_file(segment, file, PW_END_SIZE);
	else if (!r && is_old(segment, now))
		r = close_file(segment, file, PW_END_AGE);
	if (!r)
		r = pw_log_file_append(file, lines, length);
	if (r)
		return r;
	if (!segment->began)
		segment->began = now;
	add_lines(segment, lines, length);
	return 0;
}
