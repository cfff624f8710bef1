/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The members of a record's line where they stand, without a copy: for who goes through
 * millions of lines. It knows the one form that phiwardd writes, and nothing else of JSON: what
 * it does not know may still be a record for the reader, and what it knows is one.
 */
#ifndef PW_AUDIT_MEMBERS_H
#define PW_AUDIT_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Those that somebody asks for; one that a line's schema does not have is null. */
#define PW_MEMBERS(X)                                                                              \
	X(SEQ, "seq") X(TIME, "time") X(TYPE, "type") X(ACTION, "action") X(VERDICT, "verdict")    \
	X(ENFORCED, "enforced") X(SUBJECT, "subject") X(OBJECT, "object") X(PATH, "path")          \
	X(PROTO, "proto") X(ADDR, "addr") X(PORT, "port") X(EXE, "exe") X(COMM, "comm")            \
	X(PID, "pid") X(RUN, "run") X(PARENTS, "parents") X(UID, "uid") X(AUID, "auid")            \
	X(ACTOR, "actor") X(ACTOR_BY, "actor_by") X(PEER, "peer") X(VOLUME, "volume")              \
	X(PHI, "phi") X(COUNT, "count") X(FIRST, "first") X(LAST, "last") X(SINCE, "since")        \
	X(POLICY, "policy") X(VERSION, "version") X(RULE, "rule") X(REASON, "reason")

#define PW_MEMBER_ID(id, name) PW_MEMBER_##id,
enum pw_member_id { PW_MEMBERS(PW_MEMBER_ID) PW_MEMBERS_N };

/* As in the line: null, true, 12, or text with its quotes and escapes. */
struct pw_member {
	const char *at;
	size_t length;
};

struct pw_members {
	struct pw_member values[PW_MEMBERS_N];
};

/* False: this is not the form. @line is without its newline. */
bool pw_members_read(const char *line, size_t length, struct pw_members *ret);

static inline bool pw_member_is(const struct pw_member *member, const char *raw)
{
	return member->length == strlen(raw) && !memcmp(member->at, raw, member->length);
}

static inline bool pw_member_is_text(const struct pw_member *member)
{
	return member->at[0] == '"';
}

/* False: it is none, or too large. */
bool pw_member_number(const struct pw_member *member, uint64_t *ret);

#endif
