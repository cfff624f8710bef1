// SPDX-License-Identifier: BSD-2-Clause
#include "cli/foresee.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "cli/command.h"
#include "cli/control_client.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/text.h"

/* "10.20.5.4:104", "[fd00::1]:104". */
static bool add_peer(json_object *request, const char *text)
{
	const char *colon = strrchr(text, ':');
	bool bracket = *text == '[';
	size_t n = colon ? (size_t)(colon - text) : 0;
	uint64_t port;

	if (!n || pw_text_number(colon + 1, 1, UINT16_MAX, &port) < 0 ||
	    (bracket && (n < 3 || text[n - 1] != ']')))
		return false;
	json_object_object_add(request, "addr",
			       json_object_new_string_len(text + bracket, (int)n - 2 * bracket));
	json_object_object_add(request, "port", json_object_new_uint64(port));

	return true;
}

/* A name that is not there yet is taken as it is written. */
static void add_path(json_object *request, const char *path)
{
	char real[PATH_MAX];

	json_object_object_add(request, "path",
			       json_object_new_string(realpath(path, real) ? real : path));
}

static int show(json_object *response)
{
	json_object *foreseen = NULL, *lines;
	const char *mode = "";
	bool may = false;

	json_object_object_get_ex(response, "foreseen", &foreseen);
	if (!pw_json_bool(foreseen, "may", &may) || !pw_json_string(foreseen, "mode", &mode) ||
	    !pw_json_array(foreseen, "lines", &lines))
		return pw_fail(PW_EXIT_INTERNAL, "phiwardd's answer is not one");
	for (size_t i = 0; i < json_object_array_length(lines); i++) {
		pw_text_print(stdout, json_object_get_string(json_object_array_get_idx(lines, i)));
		putchar('\n');
	}
	if (strcmp(mode, "enforce"))
		printf("the policy is %s: nothing of this is refused now\n", mode);

	return pw_flush(may ? PW_EXIT_YES : PW_EXIT_NO);
}

int pw_foresee_show(const struct pw_foresee *foresee)
{
	_cleanup_(pw_json_putp) json_object *request = json_object_new_object();
	_cleanup_(pw_json_putp) json_object *response = NULL;
	uint64_t pid;
	int r;

	if (pw_text_number(foresee->pid, 1, INT32_MAX, &pid) < 0)
		return pw_fail(PW_EXIT_USAGE, "'%s' is no number of a process", foresee->pid);
	json_object_object_add(request, "command", json_object_new_string(PW_COMMAND_FORESEE));
	json_object_object_add(request, "pid", json_object_new_uint64(pid));
	if (foresee->path)
		add_path(request, foresee->path);
	else if (!add_peer(request, foresee->peer))
		return pw_fail(PW_EXIT_USAGE, "'%s' is no address and port, as 10.20.5.4:104",
			       foresee->peer);
	r = pw_control_ask(request, &response);
	if (r < 0)
		return pw_control_fail(r);
	r = pw_control_report(response);

	return r == PW_EXIT_YES ? show(response) : r;
}
