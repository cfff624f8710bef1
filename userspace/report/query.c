// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fnmatch.h>
#include <pwd.h>
#include <string.h>

#include "common/text.h"
#include "report/query.h"

static bool text_is(json_object *record, const char *member, const char *wanted)
{
	const char *text = pw_record_text(record, member);

	return !wanted || (text && strcmp(text, wanted) == 0);
}

/* Names in records are escaped by backslashes, so a backslash of the pattern is one. */
static bool path_matches(json_object *record, const char *pattern)
{
	const char *path = pw_record_text(record, "path");

	return !pattern || (path && fnmatch(pattern, path, FNM_NOESCAPE) == 0);
}

bool pw_query_is_program(json_object *record, const char *name)
{
	const char *exe = pw_record_text(record, "exe"), *comm = pw_record_text(record, "comm");
	const char *base = exe ? strrchr(exe, '/') : NULL;

	return (exe && strcmp(exe, name) == 0) || (base && strcmp(base + 1, name) == 0) ||
	       (comm && strcmp(comm, name) == 0);
}

static bool user_is(json_object *record, int64_t user)
{
	return user < 0 || pw_record_number(record, "uid", UINT64_MAX) == (uint64_t)user ||
	       pw_record_number(record, "auid", UINT64_MAX) == (uint64_t)user;
}

static bool time_is_in(const struct pw_query *query, json_object *record)
{
	int64_t first, last;

	if (!query->since && !query->until)
		return true;
	return pw_record_since(record, &first) == 0 && pw_record_time(record, &last) == 0 &&
	       (!query->since || last >= query->since) && (!query->until || first <= query->until);
}

bool pw_query_matches(const struct pw_query *query, json_object *record)
{
	if (!text_is(record, "type", query->type) || !time_is_in(query, record))
		return false;
	if (text_is(record, "type", "gap"))
		return true;
	return text_is(record, "subject", query->subject) &&
	       text_is(record, "object", query->object) &&
	       (!query->program || pw_query_is_program(record, query->program)) &&
	       text_is(record, "verdict", query->verdict) && user_is(record, query->user) &&
	       path_matches(record, query->path);
}

int pw_query_user(const char *text, int64_t *ret_user)
{
	const struct passwd *user;
	uint64_t number;

	if (pw_text_number(text, 0, UINT32_MAX - 1, &number) == 0) {
		*ret_user = (int64_t)number;
		return 0;
	}
	user = getpwnam(text);
	if (!user)
		return -ENOENT;
	*ret_user = user->pw_uid;
	return 0;
}
