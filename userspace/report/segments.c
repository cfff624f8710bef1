// SPDX-License-Identifier: BSD-2-Clause
#include "report/segments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit/file.h"
#include "common/cleanup.h"

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

static int name_of(int dir, uint64_t number, char **ret_name)
{
	char **names;
	size_t n, i = 0;
	int r = pw_log_file_names(dir, &names, &n);

	if (r < 0)
		return r;
	while (i < n && number_of(names, n, i) != number)
		i++;
	*ret_name = i < n ? strdup(names[i]) : NULL;
	r = i == n ? -ENOENT : *ret_name ? 0 : -ENOMEM;
	pw_log_names_free(names, n);
	return r;
}

int pw_segments_open(int dir, uint64_t number, struct pw_lines *ret, char **ret_name)
{
	for (;;) {
		_cleanup_free_ char *name = NULL, *again = NULL;
		int r = name_of(dir, number, &name);

		if (r < 0)
			return r;
		r = pw_lines_open(dir, name, ret);
		if (r < 0 && r != -ENOENT)
			return r;
		/* What was opened is it only if it has that name still. */
		if (!r && name_of(dir, number, &again) == 0 && !strcmp(name, again)) {
			*ret_name = TAKE_PTR(name);
			return 0;
		}
		if (!r)
			pw_lines_close(ret);
	}
}
