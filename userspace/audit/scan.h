/* SPDX-License-Identifier: BSD-2-Clause */
/* Which numbers stand in a log, without reading more of its lines than their beginning. */
#ifndef PW_AUDIT_SCAN_H
#define PW_AUDIT_SCAN_H

#include "audit/account.h"

/* Called for each line that accounts for numbers; @gap tells whether it is a gap line. */
typedef int (*pw_scan_fn)(void *data, struct pw_range range, bool gap);

/*
 * Reads the newest files of the log, two at least and as much as one full file: what is
 * above state.settled when a daemon died cannot be older than that. An error of @found
 * ends it.
 */
int pw_scan_log(int dir, pw_scan_fn found, void *data);

/* The numbers of one line; false when it accounts for none. */
bool pw_scan_line(const char *line, size_t length, struct pw_range *ret_range, bool *ret_gap);

/* Those of the last line of a file, a record without an end, as far as they can be read. */
bool pw_scan_torn(const char *line, struct pw_range *ret_range);

#endif
