// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "cli/command.h"
#include "cli/control_client.h"
#include "common/cleanup.h"
#include "publish/pins.h"

static int connect_daemon(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = PW_CONTROL_SOCKET };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
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

int pw_control_ask(json_object *request, json_object **ret_response)
{
	_cleanup_close_ int fd = connect_daemon();
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

int pw_control_command(const char *command, json_object **ret_response)
{
	json_object *request = json_object_new_object();
	int r;

	if (!request)
		return -ENOMEM;
	json_object_object_add(request, "command", json_object_new_string(command));
	r = pw_control_ask(request, ret_response);
	json_object_put(request);
	return r;
}

int pw_control_fail(int error)
{
	switch (-error) {
	case ENOENT:
	case ECONNREFUSED:
		return pw_fail(PW_EXIT_UNKNOWN,
			       "phiwardd is not running; start it with: systemctl start phiwardd");
	case EACCES:
		return pw_fail(PW_EXIT_UNKNOWN,
			       "you may not ask phiwardd; become root or join one of the groups "
			       PW_GROUP_VIEW ", " PW_GROUP_AUDIT ", " PW_GROUP_ADMIN);
	case EBADMSG:
		return pw_fail(PW_EXIT_INTERNAL, "phiwardd gave an answer that is none; "
			       "its own messages say more: journalctl -u phiwardd");
	default:
		return pw_fail(PW_EXIT_INTERNAL, "cannot ask phiwardd: %s", strerror(-error));
	}
}

static void print_all(json_object *response, const char *name)
{
	json_object *list;

	if (!json_object_object_get_ex(response, name, &list) ||
	    !json_object_is_type(list, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(list); i++)
		fprintf(stderr, "%s\n",
			json_object_get_string(json_object_array_get_idx(list, i)));
}

int pw_control_report(json_object *response)
{
	print_all(response, "notes");
	print_all(response, "warnings");
	print_all(response, "errors");
	return json_object_get_int(json_object_object_get(response, "code"));
}

void pw_control_drain(void)
{
	json_object *response = NULL;

	if (pw_control_command(PW_COMMAND_DRAIN, &response) < 0)
		return;
	pw_control_report(response);
	json_object_put(response);
}
