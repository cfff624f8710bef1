// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <string.h>

#include <json-c/json.h>

#include "audit/entry.h"
#include "audit/file.h"
#include "audit/lines.h"
#include "audit/scan.h"

#define SCANNED_FILES 2	/* at least */

static bool number_member(json_object *object, const char *name, uint64_t *ret)
{
	json_object *member;

	if (!json_object_object_get_ex(object, name, &member) ||
	    !json_object_is_type(member, json_type_int) || json_object_get_int64(member) < 1)
		return false;
	*ret = json_object_get_uint64(member);
	return *ret <= INT64_MAX;
}

/*
 * The numbers of a line with @seq, 0 when it has none, that stands for @count events: its own, or
 * those that *@range says. False: what it says does not fit together.
 */
static bool make_range(uint64_t seq, uint64_t count, struct pw_range *range)
{
	if (seq && !range->first && !range->last) {
		range->first = range->last = seq;
		return true;
	}
	return range->first && range->first <= range->last && (!seq || range->first == seq) &&
	       range->last - range->first == count - 1;
}

/* What the members say, in whatever order they stand. */
static bool scan_members(const char *line, size_t length, struct pw_range *ret_range, bool *ret_gap)
{
	json_tokener *tokener = json_tokener_new_ex(4);
	json_object *object = tokener ? json_tokener_parse_ex(tokener, line, (int)length) : NULL;
	uint64_t seq = 0, count = 0;
	json_object *member;
	bool ok;

	*ret_range = (struct pw_range){ 0 };
	ok = json_object_is_type(object, json_type_object) &&
	     json_object_object_get_ex(object, "seq", &member) &&
	     number_member(object, "count", &count);
	if (ok) {
		*ret_gap = !member;
		ok = *ret_gap || number_member(object, "seq", &seq);
		number_member(object, "first", &ret_range->first);
		number_member(object, "last", &ret_range->last);
	}
	ok = ok && make_range(seq, count, ret_range);
	json_object_put(object);
	if (tokener)
		json_tokener_free(tokener);
	return ok;
}

/* Goes over @text, @length of it, which has to stand at *@at; NULL in *@at: it does not. */
static void go_over(const char **at, const char *end, const char *text, size_t length)
{
	if (*at && (size_t)(end - *at) >= length && memcmp(*at, text, length) == 0)
		*at += length;
	else
		*at = NULL;
}

/* The number from 1 that stands there. */
static uint64_t take_number(const char **at, const char *end)
{
	const char *from = *at;
	uint64_t number = 0;

	if (!from || from == end || *from == '0')
		*at = NULL;
	while (*at && *at < end && **at >= '0' && **at <= '9')
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*(*at)++ - '0'), &number))
			*at = NULL;
	if (*at == from || number > INT64_MAX)
		*at = NULL;
	return number;
}

#define GO_OVER(at, end, literal) go_over(at, end, literal, sizeof(literal) - 1)
#define TIME (sizeof(",\"time\":\"2026-11-24T03:18:22.123456789Z\"") - 1)

/* Goes to the number behind `"seq":`; NULL: this is no record of phiwardd. */
static const char *find_seq(const char *line, size_t length)
{
	const char *at = line, *end = line + length;

	GO_OVER(&at, end, "{\"schema\":1,\"boot\":\"");
	if (!at)
		return NULL;
	at = line + pw_entry_head(line, length);
	GO_OVER(&at, end, ",\"seq\":");
	return at;
}

/* The numbers of a record as phiwardd writes it. *@at: behind its `seq`, which is @seq. */
static bool scan_record(const char *at, const char *end, uint64_t seq, struct pw_range *ret_range)
{
	struct pw_range range = { 0 };
	const char *single;
	uint64_t count;

	if (at && (size_t)(end - at) >= TIME)
		at += TIME;
	GO_OVER(&at, end, ",\"mono\":");
	take_number(&at, end);
	GO_OVER(&at, end, ",\"count\":");
	count = take_number(&at, end);
	single = at;
	GO_OVER(&single, end, ",\"first\":null,\"last\":null,");
	if (!single) {
		GO_OVER(&at, end, ",\"first\":");
		range.first = take_number(&at, end);
		GO_OVER(&at, end, ",\"last\":");
		range.last = take_number(&at, end);
		GO_OVER(&at, end, ",");
	}
	*ret_range = range;
	return at && make_range(seq, count, ret_range);
}

bool pw_scan_line(const char *line, size_t length, struct pw_range *ret_range, bool *ret_gap)
{
	const char *at = find_seq(line, length), *end = line + length;
	uint64_t seq;

	if (!at)
		return false;
	seq = take_number(&at, end);
	*ret_gap = false;
	return scan_record(at, end, seq, ret_range) ||
	       scan_members(line, length, ret_range, ret_gap);
}

bool pw_scan_torn(const char *line, struct pw_range *ret_range)
{
	const char *at = find_seq(line, strlen(line)), *end = line + strlen(line);
	uint64_t seq = take_number(&at, end);

	if (!at || at == end)
		return false;
	if (!scan_record(at, end, seq, ret_range))
		*ret_range = (struct pw_range){ seq, seq };
	return true;
}

/* What is no line, or has no end, ends the file. */
static int scan_file(int dir, const char *name, pw_scan_fn found, void *data)
{
	struct pw_range range;
	struct pw_lines lines;
	bool gap;
	int r = pw_lines_open(dir, name, &lines), done = 0;

	if (r)
		return r;
	while (!done && (r = pw_lines_next(&lines)) > 0)
		if (pw_scan_line(lines.line, lines.length, &range, &gap))
			done = found(data, range, gap);
	pw_lines_close(&lines);
	if (done)
		return done;
	return r == -EMSGSIZE || r == -ENODATA || r == -EBADMSG ? 0 : r;
}

static uint64_t size_of(int dir, const char *name)
{
	struct pw_bytes bytes;
	uint64_t size = 0;

	if (pw_bytes_open(dir, name, &bytes) < 0)
		return 0;
	if (pw_bytes_size(&bytes, &size) < 0)
		size = 0;
	pw_bytes_close(&bytes);
	return size;
}

/* The first of the newest files that are looked at. */
static size_t find_first(int dir, char **names, size_t n)
{
	uint64_t bytes = 0;
	size_t i = n;

	while (i > 0 && (n - i < SCANNED_FILES || bytes < PW_LOG_FULL_BYTES)) {
		i--;
		bytes += size_of(dir, names[i]);
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
