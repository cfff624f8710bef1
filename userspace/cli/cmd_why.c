// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit/time.h"
#include "cli/command.h"
#include "cli/control_client.h"
#include "publish/pins.h"
#include "publish/store.h"
#include "report/query.h"
#include "report/table.h"
#include "report/why.h"

#define DEFAULT_SINCE "-24h"

static const struct option options[] = {
	{ "since", required_argument, NULL, 's' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int collect(struct pw_reader *reader, const struct pw_query *query, struct pw_why *why)
{
	int r;

	while ((r = pw_reader_next(reader)) > 0) {
		if (reader->record && pw_query_matches(query, reader->record))
			r = pw_why_add(why, reader->record);
		if (r < 0)
			break;
	}
	pw_why_sort(why);
	return r;
}

static void print_daemon_dead(void)
{
	json_object *response = NULL;
	int r = pw_control_command(PW_COMMAND_DRAIN, &response);

	if (r == -ENOENT || r == -ECONNREFUSED)
		puts("phiwardd is not running: what was refused since it ended is kept by the "
		     "kernel and will be\nshown when it runs again; start it with: "
		     "systemctl start phiwardd\n");
	json_object_put(response);
}

static void print_allowed(const struct pw_why *why)
{
	char time[PW_LOCAL_TIME_SIZE] = "-";
	char *what;
	int64_t ns;

	if (!why->allowed) {
		puts("  Nothing of this was allowed and recorded either: it did not happen, or no "
		     "object asks for its record.");
		return;
	}
	if (!why->last_allowed) {
		printf("  %" PRIu64 " accesses were allowed.\n", why->allowed);
		return;
	}
	if (pw_record_time(why->last_allowed, &ns) == 0)
		pw_local_time(ns, time);
	what = pw_record_what(why->last_allowed);
	printf("  %" PRIu64 " accesses were allowed, the last at %s: %s, %s.\n", why->allowed, time,
	       pw_record_text(why->last_allowed, "exe") ?: "-", what ?: "-");
	free(what);
}

/* Nothing was refused by phiward: what happened instead, and who else refuses. */
static int print_none(const struct pw_why *why, int64_t since)
{
	char time[PW_LOCAL_TIME_SIZE];
	json_object *status = NULL;
	uint64_t lost = why->lost, version = 0;
	const char *state = NULL, *policy = "none";

	pw_local_time(since, time);
	printf("phiward refused nothing of this since %s.\n", time);
	print_allowed(why);
	if (pw_get_status(&status) == 0) {
		pw_json_string(status, "state", &state);
		pw_json_string(status, "policy", &policy);
		pw_json_u64(status, "version", &version);
		pw_json_u64(status, "lost", &lost);
		printf("  State: %s, policy %s version %" PRIu64 ".\n", state ? state : "-", policy,
		       version);
	}
	json_object_put(status);
	if (lost)
		printf("  %" PRIu64 " records are lost; the refusal may be among them.\n", lost);
	else
		puts("  No record is lost.");
	pw_why_elsewhere(stdout, &why->about);
	return PW_EXIT_YES;
}

static int tell(const struct pw_why *why, int64_t since)
{
	if (!why->n)
		return print_none(why, since);
	pw_why_print_all(stdout, why, true);
	return PW_EXIT_NO;
}

/* From the log, for who may read it. */
static int from_log(const struct pw_query *query, struct pw_why *why)
{
	struct pw_reader reader;
	int r;

	print_daemon_dead();
	r = pw_open_log(PW_LOG_DIR, &reader);
	if (r)
		return r;
	r = collect(&reader, query, why);
	pw_reader_close(&reader);
	if (r < 0)
		return pw_fail(PW_EXIT_UNKNOWN, "cannot read the log: %s", strerror(-r));
	return tell(why, query->since);
}

/* From the daemon, which leaves out the paths. */
static int ask_daemon(const char *about, int64_t since, struct pw_why *why)
{
	json_object *request = json_object_new_object(), *response = NULL, *answer = NULL;
	const char *text = "";
	uint64_t refusals = 0;
	int r;

	json_object_object_add(request, "command", json_object_new_string(PW_COMMAND_WHY));
	json_object_object_add(request, "since", json_object_new_int64(since));
	if (about)
		json_object_object_add(request, "about", json_object_new_string(about));
	r = pw_control_ask(request, &response);
	json_object_put(request);
	if (r < 0)
		return pw_control_fail(r);
	r = pw_control_report(response);
	if (!r && json_object_object_get_ex(response, "why", &answer)) {
		pw_json_string(answer, "text", &text);
		pw_json_u64(answer, "refusals", &refusals);
		pw_json_u64(answer, "allowed", &why->allowed);
		pw_json_u64(answer, "lost", &why->lost);
		fputs(text, stdout);
		r = refusals ? PW_EXIT_NO : print_none(why, since);
	}
	json_object_put(response);
	return r;
}

int pw_cmd_why(const struct pw_command *self, int argc, char **argv)
{
	struct pw_query query = PW_QUERY_ANY;
	struct pw_why why = { 0 };
	const char *since = DEFAULT_SINCE;
	int option, r;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option != 's')
			return pw_usage(self, option);
		since = optarg;
	}
	if (argc - optind > 1)
		return pw_usage(self, '?');
	r = pw_parse_time_option(since, &query.since);
	if (r)
		return r;
	if (optind < argc && pw_why_parse(argv[optind], &why.about) < 0)
		return pw_fail(PW_EXIT_INTERNAL, "out of memory");
	if (access(PW_LOG_DIR, R_OK | X_OK) < 0 && errno == EACCES)
		r = ask_daemon(optind < argc ? argv[optind] : NULL, query.since, &why);
	else
		r = from_log(&query, &why);
	pw_why_done(&why);
	return pw_flush(r);
}
