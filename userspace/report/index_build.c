// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/checkpoint.h"
#include "audit/reader.h"
#include "common/cleanup.h"
#include "report/index_private.h"
#include "report/segments.h"

#define BLOCK_LINES 64

struct posting {
	int64_t key, block;
};

/* What lines of a block, or of a segment, have in common. */
struct bounds {
	int64_t first, last, since, until;
};

static const struct bounds no_bounds = { INT64_MAX, 0, INT64_MAX, INT64_MIN };
static const struct bounds any_bounds = { 0, INT64_MAX, INT64_MIN, INT64_MAX };

/* A segment that is taken in. */
struct build {
	struct pw_index *index;
	sqlite3_stmt *known, *add_block, *add_posting, *add_segment;
	uint64_t segment;
	int64_t blocks;
	struct bounds bounds;
	uint64_t end, end_line;		/* of the last whole block */
	struct posting *postings;
	size_t n, capacity;
	/* the block at hand */
	struct pw_block block;
	struct bounds block_bounds;
	size_t lines, postings_before;
};

static void widen(struct bounds *bounds, const struct bounds *by)
{
	if (by->first < bounds->first)
		bounds->first = by->first;
	if (by->last > bounds->last)
		bounds->last = by->last;
	if (by->since < bounds->since)
		bounds->since = by->since;
	if (by->until > bounds->until)
		bounds->until = by->until;
}

/* ---- Lines --------------------------------------------------------------------------------- */

static int add_key(struct build *b, int64_t key)
{
	if (b->n == b->capacity) {
		size_t capacity = b->capacity ? 2 * b->capacity : 65536;
		struct posting *more = reallocarray(b->postings, capacity, sizeof(*more));

		if (!more)
			return -ENOMEM;
		b->postings = more;
		b->capacity = capacity;
	}
	b->postings[b->n++] = (struct posting){ key, b->blocks };
	return 0;
}

static struct bounds bounds_of(const struct pw_line_keys *line)
{
	struct bounds bounds = any_bounds;
	int64_t since, until;

	if (line->first > INT64_MAX || line->last > INT64_MAX ||
	    pw_record_time_parse(line->time, &until) < 0)
		return bounds;
	since = until;
	if (line->since != line->time && pw_record_time_parse(line->since, &since) < 0)
		return bounds;
	return (struct bounds){ (int64_t)line->first, (int64_t)line->last, since, until };
}

static int add_line(struct build *b, const struct pw_lines *lines)
{
	struct bounds bounds = any_bounds;
	struct pw_line_keys keys;
	int r = 0;

	if (!b->lines++)
		b->block = (struct pw_block){ .offset = lines->offset, .line = lines->number };
	b->block.sum = pw_block_sum(b->block.sum, lines->line, lines->length);
	if (pw_checkpoint_is(lines->line, lines->length))
		return 0;
	pw_keys_of_line(lines->line, lines->length, &keys);
	if (keys.plain)
		bounds = bounds_of(&keys);
	else
		r = add_key(b, pw_key_odd());
	for (size_t i = 0; !r && keys.plain && i < keys.n; i++)
		r = add_key(b, keys.keys[i]);
	widen(&b->block_bounds, &bounds);
	return r;
}

/* ---- Blocks and segments ------------------------------------------------------------------- */

static void next_block(struct build *b)
{
	b->lines = 0;
	b->block_bounds = no_bounds;
	b->postings_before = b->n;
}

static int by_key(const void *a, const void *b)
{
	const struct posting *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->block > y->block) - (x->block < y->block);
}

/* Each key of the block at hand once. */
static void remove_doubles(struct build *b)
{
	size_t kept = b->postings_before;

	if (b->n == kept)
		return;
	qsort(b->postings + kept, b->n - kept, sizeof(*b->postings), by_key);
	for (size_t i = kept + 1; i < b->n; i++)
		if (b->postings[i].key != b->postings[kept].key)
			b->postings[++kept] = b->postings[i];
	b->n = kept + 1;
}

static int end_block(struct build *b, const struct pw_lines *lines)
{
	const struct bounds *bounds = &b->block_bounds;
	int r;

	b->block.length = lines->next - b->block.offset;
	r = pw_index_run(b->add_block,
			 (int64_t[]){ (int64_t)b->segment, b->blocks, (int64_t)b->block.offset,
				      (int64_t)b->block.length, (int64_t)b->block.line, b->block.sum,
				      bounds->first, bounds->last, bounds->since, bounds->until }, 10);
	if (r)
		return r;
	remove_doubles(b);
	widen(&b->bounds, bounds);
	b->end = lines->next;
	b->end_line = lines->number;
	b->blocks++;
	next_block(b);
	return 0;
}

/* All lines behind what is known. A block that is not whole counts only where nothing follows it. */
static int read_lines(struct build *b, struct pw_lines *lines, bool *complete)
{
	int r;

	next_block(b);
	while ((r = pw_lines_next(lines)) > 0) {
		r = add_line(b, lines);
		if (!r && b->lines == BLOCK_LINES)
			r = end_block(b, lines);
		if (r)
			return r;
	}
	/* What cannot be read on is read, and said to be wrong, whenever somebody asks. */
	*complete = *complete && !r;
	if (*complete && b->lines)
		return end_block(b, lines);
	b->n = b->postings_before;
	return 0;
}

static int write_segment(struct build *b, bool complete)
{
	int r = 0;

	qsort(b->postings, b->n, sizeof(*b->postings), by_key);
	for (size_t i = 0; !r && i < b->n; i++)
		r = pw_index_run(b->add_posting, (int64_t[]){ (int64_t)b->segment, b->postings[i].key,
							      b->postings[i].block }, 3);
	if (!r)
		r = pw_index_run(b->add_segment,
				 (int64_t[]){ (int64_t)b->segment, (int64_t)b->end,
					      (int64_t)b->end_line, b->blocks, complete,
					      b->bounds.first, b->bounds.last, b->bounds.since,
					      b->bounds.until }, 9);
	return r;
}

static int execute(struct pw_index *index, const char *sql)
{
	return pw_index_error(sqlite3_exec(index->db, sql, NULL, NULL, NULL));
}

/* What is known of the segment already. 1: it is complete. */
static int load_segment(struct build *b)
{
	sqlite3_stmt *row = b->known;
	int complete = 0, r;

	pw_index_bind(row, (int64_t[]){ (int64_t)b->segment }, 1);
	b->end = b->end_line = 0;
	b->blocks = 0;
	b->bounds = no_bounds;
	b->n = 0;
	if (sqlite3_step(row) == SQLITE_ROW) {
		b->end = (uint64_t)sqlite3_column_int64(row, 0);
		b->end_line = (uint64_t)sqlite3_column_int64(row, 1);
		b->blocks = sqlite3_column_int64(row, 2);
		complete = sqlite3_column_int(row, 3) != 0;
		b->bounds = (struct bounds){ sqlite3_column_int64(row, 4), sqlite3_column_int64(row, 5),
					     sqlite3_column_int64(row, 6), sqlite3_column_int64(row, 7) };
	}
	r = pw_index_error(sqlite3_reset(row));
	return r ? r : complete;
}

/* 1: something was written. */
static int add_segment(struct build *b, const struct pw_segment_ref *segment)
{
	_cleanup_free_ char *name = NULL;
	bool complete = !segment->grows;
	struct pw_lines lines;
	int r;

	b->segment = segment->number;
	r = load_segment(b);
	if (r)
		return r < 0 ? r : 0;
	r = pw_segments_open(b->index->dir, segment->number, &lines, &name);
	if (r)
		return r;
	r = pw_lines_seek(&lines, b->end, UINT64_MAX, b->end_line + 1);
	if (!r)
		r = read_lines(b, &lines, &complete);
	if (!r && (complete || b->n)) {
		r = write_segment(b, complete);
		r = r ? r : 1;
	}
	pw_lines_close(&lines);
	return r;
}

/* ---- Whether it fits ----------------------------------------------------------------------- */

/* The last block that is known has to stand in the log as it did. */
static int check_last(struct pw_index *index, uint64_t highest)
{
	_cleanup_free_ char *name = NULL;
	struct pw_lines lines;
	sqlite3_stmt *row;
	uint64_t segment, offset, length;
	uint32_t wanted, sum = 0;
	int r = pw_index_prepare(index, "SELECT segment, offset, length, sum FROM blocks"
				 " ORDER BY segment DESC, block DESC LIMIT 1", &row);

	if (r)
		return r;
	if (sqlite3_step(row) != SQLITE_ROW)
		return pw_index_error(sqlite3_finalize(row));
	segment = (uint64_t)sqlite3_column_int64(row, 0);
	offset = (uint64_t)sqlite3_column_int64(row, 1);
	length = (uint64_t)sqlite3_column_int64(row, 2);
	wanted = (uint32_t)sqlite3_column_int64(row, 3);
	sqlite3_finalize(row);
	if (segment > highest || pw_segments_open(index->dir, segment, &lines, &name) < 0)
		return -EUCLEAN;
	r = pw_lines_seek(&lines, offset, offset + length, 1);
	while (!r && (r = pw_lines_next(&lines)) == 1) {
		sum = pw_block_sum(sum, lines.line, lines.length);
		r = 0;
	}
	if (r || lines.next != offset + length || sum != wanted)
		r = -EUCLEAN;
	pw_lines_close(&lines);
	return r;
}

/* Segments that the log has no more. */
static int forget_older(struct pw_index *index, uint64_t lowest)
{
	static const char *const statements[] = {
		"DELETE FROM postings WHERE segment < ?",
		"DELETE FROM blocks WHERE segment < ?",
		"DELETE FROM segments WHERE number < ?",
	};
	int r = 0;

	for (size_t i = 0; !r && i < PW_ARRAY_SIZE(statements); i++) {
		sqlite3_stmt *statement;

		r = pw_index_prepare(index, statements[i], &statement);
		if (!r)
			r = pw_index_run(statement, (int64_t[]){ (int64_t)lowest }, 1);
		if (!r)
			sqlite3_finalize(statement);
	}
	return r;
}

/* ---- All of it ----------------------------------------------------------------------------- */

static int prepare(struct build *b)
{
	int r = pw_index_prepare(b->index, "SELECT bytes, lines, blocks, complete, first, last, since,"
				 " until FROM segments WHERE number = ?", &b->known);

	if (!r)
		r = pw_index_prepare(b->index, "INSERT INTO blocks VALUES (?,?,?,?,?,?,?,?,?,?)",
				     &b->add_block);
	if (!r)
		r = pw_index_prepare(b->index, "INSERT INTO postings VALUES (?,?,?)", &b->add_posting);
	if (!r)
		r = pw_index_prepare(b->index, "REPLACE INTO segments VALUES (?,?,?,?,?,?,?,?,?)",
				     &b->add_segment);
	return r;
}

/* A file of 64 MiB takes half a second, and the first time there may be hundreds. 0: all is done. */
static void show_progress(size_t done, size_t n)
{
	if (!isatty(STDERR_FILENO))
		return;
	if (done)
		fprintf(stderr, "\rindexing the log: %zu of %zu files", done, n);
	else
		fputs("\r\033[K", stderr);
	fflush(stderr);
}

static int add_segments(struct build *b, const struct pw_segment_ref *segments, size_t n)
{
	int r = execute(b->index, "BEGIN IMMEDIATE");
	bool shown = false;

	if (!r)
		r = check_last(b->index, segments[n - 1].number);
	if (!r)
		r = forget_older(b->index, segments[0].number);
	for (size_t i = 0; !r && i < n; i++) {
		r = add_segment(b, &segments[i]);
		/* What was done stays when this is ended. */
		if (r > 0) {
			shown = true;
			show_progress(i + 1, n);
			r = execute(b->index, "COMMIT; BEGIN IMMEDIATE");
		}
	}
	if (shown)
		show_progress(0, n);
	if (!r)
		r = execute(b->index, "COMMIT");
	if (r && !sqlite3_get_autocommit(b->index->db))
		execute(b->index, "ROLLBACK");
	return r;
}

int pw_index_catch_up(struct pw_index *index)
{
	_cleanup_free_ struct pw_segment_ref *segments = NULL;
	struct build b = { .index = index };
	size_t n;
	int r = pw_segments_list(index->dir, &segments, &n);

	if (r || !n)
		return r;
	r = prepare(&b);
	if (!r)
		r = add_segments(&b, segments, n);
	sqlite3_finalize(b.known);
	sqlite3_finalize(b.add_block);
	sqlite3_finalize(b.add_posting);
	sqlite3_finalize(b.add_segment);
	free(b.postings);
	return r == -EUCLEAN || r == -ENOMEM ? r : 0;
}
