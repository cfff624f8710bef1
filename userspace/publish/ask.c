// SPDX-License-Identifier: BSD-2-Clause
#include "publish/ask.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/cleanup.h"
#include "publish/protocol.h"

static int connect_daemon(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return TAKE_FD(fd);
}

static int send_all(int fd, const char *bytes, size_t length)
{
	while (length) {
		ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		length -= (size_t)n;
	}
	return 0;
}

/* Up to the newline that ends the answer. */
static int receive_line(int fd, char **ret_line, size_t *ret_length)
{
	_cleanup_free_ char *line = NULL;
	size_t length = 0, capacity = 0;

	for (;;) {
		ssize_t n;

		if (length == capacity) {
			char *more = realloc(line, capacity = capacity ? 2 * capacity : 65536);

			if (!more)
				return -ENOMEM;
			line = more;
		}
		n = recv(fd, line + length, capacity - length, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		length += (size_t)n;
		if (n == 0 || length > PW_PROTOCOL_MAX)
			return -EBADMSG;
		if (line[length - 1] == '\n')
			break;
	}
	*ret_length = length - 1;
	*ret_line = TAKE_PTR(line);
	return 0;
}

static int parse_response(const char *line, size_t length, json_object **ret_response)
{
	json_tokener *tokener = json_tokener_new();
	json_object *response = NULL, *member;
	int r = -EBADMSG;

	if (!tokener)
		return -ENOMEM;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	response = json_tokener_parse_ex(tokener, line, (int)length);
	if (json_object_is_type(response, json_type_object) &&
	    json_tokener_get_parse_end(tokener) == length &&
	    json_object_object_get_ex(response, "ok", &member) &&
	    json_object_is_type(member, json_type_boolean) &&
	    json_object_object_get_ex(response, "code", &member) &&
	    json_object_is_type(member, json_type_int))
		r = 0;
	json_tokener_free(tokener);
	if (r)
		json_object_put(response);
	else
		*ret_response = response;
	return r;
}

int pw_ask(const char *path, json_object *request, json_object **ret_response)
{
	_cleanup_close_ int fd = connect_daemon(path);
	_cleanup_free_ char *line = NULL;
	const char *text;
	size_t length;
	int r;

	if (fd < 0)
		return fd;
	text = json_object_to_json_string_length(request, JSON_C_TO_STRING_PLAIN, &length);
	if (!text)
		return -ENOMEM;
	r = send_all(fd, text, length);
	if (!r)
		r = send_all(fd, "\n", 1);
	/* The daemon may refuse and close before it has read all: it still answered why. */
	if (!r || r == -EPIPE || r == -ECONNRESET)
		r = receive_line(fd, &line, &length);
	return r < 0 ? r : parse_response(line, length, ret_response);
}
