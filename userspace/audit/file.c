// SPDX-License-Identifier: BSD-2-Clause
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "audit/bytes.h"
#include "audit/file.h"
#include "audit/record.h"
#include "common/cleanup.h"

#define AGAIN_BYTES 65536


static int open_current(int dir, int flags)
{
	int fd = openat(dir, PW_LOG_CURRENT,
			O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | flags,
			0640);

	return fd < 0 ? -errno : fd;
}

static int lock_regular(int fd, off_t *ret_size)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	*ret_size = st.st_size;
	return 0;
}

/* Where the last whole line ends. *@ret_torn is what stands behind it, or NULL. */
static int find_end(int fd, off_t size, off_t *ret_end, char **ret_torn)
{
	off_t start = size > PW_RECORD_LINE_MAX ? size - PW_RECORD_LINE_MAX : 0;
	size_t length = (size_t)(size - start), line;
	_cleanup_free_ char *tail = malloc(length + 1);
	char *torn = NULL;
	const char *end;

	if (!tail)
		return -ENOMEM;
	if (pread(fd, tail, length, start) != (ssize_t)length)
		return -EIO;
	tail[length] = '\0';
	end = memrchr(tail, '\n', length);
	if (!end && start)
		return -EBADMSG;
	line = end ? (size_t)(end - tail) + 1 : 0;
	if (line < length) {
		torn = strndup(tail + line, length - line);
		if (!torn)
			return -ENOMEM;
	}
	*ret_end = start + (off_t)line;
	*ret_torn = torn;
	return 0;
}

int pw_log_file_open(int dir, struct pw_log_file *ret_file, char **ret_torn)
{
	struct pw_log_file file = { .dir = dir, .full = PW_LOG_FULL_BYTES };
	_cleanup_close_ int fd = open_current(dir, 0);
	_cleanup_free_ char *torn = NULL;
	off_t size = 0;
	int r;

	if (fd < 0)
		return fd;
	r = lock_regular(fd, &size);
	if (r < 0)
		return r;
	r = find_end(fd, size, &file.size, &torn);
	if (r < 0)
		return r;
	if (torn && ftruncate(fd, file.size) < 0)
		return -errno;
	file.fd = TAKE_FD(fd);
	file.synced = file.size;
	*ret_file = file;
	*ret_torn = TAKE_PTR(torn);
	return 0;
}

void pw_log_file_close(struct pw_log_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	*file = (struct pw_log_file){ .fd = -1 };
}

/* Of the one form that a name has; 0: it is none. */
static unsigned int number_of(const char *name)
{
	char again[sizeof(PW_LOG_NUMBERED PW_PACKED_SUFFIX) + 16];
	unsigned int number = 0;
	int n;

	if (sscanf(name, "audit-%8u.log", &number) != 1)
		return 0;
	n = snprintf(again, sizeof(again), PW_LOG_NUMBERED PW_PACKED_SUFFIX, number);
	if (!strcmp(name, again))
		return number;
	again[n - (int)sizeof(PW_PACKED_SUFFIX) + 1] = '\0';
	return strcmp(name, again) ? 0 : number;
}

static int only_full(const struct dirent *entry)
{
	return number_of(entry->d_name) != 0;
}

/* By number, so that nine digits come after eight; what is not compressed first. */
static int by_number(const struct dirent **a, const struct dirent **b)
{
	unsigned int x = number_of((*a)->d_name), y = number_of((*b)->d_name);

	return x == y ? strcmp((*a)->d_name, (*b)->d_name) : (x > y) - (x < y);
}

/* Where both files of a segment are there, the compressed one may not be whole. */
static int drop_doubles(struct dirent **entries, int n)
{
	int kept = 0;

	for (int i = 0; i < n; i++) {
		if (kept && number_of(entries[kept - 1]->d_name) == number_of(entries[i]->d_name))
			free(entries[i]);
		else
			entries[kept++] = entries[i];
	}
	return kept;
}

int pw_log_file_names(int dir, char ***ret_names, size_t *ret_n)
{
	struct dirent **entries = NULL;
	int n = scandirat(dir, ".", &entries, only_full, by_number), r = 0;
	char **names;

	if (n < 0)
		return -errno;
	n = drop_doubles(entries, n);
	names = calloc((size_t)n + 1, sizeof(*names));
	if (!names)
		r = -ENOMEM;
	for (int i = 0; i < n; i++) {
		if (!r && !(names[i] = strdup(entries[i]->d_name)))
			r = -ENOMEM;
		free(entries[i]);
	}
	free(entries);
	if (!r && faccessat(dir, PW_LOG_CURRENT, F_OK, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !(names[n++] = strdup(PW_LOG_CURRENT)))
		r = -ENOMEM;
	if (r) {
		pw_log_names_free(names, names ? (size_t)n : 0);
		return r;
	}
	*ret_names = names;
	*ret_n = (size_t)n;
	return 0;
}

void pw_log_names_free(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

uint64_t pw_log_file_number(const char *name)
{
	return number_of(name);
}

uint64_t pw_log_file_next(char **names, size_t n)
{
	uint64_t number = 1;

	for (size_t i = 0; i < n; i++)
		if (number_of(names[i]) >= number)
			number = number_of(names[i]) + 1ULL;
	return number;
}

static uint64_t next_number(int dir)
{
	uint64_t number;
	char **names;
	size_t n;

	if (pw_log_file_names(dir, &names, &n) < 0)
		return 0;
	number = pw_log_file_next(names, n);
	pw_log_names_free(names, n);
	return number;
}

/* The new file is opened and locked before the old one is let go. */
int pw_log_file_follow(struct pw_log_file *file)
{
	_cleanup_close_ int fd = -1;
	uint64_t number = next_number(file->dir);
	char name[sizeof(PW_LOG_NUMBERED) + 16];
	off_t size;
	int r;

	if (!number || number > 99999999)
		return -EIO;
	snprintf(name, sizeof(name), PW_LOG_NUMBERED, (unsigned int)number);
	r = pw_log_file_sync(file);
	if (r < 0)
		return r;
	if (renameat2(file->dir, PW_LOG_CURRENT, file->dir, name, RENAME_NOREPLACE) < 0)
		return -errno;
	fd = open_current(file->dir, O_EXCL);
	r = fd < 0 ? fd : lock_regular(fd, &size);
	if (r < 0) {
		renameat2(file->dir, name, file->dir, PW_LOG_CURRENT, RENAME_NOREPLACE);
		return r;
	}
	close(file->fd);
	file->fd = TAKE_FD(fd);
	file->size = file->synced = 0;
	fsync(file->dir);
	return 0;
}

static int cut_off(struct pw_log_file *file)
{
	if (ftruncate(file->fd, file->size) < 0)
		return -errno;
	file->torn = false;
	return 0;
}

int pw_log_file_append(struct pw_log_file *file, const char *lines, size_t length)
{
	ssize_t n;
	int r = 0;

	if (file->torn)
		r = cut_off(file);
	if (r < 0)
		return r;
	n = write(file->fd, lines, length);
	if (n == (ssize_t)length) {
		file->size += n;
		file->dirty = true;
		return 0;
	}
	r = n < 0 ? -errno : -ENOSPC;
	if (n > 0) {
		file->torn = true;
		(void)cut_off(file);
	}
	return r;
}

/* One that does not append. */
static int write_again(struct pw_log_file *file)
{
	_cleanup_close_ int fd = openat(file->dir, PW_LOG_CURRENT,
					O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char bytes[AGAIN_BYTES];

	if (fd < 0)
		return -errno;
	for (off_t at = file->synced; at < file->size;) {
		size_t wanted = file->size - at < AGAIN_BYTES ? (size_t)(file->size - at) :
								AGAIN_BYTES;
		ssize_t n = pread(fd, bytes, wanted, at);

		if (n > 0)
			n = pwrite(fd, bytes, (size_t)n, at);
		if (n <= 0)
			return n ? -errno : -EIO;
		at += n;
	}
	return 0;
}

int pw_log_file_sync(struct pw_log_file *file)
{
	int r = 0;

	if (!file->dirty)
		return 0;
	if (file->failed)
		r = write_again(file);
	if (!r && fdatasync(file->fd) < 0)
		r = -errno;
	file->failed = r < 0;
	if (r < 0)
		return r;
	file->dirty = false;
	file->synced = file->size;
	return 0;
}
