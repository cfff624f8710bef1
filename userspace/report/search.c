// SPDX-License-Identifier: BSD-2-Clause
#include "report/search.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "audit/checkpoint.h"
#include "audit/lines.h"
#include "common/cleanup.h"
#include "report/index.h"
#include "report/segments.h"

/* A stretch of a segment that has to be read. */
struct part {
	uint64_t segment;
	struct pw_block block;
	bool indexed;		/* it has to be what it was; else it is read as it is, to its end */
	bool grows;
};

struct place {
	uint64_t segment, offset;
};

struct pw_search {
	int dir;
	char *single;		/* the one file that is read, or NULL */
	struct pw_index *index;
	json_tokener *tokener;
	struct place after, before;	/* segment 0: no bound */
	const struct pw_query *query;
	struct pw_query_keys keys;
	uint64_t seq;		/* only this number; 0: any */
	struct part *parts;
	size_t n, capacity;
	size_t at, end;		/* the part at hand, and the one before which it ends */
	uint64_t skip;		/* records that are not shown */
	bool reading;		/* in the part at hand */
	uint32_t sum;
	struct pw_lines lines;
	uint64_t opened;	/* the segment that lines is of; 0: none */
	char *file;
	json_object *record;
};

static const struct place nowhere;

/* ---- Opening ------------------------------------------------------------------------------- */

static int open_single(struct pw_search *search, const char *path)
{
	_cleanup_free_ char *for_dir = strdup(path), *for_base = strdup(path);

	if (!for_dir || !for_base)
		return -ENOMEM;
	search->dir = open(dirname(for_dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (search->dir < 0)
		return -errno;
	search->single = strdup(basename(for_base));
	if (!search->single)
		return -ENOMEM;
	return faccessat(search->dir, search->single, R_OK, 0) < 0 ? -errno : 0;
}

/* An index that is damaged is made anew, once. */
static void open_index(struct pw_search *search, const char *cache)
{
	for (int i = 0; i < 2; i++) {
		int r = pw_index_open(search->dir, cache, &search->index);

		if (r)
			return;
		r = pw_index_catch_up(search->index);
		if (!r)
			return;
		if (r == -EUCLEAN)
			pw_index_drop(search->index);
		search->index = pw_index_close(search->index);
	}
}

int pw_search_open(const char *path, const char *cache, struct pw_search **ret)
{
	struct pw_search *search = calloc(1, sizeof(*search));
	int r = 0;

	if (!search)
		return -ENOMEM;
	search->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (search->dir < 0)
		r = errno == ENOTDIR ? open_single(search, path) : -errno;
	search->tokener = pw_record_tokener();
	if (!r && !search->tokener)
		r = -ENOMEM;
	if (r < 0) {
		pw_search_close(search);
		return r;
	}
	if (cache && !search->single)
		open_index(search, cache);
	*ret = search;
	return 0;
}

static void close_file(struct pw_search *search)
{
	if (search->opened)
		pw_lines_close(&search->lines);
	free(search->file);
	search->file = NULL;
	search->opened = 0;
	search->reading = false;
}

struct pw_search *pw_search_close(struct pw_search *search)
{
	close_file(search);
	pw_index_close(search->index);
	json_object_put(search->record);
	if (search->tokener)
		json_tokener_free(search->tokener);
	if (search->dir >= 0)
		close(search->dir);
	free(search->parts);
	free(search->single);
	free(search);
	return NULL;
}

/* ---- What has to be read ------------------------------------------------------------------- */

static int add_part(struct pw_search *search, const struct part *part)
{
	if (search->n == search->capacity) {
		size_t capacity = search->capacity ? 2 * search->capacity : 1024;
		struct part *more = reallocarray(search->parts, capacity, sizeof(*more));

		if (!more)
			return -ENOMEM;
		search->parts = more;
		search->capacity = capacity;
	}
	search->parts[search->n++] = *part;
	return 0;
}

struct planning {
	struct pw_search *search;
	uint64_t segment;
};

static int add_block(void *data, const struct pw_block *block)
{
	const struct planning *planning = data;
	const struct pw_search *search = planning->search;
	const struct part part = { .segment = planning->segment, .block = *block, .indexed = true };

	if ((part.segment == search->after.segment &&
	     block->offset + block->length <= search->after.offset) ||
	    (part.segment == search->before.segment && block->offset >= search->before.offset))
		return 0;
	return add_part(planning->search, &part);
}

static int plan_segment(struct pw_search *search, const struct pw_segment_ref *segment)
{
	const struct pw_index_question question = {
		&search->keys, search->query->since, search->query->until, search->seq };
	struct planning planning = { search, segment->number };
	struct part rest = { .segment = segment->number, .block.line = 1, .grows = segment->grows };
	int r = 0;

	if (segment->number < search->after.segment ||
	    (search->before.segment && segment->number > search->before.segment))
		return 0;
	if (search->index)
		r = pw_index_find(search->index, segment->number, &question, add_block, &planning,
				  &rest.block);
	return r ? r : add_part(search, &rest);
}

static int plan_all(struct pw_search *search, const struct pw_segment_ref *segments, size_t n)
{
	int r = 0;

	search->n = 0;
	for (size_t i = 0; !r && i < n; i++)
		r = plan_segment(search, &segments[i]);
	search->at = 0;
	search->end = search->n;
	search->reading = false;
	return r;
}

static int plan(struct pw_search *search)
{
	static const struct pw_segment_ref only = { .number = 1, .grows = true };
	_cleanup_free_ struct pw_segment_ref *segments = NULL;
	size_t n;
	int r;

	pw_keys_of_query(search->query, &search->keys);
	search->skip = 0;
	if (search->single)
		return plan_all(search, &only, 1);
	r = pw_segments_list(search->dir, &segments, &n);
	if (!r)
		r = plan_all(search, segments, n);
	if (r != -EUCLEAN && r != -EAGAIN)
		return r;
	if (r == -EUCLEAN)
		pw_index_drop(search->index);
	search->index = pw_index_close(search->index);
	return plan_all(search, segments, n);
}

/* ---- Reading it ---------------------------------------------------------------------------- */

static int open_segment(struct pw_search *search, uint64_t segment)
{
	int r;

	if (search->opened == segment)
		return 0;
	close_file(search);
	if (search->single) {
		search->file = strdup(search->single);
		r = search->file ? pw_lines_open(search->dir, search->single, &search->lines) : -ENOMEM;
	} else {
		r = pw_segments_open(search->dir, segment, &search->lines, &search->file);
	}
	if (!r)
		search->opened = segment;
	return r;
}

static int begin_part(struct pw_search *search)
{
	const struct part *part = &search->parts[search->at];
	uint64_t stop = part->indexed ? part->block.offset + part->block.length : UINT64_MAX;
	int r = open_segment(search, part->segment);

	if (!r)
		r = pw_lines_seek(&search->lines, part->block.offset, stop, part->block.line);
	search->sum = 0;
	search->reading = !r;
	return r;
}

/* A part was read to its end, or as far as @r says. */
static int end_part(struct pw_search *search, int r)
{
	const struct part *part = &search->parts[search->at];

	search->reading = false;
	search->at++;
	if (!part->indexed || (!r && search->lines.next == part->block.offset + part->block.length &&
			       search->sum == part->block.sum))
		return 0;
	pw_index_drop(search->index);
	search->index = pw_index_close(search->index);
	return -ESTALE;
}

static bool is_wanted_place(const struct pw_search *search)
{
	const struct place *after = &search->after, *before = &search->before;
	uint64_t segment = search->opened, offset = search->lines.offset;

	if (after->segment == segment && offset <= after->offset)
		return false;
	return before->segment != segment || offset < before->offset;
}

static int malformed(struct pw_search *search, const char *what, struct pw_found *ret)
{
	*ret = (struct pw_found){ .malformed = what, .file = search->file,
				  .number = search->lines.number };
	return 1;
}

/* 1: this line is one; 0: it is not. */
static int look_at_line(struct pw_search *search, struct pw_found *ret)
{
	const struct pw_lines *lines = &search->lines;
	struct pw_line_keys keys;

	if (pw_checkpoint_is(lines->line, lines->length) || !is_wanted_place(search))
		return 0;
	pw_keys_of_line(lines->line, lines->length, &keys);
	if (!pw_keys_may_match(&search->keys, &keys) ||
	    (search->seq && keys.plain && (search->seq < keys.first || search->seq > keys.last)))
		return 0;
	json_object_put(search->record);
	*ret = (struct pw_found){ .line = lines->line, .length = lines->length,
				  .file = search->file, .number = lines->number };
	search->record = pw_record_parse(search->tokener, lines->line, lines->length, &ret->malformed);
	ret->record = search->record;
	return !search->record || pw_query_matches(search->query, search->record);
}

/* What is no line: 1 when that has to be said, 0 when it is only the end. */
static int look_at_end(struct pw_search *search, int r, struct pw_found *ret)
{
	const struct part *part = &search->parts[search->at];
	bool grows = part->grows;

	if (r == -EMSGSIZE && !part->indexed) {
		uint64_t number = search->lines.number;

		r = pw_lines_skip(&search->lines);
		malformed(search, "the line is longer than any record", ret);
		ret->number = number;
		return r < 0 ? r : 1;
	}
	if (r < 0 && r != -ENODATA && r != -EMSGSIZE)
		return r;
	if (end_part(search, r) < 0)
		return -ESTALE;
	return r == -ENODATA && !grows ? malformed(search, "the line has no end", ret) : 0;
}

int pw_search_next(struct pw_search *search, struct pw_found *ret)
{
	int r;

	while (search->at < search->end) {
		r = search->reading ? 0 : begin_part(search);
		/* Expired, and deleted, since the plan was made. */
		if (r == -ENOENT) {
			search->at++;
			continue;
		}
		if (r < 0)
			return r;
		r = pw_lines_next(&search->lines);
		if (r > 0) {
			search->sum = pw_block_sum(search->sum, search->lines.line,
						   search->lines.length);
			r = look_at_line(search, ret);
		} else {
			r = look_at_end(search, r, ret);
		}
		if (r > 0 && search->skip) {
			search->skip -= ret->record != NULL;
			r = 0;
		}
		if (r)
			return r;
	}
	return 0;
}

int pw_search_begin(struct pw_search *search, const struct pw_query *query)
{
	search->query = query;
	search->seq = 0;
	return plan(search);
}

/* How many records there are in part @i. */
static int count_part(struct pw_search *search, size_t i, uint64_t *ret)
{
	struct pw_found found;
	int r;

	search->at = i;
	search->end = i + 1;
	search->reading = false;
	*ret = 0;
	while ((r = pw_search_next(search, &found)) > 0)
		*ret += found.record != NULL;
	return r;
}

int pw_search_last(struct pw_search *search, uint64_t n)
{
	uint64_t total = 0, here;
	size_t i = search->n;
	int r = 0;

	while (!r && i > 0 && total < n) {
		r = count_part(search, --i, &here);
		total += here;
	}
	search->at = i;
	search->end = search->n;
	search->reading = false;
	search->skip = total > n ? total - n : 0;
	return r;
}

int pw_search_number(struct pw_search *search, uint64_t seq, struct pw_found *ret)
{
	static const struct pw_query any = PW_QUERY_ANY;
	int r;

	search->query = &any;
	search->seq = seq;
	r = plan(search);
	while (!r && (r = pw_search_next(search, ret)) > 0 && !ret->record)
		r = 0;
	return r;
}

/* Where the record with this number stands. */
static int find_place(struct pw_search *search, uint64_t seq, struct place *ret)
{
	struct pw_found found;
	int r;

	search->after = search->before = nowhere;
	r = pw_search_number(search, seq, &found);
	if (r > 0)
		*ret = (struct place){ search->opened, search->lines.offset };
	return r < 0 ? r : r ? 0 : -ENOENT;
}

int pw_search_after(struct pw_search *search, uint64_t seq)
{
	return find_place(search, seq, &search->after);
}

int pw_search_before(struct pw_search *search, uint64_t seq)
{
	return find_place(search, seq, &search->before);
}
