// SPDX-License-Identifier: BSD-2-Clause
#include "audit/members.h"

#include "audit/record.h"
#include "audit/record_fields.h"
#include "common/cleanup.h"
#include "common/text.h"

#define FIELDS_MAX 64
#define DIGITS_MAX 20
#define DEPTH_MAX 3	/* of what a member holds */

/* ids[i]: what the schema's member i is to our callers; PW_MEMBERS_N: nothing. */
static unsigned char ids[FIELDS_MAX];

static void find_ids(void)
{
#define NAME(id, name) name,
	static const char *const names[] = { PW_MEMBERS(NAME) };

	for (size_t i = 0; i < pw_record_nfields; i++) {
		unsigned char id = 0;

		while (id < PW_MEMBERS_N && strcmp(names[id], pw_record_fields[i]) != 0)
			id++;
		ids[i] = id;
	}
}

/* Each of these returns what stands behind the value that begins at @at, or NULL. */

static const char *skip_text(const char *at, const char *end)
{
	for (at++; at < end && *at != '"';) {
		size_t n = 1;

		if ((unsigned char)*at < 0x20)
			return NULL;
		if (*at == '\\') {
			if (end - at < 2 || (at[1] != '\\' && at[1] != '"'))
				return NULL;
			n = 2;
		} else if ((unsigned char)*at >= 0x80) {
			n = pw_text_utf8(at, (size_t)(end - at));
			if (!n)
				return NULL;
		}
		at += n;
	}
	return at < end ? at + 1 : NULL;
}

static const char *skip_number(const char *at, const char *end)
{
	const char *start = at;

	while (at < end && *at >= '0' && *at <= '9')
		at++;
	if (at - start > DIGITS_MAX || (*start == '0' && at - start > 1))
		return NULL;
	return at;
}

static const char *skip_word(const char *at, const char *end, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(end - at) >= n && !memcmp(at, word, n) ? at + n : NULL;
}

static const char *skip_value(const char *at, const char *end, unsigned int depth);

/* A list, or what stands in braces: then each value has a name before it. */
static const char *skip_group(const char *at, const char *end, unsigned int depth)
{
	bool named = *at == '{';
	char close = named ? '}' : ']';

	if (++at < end && *at == close)
		return at + 1;
	while (at && at < end) {
		if (named)
			at = *at == '"' ? skip_text(at, end) : NULL;
		if (named && at)
			at = skip_word(at, end, ":");
		if (at)
			at = skip_value(at, end, depth + 1);
		if (!at || at == end || (*at != ',' && *at != close))
			return NULL;
		if (*at++ == close)
			return at;
	}
	return NULL;
}

static const char *skip_value(const char *at, const char *end, unsigned int depth)
{
	if (at >= end || depth > DEPTH_MAX)
		return NULL;
	switch (*at) {
	case '"':
		return skip_text(at, end);
	case '0' ... '9':
		return skip_number(at, end);
	case 'n':
		return skip_word(at, end, "null");
	case 't':
		return skip_word(at, end, "true");
	case 'f':
		return skip_word(at, end, "false");
	case '[':
	case '{':
		return skip_group(at, end, depth);
	default:
		return NULL;
	}
}

bool pw_members_read(const char *line, size_t length, struct pw_members *ret)
{
	static const char start[] = "{\"schema\":" PW_STRINGIFY(PW_RECORD_SCHEMA) ",";
	const char *at = line + 1, *end = line + length;

	if (!ids[0])
		find_ids();
	if (length < sizeof(start) || memcmp(line, start, sizeof(start) - 1) != 0)
		return false;
	for (size_t id = 0; id < PW_MEMBERS_N; id++)
		ret->values[id] = (struct pw_member){ "null", 4 };
	for (size_t i = 0; i < pw_record_nfields; i++) {
		/* The key has the comma before it, and the first member has none. */
		const char *key = pw_record_writers[i].key + (i == 0);
		size_t n = pw_record_writers[i].length - (i == 0);
		const char *value = at + n;

		if ((size_t)(end - at) <= n || memcmp(at, key, n) != 0)
			return false;
		at = skip_value(value, end, 0);
		if (!at)
			return false;
		if (ids[i] < PW_MEMBERS_N)
			ret->values[ids[i]] = (struct pw_member){ value, (size_t)(at - value) };
	}
	return end - at == 1 && *at == '}';
}

bool pw_member_number(const struct pw_member *member, uint64_t *ret)
{
	uint64_t number = 0;

	if (member->at[0] < '0' || member->at[0] > '9')
		return false;
	for (size_t i = 0; i < member->length; i++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(member->at[i] - '0'), &number))
			return false;
	*ret = number;
	return true;
}
