// SPDX-License-Identifier: BSD-2-Clause
#include "fleet/seen.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "publish/store.h"

#define SEEN "fleet-seen"
#define SEEN_MAX (64 << 20)

static int compare(const void *a, const void *b)
{
	return memcmp(((const struct pw_seen *)a)->key, ((const struct pw_seen *)b)->key,
		      PW_SHA256_LEN);
}

void pw_seen_sort(struct pw_seen *seen, size_t n)
{
	if (n)
		qsort(seen, n, sizeof(*seen), compare);
}

const struct pw_seen *pw_seen_find(const struct pw_seen *seen, size_t n,
				   const uint8_t key[static PW_SHA256_LEN])
{
	struct pw_seen wanted;

	memcpy(wanted.key, key, PW_SHA256_LEN);

	return n ? bsearch(&wanted, seen, n, sizeof(*seen), compare) : NULL;
}

int pw_seen_read(const char *directory, struct pw_seen **ret, size_t *ret_n)
{
	_cleanup_close_ int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *data = NULL;
	size_t length = 0;
	struct stat st;

	*ret = NULL;
	*ret_n = 0;
	/* What another one may have written is not believed. */
	if (dir < 0 || fstatat(dir, SEEN, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    st.st_uid != geteuid() || st.st_mode & 0022)
		return 0;
	if (pw_store_read(dir, SEEN, SEEN_MAX, &data, &length) < 0)
		return 0;
	*ret = (struct pw_seen *)data;
	*ret_n = length / sizeof(**ret);
	pw_seen_sort(*ret, *ret_n);

	return 0;
}

int pw_seen_write(const char *directory, const struct pw_seen *seen, size_t n)
{
	_cleanup_close_ int dir = -EBADF;

	if (mkdir(directory, 0700) < 0 && errno != EEXIST)
		return -errno;
	dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return dir < 0 ? -errno : pw_store_write(dir, SEEN, (const char *)seen, n * sizeof(*seen));
}
