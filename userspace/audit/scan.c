// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <json-c/json.h>

#include "audit/file.h"
#include "audit/scan.h"
#include "common/cleanup.h"

#define SCANNED_FILES 2	/* at least */

static bool number_member(json_object *object, const char *name, uint64_t *ret)
{
	json_object *member;

	if (!json_object_object_get_ex(object, name, &member) ||
	    !json_object_is_type(member, json_type_int) || json_object_get_int64(member) < 1)
		return false;
	*ret = json_object_get_uint64(member);
	return true;
}

static bool scan_gap(const char *line, size_t length, struct pw_range *ret_range)
{
	json_tokener *tokener = json_tokener_new_ex(4);
	json_object *object = tokener ? json_tokener_parse_ex(tokener, line, (int)length) : NULL;
	bool ok = json_object_is_type(object, json_type_object) &&
		  number_member(object, "first", &ret_range->first) &&
		  number_member(object, "last", &ret_range->last) &&
		  ret_range->first <= ret_range->last;

	json_object_put(object);
	if (tokener)
		json_tokener_free(tokener);
	return ok;
}

bool pw_scan_line_n(const char *line, size_t length, struct pw_range *ret_range, bool *ret_gap)
{
	static const char start[] = "{\"schema\":1,\"seq\":";
	const char *at = line + sizeof(start) - 1, *end = line + length;
	uint64_t number = 0;

	if (length <= sizeof(start) || memcmp(line, start, sizeof(start) - 1) != 0)
		return false;
	*ret_gap = *at == 'n';
	if (*ret_gap)
		return scan_gap(line, length, ret_range);
	if (*at < '1' || *at > '9')
		return false;
	for (; at < end && *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*at - '0'), &number))
			return false;
	ret_range->first = ret_range->last = number;
	return number <= INT64_MAX && at < end && *at == ',';
}

bool pw_scan_line(const char *line, struct pw_range *ret_range, bool *ret_gap)
{
	return pw_scan_line_n(line, strlen(line), ret_range, ret_gap);
}

static int scan_file(int dir, const char *name, pw_scan_fn found, void *data)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	_cleanup_fclose_ FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	_cleanup_free_ char *line = NULL;
	size_t capacity = 0;
	int r = 0;

	if (!file) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	while (!r && getline(&line, &capacity, file) > 0) {
		struct pw_range range;
		bool gap;

		if (pw_scan_line(line, &range, &gap))
			r = found(data, range, gap);
	}
	return r ? r : ferror(file) ? -EIO : 0;
}

/* The first of the newest files that are looked at. */
static size_t find_first(int dir, char **names, size_t n)
{
	off_t bytes = 0;
	size_t i = n;
	struct stat st;

	while (i > 0 && (n - i < SCANNED_FILES || bytes < PW_LOG_FULL_BYTES)) {
		i--;
		if (fstatat(dir, names[i], &st, AT_SYMLINK_NOFOLLOW) == 0)
			bytes += st.st_size;
	}
	return i;
}

int pw_scan_log(int dir, pw_scan_fn found, void *data)
{
	char **names;
	size_t n;
	int r = pw_log_file_names(dir, &names, &n);

	if (r < 0)
		return r;
	for (size_t i = find_first(dir, names, n); !r && i < n; i++)
		r = scan_file(dir, names[i], found, data);
	pw_log_names_free(names, n);
	return r;
}
