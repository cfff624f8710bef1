/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sessions of break-glass, as a log has them: who opened what and why, what it let pass, how it
 * ended, and whether somebody has reviewed it. The log is what counts: a session without a record of
 * its review waits for one.
 */
#ifndef PW_REPORT_SESSIONS_H
#define PW_REPORT_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pw_session {
	uint64_t number;
	int64_t began, ended, reviewed;	/* ns since 1970; 0: not yet */
	uint64_t passed;		/* accesses that only the session let pass */
	char *what, *end, *review;	/* texts of the records, without the number; NULL: none */
};

struct pw_sessions {
	struct pw_session *list;	/* in the order of the log */
	size_t n;
};

/*
 * A record of type `breakglass`, with @text of @length bytes in `path`, is added when it is one of a
 * session; what is not is left out. -ENOMEM.
 */
int pw_sessions_add(struct pw_sessions *sessions, const char *action, bool allowed, const char *text,
		    size_t length, int64_t time);

/* @count accesses that are recorded behind what was added so far. */
void pw_sessions_pass(struct pw_sessions *sessions, uint64_t count);

/* Whether a record's reason says that a session let it pass. */
bool pw_sessions_reason(const char *reason, size_t length);

size_t pw_sessions_waiting(const struct pw_sessions *sessions);
void pw_sessions_done(struct pw_sessions *sessions);

#endif
