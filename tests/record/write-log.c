// SPDX-License-Identifier: BSD-2-Clause
/*
 * write-log DIR COMMAND...: a log in DIR/log as phiwardd writes it, without a kernel. What
 * the kernel module does is done here, and so there is the key that an auditor would have:
 * DIR/keys. Commands:
 *
 *   boot=ID   to begin with; the machine starts: numbers go on, and so does the segment, found open
 *   salt=N    keys of boots to come are others (default 0)
 *   module    the module seals from here on; file: the key file does
 *   N         so many records, a checkpoint after each SYNC of them, and at the end
 *   sync=N    the above (default 7)
 *   bare      the next N records have no checkpoint at the end
 *   gap=N     one gap line for so many numbers
 *   again=N   one record for so many numbers
 *   late=N    so many numbers were issued and nothing accounts for them
 *   ahead=N   the module reads a count that is so much higher
 *   full      the file is full; the next record begins another
 *   from=FILE lines that are records or gaps already, of this boot
 *   stop      phiwardd stops
 *   killed    phiwardd is killed when the module has sealed, before the line is in the log
 *   forget    what phiwardd wrote down before it asked for that seal
 *   pack      closed segments are compressed, but for the newest
 *   expire    the oldest segment is deleted, after a record of that
 *   record    only the record of that
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/keep.h"
#include "audit/pack.h"
#include "audit/record.h"
#include "audit/scan.h"
#include "audit/segment.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "../unit/audit/events.h"
#include "module.h"

#define BATCH 512

static struct writer {
	int state_dir, log_dir;
	const char *keys;
	struct pw_state state;
	struct pw_recorder recorder;
	struct pw_log_file file;
	struct pw_segment segment;
	bool open, bare;
	uint64_t sync;
} w = {.sync = 7, .file.fd = -1};

/* ---- The log ------------------------------------------------------------------------------ */

static void open_log(void)
{
	_cleanup_free_ char *torn = NULL;

	if (w.open)
		return;
	must(pw_log_file_open(w.log_dir, &w.file, &torn), "audit.log");
	must(pw_segment_open(&w.segment, &w.file, w.state_dir, &w.state, -1), "segment");
	must(pw_recorder_init(&w.recorder, w.state_dir), "recorder");
	strcpy(w.recorder.boot, module.boot);
	w.open = true;
}

static void close_log(void)
{
	if (!w.open)
		return;
	pw_segment_close(&w.segment);
	pw_log_file_close(&w.file);
	pw_recorder_done(&w.recorder);
	w.open = false;
}

static void append(struct pw_line *lines)
{
	must(pw_segment_append(&w.segment, &w.file, lines->data, lines->length, 1), "write");
	w.state.settled = w.state.seq;
	w.file.full = PW_LOG_FULL_BYTES;
	lines->length = 0;
}

static void add_record(struct pw_line *lines, uint64_t count)
{
	struct test_event e;

	test_event_init(&e, w.state.seq + 1);
	w.state.seq += count;
	test_event_names(&e, &e.event.path_len, NAMES("IM000001.dcm\0study-2026-11-24\0dicom\0srv"));
	test_event_names(&e, &e.event.exe_len, NAMES("storescu\0bin\0usr"));
	e.event.parent_len = 0;
	e.event.ino = 1000 + w.state.seq % 97;
	pw_record_event(&w.recorder, &e.event, count, lines);
}

static void write_records(uint64_t n)
{
	struct pw_line lines = {0};

	open_log();
	for (uint64_t i = 1; i <= n; i++) {
		if (!lines.length)
			pw_recorder_begin(&w.recorder);
		add_record(&lines, 1);
		if (i % w.sync && i % BATCH && i < n)
			continue;
		append(&lines);
		if ((i % w.sync == 0 || i == n) && !w.bare)
			must(pw_segment_checkpoint(&w.segment, &w.file, PW_END_OPEN), "checkpoint");
	}
	w.bare = false;
	pw_line_done(&lines);
}

static void write_again(uint64_t n)
{
	struct pw_line lines = {0};

	open_log();
	pw_recorder_begin(&w.recorder);
	add_record(&lines, n);
	append(&lines);
	must(pw_segment_checkpoint(&w.segment, &w.file, PW_END_OPEN), "checkpoint");
	pw_line_done(&lines);
}

static void write_gap(uint64_t n)
{
	struct pw_line lines = {0};

	open_log();
	pw_recorder_begin(&w.recorder);
	pw_record_gap(&w.recorder, w.state.seq + 1, w.state.seq + n, "ring of others full", &lines);
	w.state.seq += n;
	append(&lines);
	must(pw_segment_checkpoint(&w.segment, &w.file, PW_END_OPEN), "checkpoint");
	pw_line_done(&lines);
}

static void pack(void)
{
	uint64_t segment;

	while ((segment = pw_keep_unpacked(w.log_dir, 1))) {
		struct pw_pack *packing;
		int r;

		must(pw_pack_begin(w.log_dir, segment, &packing), "pack");
		while ((r = pw_pack_step(packing)) > 0)
			;
		must(r, "pack");
		pw_pack_end(packing);
	}
}

static void expire(bool remove)
{
	char text[PW_EXPIRED_TEXT_MAX];
	struct pw_expired expired;
	struct pw_line lines = {0};
	struct test_event e;
	int r;

	open_log();
	r = pw_keep_find(w.log_dir, INT64_MAX, 1, &expired);
	must(r > 0 ? 0 : r ? r : -ENOENT, "expire");
	pw_expired_text(&expired, text);
	test_event_init(&e, ++w.state.seq);
	e.event.type = PW_RECORD_SYSTEM;
	e.event.action = PW_ACTION_EXPIRE;
	e.event.verdict = PW_VERDICT_ALLOW;
	e.event.reason = PW_REASON_LOG;
	e.event.subject = PW_SUBJECT_DAEMON;
	e.event.dev = 0;
	e.event.ino = 0;
	test_event_names(&e, &e.event.path_len, text, strlen(text) + 1);
	pw_recorder_begin(&w.recorder);
	pw_record_event(&w.recorder, &e.event, 1, &lines);
	append(&lines);
	pw_line_done(&lines);
	if (!remove)
		return;
	must(pw_segment_checkpoint(&w.segment, &w.file, PW_END_OPEN), "checkpoint");
	must(pw_keep_remove(w.log_dir, expired.segment), "remove");
}

/* The seal is made, and its line has no room. */
static void kill_between(void)
{
	struct rlimit before, full;

	open_log();
	full = (struct rlimit){(rlim_t)w.file.size, RLIM_INFINITY};
	signal(SIGXFSZ, SIG_IGN);
	must(getrlimit(RLIMIT_FSIZE, &before) < 0 ? -errno : 0, "limit");
	full.rlim_max = before.rlim_max;
	must(setrlimit(RLIMIT_FSIZE, &full) < 0 ? -errno : 0, "limit");
	if (pw_segment_checkpoint(&w.segment, &w.file, PW_END_OPEN) != -EFBIG)
		must(-EINVAL, "killed: a record has to be there that is not sealed");
	must(setrlimit(RLIMIT_FSIZE, &before) < 0 ? -errno : 0, "limit");
	close_log();
}

static void seal_lines(struct pw_line *lines)
{
	append(lines);
	must(pw_segment_checkpoint(&w.segment, &w.file, PW_END_OPEN), "checkpoint");
}

static void write_from(const char *path)
{
	FILE *from = fopen(path, "re");
	struct pw_line lines = {0};
	char *line = NULL;
	size_t capacity = 0;
	ssize_t length;

	must(from ? 0 : -errno, path);
	open_log();
	for (uint64_t n = 1; (length = getline(&line, &capacity, from)) > 0; n++) {
		struct pw_range range;
		bool gap;

		must(pw_scan_line(line, (size_t)length, &range, &gap) ? 0 : -EBADMSG, line);
		w.state.seq = range.last;
		pw_line_add(&lines, line, (size_t)length);
		if (n % w.sync == 0)
			seal_lines(&lines);
	}
	if (lines.length)
		seal_lines(&lines);
	free(line);
	fclose(from);
	pw_line_done(&lines);
}

static bool number_after(const char *command, const char *name, uint64_t *ret)
{
	return pw_text_begins(command, name) &&
	       pw_text_number(command + strlen(name), 1, INT64_MAX, ret) == 0;
}

static void do_command(const char *command)
{
	uint64_t n;

	if (pw_text_begins(command, "boot=") && strlen(command) == 5 + PW_BOOT_ID_LEN) {
		close_log();
		module_first_key(command + 5, w.keys);
	} else if (!strcmp(command, "module") || !strcmp(command, "file")) {
		module.sealing = *command == 'm';
	} else if (number_after(command, "salt=", &n)) {
		module.salt[0] = (uint8_t)n;
	} else if (number_after(command, "", &n)) {
		write_records(n);
	} else if (number_after(command, "sync=", &n)) {
		w.sync = n;
	} else if (number_after(command, "gap=", &n)) {
		write_gap(n);
	} else if (number_after(command, "again=", &n)) {
		write_again(n);
	} else if (number_after(command, "late=", &n)) {
		w.state.seq += n;
	} else if (number_after(command, "ahead=", &n)) {
		module.ahead = n;
	} else if (pw_text_begins(command, "from=")) {
		write_from(command + strlen("from="));
	} else if (!strcmp(command, "full")) {
		open_log();
		w.file.full = 1;
	} else if (!strcmp(command, "stop")) {
		open_log();
		must(pw_segment_checkpoint(&w.segment, &w.file, PW_END_STOP), "stop");
		close_log();
	} else if (!strcmp(command, "bare")) {
		w.bare = true;
	} else if (!strcmp(command, "forget")) {
		must(unlinkat(w.state_dir, PW_SEALER_INTENT, 0) < 0 ? -errno : 0, "forget");
	} else if (!strcmp(command, "killed")) {
		kill_between();
	} else if (!strcmp(command, "pack")) {
		pack();
	} else if (!strcmp(command, "expire")) {
		expire(true);
	} else if (!strcmp(command, "record")) {
		expire(false);
	} else {
		must(-EINVAL, command);
	}
}

int main(int argc, char **argv)
{
	char keys[4096];

	if (argc < 3)
		must(-EINVAL, "usage: write-log DIR COMMAND...");
	snprintf(keys, sizeof(keys), "%s/keys", argv[1]);
	w.keys = keys;
	module.state = &w.state;
	w.state_dir = open_directory(argv[1], "state");
	w.log_dir = open_directory(argv[1], "log");
	for (int i = 2; i < argc; i++)
		do_command(argv[i]);
	close_log();
	close(w.state_dir);
	close(w.log_dir);
	return 0;
}
