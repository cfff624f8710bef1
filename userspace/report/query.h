/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which records of a log, in the order of the log. Gap lines pass every filter
 * but those of time and type: who asks for a part of the log must see that
 * some of it may be missing.
 */
#ifndef PW_REPORT_QUERY_H
#define PW_REPORT_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/reader.h"

struct pw_query {
	int64_t since, until;	/* ns since 1970, both inclusive; 0: no bound. One event in between is enough */
	const char *subject;
	const char *object;
	const char *program;	/* its path, its last name, or what it calls itself */
	const char *path;	/* a pattern of glob(7) in which * also matches slashes */
	const char *verdict;
	const char *type;
	int64_t user;		/* the user that a process runs as, or that logged in; -1: any */
};

#define PW_QUERY_ANY ((struct pw_query){ .user = -1 })

bool pw_query_matches(const struct pw_query *query, json_object *record);

/* Whether a record is of a program of this name, or with this path. */
bool pw_query_is_program(json_object *record, const char *name);

/* A name or a number. -ENOENT: there is no such user. */
int pw_query_user(const char *text, int64_t *ret_user);

#endif
