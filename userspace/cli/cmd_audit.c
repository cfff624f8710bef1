// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/time.h"
#include "cli/command.h"
#include "cli/control_client.h"
#include "common/words.h"
#include "publish/pins.h"
#include "report/query.h"
#include "report/table.h"

enum query_option { OPT_SINCE = 256, OPT_UNTIL, OPT_SUBJECT, OPT_OBJECT, OPT_PATH, OPT_USER,
	      OPT_VERDICT, OPT_TYPE, OPT_JSON };

static const struct option options[] = {
	{ "since", required_argument, NULL, OPT_SINCE },
	{ "until", required_argument, NULL, OPT_UNTIL },
	{ "subject", required_argument, NULL, OPT_SUBJECT },
	{ "object", required_argument, NULL, OPT_OBJECT },
	{ "path", required_argument, NULL, OPT_PATH },
	{ "user", required_argument, NULL, OPT_USER },
	{ "verdict", required_argument, NULL, OPT_VERDICT },
	{ "type", required_argument, NULL, OPT_TYPE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

struct arguments {
	struct pw_query query;
	bool json;
	const char *path;	/* of the log */
};

int pw_parse_time_option(const char *text, int64_t *ret_ns)
{
	if (pw_time_parse(text, pw_time_now(), ret_ns) == 0)
		return 0;
	return pw_fail(PW_EXIT_USAGE, "'%s' is no time; write it like -1h, yesterday or "
		       "'2026-11-23 02:10'", text);
}

static int check_word(const struct pw_words *words, const char *what, const char *text)
{
	struct pw_near near = { .text = text };

	if (pw_word_number(words, text))
		return 0;
	for (unsigned int i = 1; i < words->n; i++)
		pw_near_offer(&near, words->names[i]);
	if (near.best)
		return pw_fail(PW_EXIT_USAGE, "'%s' is no %s; did you mean '%s'?", text, what,
			       near.best);
	return pw_fail(PW_EXIT_USAGE, "'%s' is no %s", text, what);
}

static int parse_option(const struct pw_command *self, int option, struct arguments *a)
{
	switch (option) {
	case OPT_SINCE:
		return pw_parse_time_option(optarg, &a->query.since);
	case OPT_UNTIL:
		return pw_parse_time_option(optarg, &a->query.until);
	case OPT_SUBJECT:
		a->query.subject = optarg;
		return 0;
	case OPT_OBJECT:
		a->query.object = optarg;
		return 0;
	case OPT_PATH:
		a->query.path = optarg;
		return 0;
	case OPT_USER:
		if (pw_query_user(optarg, &a->query.user) < 0)
			return pw_fail(PW_EXIT_USAGE, "there is no user '%s'", optarg);
		return 0;
	case OPT_VERDICT:
		a->query.verdict = optarg;
		return check_word(&pw_words_verdict, "verdict", optarg);
	case OPT_TYPE:
		a->query.type = optarg;
		return check_word(&pw_words_record, "type of record", optarg);
	case OPT_JSON:
		a->json = true;
		return 0;
	default:
		return pw_usage(self, option);
	}
}

int pw_open_log(const char *path, struct pw_reader *ret_reader)
{
	int r = pw_reader_open(path, ret_reader);

	if (r == -EACCES)
		return pw_fail(PW_EXIT_UNKNOWN,
			       "you may not read %s; become root or join the group "
			       PW_GROUP_AUDIT, path);
	if (r == -ENOENT)
		return pw_fail(PW_EXIT_UNKNOWN, "there is no log at %s", path);
	if (r < 0)
		return pw_fail(PW_EXIT_UNKNOWN, "cannot read %s: %s", path, strerror(-r));
	return 0;
}

static void print_record(const struct pw_table *table, const struct pw_reader *reader, bool json)
{
	if (json)
		printf("%s\n", reader->line);
	else
		pw_table_row(table, reader->record);
}

/* Prints what is there; a line that is no record is named and makes the exit code 1. */
static int print_matching(struct pw_reader *reader, const struct arguments *a,
			  const struct pw_table *table)
{
	int code = PW_EXIT_YES, r;

	while ((r = pw_reader_next(reader)) > 0) {
		if (!reader->record)
			code = pw_fail(PW_EXIT_NO, "%s:%" PRIu64 ": %s", reader->name,
				       reader->line_number, reader->malformed);
		else if (pw_query_matches(&a->query, reader->record))
			print_record(table, reader, a->json);
	}
	if (r < 0)
		return pw_fail(PW_EXIT_UNKNOWN, "cannot read %s: %s", reader->name, strerror(-r));
	return pw_flush(code);
}

int pw_cmd_audit_query(const struct pw_command *self, int argc, char **argv)
{
	struct arguments a = { .query = PW_QUERY_ANY, .path = PW_LOG_DIR };
	struct pw_table table;
	struct pw_reader reader;
	int option, r;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		r = parse_option(self, option, &a);
		if (r || option == 'h')
			return r;
	}
	if (argc - optind > 1)
		return pw_usage(self, '?');
	if (optind < argc)
		a.path = argv[optind];
	else
		pw_control_drain();
	r = pw_open_log(a.path, &reader);
	if (r)
		return r;
	table = pw_table_for(stdout, !strcmp(a.path, PW_LOG_DIR));
	if (!a.json)
		pw_table_head(&table);
	r = print_matching(&reader, &a, &table);
	pw_reader_close(&reader);
	return r;
}
