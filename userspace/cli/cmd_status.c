// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "cli/command.h"
#include "cli/control_client.h"
#include "cli/paint.h"
#include "publish/status.h"
#include "publish/store.h"

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

int pw_get_status(json_object **ret_status)
{
	json_object *response = NULL, *status = NULL;
	int r = pw_control_command(PW_COMMAND_STATUS, &response);

	if (r == -ENOENT || r == -ECONNREFUSED) {
		r = pw_status_collect(NULL, ret_status);
		if (r == -EPERM || r == -EACCES)
			return pw_fail(PW_EXIT_UNKNOWN, "phiwardd is not running, and only root "
				       "can look without it");
		if (r < 0)
			return pw_fail(PW_EXIT_INTERNAL, "cannot look: %s", strerror(-r));
		return 0;
	}
	if (r < 0)
		return pw_control_fail(r);
	r = pw_control_report(response);
	if (!r && !json_object_object_get_ex(response, "status", &status))
		r = pw_control_fail(-EBADMSG);
	if (!r)
		*ret_status = json_object_get(status);
	json_object_put(response);
	return r;
}

static bool is_true(json_object *status, const char *name)
{
	bool value = false;

	return pw_json_bool(status, name, &value) && value;
}

static void print_row(const char *name, const char *value)
{
	printf("  %-11s %s\n", name, value);
}

static void print_list(json_object *status, const char *name)
{
	json_object *list;

	if (!pw_json_array(status, name, &list))
		return;
	for (size_t i = 0; i < json_object_array_length(list); i++)
		print_row(i ? "" : name, json_object_get_string(json_object_array_get_idx(list, i)));
}

static void print_headline(json_object *status)
{
	const char *policy = NULL, *state = "off";
	bool enforcing = is_true(status, "enforcing");
	uint64_t version = 0, site = 0, generation = 0;

	pw_json_string(status, "state", &state);
	pw_json_u64(status, "version", &version);
	pw_json_u64(status, "site_version", &site);
	pw_json_u64(status, "generation", &generation);
	printf("%s%s%s", pw_paint(stdout, enforcing ? PW_GREEN : PW_RED), state,
	       pw_paint(stdout, PW_PLAIN));
	if (pw_json_string(status, "policy", &policy)) {
		printf(": %s version %" PRIu64, policy, version);
		if (site)
			printf(", site version %" PRIu64, site);
		printf(" (generation %" PRIu64 ")", generation);
	}
	putchar('\n');
}

static void print_canary(json_object *status)
{
	uint64_t age;
	char text[64];

	if (!pw_json_u64(status, "canary_age_s", &age)) {
		print_row("canary", "was never refused");
		return;
	}
	snprintf(text, sizeof(text), "refused %" PRIu64 " s ago", age);
	print_row("canary", text);
}

static void print_records(json_object *status)
{
	uint64_t records = 0, lost = 0;

	pw_json_u64(status, "records", &records);
	pw_json_u64(status, "lost", &lost);
	printf("  %-11s %" PRIu64 ", %s%" PRIu64 " lost%s\n", "records", records,
	       pw_paint(stdout, lost ? PW_RED : PW_PLAIN), lost, pw_paint(stdout, PW_PLAIN));
}

/* What only the daemon knows. */
static void print_log(json_object *status)
{
	json_object *log;
	const char *anchor;
	uint64_t free;
	char text[128];

	if (!json_object_object_get_ex(status, "log", &log) ||
	    !pw_json_u64(log, "free_percent", &free))
		return;
	snprintf(text, sizeof(text), "%s%s%" PRIu64 "%% of its file system free%s",
		 is_true(log, "writable") ? "" : "cannot be written; ",
		 is_true(log, "low") ? "only " : "", free,
		 is_true(log, "low") ? ": make room" : "");
	print_row("log", text);
	if (pw_json_string(log, "anchor", &anchor))
		print_row("anchor", anchor);
}

static void print_module(json_object *status)
{
	char text[64] = "not in use";
	uint64_t held;

	if (is_true(status, "module") && pw_json_u64(status, "held", &held))
		snprintf(text, sizeof(text), "holds %" PRIu64 " links", held);
	print_row("module", text);
}

static void print_probation(json_object *status)
{
	uint64_t left = 0;
	json_object *on;

	if (!json_object_object_get_ex(status, "probation", &on) || !on)
		return;
	pw_json_u64(on, "left_s", &left);
	printf("  %-11s %s%" PRIu64 " s more%s, then the policy before it returns: phiward confirm keeps "
	       "this one\n", "probation", pw_paint(stdout, PW_RED), left, pw_paint(stdout, PW_PLAIN));
}

static void print_glass(json_object *status)
{
	const char *kind = "", *subject = NULL, *object = NULL;
	uint64_t session = 0, left = 0, reviews = 0;
	json_object *open;

	if (json_object_object_get_ex(status, "breakglass", &open) && open) {
		pw_json_string(open, "kind", &kind);
		pw_json_string(open, "subject", &subject);
		pw_json_string(open, "object", &object);
		pw_json_u64(open, "session", &session);
		pw_json_u64(open, "left_s", &left);
		printf("  %-11s %sOPEN%s for %s%s, %" PRIu64 " s more, session %" PRIu64 "\n", kind,
		       pw_paint(stdout, PW_RED), pw_paint(stdout, PW_PLAIN),
		       subject ? "subject " : object ? "object " : "all that the policy names",
		       subject ? subject : object ? object : "", left, session);
	}
	if (pw_json_u64(status, "reviews", &reviews) && reviews)
		printf("  %-11s %" PRIu64 " session%s of break-glass: phiward review\n", "to review",
		       reviews, reviews == 1 ? "" : "s");
}

static int print_status(json_object *status)
{
	const char *text;

	print_headline(status);
	print_list(status, "why");
	if (pw_json_string(status, "mode", &text))
		print_row("mode", text);
	if (pw_json_string(status, "digest", &text))
		print_row("digest", text);
	print_probation(status);
	print_glass(status);
	print_canary(status);
	print_records(status);
	print_log(status);
	print_row("daemon", is_true(status, "daemon") ? "running" :
		  "not running; what is in force stays in force; start it with: "
		  "systemctl start phiwardd");
	print_module(status);
	print_row("sealed", is_true(status, "sealed") ? "yes" : "no");
	print_list(status, "pending");
	print_list(status, "scanning");
	print_list(status, "missing");
	return is_true(status, "enforcing") ? PW_EXIT_YES : PW_EXIT_NO;
}

int pw_cmd_status(const struct pw_command *self, int argc, char **argv)
{
	json_object *status = NULL;
	bool json = false;
	int option, r;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option != 'j')
			return pw_usage(self, option);
		json = true;
	}
	if (optind < argc)
		return pw_usage(self, '?');
	r = pw_get_status(&status);
	if (r)
		return r;
	if (json) {
		puts(json_object_to_json_string_ext(status, JSON_C_TO_STRING_PLAIN));
		r = is_true(status, "enforcing") ? PW_EXIT_YES : PW_EXIT_NO;
	} else {
		r = print_status(status);
	}
	json_object_put(status);
	return pw_flush(r);
}
