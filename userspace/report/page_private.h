/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the report share. */
#ifndef PW_REPORT_PAGE_PRIVATE_H
#define PW_REPORT_PAGE_PRIVATE_H

#include "common/html.h"
#include "report/groups.h"
#include "report/page.h"

/* The parts that do not depend on the log, made by the build: see html/. */
extern const char pw_page_head1[], pw_page_head2[], pw_page_head3[], pw_page_records[], pw_page_end[];

/* A text of the log, in which a backslash stands before what it is. */
void pw_html_member(FILE *to, const char *text);
/* `12 records`, with the s where there has to be one. */
void pw_html_count(FILE *to, uint64_t n, const char *what);
void pw_html_time(FILE *to, int64_t ns);

/* Whether a session of break-glass let it pass. */
bool pw_row_passed(const struct pw_rows *rows, const struct pw_row *row);

/* The sections; -ENOMEM. */
void pw_page_sessions(FILE *to, const struct pw_page *page);
void pw_page_verdict(FILE *to, const struct pw_page *page);
int pw_page_overview(FILE *to, const struct pw_page *page);
int pw_page_listings(FILE *to, const struct pw_page *page);
void pw_page_check(FILE *to, const struct pw_page *page);
/* The data of the script. */
int pw_page_data(FILE *to, const struct pw_page *page);

/* `7/1234 AAECAwQFBgcI`: the segment and size of the last checkpoint, and the beginning of its root. */
#define PW_FINGERPRINT_SIZE 80
void pw_page_fingerprint(const struct pw_page *page, char text[static PW_FINGERPRINT_SIZE]);

#endif
