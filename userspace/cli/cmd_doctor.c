// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "cli/command.h"
#include "cli/control_client.h"
#include "cli/paint.h"
#include "common/cleanup.h"
#include "publish/probe.h"
#include "publish/store.h"

/*
 * The daemon sees what only root can see. Without it, or without the right to
 * ask it, we look ourselves and say of the rest that it could not be seen.
 */
static int get_requirements(json_object **ret_requirements)
{
	_cleanup_(pw_probe_freep) struct pw_probe *probe = NULL;
	json_object *response = NULL, *requirements = NULL;
	int r = pw_control_command(PW_COMMAND_DOCTOR, &response);

	if (!r && json_object_object_get_ex(response, "requirements", &requirements))
		*ret_requirements = json_object_get(requirements);
	json_object_put(response);
	if (requirements)
		return 0;
	r = pw_probe_run(&probe);
	return r < 0 ? r : pw_probe_json(probe, ret_requirements);
}

static bool print_requirement(json_object *requirement)
{
	const char *name = "", *why = "", *fix = NULL;
	bool ok = false, essential = true;

	pw_json_bool(requirement, "ok", &ok);
	pw_json_bool(requirement, "essential", &essential);
	pw_json_string(requirement, "name", &name);
	pw_json_string(requirement, "why", &why);
	pw_json_string(requirement, "fix", &fix);
	printf("%s%-8s%s  %-28s %s\n",
	       pw_paint(stdout, ok ? PW_GREEN : essential ? PW_RED : PW_YELLOW),
	       ok ? "ok" : essential ? "MISSING" : "absent", pw_paint(stdout, PW_PLAIN), name, why);
	if (!ok && fix)
		printf("          %-28s -> %s\n", "", fix);
	return ok || !essential;
}

int pw_cmd_doctor(const struct pw_command *self, int argc, char **argv)
{
	static const struct option options[] = { { "help", no_argument, NULL, 'h' }, { 0 } };
	int option = getopt_long(argc, argv, "h", options, NULL), r, code = PW_EXIT_YES;
	json_object *requirements = NULL;

	if (option != -1 || optind < argc)
		return pw_usage(self, option == 'h' ? 'h' : '?');
	r = get_requirements(&requirements);
	if (r < 0)
		return pw_fail(PW_EXIT_INTERNAL, "cannot look: %s", strerror(-r));
	for (size_t i = 0; i < json_object_array_length(requirements); i++)
		if (!print_requirement(json_object_array_get_idx(requirements, i)))
			code = PW_EXIT_NO;
	json_object_put(requirements);
	if (code == PW_EXIT_NO)
		puts("\nphiward cannot enforce here until what is MISSING is there.");
	return pw_flush(code);
}
