/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the daemon says: its own messages, and refusals folded into one line
 * each. Neither names a path. To the journal where there is one, else to
 * standard error.
 *
 * A thread of its own sends them, because sending blocks as long as journald
 * does, and journald may be waiting for something that the rings hold up. So
 * nothing here blocks the caller, and memory is bounded: what has no room is
 * counted, and the count is said.
 */
#ifndef PW_DAEMON_JOURNAL_H
#define PW_DAEMON_JOURNAL_H

#include <syslog.h>

#include <phiward/abi.h>

#include "publish/catalog.h"

/* MESSAGE_ID of a refusal: journalctl MESSAGE_ID=... */
#define PW_JOURNAL_REFUSAL_ID "23cb91f0fc0241cf90b8abb35c46256f"

/* Refusals that are alike (all but their time) are said once in this time, with their count. */
#define PW_JOURNAL_FOLD_SECONDS 10

struct pw_journal;

/* Starts the thread; what it may do is what the caller may do now. */
int pw_journal_open(struct pw_journal **ret);

/* Waits until all is said, but not longer than a second. */
struct pw_journal *pw_journal_close(struct pw_journal *journal);

/* @journal NULL: standard error at once. @priority as in syslog(3). */
void pw_journal_say(struct pw_journal *journal, int priority, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* @catalog NULL: numbers stand for names. */
void pw_journal_refusal(struct pw_journal *journal, const struct pw_event *event,
			const struct pw_catalog *catalog);

#endif
