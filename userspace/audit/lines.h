/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines of one segment, fast and unparsed. What it is given need not be a log. */
#ifndef PW_AUDIT_LINES_H
#define PW_AUDIT_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/bytes.h"

struct pw_lines {
	struct pw_bytes from;
	char *bytes;
	size_t start, end;	/* what was read and not yet given */
	bool done;
	const char *line;	/* without its newline; valid until the next one, or before_fill */
	size_t length;
	uint64_t number;	/* from 1 */
	uint64_t offset;	/* of the line in the file */
	uint64_t next;		/* of what follows it */
	uint64_t stop;		/* nothing from here on is read */
	/* Called before lines that were given become invalid; NULL: nobody. */
	int (*before_fill)(void *data);
	void *data;
};

/* As pw_bytes_open(). */
int pw_lines_open(int dir, const char *name, struct pw_lines *ret);
void pw_lines_close(struct pw_lines *lines);

/*
 * 1: there is a line, 0: the end; -EMSGSIZE: it is longer than any record, -ENODATA: the last
 * one has no end, which is then in line, or an error of pw_bytes_read().
 */
int pw_lines_next(struct pw_lines *lines);

/* Whether the segment is compressed. */
static inline bool pw_lines_packed(const struct pw_lines *lines)
{
	return lines->from.frames;
}

/*
 * From now on only the lines between two places of the file, of which the first is the
 * beginning of line @number. Anything else of the file is not read.
 */
int pw_lines_seek(struct pw_lines *lines, uint64_t offset, uint64_t stop, uint64_t number);

/* After -EMSGSIZE: goes on behind the line that was too long. */
int pw_lines_skip(struct pw_lines *lines);

#endif
