/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The report: one HTML file. What it says first can be read without its script, and stands on
 * paper; the script draws the charts and shows all records. Text of the log is only ever text: in the
 * HTML it is escaped, in the data no `<` stands for itself, and the script sets textContent.
 */
#ifndef PW_REPORT_PAGE_H
#define PW_REPORT_PAGE_H

#include <stdio.h>

#include "audit/verify.h"
#include "report/rows.h"

enum pw_page_record {
	PW_PAGE_COPY,		/* of a copy: its making is in no log */
	PW_PAGE_RECORDED,	/* phiwardd is told, or there is no report */
	PW_PAGE_NO_DAEMON,	/* there was none */
};

struct pw_page {
	const struct pw_rows *rows;
	const struct pw_verify *verify;
	const int64_t *unknown_starts;	/* of the machine, seconds since 1970, without a record */
	size_t nunknown;
	bool starts_known;		/* false: nobody could look for them */
	const char *source;		/* where the log was read */
	const char *maker;		/* who made the report */
	int64_t made;			/* ns since 1970 */
	enum pw_page_record record;
};

/* -EIO when not all could be written, or -ENOMEM. */
int pw_page_write(FILE *to, const struct pw_page *page);

#endif
