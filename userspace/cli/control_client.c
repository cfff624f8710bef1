// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <string.h>

#include "cli/command.h"
#include "cli/control_client.h"
#include "publish/ask.h"
#include "publish/pins.h"

int pw_control_ask(json_object *request, json_object **ret_response)
{
	return pw_ask(PW_CONTROL_SOCKET, request, ret_response);
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
