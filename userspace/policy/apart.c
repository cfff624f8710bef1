// SPDX-License-Identifier: BSD-2-Clause
#include "policy/apart.h"

#include <string.h>

static bool is_number(const char *user)
{
	return *user >= '0' && *user <= '9';
}

/* Whether two users are certainly not the same before names are resolved. */
static bool users_differ(const char *a, const char *b)
{
	if (!strcmp(a, "root"))
		a = "0";
	if (!strcmp(b, "root"))
		b = "0";
	if (!strcmp(a, "0") || !strcmp(b, "0"))
		return strcmp(a, b);

	return is_number(a) == is_number(b) && strcmp(a, b);
}

static bool apart_by_users(const struct pw_subject_policy *a, const struct pw_subject_policy *b)
{
	size_t i, j;

	for (i = 0; i < a->nusers; i++)
		for (j = 0; j < b->nusers; j++)
			if (!users_differ(a->users[i].name, b->users[j].name))
				return false;

	return a->nusers && b->nusers;
}

/*
 * A task is in one subject at most, so different names keep apart, and `init`
 * differs from every name. A task in a login session may be in any subject, and
 * a service manager may set the login uid before it executes.
 */
static bool starters_differ(size_t a, size_t b)
{
	if (a == PW_SUBJECT_INDEX_ANYONE || b == PW_SUBJECT_INDEX_ANYONE ||
	    a == PW_SUBJECT_INDEX_LOGIN || b == PW_SUBJECT_INDEX_LOGIN)
		return false;

	return a != b;
}

static bool apart_by_start(const struct pw_subject_policy *a, const struct pw_subject_policy *b)
{
	size_t i, j;

	for (i = 0; i < a->started_by.n; i++)
		for (j = 0; j < b->started_by.n; j++)
			if (!starters_differ(a->started_by.index[i], b->started_by.index[j]))
				return false;

	return a->started_by.n && b->started_by.n;
}

bool pw_subjects_apart(const struct pw_subject_policy *a, const struct pw_subject_policy *b)
{
	return apart_by_users(a, b) || apart_by_start(a, b);
}
