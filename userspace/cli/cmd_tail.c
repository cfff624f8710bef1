// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/control_client.h"
#include "common/cleanup.h"
#include "publish/pins.h"
#include "report/table.h"

#define LINES 10

static const struct option options[] = {
	{ "follow", no_argument, NULL, 'f' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* Prints what is there; at first only the last lines of it. */
static int print_new(struct pw_reader *reader, const struct pw_table *table)
{
	int r;

	while ((r = pw_reader_next(reader)) > 0) {
		if (reader->record)
			pw_table_row(table, reader->record);
		else
			pw_fail(PW_EXIT_NO, "%s: %s", reader->name, reader->malformed);
	}
	if (r < 0)
		return pw_fail(PW_EXIT_UNKNOWN, "cannot read the log: %s", strerror(-r));
	return pw_flush(PW_EXIT_YES);
}

/* Until something changes in the directory. */
static int wait_for_change(int inotify)
{
	char events[4096] __attribute__((aligned(8)));
	ssize_t n;

	do
		n = read(inotify, events, sizeof(events));
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

static int follow(struct pw_reader *reader, const struct pw_table *table, int inotify)
{
	int code;

	do
		code = print_new(reader, table);
	while (code == PW_EXIT_YES && wait_for_change(inotify) == 0);
	return code;
}

int pw_cmd_audit_tail(const struct pw_command *self, int argc, char **argv)
{
	_cleanup_close_ int inotify = inotify_init1(IN_CLOEXEC);
	struct pw_table table = pw_table_for(stdout, true);
	struct pw_reader reader;
	bool following = false;
	int option, r;

	while ((option = getopt_long(argc, argv, "fh", options, NULL)) != -1) {
		if (option != 'f')
			return pw_usage(self, option);
		following = true;
	}
	if (optind < argc)
		return pw_usage(self, '?');
	pw_control_drain();
	r = pw_open_log(PW_LOG_DIR, &reader);
	if (r)
		return r;
	r = pw_reader_seek_last(&reader, LINES);
	if (!r && following &&
	    inotify_add_watch(inotify, PW_LOG_DIR, IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0)
		r = -errno;
	if (r < 0) {
		r = pw_fail(PW_EXIT_UNKNOWN, "cannot read the log: %s", strerror(-r));
	} else {
		pw_table_head(&table);
		r = following ? follow(&reader, &table, inotify) : print_new(&reader, &table);
	}
	pw_reader_close(&reader);
	return r;
}
