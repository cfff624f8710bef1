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

/* Of the first bytes: a signer, or the key that a line begins with. */
static int compare(const void *a, const void *b)
{
	return memcmp(a, b, PW_SHA256_LEN);
}

const struct pw_seen *pw_seen_line(const struct pw_seen_all *all,
				   const uint8_t key[static PW_SHA256_LEN])
{
	return all->n ? bsearch(key, all->lines, all->n, sizeof(*all->lines), compare) : NULL;
}

bool pw_seen_signer(const struct pw_seen_all *all, const uint8_t signer[static PW_SHA256_LEN])
{
	return all->n && bsearch(signer, all->signers, all->n, sizeof(*all->signers), compare);
}

static int sort(struct pw_seen_all *all)
{
	all->signers = calloc(all->n + 1, sizeof(*all->signers));
	if (!all->signers)
		return -ENOMEM;
	for (size_t i = 0; i < all->n; i++)
		memcpy(all->signers[i], all->lines[i].signer, sizeof(*all->signers));
	qsort(all->lines, all->n, sizeof(*all->lines), compare);
	qsort(all->signers, all->n, sizeof(*all->signers), compare);

	return 0;
}

int pw_seen_read(const char *directory, struct pw_seen_all *ret)
{
	_cleanup_close_ int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *data = NULL;
	size_t length = 0;
	struct stat st;
	int r;

	*ret = (struct pw_seen_all){};
	/* What another one may have written is not believed. */
	if (dir < 0 || fstatat(dir, SEEN, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    st.st_uid != geteuid() || st.st_mode & 0022)
		return 0;
	if (pw_store_read(dir, SEEN, SEEN_MAX, &data, &length) < 0)
		return 0;
	ret->lines = (struct pw_seen *)data;
	ret->n = length % sizeof(*ret->lines) ? 0 : length / sizeof(*ret->lines);
	r = sort(ret);
	if (r < 0)
		pw_seen_done(ret);

	return r;
}

void pw_seen_done(struct pw_seen_all *all)
{
	free(all->lines);
	free(all->signers);
	*all = (struct pw_seen_all){};
}

int pw_seen_write(const char *directory, const struct pw_seen *seen, size_t n)
{
	_cleanup_close_ int dir = -EBADF;

	if (mkdir(directory, 0700) < 0 && errno != EEXIST)
		return -errno;
	dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return dir < 0 ? -errno : pw_store_write(dir, SEEN, (const char *)seen, n * sizeof(*seen));
}
