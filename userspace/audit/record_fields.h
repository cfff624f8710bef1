/* SPDX-License-Identifier: BSD-2-Clause */
/* The members of a line: their names, their order, and who writes each. */
#ifndef PW_AUDIT_RECORD_FIELDS_H
#define PW_AUDIT_RECORD_FIELDS_H

#include "audit/record.h"

/* What a line is made of. */
struct pw_record_source {
	const struct pw_event *event;	/* NULL: a gap */
	struct pw_recorder *recorder;
	const struct pw_catalog *catalog;
	const char *reason;
	uint64_t count, first, last;
};

/*
 * The members come in groups, of what changes together: processes in turn often have the program,
 * the parents and the owner in common. Up to PW_GROUP_DECISION they are the head of the line
 * (audit/entry.h). A group other than PW_GROUP_MOMENT depends on nothing but what record.c compares:
 * when it would say the same as in the line before, its text is taken from there.
 */
enum pw_record_group {
	PW_GROUP_START,
	PW_GROUP_PROGRAM,
	PW_GROUP_TASK,
	PW_GROUP_PARENTS,
	PW_GROUP_OWNER,
	PW_GROUP_REST,
	PW_GROUP_DECISION,
	PW_GROUP_MOMENT,
	PW_GROUP_FILE,
};
_Static_assert(PW_GROUP_FILE + 1 == PW_RECORD_GROUPS, "the recorder remembers every group");

struct pw_record_writer {
	enum pw_record_group group;
	size_t length;
	char key[16];	/* with its comma, quotes and colon; length bytes */
	void (*put)(struct pw_line *line, const struct pw_record_source *source);
};

extern const struct pw_record_writer pw_record_writers[];
extern const size_t pw_record_head_fields;	/* how many of them make the head */

#endif
