// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/time.h"
#include "cli/command.h"
#include "cli/control_client.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "common/words.h"
#include "publish/pins.h"
#include "report/query.h"
#include "report/table.h"

enum query_option { OPT_SINCE = 256, OPT_UNTIL, OPT_SUBJECT, OPT_OBJECT, OPT_PROGRAM, OPT_PATH,
		    OPT_USER, OPT_VERDICT, OPT_TYPE, OPT_AFTER, OPT_JSON };

static const struct option options[] = {
	{ "since", required_argument, NULL, OPT_SINCE },
	{ "until", required_argument, NULL, OPT_UNTIL },
	{ "subject", required_argument, NULL, OPT_SUBJECT },
	{ "object", required_argument, NULL, OPT_OBJECT },
	{ "program", required_argument, NULL, OPT_PROGRAM },
	{ "path", required_argument, NULL, OPT_PATH },
	{ "user", required_argument, NULL, OPT_USER },
	{ "verdict", required_argument, NULL, OPT_VERDICT },
	{ "type", required_argument, NULL, OPT_TYPE },
	{ "after", required_argument, NULL, OPT_AFTER },
	{ "lines", required_argument, NULL, 'n' },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

struct arguments {
	struct pw_query query;
	uint64_t after;		/* a record's number; 0: from the first on */
	uint64_t lines;		/* at most so many; 0: all */
	bool newest;		/* the last ones of all that match, not the first ones */
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
	case OPT_PROGRAM:
		a->query.program = optarg;
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
	case OPT_AFTER:
		if (pw_text_number(optarg, 1, INT64_MAX, &a->after) == 0)
			return 0;
		return pw_fail(PW_EXIT_USAGE, "'%s' is no number of a record", optarg);
	case 'n':
		a->newest = *optarg != '+';
		if (pw_text_number(optarg + !a->newest, 1, INT64_MAX, &a->lines) == 0)
			return 0;
		return pw_fail(PW_EXIT_USAGE, "'%s' is no number of records; write 20 for the last 20, "
			       "+20 for the first", optarg);
	case OPT_JSON:
		a->json = true;
		return 0;
	default:
		return pw_usage(self, option);
	}
}

static int open_failed(const char *path, int error)
{
	if (error == -EACCES)
		return pw_fail(PW_EXIT_UNKNOWN,
			       "you may not read %s; become root or join the group "
			       PW_GROUP_AUDIT, path);
	if (error == -ENOENT)
		return pw_fail(PW_EXIT_UNKNOWN, "there is no log at %s", path);
	return pw_fail(PW_EXIT_UNKNOWN, "cannot read %s: %s", path, strerror(-error));
}

int pw_open_log(const char *path, struct pw_reader *ret_reader)
{
	int r = pw_reader_open(path, ret_reader);

	return r < 0 ? open_failed(path, r) : 0;
}

/* Where indexes are kept, or NULL: nowhere. The caller frees it. */
static char *cache_directory(void)
{
	const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *path;

	if (base && *base == '/')
		return asprintf(&path, "%s/phiward", base) < 0 ? NULL : path;
	if (geteuid() == 0)
		return strdup(PW_CACHE_DIR);
	if (home && *home == '/')
		return asprintf(&path, "%s/.cache/phiward", home) < 0 ? NULL : path;
	return NULL;
}

int pw_open_search(const char *path, struct pw_search **ret_search)
{
	_cleanup_free_ char *cache = cache_directory();
	int r = pw_search_open(path, cache, ret_search);

	return r < 0 ? open_failed(path, r) : 0;
}

int pw_search_failed(const char *path, int error)
{
	if (error == -ESTALE)
		return pw_fail(PW_EXIT_UNKNOWN, "what was in %s has changed since it was indexed. The "
			       "index was removed, so ask again; and see what `phiward audit verify` "
			       "says", path);
	return pw_fail(PW_EXIT_UNKNOWN, "cannot read %s: %s", path, strerror(-error));
}

static void print_record(const struct pw_table *table, const struct pw_found *found, bool json)
{
	if (!json) {
		pw_table_row(table, found->record);
		return;
	}
	fwrite(found->line, 1, found->length, stdout);
	putchar('\n');
}

/* What is asked for, as far as there is a place to begin. */
static int begin(struct pw_search *search, const struct arguments *a)
{
	int r = a->after ? pw_search_after(search, a->after) : 0;

	if (r == -ENOENT)
		return pw_fail(PW_EXIT_NO, "%s has no record %" PRIu64, a->path, a->after);
	if (!r)
		r = pw_search_begin(search, &a->query);
	if (!r && a->newest)
		r = pw_search_last(search, a->lines);
	return r < 0 ? pw_search_failed(a->path, r) : 0;
}

/* Prints what is there; a line that is no record is named and makes the exit code 1. */
static int print_matching(struct pw_search *search, const struct arguments *a,
			  const struct pw_table *table)
{
	struct pw_found found;
	int code = PW_EXIT_YES, r = 0;

	for (uint64_t n = 0; (!a->lines || n < a->lines) &&
			     (r = pw_search_next(search, &found)) > 0;) {
		if (!found.record) {
			code = pw_fail(PW_EXIT_NO, "%s:%" PRIu64 ": %s", found.file, found.number,
				       found.malformed);
			continue;
		}
		print_record(table, &found, a->json);
		n++;
	}
	return r < 0 ? pw_search_failed(a->path, r) : pw_flush(code);
}

static int query(const struct arguments *a)
{
	struct pw_table table = pw_table_for(stdout, !strcmp(a->path, PW_LOG_DIR));
	struct pw_search *search;
	int r = pw_open_search(a->path, &search);

	if (r)
		return r;
	r = begin(search, a);
	if (!r && !a->json)
		pw_table_head(&table);
	if (!r)
		r = print_matching(search, a, &table);
	pw_search_close(search);
	return r;
}

int pw_cmd_audit_query(const struct pw_command *self, int argc, char **argv)
{
	struct arguments a = { .query = PW_QUERY_ANY, .path = PW_LOG_DIR };
	int option, r;

	while ((option = getopt_long(argc, argv, "n:h", options, NULL)) != -1) {
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
	return query(&a);
}
