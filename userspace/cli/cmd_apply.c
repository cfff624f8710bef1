// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "bundle/cms.h"
#include "cli/command.h"
#include "cli/control_client.h"
#include "common/base64.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "common/json.h"
#include "policy/parse.h"

static const struct option options[] = {
	{ "allow-downgrade", no_argument, NULL, 'd' },
	{ "wait", no_argument, NULL, 'w' },
	{ "site", required_argument, NULL, 's' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static json_object *make_request(bool downgrade, bool wait)
{
	json_object *request = json_object_new_object();

	json_object_object_add(request, "command", json_object_new_string(PW_COMMAND_APPLY));
	json_object_object_add(request, "allow_downgrade", json_object_new_boolean(downgrade));
	json_object_object_add(request, "wait", json_object_new_boolean(wait));
	return request;
}

/* What the policy was read from, so that both sides speak of the same bytes. */
static void add_sources(json_object *request, const struct pw_policy *policy)
{
	json_object *sources = json_object_new_array();

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
	json_object_object_add(request, "sources", sources);
}

static int print_applied(json_object *response)
{
	const char *policy = "";
	uint64_t version = 0, generation = 0;

	pw_json_string(response, "policy", &policy);
	pw_json_u64(response, "version", &version);
	pw_json_u64(response, "generation", &generation);
	printf("applied %s version %" PRIu64 " (generation %" PRIu64 ")\n", policy, version,
	       generation);
	return pw_flush(PW_EXIT_YES);
}

/* Puts @request. */
static int ask(json_object *request)
{
	json_object *response = NULL;
	int r = pw_control_ask(request, &response), code;

	json_object_put(request);
	if (r < 0)
		return pw_control_fail(r);
	code = pw_control_report(response);
	if (code == PW_EXIT_YES)
		code = print_applied(response);
	json_object_put(response);
	return code;
}

static int apply_policy(const char *file, const char *site, json_object *request)
{
	_cleanup_(pw_policy_freep) struct pw_policy *policy = NULL;
	struct pw_diag diag = { 0 };
	int r = pw_policy_read_for_site(file, site, &policy, &diag);

	/* Of a policy that is not in error, the daemon says the warnings. */
	if (r < 0)
		pw_diag_print(&diag, stderr);
	pw_diag_done(&diag);
	if (r < 0)
		json_object_put(request);
	if (r == -EINVAL)
		return PW_EXIT_NO;
	if (r < 0)
		return pw_fail(PW_EXIT_NO, "cannot read %s: %s", file, strerror(-r));
	add_sources(request, policy);
	return ask(request);
}

/* Who applies it does not judge it: phiwardd does, and loads the bytes that it has judged. */
static int apply_bundle(const char *data, size_t length, json_object *request)
{
	_cleanup_free_ char *text = malloc(PW_BASE64_LEN(length) + 1);

	if (!text) {
		json_object_put(request);
		return pw_fail(PW_EXIT_INTERNAL, "out of memory");
	}
	pw_base64_write(text, (const uint8_t *)data, length);
	json_object_object_add(request, "bundle", json_object_new_string(text));
	return ask(request);
}

static int apply(const char *file, const char *site, bool downgrade, bool wait)
{
	json_object *request = make_request(downgrade, wait);
	_cleanup_free_ char *data = NULL;
	size_t length;
	int r = pw_file_read(AT_FDCWD, file, PW_BUNDLE_BYTES_MAX, &data, &length);

	if (r || !pw_cms_is(data, length))
		return apply_policy(file, site, request);
	if (site) {
		json_object_put(request);
		return pw_fail(PW_EXIT_USAGE, "%s is a bundle: the site's file is part of it, and "
			       "--site is for policies", file);
	}
	return apply_bundle(data, length, request);
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
