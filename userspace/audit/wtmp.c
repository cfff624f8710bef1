// SPDX-License-Identifier: BSD-2-Clause
#include "audit/wtmp.h"

#include <errno.h>
#include <string.h>
#include <utmpx.h>

#include "common/cleanup.h"
#include "common/file.h"

#define WTMP_MAX (64 * 1024 * 1024)
#define NS_PER_S 1000000000LL
/* The clock may be set between what wtmp and the first record take for the start. */
#define TOLERANCE_S 300

static int64_t began(const struct pw_verify_boot *boot)
{
	return boot->began / NS_PER_S;
}

/* Takes the boot nearest to @start out of @left; false when there is none. */
static bool take_boot(const struct pw_verify *v, bool *left, int64_t start)
{
	size_t best = v->nboots;
	int64_t best_apart = TOLERANCE_S + 1;

	for (size_t i = 0; i < v->nboots; i++) {
		int64_t apart = began(&v->boots[i]) - start;

		apart = apart < 0 ? -apart : apart;
		if (left[i] && v->boots[i].dated && apart < best_apart) {
			best = i;
			best_apart = apart;
		}
	}
	if (best == v->nboots)
		return false;
	left[best] = false;
	return true;
}

int64_t pw_wtmp_first(const struct pw_verify *v)
{
	int64_t first = INT64_MAX;

	for (size_t i = 0; i < v->nboots; i++)
		if (v->boots[i].dated && began(&v->boots[i]) - TOLERANCE_S < first)
			first = began(&v->boots[i]) - TOLERANCE_S;
	return first;
}

int pw_wtmp_unknown(int dir, const char *path, const struct pw_verify *v, int64_t **ret,
		    size_t *ret_n)
{
	_cleanup_free_ bool *left = malloc(v->nboots + 1);
	_cleanup_free_ char *bytes = NULL;
	int64_t *starts, first = pw_wtmp_first(v);
	size_t length, n = 0;
	struct utmpx entry;
	int r;

	r = left ? pw_file_read(dir, path, WTMP_MAX, &bytes, &length) : -ENOMEM;
	if (r < 0)
		return r;
	memset(left, 1, v->nboots + 1);
	starts = calloc(length / sizeof(entry) + 1, sizeof(*starts));
	if (!starts)
		return -ENOMEM;
	for (size_t at = 0; length - at >= sizeof(entry); at += sizeof(entry)) {
		memcpy(&entry, bytes + at, sizeof(entry));
		if (entry.ut_type == BOOT_TIME && entry.ut_tv.tv_sec >= first &&
		    !take_boot(v, left, entry.ut_tv.tv_sec))
			starts[n++] = entry.ut_tv.tv_sec;
	}
	*ret = starts;
	*ret_n = n;
	return 0;
}
