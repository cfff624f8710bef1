// SPDX-License-Identifier: BSD-2-Clause
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/mounts.h"

#define MOUNTINFO_MAX (16 * 1024 * 1024)

static void forget_entries(struct pw_mounts *mounts)
{
	for (size_t i = 0; i < mounts->n; i++) {
		free(mounts->entries[i].root);
		free(mounts->entries[i].point);
		free(mounts->entries[i].source);
	}
	free(mounts->entries);
	mounts->entries = NULL;
	mounts->n = 0;
}

/* mountinfo writes space, tab, newline and backslash as \ooo. */
static char *unescape(const char *text)
{
	char *copy = strdup(text), *to = copy;

	if (!copy)
		return NULL;
	for (const char *from = text; *from;) {
		unsigned int byte;

		if (from[0] == '\\' && sscanf(from + 1, "%3o", &byte) == 1 && strlen(from) >= 4) {
			*to++ = (char)byte;
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
	return copy;
}

static int add_line(struct pw_mounts *mounts, char *line)
{
	_cleanup_free_ char *root = NULL, *point = NULL, *source = NULL;
	const char *rest = strstr(line, " - ");
	unsigned int major, minor, id, parent;
	struct pw_mount mount, *entries;

	if (!rest ||
	    sscanf(line, "%u %u %u:%u %ms %ms", &id, &parent, &major, &minor, &root, &point) != 6 ||
	    sscanf(rest, " - %*s %ms", &source) != 1)
		return -EBADMSG;
	entries = reallocarray(mounts->entries, mounts->n + 1, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	mounts->entries = entries;
	mount = (struct pw_mount){ .id = id, .parent = parent, .dev = major << 20 | minor, .root = unescape(root),
				   .point = unescape(point), .source = unescape(source) };
	entries[mounts->n++] = mount;
	return mount.root && mount.point && mount.source ? 0 : -ENOMEM;
}

int pw_mounts_parse(struct pw_mounts *mounts, char *text)
{
	char *rest = text, *line;
	int r = 0;

	forget_entries(mounts);
	while (!r && (line = strsep(&rest, "\n")))
		if (*line)
			r = add_line(mounts, line);
	if (r)
		forget_entries(mounts);
	return r;
}

static int read_whole(int fd, char **ret_text)
{
	_cleanup_free_ char *text = NULL;
	size_t length = 0, capacity = 0;
	ssize_t n;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	do {
		if (capacity - length < 4096) {
			char *more = realloc(text, capacity = capacity ? capacity * 2 : 16384);

			if (!more)
				return -ENOMEM;
			text = more;
		}
		n = read(fd, text + length, capacity - length - 1);
		if (n < 0)
			return -errno;
		length += (size_t)n;
		if (length > MOUNTINFO_MAX)
			return -EFBIG;
	} while (n > 0);
	text[length] = '\0';
	*ret_text = TAKE_PTR(text);
	return 0;
}

int pw_mounts_refresh(struct pw_mounts *mounts)
{
	struct pollfd poller = { .fd = mounts->fd, .events = POLLPRI };
	_cleanup_free_ char *text = NULL;
	int r;

	if (mounts->fd >= 0 && poll(&poller, 1, 0) == 0)
		return 0;
	if (mounts->fd < 0)
		mounts->fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (mounts->fd < 0)
		return -errno;
	r = read_whole(mounts->fd, &text);
	if (!r)
		r = pw_mounts_parse(mounts, text);
	return r ? r : 1;
}

const struct pw_mount *pw_mounts_find(const struct pw_mounts *mounts, uint32_t dev)
{
	const struct pw_mount *part = NULL;

	for (size_t i = 0; i < mounts->n; i++) {
		const struct pw_mount *mount = &mounts->entries[i];

		if (mount->dev != dev)
			continue;
		if (strcmp(mount->root, "/") == 0)
			return mount;
		if (!part)
			part = mount;
	}
	return part;
}

void pw_mounts_done(struct pw_mounts *mounts)
{
	forget_entries(mounts);
	if (mounts->fd >= 0)
		close(mounts->fd);
	*mounts = PW_MOUNTS_INIT;
}
