// SPDX-License-Identifier: BSD-2-Clause
#include "report/keys.h"

#include <inttypes.h>
#include <stdio.h>

#include "audit/reader.h"

#define LEVELS_MAX 32	/* of directories above a file that it is found by */

enum kind { TYPE = 1, VERDICT, SUBJECT, OBJECT, PROGRAM, USER, PATH, BELOW, ODD };

/* ---- Hashes: FNV-1a, of which 48 bits are kept, as SQLite has a short form for them -------- */

#define BASIS 0xcbf29ce484222325ULL
#define PRIME 0x100000001b3ULL

static uint64_t begin(enum kind kind)
{
	return (BASIS ^ kind) * PRIME;
}

static uint64_t add(uint64_t hash, char c)
{
	return (hash ^ (unsigned char)c) * PRIME;
}

static int64_t end(uint64_t hash)
{
	return (int64_t)(hash >> 16 ^ (hash & 0xffff));
}

static int64_t key_of(enum kind kind, const char *text, size_t n)
{
	uint64_t hash = begin(kind);

	for (size_t i = 0; i < n; i++)
		hash = add(hash, text[i]);
	return end(hash);
}

int64_t pw_key_gap(void)
{
	return key_of(TYPE, "gap", 3);
}

int64_t pw_key_odd(void)
{
	return key_of(ODD, "", 0);
}

/* ---- Of a line ----------------------------------------------------------------------------- */

static void put(struct pw_line_keys *line, uint64_t hash)
{
	line->keys[line->n++] = end(hash);
}

/* What stands between two quotes; a backslash stands before what it is. */
static void put_between(struct pw_line_keys *line, enum kind kind, const char *quote, size_t length)
{
	uint64_t hash = begin(kind);

	for (size_t i = 1; i + 1 < length; i++) {
		i += quote[i] == '\\';
		hash = add(hash, quote[i]);
	}
	put(line, hash);
}

static void put_text(struct pw_line_keys *line, enum kind kind, const struct pw_member *member)
{
	if (pw_member_is_text(member))
		put_between(line, kind, member->at, member->length);
}

/* A program is found by its path, by its last name, and by what it calls itself. */
static void put_program(struct pw_line_keys *line, const struct pw_member *exe,
			const struct pw_member *comm)
{
	const char *slash = pw_member_is_text(exe) ? memrchr(exe->at, '/', exe->length) : NULL;

	put_text(line, PROGRAM, exe);
	put_text(line, PROGRAM, comm);
	if (slash)
		put_between(line, PROGRAM, slash, (size_t)(exe->at + exe->length - slash));
}

static void put_user(struct pw_line_keys *line, const struct pw_member *user)
{
	uint64_t number;

	if (pw_member_number(user, &number))
		line->keys[line->n++] = key_of(USER, user->at, user->length);
}

/* A file is found by its path, and by each directory above it. */
static void put_path(struct pw_line_keys *line, const struct pw_member *path)
{
	uint64_t hash = begin(BELOW);
	size_t levels = 0;

	if (!pw_member_is_text(path))
		return;
	put_text(line, PATH, path);
	for (size_t i = 1; i + 1 < path->length && levels < LEVELS_MAX; i++) {
		i += path->at[i] == '\\';
		if (path->at[i] == '/' && levels++)
			put(line, hash);
		hash = add(hash, path->at[i]);
	}
}

static bool has_numbers(const struct pw_members *members, struct pw_line_keys *line)
{
	if (line->gap)
		return pw_member_number(&members->values[PW_MEMBER_FIRST], &line->first) &&
		       pw_member_number(&members->values[PW_MEMBER_LAST], &line->last);
	if (!pw_member_number(&members->values[PW_MEMBER_SEQ], &line->first))
		return false;
	line->last = line->first;
	return true;
}

static bool has_times(const struct pw_member *value, struct pw_line_keys *line)
{
	const struct pw_member *time = &value[PW_MEMBER_TIME];
	const struct pw_member *since = pw_member_is_text(&value[PW_MEMBER_SINCE]) ?
					&value[PW_MEMBER_SINCE] : time;

	line->time = time->at + 1;
	line->since = since->at + 1;
	return time->length == PW_RECORD_TIME_LEN + 2 && since->length == time->length;
}

void pw_keys_of_line(const char *text, size_t length, struct pw_line_keys *line)
{
	struct pw_members members;
	const struct pw_member *value = members.values;

	line->n = 0;
	line->plain = pw_members_read(text, length, &members);
	if (!line->plain)
		return;
	line->gap = pw_member_is(&value[PW_MEMBER_TYPE], "\"gap\"");
	line->plain = has_numbers(&members, line) && has_times(value, line);
	if (!line->plain)
		return;
	put_text(line, TYPE, &value[PW_MEMBER_TYPE]);
	put_text(line, VERDICT, &value[PW_MEMBER_VERDICT]);
	put_text(line, SUBJECT, &value[PW_MEMBER_SUBJECT]);
	put_text(line, OBJECT, &value[PW_MEMBER_OBJECT]);
	put_program(line, &value[PW_MEMBER_EXE], &value[PW_MEMBER_COMM]);
	put_user(line, &value[PW_MEMBER_UID]);
	put_user(line, &value[PW_MEMBER_AUID]);
	put_path(line, &value[PW_MEMBER_PATH]);
}

/* ---- Of a query ---------------------------------------------------------------------------- */

static void want(struct pw_query_keys *query, enum kind kind, const char *text, size_t n)
{
	query->keys[query->n++] = key_of(kind, text, n);
}

static void want_text(struct pw_query_keys *query, enum kind kind, const char *text)
{
	if (text)
		want(query, kind, text, strlen(text));
}

/* Of a pattern, the directory before its first wildcard: what matches lies below that. */
static void want_path(struct pw_query_keys *query, const char *pattern)
{
	size_t plain = strcspn(pattern, "*?[");
	size_t levels = 0, directory = 0;

	if (!pattern[plain]) {
		want(query, PATH, pattern, plain);
		return;
	}
	for (size_t i = 0; i < plain && levels < LEVELS_MAX; i++)
		if (pattern[i] == '/' && levels++)
			directory = i;
	if (directory)
		want(query, BELOW, pattern, directory);
}

void pw_keys_of_query(const struct pw_query *query, struct pw_query_keys *ret)
{
	char user[24];

	*ret = (struct pw_query_keys){ .gaps = !query->type };
	want_text(ret, TYPE, query->type);
	want_text(ret, VERDICT, query->verdict);
	want_text(ret, SUBJECT, query->subject);
	want_text(ret, OBJECT, query->object);
	want_text(ret, PROGRAM, query->program);
	if (query->user >= 0)
		want(ret, USER, user,
		     (size_t)snprintf(user, sizeof(user), "%" PRId64, query->user));
	if (query->path)
		want_path(ret, query->path);
}

bool pw_keys_may_match(const struct pw_query_keys *query, const struct pw_line_keys *line)
{
	if (!line->plain || (line->gap && query->gaps))
		return true;
	for (size_t i = 0; i < query->n; i++) {
		size_t j = 0;

		while (j < line->n && line->keys[j] != query->keys[i])
			j++;
		if (j == line->n)
			return false;
	}
	return true;
}
