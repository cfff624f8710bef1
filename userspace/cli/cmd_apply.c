// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <json-c/json.h>

#include "bundle/cms.h"
#include "cli/command.h"
#include "cli/control_client.h"
#include "cli/differences.h"
#include "cli/session.h"
#include "common/base64.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "common/json.h"
#include "common/text.h"
#include "fleet/phiwardd.h"
#include "fleet/trial.h"
#include "policy/lint.h"
#include "policy/parse.h"
#include "publish/pins.h"
#include "publish/probation.h"
#include "publish/protocol.h"
#include "publish/sources.h"

static const struct option options[] = {
	{ "allow-downgrade", no_argument, NULL, 'd' },
	{ "dry-run", no_argument, NULL, 'n' },
	{ "try", required_argument, NULL, 't' },
	{ "wait", no_argument, NULL, 'w' },
	{ "site", required_argument, NULL, 's' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

struct wish {
	const char *file, *site;
	bool downgrade, wait, dry, quiet;
	uint64_t try_ms;	/* 0: for good */
};

static json_object *make_request(const struct wish *wish)
{
	json_object *request = json_object_new_object();

	json_object_object_add(request, "command", json_object_new_string(PW_COMMAND_APPLY));
	json_object_object_add(request, "allow_downgrade", json_object_new_boolean(wish->downgrade));
	json_object_object_add(request, "wait", json_object_new_boolean(wish->wait));
	if (wish->try_ms)
		json_object_object_add(request, "try_ms", json_object_new_uint64(wish->try_ms));
	return request;
}

static int print_applied(json_object *response, const struct wish *wish)
{
	const char *policy = "";
	uint64_t version = 0, generation = 0;

	pw_json_string(response, "policy", &policy);
	pw_json_u64(response, "version", &version);
	pw_json_u64(response, "generation", &generation);
	printf("applied %s version %" PRIu64 " (generation %" PRIu64 ")\n", policy, version,
	       generation);
	if (wish->try_ms && !wish->quiet)
		printf("on probation for %" PRIu64 " s: phiward confirm keeps it, phiward revert goes back "
		       "at once\n", wish->try_ms / 1000);
	return pw_flush(PW_EXIT_YES);
}

/* What changes with @policy, where something is in force. */
static int show_changes(const struct pw_policy *policy)
{
	_cleanup_(pw_differences_freep) struct pw_differences *differences = NULL;
	_cleanup_(pw_policy_freep) struct pw_policy *before = NULL;
	int code = pw_in_force(&before);

	if (code != PW_EXIT_YES || !before)
		return code;
	if (pw_policy_compare(before, policy, &differences) < 0)
		return pw_fail(PW_EXIT_INTERNAL, "out of memory");
	pw_differences_show(differences);
	return PW_EXIT_YES;
}

/* Puts @request. */
static int ask(json_object *request, const struct wish *wish, const struct pw_policy *policy)
{
	json_object *response = NULL;
	int code = policy ? show_changes(policy) : PW_EXIT_YES, r;

	/* A policy in force that cannot be read is one to be replaced. */
	if (code == PW_EXIT_UNKNOWN) {
		json_object_put(request);
		return code;
	}
	r = pw_control_ask(request, &response);
	json_object_put(request);
	if (r < 0)
		return pw_control_fail(r);
	code = pw_control_report(response);
	if (code == PW_EXIT_YES)
		code = print_applied(response, wish);
	json_object_put(response);
	return code;
}

static int apply_policy(const struct wish *wish, json_object *request)
{
	_cleanup_(pw_policy_freep) struct pw_policy *policy = NULL;
	struct pw_diag diag = { 0 };
	int r = pw_policy_read_for_site(wish->file, wish->site, &policy, &diag);

	/* Of a policy that is not in error, the daemon says the warnings. */
	if (r < 0)
		pw_diag_print(&diag, stderr);
	pw_diag_done(&diag);
	if (r < 0)
		json_object_put(request);
	if (r == -EINVAL)
		return PW_EXIT_NO;
	if (r < 0)
		return pw_fail(PW_EXIT_NO, "cannot read %s: %s", wish->file, strerror(-r));
	if (pw_session_objects(policy)) {
		json_object_put(request);
		return pw_fail(PW_EXIT_NO, "not applied");
	}
	/* What the policy was read from, so that both sides speak of the same bytes. */
	pw_sources_add(request, policy->sources, policy->nsources);
	return ask(request, wish, policy);
}

/* @unhealthy: why it goes; NULL: it stays. */
static int end_trial(const char *unhealthy)
{
	char why[256];
	int r = pw_phiwardd_end(PW_CONTROL_SOCKET,
				unhealthy ? PW_COMMAND_REVERT : PW_COMMAND_CONFIRM, why, sizeof(why));

	if (r < 0)
		return pw_fail(PW_EXIT_NO, "the bundle is not confirmed: %s", why);
	if (unhealthy)
		return pw_fail(PW_EXIT_NO, "%s: the policy before is in force again", unhealthy);
	return PW_EXIT_YES;
}

/*
 * Who applies it does not judge it: phiwardd does, and loads the bytes that it has judged. Its health
 * checks confirm it, or who asked for --try.
 */
static int apply_bundle(const char *data, size_t length, struct wish *wish)
{
	_cleanup_free_ char *text = malloc(PW_BASE64_LEN(length) + 1);
	char why[256];
	bool before = false, trial;
	json_object *request;
	int64_t since = time(NULL);
	int code, r;

	if (!text)
		return pw_fail(PW_EXIT_INTERNAL, "out of memory");
	/* Where phiwardd gives no status it says why below. */
	trial = !wish->try_ms && !pw_phiwardd_has_policy(PW_CONTROL_SOCKET, &before) && before;
	if (trial)
		wish->try_ms = PW_TRIAL_MS;
	request = make_request(wish);
	wish->quiet = trial;
	pw_base64_write(text, (const uint8_t *)data, length);
	json_object_object_add(request, "bundle", json_object_new_string(text));
	code = ask(request, wish, NULL);
	if (code || !trial)
		return code;
	r = pw_trial_look(data, length, PW_CONTROL_SOCKET, since, why, sizeof(why));
	/* phiward-fleet has a subject to look from; who calls this is in `others`. */
	if (r == -EACCES)
		return pw_fail(PW_EXIT_UNKNOWN, "%s: look yourself; the bundle is on probation for "
			       "%llu s: phiward confirm keeps it", why, PW_TRIAL_MS / 1000);
	return end_trial(r < 0 ? why : NULL);
}

/* What `phiward check` says, and what would change. */
static int dry_run(const struct wish *wish)
{
	_cleanup_(pw_policy_freep) struct pw_policy *policy = NULL;
	struct pw_diag diag = { 0 };
	int r = pw_policy_read_for_site(wish->file, wish->site, &policy, &diag), code;

	if (!r)
		pw_policy_lint(policy, PW_LINT_FILES | PW_LINT_BRIEF, &diag);
	pw_diag_print(&diag, stderr);
	code = r || diag.errors ? PW_EXIT_NO : pw_flush(show_changes(policy));
	pw_diag_done(&diag);
	return code;
}

static int apply(struct wish *wish)
{
	_cleanup_free_ char *data = NULL;
	size_t length;
	int r = pw_file_read(AT_FDCWD, wish->file, PW_BUNDLE_BYTES_MAX, &data, &length);

	if (r || !pw_cms_is(data, length))
		return apply_policy(wish, make_request(wish));
	if (wish->site)
		return pw_fail(PW_EXIT_USAGE, "%s is a bundle: the site's file is part of it, and "
			       "--site is for policies", wish->file);
	return apply_bundle(data, length, wish);
}

static int read_time(const char *text, struct wish *wish)
{
	if (!pw_text_amount(text, pw_units_time, &wish->try_ms) ||
	    wish->try_ms < PW_PROBATION_MS_MIN || wish->try_ms > PW_PROBATION_MS_MAX)
		return pw_fail(PW_EXIT_USAGE, "'%s' is no time for --try: from 1s to 24h, a whole number "
			       "with s, m or h, in one piece, as 5m", text);
	return PW_EXIT_YES;
}

int pw_cmd_apply(const struct pw_command *self, int argc, char **argv)
{
	struct wish wish = { 0 };
	const char *time = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'd')
			wish.downgrade = true;
		else if (option == 'w')
			wish.wait = true;
		else if (option == 'n')
			wish.dry = true;
		else if (option == 't')
			time = optarg;
		else if (option == 's')
			wish.site = optarg;
		else
			return pw_usage(self, option);
	}
	if (argc - optind != 1)
		return pw_usage(self, '?');
	wish.file = argv[optind];
	if (time && read_time(time, &wish))
		return PW_EXIT_USAGE;
	return wish.dry ? dry_run(&wish) : apply(&wish);
}
