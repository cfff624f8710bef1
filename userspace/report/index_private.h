/* SPDX-License-Identifier: BSD-2-Clause */
/* What index.c, which opens and asks, and index_build.c, which fills, share. */
#ifndef PW_REPORT_INDEX_PRIVATE_H
#define PW_REPORT_INDEX_PRIVATE_H

#include <sqlite3.h>

#include "report/index.h"

struct pw_index {
	int dir;		/* of the log; borrowed */
	char *path;
	sqlite3 *db;
	sqlite3_stmt *segment, *posting, *block;
};

/* 0, -EUCLEAN: the file is damaged or not ours, -EAGAIN: all else. */
int pw_index_error(int sqlite);

int pw_index_prepare(struct pw_index *index, const char *sql, sqlite3_stmt **ret);

/* Runs to its end with these numbers. */
int pw_index_run(sqlite3_stmt *statement, const int64_t *numbers, int n);

void pw_index_bind(sqlite3_stmt *statement, const int64_t *numbers, int n);

#endif
