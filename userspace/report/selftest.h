/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A test of the live console that touches no patient data: what should be
 * refused is tried on the canary and on opening a protected directory, of
 * which not even a name is read; then the record of that refusal is looked
 * for in the log. The result is a page to be signed.
 */
#ifndef PW_REPORT_SELFTEST_H
#define PW_REPORT_SELFTEST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <json-c/json.h>

enum pw_outcome { PW_OUTCOME_INVALID, PW_OUTCOME_PASS, PW_OUTCOME_FAIL, PW_OUTCOME_UNKNOWN };

#define PW_SELFTEST_STEPS 16

struct pw_selftest_step {
	enum pw_outcome outcome;
	char what[80];		/* what was tried */
	char found[160];	/* what happened */
};

struct pw_selftest {
	json_object *status;	/* as `phiward status --json` says; borrowed */
	struct pw_selftest_step steps[PW_SELFTEST_STEPS];
	size_t n;
	int64_t start;		/* ns since 1970; records of this process since then are ours */
	int pid;
	bool refused;		/* a protected directory: its record must be in the log */
};

/* Adds one step; @format says what was found. */
void pw_selftest_add(struct pw_selftest *test, enum pw_outcome outcome, const char *what,
		     const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The steps that need no daemon: state, canary file, protected directory, unprotected file. */
void pw_selftest_try(struct pw_selftest *test, const char *state_dir);

/* Looks in the log at @path for the record of the refused directory. */
void pw_selftest_find_record(struct pw_selftest *test, const char *path);

/* FAIL if a step failed, else UNKNOWN if one could not be told, else PASS. */
enum pw_outcome pw_selftest_outcome(const struct pw_selftest *test);

/* The page. @programs: paths whose SHA-256 stands on it, ended by NULL. */
void pw_selftest_print(FILE *to, const struct pw_selftest *test, const char *const *programs);

#endif
