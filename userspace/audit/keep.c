// SPDX-License-Identifier: BSD-2-Clause
#include "audit/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "audit/file.h"
#include "audit/lines.h"
#include "audit/scan.h"
#include "audit/segment.h"
#include "common/base64.h"

#define BASE64_LEN PW_BASE64_LEN(PW_SHA256_LEN)

/* ---- What the record says ----------------------------------------------------------------- */

void pw_expired_text(const struct pw_expired *e, char text[static PW_EXPIRED_TEXT_MAX])
{
	char root[BASE64_LEN + 1], digest[BASE64_LEN + 1];

	pw_base64_write(root, e->root, sizeof(e->root));
	pw_base64_write(digest, e->digest, sizeof(e->digest));
	snprintf(text, PW_EXPIRED_TEXT_MAX,
		 "segment %" PRIu64 ": %" PRIu64 " records, numbers %" PRIu64 " to %" PRIu64
		 ", root %s, checkpoint %s", e->segment, e->size, e->first, e->last, root, digest);
}

bool pw_expired_parse(const char *text, struct pw_expired *ret)
{
	char root[BASE64_LEN + 1], digest[BASE64_LEN + 1], again[PW_EXPIRED_TEXT_MAX];
	struct pw_expired e = { 0 };

	if (sscanf(text, "segment %20" SCNu64 ": %20" SCNu64 " records, numbers %20" SCNu64 " to %20"
		   SCNu64 ", root %44[^,], checkpoint %44s", &e.segment, &e.size, &e.first, &e.last,
		   root, digest) != 6 || !pw_base64_read(root, e.root, sizeof(e.root)) ||
	    !pw_base64_read(digest, e.digest, sizeof(e.digest)))
		return false;
	pw_expired_text(&e, again);
	*ret = e;
	return !strcmp(text, again);
}

/* ---- Which are to go ---------------------------------------------------------------------- */

bool pw_keep_time(const char *text, int64_t *ret_ns)
{
	struct tm tm = { 0 };
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	unsigned int ns;
	int end = 0;

	if (!rest || sscanf(rest, ".%9uZ%n", &ns, &end) != 1 || end != 11 || rest[end] ||
	    __builtin_mul_overflow((int64_t)timegm(&tm), 1000000000, ret_ns) ||
	    __builtin_add_overflow(*ret_ns, ns, ret_ns))
		return false;
	return true;
}

static int first_number(int dir, const char *name, uint64_t *ret)
{
	struct pw_range range;
	struct pw_lines lines;
	bool gap;
	int r = pw_lines_open(dir, name, &lines);

	if (r < 0)
		return r;
	r = pw_lines_next(&lines);
	if (r > 0)
		r = pw_scan_line(lines.line, lines.length, &range, &gap) ? 0 : -EBADMSG;
	else
		r = r < 0 ? r : -EBADMSG;
	pw_lines_close(&lines);
	*ret = range.first;
	return r;
}

static int look_at(int dir, const char *name, int64_t now_ns, uint64_t keep_ns,
		   struct pw_expired *ret)
{
	struct pw_checkpoint last;
	int64_t closed;
	int r = pw_segment_last(dir, name, &last);

	if (r == -ENODATA || (!r && (last.end == PW_END_OPEN || !pw_keep_time(last.time, &closed) ||
				     last.segment != pw_log_file_number(name))))
		return -EBADMSG;
	if (r < 0)
		return r;
	if (now_ns < closed || (uint64_t)(now_ns - closed) < keep_ns)
		return 0;
	*ret = (struct pw_expired){ .segment = last.segment, .size = last.size, .last = last.records };
	memcpy(ret->root, last.root, sizeof(ret->root));
	r = pw_checkpoint_digest(&last, ret->digest);
	if (!r)
		r = first_number(dir, name, &ret->first);
	return r < 0 ? r : 1;
}

/* How many of @names are closed. */
static size_t count_closed(char **names, size_t n)
{
	return n && !pw_log_file_number(names[n - 1]) ? n - 1 : n;
}

int pw_keep_find(int dir, int64_t now_ns, uint64_t keep_ns, struct pw_expired *ret)
{
	char **names;
	size_t n;
	int r = pw_log_file_names(dir, &names, &n);

	if (r < 0)
		return r;
	if (count_closed(names, n) >= 2)
		r = look_at(dir, names[0], now_ns, keep_ns, ret);
	pw_log_names_free(names, n);
	return r;
}

int pw_keep_remove(int dir, uint64_t segment)
{
	char name[64], packed[64];

	snprintf(name, sizeof(name), PW_LOG_NUMBERED, (unsigned int)segment);
	snprintf(packed, sizeof(packed), PW_LOG_NUMBERED PW_PACKED_SUFFIX, (unsigned int)segment);
	if ((unlinkat(dir, packed, 0) < 0 && errno != ENOENT) ||
	    (unlinkat(dir, name, 0) < 0 && errno != ENOENT) || fsync(dir) < 0)
		return -errno;
	return 0;
}

static bool is_unpacked(int dir, const char *name, off_t least)
{
	struct stat st;

	return !pw_bytes_packed(name) && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode) && st.st_size >= least;
}

uint64_t pw_keep_unpacked(int dir, off_t least)
{
	uint64_t number = 0;
	char **names;
	size_t n;

	if (pw_log_file_names(dir, &names, &n) < 0)
		return 0;
	for (size_t i = 0; !number && i + 1 < count_closed(names, n); i++)
		if (is_unpacked(dir, names[i], least))
			number = pw_log_file_number(names[i]);
	pw_log_names_free(names, n);
	return number;
}
