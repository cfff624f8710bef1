// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "cli/command.h"
#include "cli/control_client.h"
#include "common/cleanup.h"
#include "policy/parse.h"

static const struct option options[] = {
	{ "allow-downgrade", no_argument, NULL, 'd' },
	{ "wait", no_argument, NULL, 'w' },
	{ "site", required_argument, NULL, 's' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* What the policy was read from, so that both sides speak of the same bytes. */
static json_object *make_request(const struct pw_policy *policy, bool downgrade, bool wait)
{
	json_object *request = json_object_new_object(), *sources = json_object_new_array();

	for (size_t i = 0; i < policy->nsources; i++) {
		const struct pw_source *source = &policy->sources[i];
		json_object *entry = json_object_new_object();

		json_object_object_add(entry, "name", json_object_new_string(source->name));
		json_object_object_add(entry, "text",
				       json_object_new_string_len(source->text,
								  (int)source->length));
		if (source->site)
			json_object_object_add(entry, "site", json_object_new_boolean(true));
		json_object_array_add(sources, entry);
	}
	json_object_object_add(request, "command", json_object_new_string(PW_COMMAND_APPLY));
	json_object_object_add(request, "sources", sources);
	json_object_object_add(request, "allow_downgrade", json_object_new_boolean(downgrade));
	json_object_object_add(request, "wait", json_object_new_boolean(wait));
	return request;
}

static int print_applied(const struct pw_policy *policy, json_object *response)
{
	json_object *generation;

	printf("applied %s version %" PRIu64, policy->name, policy->version);
	if (json_object_object_get_ex(response, "generation", &generation))
		printf(" (generation %" PRIu64 ")", json_object_get_uint64(generation));
	putchar('\n');
	return pw_flush(PW_EXIT_YES);
}

static int apply(const char *file, const char *site, bool downgrade, bool wait)
{
	_cleanup_(pw_policy_freep) struct pw_policy *policy = NULL;
	json_object *request, *response = NULL;
	struct pw_diag diag = { 0 };
	int r = pw_policy_read_for_site(file, site, &policy, &diag), code;

	/* Of a policy that is not in error, the daemon says the warnings. */
	if (r < 0)
		pw_diag_print(&diag, stderr);
	pw_diag_done(&diag);
	if (r == -EINVAL)
		return PW_EXIT_NO;
	if (r < 0)
		return pw_fail(PW_EXIT_NO, "cannot read %s: %s", file, strerror(-r));
	request = make_request(policy, downgrade, wait);
	r = pw_control_ask(request, &response);
	json_object_put(request);
	if (r < 0)
		return pw_control_fail(r);
	code = pw_control_report(response);
	if (code == PW_EXIT_YES)
		code = print_applied(policy, response);
	json_object_put(response);
	return code;
}

int pw_cmd_apply(const struct pw_command *self, int argc, char **argv)
{
	bool downgrade = false, wait = false;
	const char *site = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'd')
			downgrade = true;
		else if (option == 'w')
			wait = true;
		else if (option == 's')
			site = optarg;
		else
			return pw_usage(self, option);
	}
	if (argc - optind != 1)
		return pw_usage(self, '?');
	return apply(argv[optind], site, downgrade, wait);
}
