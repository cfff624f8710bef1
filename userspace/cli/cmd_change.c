// SPDX-License-Identifier: BSD-2-Clause
#include <getopt.h>
#include <stdio.h>

#include <json-c/json.h>

#include "cli/command.h"
#include "cli/control_client.h"

/* Without arguments: asks for @command, and says @done when it was done. */
static int change(const struct pw_command *self, int argc, char **argv, const char *command,
		  const char *done)
{
	static const struct option options[] = { { "help", no_argument, NULL, 'h' }, { 0 } };
	json_object *response = NULL;
	int option = getopt_long(argc, argv, "h", options, NULL), r;

	if (option != -1 || optind < argc)
		return pw_usage(self, option == 'h' ? 'h' : '?');
	r = pw_control_command(command, &response);
	if (r < 0)
		return pw_control_fail(r);
	r = pw_control_report(response);
	json_object_put(response);
	if (r == PW_EXIT_YES)
		puts(done);
	return pw_flush(r);
}

int pw_cmd_unload(const struct pw_command *self, int argc, char **argv)
{
	return change(self, argc, argv, PW_COMMAND_UNLOAD,
		      "unloaded; nothing is enforced until a policy is applied");
}

int pw_cmd_seal(const struct pw_command *self, int argc, char **argv)
{
	return change(self, argc, argv, PW_COMMAND_SEAL, "sealed until the next boot");
}

int pw_cmd_confirm(const struct pw_command *self, int argc, char **argv)
{
	return change(self, argc, argv, PW_COMMAND_CONFIRM, "confirmed: the policy stays in force");
}

int pw_cmd_revert(const struct pw_command *self, int argc, char **argv)
{
	return change(self, argc, argv, PW_COMMAND_REVERT, "the policy before is in force again");
}
