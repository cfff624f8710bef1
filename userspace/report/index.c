// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/checkpoint.h"
#include "common/cleanup.h"
#include "report/index_private.h"
#include "report/segments.h"

#define APPLICATION 0x70776978	/* "pwix" */
#define FORMAT 1
#define BUSY_MS 2000
#define LOG_ID_WITHIN (1024 * 1024)

/* Postings begin with their segment, so that all of one are written in one place. */
static const char schema[] =
	"PRAGMA application_id = " PW_STRINGIFY(APPLICATION) ";"
	"PRAGMA user_version = " PW_STRINGIFY(FORMAT) ";"
	"CREATE TABLE segments (number INTEGER PRIMARY KEY, bytes INTEGER, lines INTEGER,"
	" blocks INTEGER, complete INTEGER, first INTEGER, last INTEGER, since INTEGER,"
	" until INTEGER);"
	"CREATE TABLE blocks (segment INTEGER, block INTEGER, offset INTEGER, length INTEGER,"
	" line INTEGER, sum INTEGER, first INTEGER, last INTEGER, since INTEGER, until INTEGER,"
	" PRIMARY KEY (segment, block)) WITHOUT ROWID;"
	"CREATE TABLE postings (segment INTEGER, key INTEGER, block INTEGER,"
	" PRIMARY KEY (segment, key, block)) WITHOUT ROWID;";

int pw_index_error(int sqlite)
{
	switch (sqlite) {
	case SQLITE_OK:
	case SQLITE_DONE:
		return 0;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_ERROR:	/* a table that is not there */
	case SQLITE_MISMATCH:
	case SQLITE_CONSTRAINT:
		return -EUCLEAN;
	case SQLITE_NOMEM:
		return -ENOMEM;
	default:
		return -EAGAIN;
	}
}

int pw_index_prepare(struct pw_index *index, const char *sql, sqlite3_stmt **ret)
{
	return pw_index_error(sqlite3_prepare_v2(index->db, sql, -1, ret, NULL));
}

void pw_index_bind(sqlite3_stmt *statement, const int64_t *numbers, int n)
{
	for (int i = 0; i < n; i++)
		sqlite3_bind_int64(statement, i + 1, numbers[i]);
}

int pw_index_run(sqlite3_stmt *statement, const int64_t *numbers, int n)
{
	pw_index_bind(statement, numbers, n);
	while (sqlite3_step(statement) == SQLITE_ROW)
		;
	return pw_index_error(sqlite3_reset(statement));
}

uint32_t pw_block_sum(uint32_t sum, const char *line, size_t length)
{
	uint64_t hash = sum + length, word;

	for (; length >= sizeof(word); line += sizeof(word), length -= sizeof(word)) {
		memcpy(&word, line, sizeof(word));
		hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 32;
	}
	word = 0;
	memcpy(&word, line, length);
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
	return (uint32_t)(hash >> 32);
}

/* ---- Its place ----------------------------------------------------------------------------- */

/* The log's id, as its first checkpoint says it. */
static int find_log_id(int dir, char id[static PW_LOG_ID_LEN + 1])
{
	_cleanup_free_ struct pw_segment_ref *segments = NULL;
	_cleanup_free_ char *name = NULL;
	struct pw_checkpoint checkpoint;
	struct pw_lines lines;
	size_t n;
	int r = pw_segments_list(dir, &segments, &n);

	if (!r && !n)
		r = -ENOENT;
	if (!r)
		r = pw_segments_open(dir, segments[0].number, &lines, &name);
	if (r)
		return r;
	r = pw_lines_seek(&lines, 0, LOG_ID_WITHIN, 1);
	while (!r && (r = pw_lines_next(&lines)) == 1)
		r = pw_checkpoint_is(lines.line, lines.length);
	r = r == 1 ? pw_checkpoint_parse_line(lines.line, lines.length, &checkpoint) : -ENOENT;
	if (!r)
		memcpy(id, checkpoint.log, PW_LOG_ID_LEN + 1);
	pw_lines_close(&lines);
	return r;
}

/* A directory that nobody else can write. */
static int make_directory(const char *path)
{
	struct stat st;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	if (lstat(path, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & 022) ? 0 : -EPERM;
}

/* Named after the log, and after the directory: an older copy has an index of its own. */
static int find_path(int dir, const char *cache, char **ret_path)
{
	char id[PW_LOG_ID_LEN + 1];
	struct stat st;
	int r = find_log_id(dir, id);

	if (!r && fstat(dir, &st) < 0)
		r = -errno;
	if (!r)
		r = make_directory(cache);
	if (!r && asprintf(ret_path, "%s/%s-%" PRIx64 "-%" PRIx64 ".index", cache, id,
			   (uint64_t)st.st_dev, (uint64_t)st.st_ino) < 0)
		r = -ENOMEM;
	return r;
}

/* ---- Opening ------------------------------------------------------------------------------- */

static int read_number(struct pw_index *index, const char *sql, int64_t *ret)
{
	sqlite3_stmt *statement;
	int r = pw_index_prepare(index, sql, &statement);

	if (r)
		return r;
	*ret = 0;
	if (sqlite3_step(statement) == SQLITE_ROW)
		*ret = sqlite3_column_int64(statement, 0);
	return pw_index_error(sqlite3_finalize(statement));
}

static int make_tables(struct pw_index *index)
{
	int64_t application, format, tables;
	int r = read_number(index, "PRAGMA application_id", &application);

	if (!r)
		r = read_number(index, "PRAGMA user_version", &format);
	if (!r)
		r = read_number(index, "SELECT count(*) FROM sqlite_schema", &tables);
	if (!r && !tables)
		return pw_index_error(sqlite3_exec(index->db, schema, NULL, NULL, NULL));
	if (!r && (application != APPLICATION || format != FORMAT))
		r = -EUCLEAN;
	return r;
}

static void close_file(struct pw_index *index)
{
	sqlite3_finalize(index->segment);
	sqlite3_finalize(index->posting);
	sqlite3_finalize(index->block);
	sqlite3_close(index->db);
	index->segment = index->posting = index->block = NULL;
	index->db = NULL;
}

static int open_file(struct pw_index *index)
{
	int r = pw_index_error(sqlite3_open_v2(index->path, &index->db,
					       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
					       SQLITE_OPEN_NOFOLLOW, NULL));

	if (r)
		return r;
	sqlite3_busy_timeout(index->db, BUSY_MS);
	sqlite3_db_config(index->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(index->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	r = pw_index_error(sqlite3_exec(index->db, "BEGIN IMMEDIATE", NULL, NULL, NULL));
	if (!r)
		r = make_tables(index);
	if (!r)
		r = pw_index_error(sqlite3_exec(index->db, "COMMIT", NULL, NULL, NULL));
	if (!r)
		r = pw_index_prepare(index, "SELECT bytes, lines, blocks, first, last, since, until"
				     " FROM segments WHERE number = ?", &index->segment);
	if (!r)
		r = pw_index_prepare(index, "SELECT block FROM postings WHERE segment = ?"
				     " AND key = ?", &index->posting);
	if (!r)
		r = pw_index_prepare(index, "SELECT offset, length, line, sum, first, last, since,"
				     " until FROM blocks WHERE segment = ? AND block = ?",
				     &index->block);
	return r;
}

int pw_index_open(int dir, const char *cache, struct pw_index **ret)
{
	struct pw_index *index = calloc(1, sizeof(*index));
	int r;

	if (!index)
		return -ENOMEM;
	index->dir = dir;
	r = find_path(dir, cache, &index->path);
	if (!r)
		r = open_file(index);
	if (r == -EUCLEAN) {
		pw_index_drop(index);
		r = open_file(index);
	}
	if (r) {
		pw_index_close(index);
		return r;
	}
	*ret = index;
	return 0;
}

struct pw_index *pw_index_close(struct pw_index *index)
{
	if (index) {
		close_file(index);
		free(index->path);
		free(index);
	}
	return NULL;
}

void pw_index_drop(struct pw_index *index)
{
	_cleanup_free_ char *journal = NULL;

	close_file(index);
	unlink(index->path);
	if (asprintf(&journal, "%s-journal", index->path) > 0)
		unlink(journal);
}

/* ---- Asking -------------------------------------------------------------------------------- */

/* The numbers from column @at on: first, last, since, until. */
static bool in_bounds(sqlite3_stmt *row, int at, const struct pw_index_question *question)
{
	int64_t seq = (int64_t)question->seq;

	if (seq && (sqlite3_column_int64(row, at) > seq || sqlite3_column_int64(row, at + 1) < seq))
		return false;
	return (!question->until || sqlite3_column_int64(row, at + 2) <= question->until) &&
	       (!question->since || sqlite3_column_int64(row, at + 3) >= question->since);
}

/* Adds @bit to the marks of all blocks of the segment that have @key. */
static int mark(struct pw_index *index, uint64_t segment, int64_t key, unsigned char *marks,
		int64_t n, unsigned char bit)
{
	int r;

	pw_index_bind(index->posting, (int64_t[]){ (int64_t)segment, key }, 2);
	while (sqlite3_step(index->posting) == SQLITE_ROW) {
		int64_t block = sqlite3_column_int64(index->posting, 0);

		if (block >= 0 && block < n)
			marks[block] |= bit;
	}
	r = sqlite3_reset(index->posting);
	return pw_index_error(r);
}

/* Which blocks have every key, or what is always looked at. */
static int mark_blocks(struct pw_index *index, uint64_t segment, const struct pw_query_keys *keys,
		       unsigned char *marks, int64_t n, unsigned char *ret_all)
{
	unsigned char all = (unsigned char)((1U << keys->n) - 1);
	int r = mark(index, segment, pw_key_odd(), marks, n, all);

	if (!r && keys->gaps)
		r = mark(index, segment, pw_key_gap(), marks, n, all);
	for (size_t i = 0; !r && i < keys->n; i++)
		r = mark(index, segment, keys->keys[i], marks, n, (unsigned char)(1U << i));
	*ret_all = all;
	return r;
}

_Static_assert(PW_KEYS_QUERY_MAX <= 8, "a bit of a byte for each key of a query");

static int offer_block(struct pw_index *index, uint64_t segment, int64_t number,
		       const struct pw_index_question *question,
		       int (*found)(void *data, const struct pw_block *block), void *data)
{
	sqlite3_stmt *row = index->block;
	int r, step;

	pw_index_bind(row, (int64_t[]){ (int64_t)segment, number }, 2);
	step = sqlite3_step(row);
	if (step == SQLITE_ROW && in_bounds(row, 4, question)) {
		const struct pw_block block = { (uint64_t)sqlite3_column_int64(row, 0),
						(uint64_t)sqlite3_column_int64(row, 1),
						(uint64_t)sqlite3_column_int64(row, 2),
						(uint32_t)sqlite3_column_int64(row, 3) };

		r = found(data, &block);
	} else {
		/* A block that is counted and not there. */
		r = step == SQLITE_DONE ? -EUCLEAN : 0;
	}
	step = sqlite3_reset(row);
	return r ? r : pw_index_error(step);
}

/* A segment of 64 MiB has fewer blocks; who says more is damaged. */
#define BLOCKS_MAX (1 << 24)

int pw_index_find(struct pw_index *index, uint64_t segment, const struct pw_index_question *question,
		  int (*found)(void *data, const struct pw_block *block), void *data,
		  struct pw_block *ret_end)
{
	_cleanup_free_ unsigned char *marks = NULL;
	unsigned char all = 0;
	sqlite3_stmt *row = index->segment;
	int64_t blocks = 0;
	int r;

	*ret_end = (struct pw_block){ .line = 1 };
	pw_index_bind(row, (int64_t[]){ (int64_t)segment }, 1);
	if (sqlite3_step(row) == SQLITE_ROW) {
		ret_end->offset = (uint64_t)sqlite3_column_int64(row, 0);
		ret_end->line = (uint64_t)sqlite3_column_int64(row, 1) + 1;
		if (in_bounds(row, 3, question))
			blocks = sqlite3_column_int64(row, 2);
	}
	r = pw_index_error(sqlite3_reset(row));
	if (r || !blocks)
		return r;
	if (blocks < 0 || blocks > BLOCKS_MAX)
		return -EUCLEAN;
	marks = calloc((size_t)blocks, 1);
	if (!marks)
		return -ENOMEM;
	r = mark_blocks(index, segment, question->keys, marks, blocks, &all);
	for (int64_t i = 0; !r && i < blocks; i++)
		if (marks[i] == all)
			r = offer_block(index, segment, i, question, found, data);
	return r;
}
