// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/time.h"
#include "audit/wtmp.h"
#include "cli/command.h"
#include "cli/control_client.h"
#include "common/cleanup.h"
#include "common/sha256.h"
#include "common/text.h"
#include "publish/pins.h"
#include "report/page.h"

enum report_option { OPT_SINCE = 256, OPT_UNTIL, OPT_FOR, OPT_KEY, OPT_ANCHOR };

static const struct option options[] = {
	{ "since", required_argument, NULL, OPT_SINCE },
	{ "until", required_argument, NULL, OPT_UNTIL },
	{ "for", required_argument, NULL, OPT_FOR },
	{ "key", required_argument, NULL, OPT_KEY },
	{ "anchor", required_argument, NULL, OPT_ANCHOR },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

struct arguments {
	struct pw_rows rows;
	const char *key, *anchor, *output, *path;
	bool own;
};

static int parse_option(const struct pw_command *self, int option, struct arguments *a)
{
	switch (option) {
	case OPT_SINCE:
		return pw_parse_time_option(optarg, &a->rows.since);
	case OPT_UNTIL:
		return pw_parse_time_option(optarg, &a->rows.until);
	case OPT_FOR:
		a->rows.is_public = !strcmp(optarg, "public");
		if (a->rows.is_public)
			return 0;
		return pw_fail(PW_EXIT_USAGE, "a report is for 'public', or for auditors without --for");
	case OPT_KEY:
		a->key = optarg;
		return 0;
	case OPT_ANCHOR:
		a->anchor = optarg;
		return 0;
	case 'o':
		a->output = optarg;
		return 0;
	default:
		return pw_usage(self, option);
	}
}

/* ---- Its making is recorded ---------------------------------------------------------------- */

/* Whether phiwardd is there to record it; then all that it has is in the log. */
static int ask_daemon(bool own, enum pw_page_record *ret)
{
	json_object *response = NULL;
	int r = own ? pw_control_command(PW_COMMAND_DRAIN, &response) : 0;

	*ret = !own ? PW_PAGE_COPY : r < 0 ? PW_PAGE_NO_DAEMON : PW_PAGE_RECORDED;
	if (response)
		pw_control_report(response);
	json_object_put(response);
	return r < 0 && r != -ENOENT && r != -ECONNREFUSED ? pw_control_fail(r) : 0;
}

static int digest_of(FILE *file, char hex[static 2 * PW_SHA256_LEN + 1])
{
	_cleanup_(pw_sha256_freep) struct pw_sha256 *sha = NULL;
	uint8_t digest[PW_SHA256_LEN];
	char bytes[65536];
	size_t n;
	int r = pw_sha256_start(&sha);

	rewind(file);
	while (!r && (n = fread(bytes, 1, sizeof(bytes), file)) > 0)
		r = pw_sha256_add(sha, bytes, n);
	if (!r)
		r = ferror(file) ? -EIO : pw_sha256_end(sha, digest);
	if (!r)
		pw_text_hex(hex, digest, sizeof(digest));
	return r;
}

static int tell_daemon(FILE *file)
{
	char digest[2 * PW_SHA256_LEN + 1];
	json_object *request = json_object_new_object(), *response = NULL;
	int r = request ? digest_of(file, digest) : -ENOMEM, code;

	if (!r) {
		json_object_object_add(request, "command", json_object_new_string(PW_COMMAND_REPORT));
		json_object_object_add(request, "digest", json_object_new_string(digest));
		r = pw_control_ask(request, &response);
	}
	json_object_put(request);
	if (r < 0)
		return pw_control_fail(r);
	code = pw_control_report(response);
	json_object_put(response);
	return code;
}

/* ---- The file ------------------------------------------------------------------------------ */

static int write_page(const struct arguments *a, const struct pw_page *page, FILE *file,
		      const char *temporary)
{
	int r = pw_page_write(file, page);

	if (!r && fsync(fileno(file)) < 0)
		r = -errno;
	if (r < 0)
		return pw_fail(PW_EXIT_INTERNAL, "cannot write %s: %s", a->output, strerror(-r));
	/* There is no report that claims to be recorded and is not. */
	r = page->record == PW_PAGE_RECORDED ? tell_daemon(file) : 0;
	if (!r && rename(temporary, a->output) < 0)
		r = pw_fail(PW_EXIT_INTERNAL, "cannot write %s: %s", a->output, strerror(errno));
	return r;
}

static int make_file(const struct arguments *a, const struct pw_page *page)
{
	_cleanup_free_ char *temporary = NULL;
	_cleanup_fclose_ FILE *file = NULL;
	int fd, r;

	if (asprintf(&temporary, "%s.XXXXXX", a->output) < 0)
		return pw_fail(PW_EXIT_INTERNAL, "out of memory");
	fd = mkostemp(temporary, O_CLOEXEC);
	file = fd < 0 ? NULL : fdopen(fd, "w+");
	if (!file) {
		r = errno;
		if (fd >= 0) {
			close(fd);
			unlink(temporary);
		}
		return pw_fail(PW_EXIT_UNKNOWN, "cannot write %s: %s", a->output, strerror(r));
	}
	r = write_page(a, page, file, temporary);
	if (r)
		unlink(temporary);
	return r;
}

/* ---- The command --------------------------------------------------------------------------- */

static int read_rows(struct arguments *a, int dir)
{
	int r = pw_rows_read(dir, &a->rows);

	if (r == -E2BIG)
		return pw_fail(PW_EXIT_NO, "there are more than %d records, and no browser shows so many; "
			       "make several reports with --since and --until", PW_ROWS_MAX);
	return r < 0 ? pw_fail(PW_EXIT_UNKNOWN, "cannot read %s: %s", a->path, strerror(-r)) : 0;
}

static int make(struct arguments *a, int dir, struct pw_page *page, struct pw_verify *v)
{
	const struct passwd *user = getpwuid(getuid());
	_cleanup_free_ int64_t *starts = NULL;
	int r = pw_verify_log(dir, a->own, v);

	if (r < 0)
		return pw_fail(PW_EXIT_UNKNOWN, "cannot read %s: %s", a->path, strerror(-r));
	r = read_rows(a, dir);
	if (r)
		return r;
	page->starts_known = pw_wtmp_unknown(dir, a->own ? PW_WTMP_FILE : "wtmp", v, &starts,
					     &page->nunknown) == 0;
	page->unknown_starts = starts;
	page->rows = &a->rows;
	page->verify = v;
	page->source = a->path;
	page->maker = user ? user->pw_name : "a user without a name";
	page->made = pw_time_now();
	return make_file(a, page);
}

static int run(struct arguments *a)
{
	struct pw_page page = { 0 };
	struct pw_checkpoint anchor;
	struct pw_verify v = { 0 };
	_cleanup_close_ int dir = -EBADF;
	int r = a->anchor ? pw_read_anchor(a->anchor, &anchor) : 0;

	if (!r && a->anchor)
		v.anchor = &anchor;
	if (!r)
		r = pw_open_log_directory(a->path, &dir);
	if (!r)
		r = pw_open_keys(a->key, dir, &v.keys);
	if (!r)
		r = ask_daemon(a->own, &page.record);
	if (!r)
		r = make(a, dir, &page, &v);
	pw_verify_done(&v);
	pw_keys_close(v.keys);
	return r;
}

int pw_cmd_report(const struct pw_command *self, int argc, char **argv)
{
	struct arguments a = { .path = PW_LOG_DIR, .own = true };
	int option, r;

	while ((option = getopt_long(argc, argv, "o:h", options, NULL)) != -1) {
		r = parse_option(self, option, &a);
		if (r || option == 'h')
			return r;
	}
	if (!a.output || argc - optind > 1)
		return pw_usage(self, '?');
	if (optind < argc) {
		a.path = argv[optind];
		a.own = !strcmp(a.path, PW_LOG_DIR);
	}
	a.rows.user_names = a.own;
	r = run(&a);
	pw_rows_done(&a.rows);
	return r;
}
