/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is at the console, as programs that the policy entitles to it have stated. */
#ifndef PW_AUDIT_ACTORS_H
#define PW_AUDIT_ACTORS_H

#include <stdint.h>

#include <phiward/abi.h>

#define PW_ACTOR_MAX 128	/* with its NUL */

/* For the records of one subject. */
struct pw_actor_said {
	char actor[PW_ACTOR_MAX];	/* "": nobody is stated */
	char by[PW_NAME_MAX];		/* the subject of who said it */
	uint32_t by_subject;
};

struct pw_actors {
	struct pw_actor_said said[PW_SUBJECT_IDS];
	uint64_t changes;
};

#endif
