/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows that are alike, counted. */
#ifndef PW_REPORT_GROUPS_H
#define PW_REPORT_GROUPS_H

#include "report/rows.h"

#define PW_GROUP_COLUMNS 8

enum pw_deed { PW_DEED_READ, PW_DEED_CHANGE, PW_DEED_REFUSED, PW_DEED_N };

struct pw_group {
	const struct pw_row *row;	/* the first of them: its texts are those of all */
	uint64_t events;
	uint64_t deeds[PW_DEED_N];
	int64_t first, last;		/* times */
	uint64_t last_seq;
};

struct pw_grouping {
	enum pw_column by[PW_GROUP_COLUMNS];
	size_t nby;
	bool (*wanted)(const struct pw_rows *rows, const struct pw_row *row);
};

/* In the order in which they came; without columns, each row alone. The caller frees. -ENOMEM. */
int pw_groups_make(const struct pw_rows *rows, const struct pw_grouping *grouping,
		   struct pw_group **ret, size_t *ret_n);

/* The most events first. */
void pw_groups_sort(struct pw_group *groups, size_t n);
void pw_groups_sort_by_text(const struct pw_rows *rows, enum pw_column column,
			    struct pw_group *groups, size_t n);

/* What a record of a file in an object, or of another kind, counts as. */
enum pw_deed pw_row_deed(const struct pw_rows *rows, const struct pw_row *row);

#endif
