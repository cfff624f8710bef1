// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "audit/journal_boots.h"
#include "audit/verify.h"
#include "audit/wtmp.h"
#include "cli/command.h"
#include "cli/control_client.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "common/text.h"
#include "publish/pins.h"

#define ANCHOR_FILE_MAX 65536

enum verify_option { OPT_KEY = 256, OPT_ANCHOR };

static const struct option options[] = {
	{ "key", required_argument, NULL, OPT_KEY },
	{ "anchor", required_argument, NULL, OPT_ANCHOR },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

struct arguments {
	const char *key, *anchor, *path;
};

int pw_open_log_directory(const char *path, int *ret_dir)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0 && errno == EACCES)
		return pw_fail(PW_EXIT_UNKNOWN,
			       "you may not read %s; become root or join the group "
			       PW_GROUP_AUDIT, path);
	if (dir < 0)
		return pw_fail(PW_EXIT_UNKNOWN, "cannot open the log %s: %s", path, strerror(errno));
	*ret_dir = dir;
	return 0;
}

int pw_open_keys(const char *path, int dir, struct pw_keys **ret_keys)
{
	int r = path ? pw_keys_open(path, dir, ret_keys) : 0;

	if (r == -EBADMSG)
		return pw_fail(PW_EXIT_UNKNOWN, "%s has no key: neither a private key in PEM without "
			       "a passphrase, nor keys of boots, nor a key file of a log", path);
	if (r < 0)
		return pw_fail(PW_EXIT_UNKNOWN, "cannot read %s: %s", path, strerror(-r));
	return 0;
}

int pw_read_anchor(const char *argument, struct pw_checkpoint *ret)
{
	_cleanup_free_ char *text = NULL;
	size_t length;
	int r;

	if (pw_text_begins(argument, "phiward/") || *argument == '{')
		r = pw_checkpoint_parse_anchor(argument, ret);
	else
		r = pw_file_read(AT_FDCWD, argument, ANCHOR_FILE_MAX, &text, &length);
	if (!r && text)
		r = pw_checkpoint_parse_anchor(text, ret);
	if (r == -EBADMSG)
		return pw_fail(PW_EXIT_USAGE, "%s is no anchor: it has to begin with "
			       "phiward/LOG/SEGMENT, the size and the root",
			       text ? argument : "the text");
	if (r < 0)
		return pw_fail(PW_EXIT_UNKNOWN, "cannot read the anchor %s: %s", argument,
			       strerror(-r));
	return 0;
}

/* ---- What is said ------------------------------------------------------------------------- */

static void print_time(int64_t second)
{
	time_t time = (time_t)second;
	char text[64];
	struct tm tm;

	if (!localtime_r(&time, &tm) || !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %z", &tm))
		strcpy(text, "a time that cannot be");
	fputs(text, stdout);
}

static int print_broken(const struct pw_verify *v)
{
	printf("broken: ");
	if (v->file[0])
		printf("%s:%" PRIu64 ": ", v->file, v->line);
	puts(v->what);
	if (v->complete >= v->first)
		printf("  before that, every number from %" PRIu64 " to %" PRIu64 " is there\n", v->first,
		       v->complete);
	return PW_EXIT_NO;
}

static void print_boot(const struct pw_verify_boot *boot, bool with_key)
{
	uint64_t all = boot->by_module + boot->by_file;

	printf("  boot %s", boot->id);
	if (boot->dated) {
		printf(", begun ");
		print_time(boot->began / 1000000000);
	}
	if (!all)
		printf(": its records were sealed by a later boot");
	else if (boot->by_file)
		printf(": sealed by a key file%s, which root of that machine could read",
		       boot->by_module ? " at first" : "");
	else
		printf(": sealed by the kernel module");
	if (with_key && all)
		printf("; %s", boot->checked == all ? "checked" :
			       boot->checked ? "in part checked" : "there is no key for it");
	putchar('\n');
}

static void print_limits(const struct pw_verify *v)
{
	char anchor[PW_CHECKPOINT_MAX];

	if (v->issued > v->complete)
		printf("  up to %" PRIu64 " numbers were issued when the last checkpoint was made; those "
		       "above %" PRIu64 " were not written then\n", v->issued, v->complete);
	if (v->unsealed)
		printf("  %" PRIu64 " records after the last checkpoint are not sealed yet\n",
		       v->unsealed);
	if (v->anchor)
		puts("  the anchor is in the log");
	else
		puts("  without --anchor it is not known whether records were cut off behind the last one "
		     "here,\n  or all of this put in the place of a later log, before the last restart of "
		     "the machine");
	pw_checkpoint_anchor(&v->last, anchor);
	printf("  anchor of this log: %s\n", anchor);
}

static int print_whole(const struct pw_verify *v)
{
	bool complete = v->keys != NULL;
	uint64_t checked = 0;

	for (size_t i = 0; i < v->nboots; i++) {
		checked += v->boots[i].checked;
		complete = complete &&
			   v->boots[i].checked == v->boots[i].by_module + v->boots[i].by_file;
	}
	printf("%s from sequence %" PRIu64 " to %" PRIu64 " over %zu boot%s: %" PRIu64 " records, %" PRIu64
	       " numbers in gaps, %" PRIu64 " segments, %" PRIu64 " checkpoints\n",
	       complete ? "complete" : "consistent", v->first, v->complete, v->nboots,
	       v->nboots == 1 ? "" : "s", v->records, v->gapped, v->segments, v->checkpoints);
	if (v->expired)
		printf("  what stands before sequence %" PRIu64 ", segments 1 to %" PRIu64 ", was deleted "
		       "by the policy's age, and a record says so\n", v->first, v->expired);
	for (size_t i = 0; i < v->nboots; i++)
		print_boot(&v->boots[i], v->keys);
	print_limits(v);
	if (v->keys && !checked)
		return pw_fail(PW_EXIT_UNKNOWN, "the key is of none of these boots");
	return PW_EXIT_YES;
}

/* Starts of the machine that left no record. */
static int print_unknown_boots(int dir, bool own, const struct pw_verify *v)
{
	_cleanup_free_ int64_t *starts = NULL;
	size_t n = 0;
	int r = pw_wtmp_unknown(dir, own ? PW_WTMP_FILE : "wtmp", v, &starts, &n);

	if (r < 0) {
		printf("  starts of the machine without a record are not looked for: %s: %s\n",
		       own ? PW_WTMP_FILE : "wtmp beside the log", strerror(-r));
		return PW_EXIT_YES;
	}
	for (size_t i = 0; i < n; i++) {
		printf("  the machine was started ");
		print_time(starts[i]);
		puts(", and that boot has no record");
	}
	return n ? PW_EXIT_NO : PW_EXIT_YES;
}

/* The same by the journal, which knows them by their ids. */
static int print_unknown_ids(const char *log, bool own, const struct pw_verify *v)
{
	_cleanup_free_ struct pw_journal_boot *boots = NULL;
	_cleanup_free_ char *path = NULL;
	size_t n = 0;
	int r;

	if (!own && asprintf(&path, "%s/journal", log) < 0)
		return pw_fail(PW_EXIT_INTERNAL, "out of memory");
	if (!own && access(path, F_OK) < 0)
		return PW_EXIT_YES;
	r = pw_journal_unknown(path, v, &boots, &n);
	if (r < 0)
		printf("  boots in the journal without a record are not looked for: %s\n", strerror(-r));
	for (size_t i = 0; i < n; i++) {
		printf("  boot %s, begun ", boots[i].id);
		print_time(boots[i].began);
		puts(", is in the journal and has no record");
	}
	return n ? PW_EXIT_NO : PW_EXIT_YES;
}

static int print_result(const char *log, int dir, bool own, const struct pw_verify *v)
{
	int code, unknown, ids;

	if (v->broken)
		return print_broken(v);
	if (!v->checkpoints)
		return pw_fail(PW_EXIT_UNKNOWN, v->records ? "the log has no checkpoint yet" :
							    "the log is empty");
	code = print_whole(v);
	unknown = print_unknown_boots(dir, own, v);
	ids = print_unknown_ids(log, own, v);
	return code ? code : unknown ? unknown : ids;
}

/* ---- The command -------------------------------------------------------------------------- */

int pw_verify_log(int dir, bool own, struct pw_verify *v)
{
	const struct pw_verify begin = *v;
	int r = pw_verify(dir, v);

	if (!r && v->broken && own) {
		pw_verify_done(v);
		*v = begin;
		r = pw_verify(dir, v);
	}
	return r;
}

static int run(const struct arguments *a)
{
	bool own = !strcmp(a->path, PW_LOG_DIR);
	struct pw_checkpoint anchor;
	struct pw_verify v = { 0 };
	_cleanup_close_ int dir = -EBADF;
	int r;

	if (a->anchor) {
		r = pw_read_anchor(a->anchor, &anchor);
		if (r)
			return r;
		v.anchor = &anchor;
	}
	r = pw_open_log_directory(a->path, &dir);
	if (!r)
		r = pw_open_keys(a->key, dir, &v.keys);
	if (r)
		return r;
	if (own)
		pw_control_drain();
	r = pw_verify_log(dir, own, &v);
	r = r < 0 ? pw_fail(PW_EXIT_UNKNOWN, "cannot read %s: %s", a->path, strerror(-r)) :
		    print_result(a->path, dir, own, &v);
	pw_verify_done(&v);
	pw_keys_close(v.keys);
	return pw_flush(r);
}

int pw_cmd_audit_verify(const struct pw_command *self, int argc, char **argv)
{
	struct arguments a = { .path = PW_LOG_DIR };
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == OPT_KEY)
			a.key = optarg;
		else if (option == OPT_ANCHOR)
			a.anchor = optarg;
		else
			return pw_usage(self, option);
	}
	if (argc - optind > 1)
		return pw_usage(self, '?');
	if (optind < argc)
		a.path = argv[optind];
	return run(&a);
}
