// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

#include "audit/reader.h"
#include "common/cleanup.h"
#include "publish/catalog.h"
#include "publish/pins.h"
#include "publish/store.h"
#include "report/selftest.h"

#define UNPROTECTED_FILE "/proc/self/status"

void pw_selftest_add(struct pw_selftest *test, enum pw_outcome outcome, const char *what,
		     const char *format, ...)
{
	struct pw_selftest_step *step;
	va_list arguments;

	if (test->n == PW_SELFTEST_STEPS)
		return;
	step = &test->steps[test->n++];
	step->outcome = outcome;
	snprintf(step->what, sizeof(step->what), "%s", what);
	va_start(arguments, format);
	vsnprintf(step->found, sizeof(step->found), format, arguments);
	va_end(arguments);
}

enum pw_outcome pw_selftest_outcome(const struct pw_selftest *test)
{
	enum pw_outcome outcome = PW_OUTCOME_PASS;

	for (size_t i = 0; i < test->n; i++) {
		if (test->steps[i].outcome == PW_OUTCOME_FAIL)
			return PW_OUTCOME_FAIL;
		if (test->steps[i].outcome == PW_OUTCOME_UNKNOWN)
			outcome = PW_OUTCOME_UNKNOWN;
	}
	return outcome;
}

/* 0 or a negative errno; what was opened is closed at once and nothing read from it. */
static int try_open(const char *path, int flags)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags);

	return fd < 0 ? -errno : 0;
}

static void try_state(struct pw_selftest *test)
{
	const char *state = "off";
	bool enforcing = false;
	uint64_t lost = 0;

	pw_json_bool(test->status, "enforcing", &enforcing);
	pw_json_string(test->status, "state", &state);
	pw_selftest_add(test, enforcing ? PW_OUTCOME_PASS : PW_OUTCOME_FAIL,
			"the policy is enforced", "state: %s", state);
	if (pw_json_u64(test->status, "lost", &lost))
		pw_selftest_add(test, lost ? PW_OUTCOME_FAIL : PW_OUTCOME_PASS,
				"no record was lost", "%lu lost", (unsigned long)lost);
}

static void try_canary(struct pw_selftest *test)
{
	int r = try_open(PW_CANARY_FILE, O_NOFOLLOW);

	pw_selftest_add(test, r == -EACCES ? PW_OUTCOME_PASS : PW_OUTCOME_FAIL,
			"opening the canary is refused", "%s", r ? strerror(-r) : "it was opened");
}

static void try_unprotected(struct pw_selftest *test)
{
	int r = try_open(UNPROTECTED_FILE, 0);

	pw_selftest_add(test, r ? PW_OUTCOME_FAIL : PW_OUTCOME_PASS,
			"opening a file that belongs to no object is allowed", "%s",
			r ? strerror(-r) : "it was opened");
}

static struct pw_catalog *read_catalog(const struct pw_selftest *test, const char *state_dir)
{
	_cleanup_close_ int dir = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct pw_catalog *catalog = NULL;
	uint64_t generation;

	if (dir < 0 || !pw_json_u64(test->status, "generation", &generation) ||
	    pw_catalog_read(dir, generation, &catalog) < 0)
		return NULL;
	return catalog;
}

/* Directories of the policy until one is refused; what is not refused belongs to no object. */
static void try_protected(struct pw_selftest *test, const char *state_dir)
{
	_cleanup_(pw_catalog_freep) struct pw_catalog *catalog = read_catalog(test, state_dir);
	static const char what[] = "opening a protected directory is refused";

	if (!catalog) {
		pw_selftest_add(test, PW_OUTCOME_UNKNOWN, what, geteuid() ?
				"only root may know where protected directories are" :
				"there is no policy, or what its numbers mean cannot be read");
		return;
	}
	for (size_t i = 1; i < catalog->nroots; i++) {
		if (catalog->roots[i] &&
		    try_open(catalog->roots[i], O_DIRECTORY | O_NOFOLLOW) == -EACCES) {
			test->refused = true;
			pw_selftest_add(test, PW_OUTCOME_PASS, what, "%s", strerror(EACCES));
			return;
		}
	}
	pw_selftest_add(test, PW_OUTCOME_FAIL, what, "none of the policy's directories was refused");
}

void pw_selftest_try(struct pw_selftest *test, const char *state_dir)
{
	try_state(test);
	try_canary(test);
	try_protected(test, state_dir);
	try_unprotected(test);
}

static bool is_ours(const struct pw_selftest *test, json_object *record)
{
	const char *verdict = pw_record_text(record, "verdict");
	int64_t time;

	return pw_record_time(record, &time) == 0 && time >= test->start &&
	       pw_record_number(record, "pid", 0) == (uint64_t)test->pid && verdict &&
	       !strcmp(verdict, "deny") && pw_record_text(record, "object");
}

void pw_selftest_find_record(struct pw_selftest *test, const char *path)
{
	static const char what[] = "the refusal stands in the log";
	struct pw_reader reader;
	bool found = false;
	int r;

	if (!test->refused)
		return;
	r = pw_reader_open(path, &reader);
	if (r < 0) {
		pw_selftest_add(test, PW_OUTCOME_UNKNOWN, what, "the log cannot be read: %s",
				strerror(-r));
		return;
	}
	while (!found && pw_reader_next(&reader) > 0) {
		found = reader.record && is_ours(test, reader.record);
		if (found)
			pw_selftest_add(test, PW_OUTCOME_PASS, what, "record %lu, object %s",
					(unsigned long)pw_record_number(reader.record, "seq", 0),
					pw_record_text(reader.record, "object"));
	}
	pw_reader_close(&reader);
	if (!found)
		pw_selftest_add(test, PW_OUTCOME_FAIL, what, "it does not");
}
