// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/time.h"
#include "cli/command.h"
#include "cli/control_client.h"
#include "publish/pins.h"
#include "publish/store.h"
#include "report/query.h"
#include "report/table.h"
#include "report/why.h"

#define DEFAULT_SINCE "-24h"
#define SHOWN 20

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

static int print_refusals(const struct pw_why *why)
{
	for (size_t i = 0; i < why->n && i < SHOWN; i++)
		pw_why_print(stdout, &why->refusals[i], true);
	if (why->n > SHOWN || why->dropped)
		printf("...and %zu more kinds of refusals before; see: phiward audit query "
		       "--verdict deny\n", why->n > SHOWN ? why->n - SHOWN : 0);
	if (why->lost)
		printf("%" PRIu64 " records of this time are lost; see: phiward audit query "
		       "--type gap\n", why->lost);
	return PW_EXIT_NO;
}

static void print_allowed(const struct pw_why *why)
{
	char time[PW_LOCAL_TIME_SIZE] = "-";
	char *what;
	int64_t ns;

	if (!why->last_allowed) {
		puts("  Nothing of this was allowed and recorded either: it did not happen, or no "
		     "object asks for its record.");
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

int pw_cmd_why(const struct pw_command *self, int argc, char **argv)
{
	struct pw_query query = PW_QUERY_ANY;
	struct pw_why why = { 0 };
	struct pw_reader reader;
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
	print_daemon_dead();
	r = pw_open_log(PW_LOG_DIR, &reader);
	if (r)
		return r;
	r = collect(&reader, &query, &why);
	if (r < 0)
		r = pw_fail(PW_EXIT_UNKNOWN, "cannot read the log: %s", strerror(-r));
	else
		r = why.n ? print_refusals(&why) : print_none(&why, query.since);
	pw_reader_close(&reader);
	pw_why_done(&why);
	return pw_flush(r);
}
