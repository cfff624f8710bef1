/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sessions of break-glass and service. What is open stands in the kernel, which ends it; who opened
 * it, why, and which sessions nobody has reviewed yet, is kept in a file of the state directory.
 */
#ifndef PW_PUBLISH_GLASS_H
#define PW_PUBLISH_GLASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "policy/policy.h"
#include "publish/ids.h"

#define PW_GLASS_REASON_MAX 160	/* bytes, with the NUL */
#define PW_GLASS_TICKET_MAX 40
#define PW_GLASS_TEXT_MAX sizeof(((struct pw_note *)NULL)->text)

struct pw_glass_session {
	uint64_t number;		/* from 1, of all that this machine had */
	enum pw_glass_kind kind;
	uint32_t uid;
	uint32_t auid;			/* all ones: not known */
	int32_t pid;
	bool ended;			/* and the end is recorded: it waits for its review */
	uint64_t until;			/* ns since boot, CLOCK_BOOTTIME */
	int64_t until_real;		/* the same as the clock had it when it began, s since 1970 */
	char boot[PW_BOOT_ID_LEN + 1];
	char subject[PW_NAME_MAX];	/* "" and no object: all that the policy names */
	char object[PW_NAME_MAX];
	char ticket[PW_GLASS_TICKET_MAX];
	char token[PW_NAME_MAX];	/* its id; "": who opened it is named in the policy */
	char reason[PW_GLASS_REASON_MAX];
};

/* Those that are open or wait for their review, in the order of their numbers. */
struct pw_glass_sessions {
	struct pw_glass_session *list;
	size_t n;
	uint64_t last;			/* the highest number that was given */
};

/* Without a file there are none; -EBADMSG: it is damaged. */
int pw_glass_load(int state_dir, struct pw_glass_sessions *ret);
int pw_glass_save(int state_dir, const struct pw_glass_sessions *sessions);
void pw_glass_done(struct pw_glass_sessions *sessions);

/* NULL when there is none of that number. */
struct pw_glass_session *pw_glass_find(const struct pw_glass_sessions *sessions, uint64_t number);
/* A copy of @session with the next number; NULL: no memory. */
struct pw_glass_session *pw_glass_add(struct pw_glass_sessions *sessions,
				      const struct pw_glass_session *session);
void pw_glass_remove(struct pw_glass_sessions *sessions, uint64_t number);

/* What is wrong with a reason, a note or a ticket; NULL: nothing. @max: bytes with the NUL. */
const char *pw_glass_wrong_text(const char *text, size_t max);

/* What a session is open for: "subject viewer". */
void pw_glass_scope(const struct pw_glass_session *session, char *text, size_t size);
/* Who logged in: a number, or "none". */
#define PW_GLASS_LOGIN_MAX 16
void pw_glass_login(uint32_t auid, char text[static PW_GLASS_LOGIN_MAX]);
/* A moment as records have it: 2026-11-23T02:10:30Z. */
void pw_glass_time(int64_t real, char text[static 32]);

/* The text of the record of its start, which begins with what pw_glass_number_in() finds. */
void pw_glass_start_text(const struct pw_glass_session *session, char *text, size_t size);
bool pw_glass_number_in(const char *text, uint64_t *ret);

static inline void pw_glass_donep(struct pw_glass_sessions *sessions)
{
	pw_glass_done(sessions);
}

#endif
