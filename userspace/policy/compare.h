/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one policy allows and another does not. Not texts are compared but what they say: sets of
 * subject, place and action, of subject, address and port, and of what holds or does not. Subjects
 * and objects are the same when they have the same name; a program without a subject is one of
 * `others`. Modes are compared for themselves: all else as if both policies were enforced.
 */
#ifndef PW_POLICY_COMPARE_H
#define PW_POLICY_COMPARE_H

#include <stdio.h>

#include "policy/policy.h"

enum pw_difference_kind {
	PW_DIFFERENCE_FILES = 1,	/* actions on the files of a place */
	PW_DIFFERENCE_PEERS,		/* ports of addresses */
	PW_DIFFERENCE_CLIENTS,		/* ports that it serves to a subject by loopback */
	PW_DIFFERENCE_FACT,		/* what holds or does not */
};

/* Each but the guarded code is a freedom: where it holds, more is allowed, or less is recorded. */
#define PW_FACT_LIST(X)                                                                            \
	X(PW_FACT_INVALID, "")                                                                     \
	X(PW_FACT_ENTERED, "is entered by")                                                        \
	X(PW_FACT_STARTED_BY, "is started by")                                                     \
	X(PW_FACT_USER, "is entered as user")                                                      \
	X(PW_FACT_HELPER, "has the helper")                                                        \
	X(PW_FACT_CODE, "runs code of")                                                            \
	X(PW_FACT_GUARDED, "change what is guarded as code in")                                    \
	X(PW_FACT_WRITES, "writes to a")                                                           \
	X(PW_FACT_SYSTEM, "has the right")                                                         \
	X(PW_FACT_UPDATES, "changes programs and libraries")                                       \
	X(PW_FACT_NEVER_BLOCK, "is never blocked")                                                 \
	X(PW_FACT_PERMISSIVE, "is permissive")                                                     \
	X(PW_FACT_SAYS_WHO, "says who is at the console for")                                      \
	X(PW_FACT_RAW, "uses sockets of the kind")                                                 \
	X(PW_FACT_NETNS, "keeps its rules in other network namespaces")                            \
	X(PW_FACT_UNIX, "opens its unix socket")                                                   \
	X(PW_FACT_LOOPBACK, "uses loopback")                                                       \
	X(PW_FACT_FOLDED, "has one record for the reads of a run of")                              \
	X(PW_FACT_UNRECORDED, "has no record of what is")                                          \
	X(PW_FACT_KEEPS_WORKING, "is accessed although no record can be made")                     \
	X(PW_FACT_DIGEST, "has records without paths")                                             \
	X(PW_FACT_UNSEALED, "is not sealed")                                                       \
	X(PW_FACT_RESCUE, "lets the kernel command line make it")                                  \
	X(PW_FACT_GLASS, "can be opened by")

#define PW_FACT_NAME(number, text) number,
enum pw_fact { PW_FACT_LIST(PW_FACT_NAME) PW_FACT_MAX_ };

struct pw_difference {
	bool allows;			/* allowed by the second policy only; else by the first only */
	enum pw_difference_kind kind;
	const char *of;			/* a subject, `others`, an object, or "the policy" */
	size_t subject;			/* index in the first policy, PW_SUBJECT_INDEX_OTHERS, or NO_SUBJECT */
	struct pw_position at;		/* the line that makes it so; file NULL: there is none */
	uint32_t rule;			/* that allows it, in the policy that does; 0: none of its own */
	/* of files: */
	const char *place;		/* a path; UUID=… or LABEL=…; "/": what no other place covers */
	const char *object;		/* that it lies in, in the policy that allows; NULL: none */
	uint32_t actions;
	/* of peers and clients: */
	enum pw_direction direction;
	enum pw_proto proto;
	uint8_t family;			/* 4 or 6; 0: whether it may listen at all */
	uint8_t first[PW_ADDR_LEN], last[PW_ADDR_LEN];
	struct pw_ports ports;
	/* of facts, and of clients the client: */
	enum pw_fact fact;
	const char *value;		/* NULL: the fact needs none */
	const char *client;		/* of a unix socket */
};

#define PW_DIFFERENCE_NO_SUBJECT ((size_t)-5)

struct pw_differences {
	struct pw_difference *list;	/* by kind, what is newly allowed first; those alike together */
	size_t n;
	size_t allowed;			/* how many of them are newly allowed */
	struct pw_arena *arena;		/* owns them, and this */
};

/*
 * What @b allows and @a does not, and the other way round. Their texts are borrowed from both. 0 or
 * -ENOMEM.
 */
int pw_policy_compare(const struct pw_policy *a, const struct pw_policy *b,
		      struct pw_differences **ret);
/* The same, where what @also allows counts as allowed by @a. */
int pw_policy_compare_with(const struct pw_policy *a, const struct pw_policy *also,
			   const struct pw_policy *b, struct pw_differences **ret);
struct pw_differences *pw_differences_free(struct pw_differences *differences);

/*
 * How many from @first on are told together, because they differ in one thing: the subjects of
 * files, the ports of peers and clients, the values of facts. At least 1.
 */
size_t pw_differences_alike(const struct pw_differences *differences, size_t first);

/*
 * "viewer may write, create in /srv/dicom (images)": what one of the policies allows, without its
 * position; of @n differences that are alike.
 */
void pw_difference_print(FILE *to, const struct pw_difference *differences, size_t n);

static inline void pw_differences_freep(struct pw_differences **differences)
{
	*differences = pw_differences_free(*differences);
}

#endif
