/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where in a log something may stand: an SQLite file of numbers (report/keys.h) beside the
 * log, never the truth. It can be thrown away at any time and is made again from the log; what it
 * leads to is read from the log and has to be what was read when it was made.
 *
 * It knows blocks of lines, each with the numbers that its lines have. What was written after
 * the last whole block is not in it, and is read.
 */
#ifndef PW_REPORT_INDEX_H
#define PW_REPORT_INDEX_H

#include "report/keys.h"

struct pw_index;

/*
 * The index of the log in @dir, below @cache, which is made where it is not there. An error: there is
 * none to be had, and the log can be read without.
 */
int pw_index_open(int dir, const char *cache, struct pw_index **ret);
struct pw_index *pw_index_close(struct pw_index *index);

/* The file is removed: it does not fit the log, or is damaged. */
void pw_index_drop(struct pw_index *index);

/*
 * Takes in what was written since, as far as that can be done: another process that does it,
 * or a full disk, is no error. -EUCLEAN: it is damaged.
 */
int pw_index_catch_up(struct pw_index *index);

struct pw_block {
	uint64_t offset, length;
	uint64_t line;		/* the number of its first line */
	uint32_t sum;		/* of its lines: pw_block_sum() of each, from 0 on */
};

/* To notice that a line is another one than before; who changes it on purpose is found by verify. */
uint32_t pw_block_sum(uint32_t sum, const char *line, size_t length);

/* What is asked of a segment; the numbers of @keys, and these bounds. */
struct pw_index_question {
	const struct pw_query_keys *keys;
	int64_t since, until;
	uint64_t seq;		/* 0: any */
};

/*
 * Calls @found for each block that has to be looked at, in their order. *@ret_end: where the part
 * of the segment ends that the index knows; its line is the one after that part. -EUCLEAN.
 */
int pw_index_find(struct pw_index *index, uint64_t segment, const struct pw_index_question *question,
		  int (*found)(void *data, const struct pw_block *block), void *data,
		  struct pw_block *ret_end);

#endif
