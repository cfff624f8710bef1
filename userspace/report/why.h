/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why something was refused: refusals that are alike folded into one, each
 * told as a sentence with the line of the policy behind it, its owner, and
 * what would have to change.
 */
#ifndef PW_REPORT_WHY_H
#define PW_REPORT_WHY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <json-c/json.h>

/* What is asked about; all members NULL or 0: everything. */
struct pw_why_about {
	const char *program;	/* name or absolute path */
	const char *path;	/* a file, or a directory and all below */
	const char *host;	/* address or name of a peer; in no brackets */
	uint16_t port;
	char *owned;		/* what host points into */
};

struct pw_refusal {
	json_object *latest;	/* the last record of these */
	uint64_t count;
	int64_t time;		/* of the last one, ns */
};

#define PW_WHY_MAX 256	/* more kinds of refusals than a reader can use; the oldest go */
#define PW_WHY_STARTS 32

struct pw_why {
	struct pw_why_about about;
	struct pw_refusal *refusals;	/* newest first once pw_why_sort() was called */
	size_t n;
	uint64_t dropped;	/* refusals that are not in refusals[] */
	uint64_t allowed;	/* records of what was asked about that were allowed */
	json_object *last_allowed;
	uint64_t lost;		/* numbers in gap lines */
	uint64_t would;		/* refusals that the mode did not apply */
	/* Programs that entered no subject, whatever is asked about: the last record of each. */
	json_object *starts[PW_WHY_STARTS];
	size_t nstarts;
};

/* PROGRAM, PATH or HOST:PORT. -ENOMEM. */
int pw_why_parse(const char *text, struct pw_why_about *ret_about);

/* Takes one record of the log into account. */
int pw_why_add(struct pw_why *why, json_object *record);

void pw_why_sort(struct pw_why *why);
void pw_why_done(struct pw_why *why);

/*
 * Behind the text of a record of a refused policy, what was wrong with it: ": " and a
 * sentence. NULL: the record does not say. Points into @record.
 */
const char *pw_why_policy_fault(json_object *record);

/* The subject that the program of @record did not enter when it was started, or NULL. */
const char *pw_why_not_entered(const struct pw_why *why, json_object *record);

#define PW_TELL_PATHS (1U << 0)	/* without it objects are named, and no file below them */
#define PW_TELL_NAMES (1U << 1)	/* users by their names on this machine */

/*
 * One record as a sentence: who was allowed or refused what, why, and by which line of the policy.
 * @count: how many of the kind there were. @not_entered: as of pw_why_not_entered(), or NULL.
 */
void pw_tell_record(FILE *to, json_object *record, uint64_t count, const char *not_entered,
		    unsigned int tell);

/* A user by name where there is one, else `user NUMBER`. */
void pw_tell_user(FILE *to, uint64_t uid, unsigned int tell);

/*
 * refusals[@i]: a sentence, and what would allow it. @paths: false for who may
 * not see them; then objects are named, and no file below them.
 */
void pw_why_print(FILE *to, const struct pw_why *why, size_t i, bool paths);

/* All that fit a page, and what is said of the rest. */
void pw_why_print_all(FILE *to, const struct pw_why *why, bool paths);

/*
 * What to do about a refusal, as the end of a sentence that begins "to allow it: ".
 * @not_entered: as of pw_why_not_entered().
 */
void pw_why_advice(FILE *to, json_object *record, const char *not_entered);

/* Where else to look when the log has no refusal: port, file or program of @about. */
void pw_why_elsewhere(FILE *to, const struct pw_why_about *about);

/* Whether a TCP socket on this machine listens on @port; -errno when that cannot be seen. */
int pw_port_is_served(uint16_t port);

#endif
