/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines of one file, fast and unparsed. What it is given need not be a log. */
#ifndef PW_AUDIT_LINES_H
#define PW_AUDIT_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pw_lines {
	int fd;
	char *bytes;
	size_t start, end;	/* what was read and not yet given */
	bool done;
	const char *line;	/* without its newline; valid until the next one, or before_fill */
	size_t length;
	uint64_t number;	/* from 1 */
	/* Called before lines that were given become invalid; NULL: nobody. */
	int (*before_fill)(void *data);
	void *data;
};

/* -ENOENT, -EINVAL: no regular file, -EACCES, -ENOMEM... */
int pw_lines_open(int dir, const char *name, struct pw_lines *ret);
void pw_lines_close(struct pw_lines *lines);

/*
 * 1: there is a line, 0: the end; -EMSGSIZE: it is longer than any record, -ENODATA: the last
 * one has no end, which is then in line, or another error of reading.
 */
int pw_lines_next(struct pw_lines *lines);

#endif
