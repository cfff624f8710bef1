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
 *   gap=N     one gap line for so many numbers
 *   late=N    so many numbers were issued and nothing accounts for them
 *   ahead=N   the module reads a count that is so much higher
 *   full      the file is full; the next record begins another
 *   stop      phiwardd stops
 *   pack      closed segments are compressed, but for the newest
 *   expire    the oldest segment is deleted, after a record of that
 *   record    only the record of that
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/keep.h"
#include "audit/pack.h"
#include "audit/record.h"
#include "audit/segment.h"
#include "common/cleanup.h"
#include "common/sha256.h"
#include "common/text.h"
#include "publish/module.h"
#include "../unit/audit/events.h"

#define BATCH 512

static struct writer {
	int state_dir, log_dir;
	const char *keys;
	struct pw_state state;
	struct pw_recorder recorder;
	struct pw_log_file file;
	struct pw_segment segment;
	bool open;
	uint64_t sync;
} w = {.sync = 7, .file.fd = -1};

static void must(int r, const char *what)
{
	if (r >= 0)
		return;
	fprintf(stderr, "write-log: %s: %s\n", what, strerror(-r));
	exit(1);
}

/* ---- In the place of the kernel ----------------------------------------------------------- */

static char boot_id[PW_BOOT_ID_LEN + 1];
static bool sealing;
static uint64_t epoch, ahead;
static uint8_t salt[PW_GUARD_HASH_LEN];
static uint8_t key[PW_GUARD_HASH_LEN];

int pw_boot_id(char boot[static PW_BOOT_ID_LEN + 1])
{
	strcpy(boot, boot_id);
	return 0;
}

int pw_module_key(struct pw_guard_key *ret)
{
	(void)ret;
	return -ENOENT;
}

int pw_module_hold(unsigned int kind, const char *role, int fd)
{
	(void)kind;
	(void)role;
	(void)fd;
	return -ENOENT;
}

int pw_module_drop(unsigned int kind, const char *role)
{
	(void)kind;
	(void)role;
	return 0;
}

int pw_module_status(struct pw_guard_status *ret)
{
	*ret = (struct pw_guard_status){.state = PW_GUARD_KEY_GIVEN};
	return sealing ? 0 : -ENOENT;
}

int pw_module_mac(const uint8_t digest[static PW_GUARD_HASH_LEN], struct pw_guard_mac *ret)
{
	struct pw_guard_message message = {.records = w.state.seq + ahead, .epoch = epoch};
	uint8_t next[PW_GUARD_HASH_LEN];
	char hex[2 * PW_GUARD_BOOT_LEN + 1] = "";

	for (size_t i = 0, n = 0; boot_id[i] && n < sizeof(hex) - 1; i++)
		if (boot_id[i] != '-')
			hex[n++] = boot_id[i];
	pw_text_unhex(message.boot, hex, sizeof(message.boot));
	memcpy(message.label, PW_GUARD_LABEL_MAC, sizeof(message.label));
	memcpy(message.digest, digest, sizeof(message.digest));
	ret->records = message.records;
	ret->epoch = epoch++;
	must(pw_hmac_sha256(key, &message, sizeof(message), ret->mac), "mac");
	must(pw_hmac_sha256(key, PW_GUARD_LABEL_KEY, PW_GUARD_LABEL_LEN, next), "key");
	memcpy(key, next, sizeof(key));
	return 0;
}

static void first_key(void)
{
	char hex[2 * PW_GUARD_HASH_LEN + 1];
	FILE *file = fopen(w.keys, "ae");

	must(file ? 0 : -errno, "keys");
	must(pw_hmac_sha256(salt, boot_id, PW_BOOT_ID_LEN, key), "key");
	pw_text_hex(hex, key, sizeof(key));
	fprintf(file, "{\"schema\":1,\"boot\":\"%s\",\"epoch\":1,\"key\":\"%s\"}\n", boot_id, hex);
	fclose(file);
	epoch = 1;
}

/* ---- The log ------------------------------------------------------------------------------ */

static void open_log(void)
{
	_cleanup_free_ char *torn = NULL;

	if (w.open)
		return;
	must(pw_log_file_open(w.log_dir, &w.file, &torn), "audit.log");
	must(pw_segment_open(&w.segment, &w.file, w.state_dir, &w.state, -1), "segment");
	must(pw_recorder_init(&w.recorder, w.state_dir), "recorder");
	strcpy(w.recorder.boot, boot_id);
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

static void add_record(struct pw_line *lines)
{
	struct test_event e;

	test_event_init(&e, ++w.state.seq);
	test_event_names(&e, &e.event.path_len, NAMES("IM000001.dcm\0study-2026-11-24\0dicom\0srv"));
	test_event_names(&e, &e.event.exe_len, NAMES("storescu\0bin\0usr"));
	e.event.parent_len = 0;
	e.event.ino = 1000 + w.state.seq % 97;
	pw_record_event(&w.recorder, &e.event, 1, lines);
}

static void write_records(uint64_t n)
{
	struct pw_line lines = {0};

	open_log();
	for (uint64_t i = 1; i <= n; i++) {
		if (!lines.length)
			pw_recorder_begin(&w.recorder);
		add_record(&lines);
		if (i % w.sync && i % BATCH && i < n)
			continue;
		append(&lines);
		if (i % w.sync == 0 || i == n)
			must(pw_segment_checkpoint(&w.segment, &w.file, PW_END_OPEN), "checkpoint");
	}
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
		strcpy(boot_id, command + 5);
		first_key();
	} else if (!strcmp(command, "module") || !strcmp(command, "file")) {
		sealing = *command == 'm';
	} else if (number_after(command, "salt=", &n)) {
		salt[0] = (uint8_t)n;
	} else if (number_after(command, "", &n)) {
		write_records(n);
	} else if (number_after(command, "sync=", &n)) {
		w.sync = n;
	} else if (number_after(command, "gap=", &n)) {
		write_gap(n);
	} else if (number_after(command, "late=", &n)) {
		w.state.seq += n;
	} else if (number_after(command, "ahead=", &n)) {
		ahead = n;
	} else if (!strcmp(command, "full")) {
		open_log();
		w.file.full = 1;
	} else if (!strcmp(command, "stop")) {
		open_log();
		must(pw_segment_checkpoint(&w.segment, &w.file, PW_END_STOP), "stop");
		close_log();
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

static int open_directory(const char *dir, const char *name)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	mkdir(path, 0755);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(fd < 0 ? -errno : 0, path);
	return fd;
}

int main(int argc, char **argv)
{
	char keys[4096];

	if (argc < 3)
		must(-EINVAL, "usage: write-log DIR COMMAND...");
	snprintf(keys, sizeof(keys), "%s/keys", argv[1]);
	w.keys = keys;
	w.state_dir = open_directory(argv[1], "state");
	w.log_dir = open_directory(argv[1], "log");
	for (int i = 2; i < argc; i++)
		do_command(argv[i]);
	close_log();
	close(w.state_dir);
	close(w.log_dir);
	return 0;
}
