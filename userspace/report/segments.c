// SPDX-License-Identifier: BSD-2-Clause
#include "report/segments.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/file.h"

static uint64_t number_of(char **names, size_t n, size_t i)
{
	uint64_t number = pw_log_file_number(names[i]);

	return number ? number : pw_log_file_next(names, n);
}

int pw_segments_list(int dir, struct pw_segment_ref **ret, size_t *ret_n)
{
	struct pw_segment_ref *segments;
	char **names;
	size_t n;
	int r = pw_log_file_names(dir, &names, &n);

	if (r < 0)
		return r;
	segments = calloc(n + 1, sizeof(*segments));
	for (size_t i = 0; segments && i < n; i++)
		segments[i] = (struct pw_segment_ref){ number_of(names, n, i),
						       !pw_log_file_number(names[i]) };
	pw_log_names_free(names, n);
	if (!segments)
		return -ENOMEM;
	*ret = segments;
	*ret_n = n;
	return 0;
}

/* Whether audit.log is the segment with this number. */
static bool is_current(int dir, uint64_t number)
{
	uint64_t next;
	char **names;
	size_t n;

	if (pw_log_file_names(dir, &names, &n) < 0)
		return false;
	next = pw_log_file_next(names, n);
	pw_log_names_free(names, n);
	return next == number;
}

int pw_segments_open(int dir, uint64_t number, struct pw_lines *ret, char **ret_name)
{
	char name[sizeof(PW_LOG_NUMBERED) + 16];
	int r = -ENOENT;

	snprintf(name, sizeof(name), PW_LOG_NUMBERED, (unsigned int)number);
	/* The one that grows can become a full one between the two. */
	for (int i = 0; i < 2 && r == -ENOENT; i++) {
		r = pw_lines_open(dir, name, ret);
		if (r != -ENOENT)
			break;
		r = pw_lines_open(dir, PW_LOG_CURRENT, ret);
		if (!r && is_current(dir, number)) {
			strcpy(name, PW_LOG_CURRENT);
		} else if (!r) {
			pw_lines_close(ret);
			r = -ENOENT;
		}
	}
	if (!r && !(*ret_name = strdup(name))) {
		pw_lines_close(ret);
		r = -ENOMEM;
	}
	return r;
}
