// SPDX-License-Identifier: BSD-2-Clause
#include "publish/store.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"

#define PW_STORE_MAX (64 * 1024 * 1024)

static int write_all(int fd, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, data, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		length -= (size_t)n;
	}

	return 0;
}

static int write_file(int dirfd, const char *name, mode_t mode, const char *data, size_t length)
{
	_cleanup_free_ char *temporary = NULL;
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (asprintf(&temporary, ".%s.new", name) < 0)
		return -ENOMEM;
	fd = openat(dirfd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return -errno;
	r = write_all(fd, data, length);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r == 0 && renameat(dirfd, temporary, dirfd, name) < 0)
		r = -errno;
	if (r < 0) {
		unlinkat(dirfd, temporary, 0);
		return r;
	}

	return fsync(dirfd) < 0 ? -errno : 0;
}

int pw_store_write(int dirfd, const char *name, const char *data, size_t length)
{
	return write_file(dirfd, name, 0600, data, length);
}

int pw_store_write_public(int dirfd, const char *name, const char *data, size_t length)
{
	return write_file(dirfd, name, 0644, data, length);
}

int pw_store_read(int dirfd, const char *name, size_t max, char **ret_data, size_t *ret_length)
{
	_cleanup_free_ char *data = NULL;
	_cleanup_close_ int fd = -EBADF;
	size_t length = 0;
	struct stat st;

	fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if ((size_t)st.st_size > max)
		return -EFBIG;
	data = malloc((size_t)st.st_size + 1);
	if (!data)
		return -ENOMEM;
	while (length < (size_t)st.st_size) {
		ssize_t n = read(fd, data + length, (size_t)st.st_size - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		length += (size_t)n;
	}
	data[length] = '\0';

	*ret_length = length;
	*ret_data = TAKE_PTR(data);
	return 0;
}

int pw_store_write_json(int dirfd, const char *name, json_object *object)
{
	size_t length;
	const char *text = json_object_to_json_string_length(
		object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &length);

	return text ? pw_store_write(dirfd, name, text, length) : -ENOMEM;
}

int pw_store_read_json(int dirfd, const char *name, json_object **ret)
{
	_cleanup_free_ char *text = NULL;
	json_object *object;
	size_t length;
	int r;

	r = pw_store_read(dirfd, name, PW_STORE_MAX, &text, &length);
	if (r < 0)
		return r;
	object = json_tokener_parse(text);
	if (!json_object_is_type(object, json_type_object)) {
		json_object_put(object);
		return -EBADMSG;
	}

	*ret = object;
	return 0;
}
