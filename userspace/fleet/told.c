// SPDX-License-Identifier: BSD-2-Clause
#include "fleet/told.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"

enum kind { TEXT, NUMBER, TIME, FLAG };

static const struct member {
	const char *name;
	enum kind kind;
	size_t at;
} members[] = {
#define MEMBER(name, kind) {#name, kind, offsetof(struct pw_told, name)}
	MEMBER(serial, TEXT), MEMBER(manufacturer, TEXT), MEMBER(model, TEXT),
	MEMBER(department, TEXT), MEMBER(location, TEXT), MEMBER(channel, TEXT),
	MEMBER(policy, TEXT), MEMBER(version, NUMBER), MEMBER(site_version, NUMBER),
	MEMBER(digest, TEXT), MEMBER(state, TEXT),
	MEMBER(daemon, FLAG), MEMBER(enforcing, FLAG), MEMBER(sealed, FLAG), MEMBER(guard, FLAG),
	MEMBER(rescue, FLAG), MEMBER(breakglass, FLAG), MEMBER(lost, NUMBER),
	MEMBER(refusals, NUMBER), MEMBER(bundle, TEXT), MEMBER(applied, TIME), MEMBER(bad, TEXT),
	MEMBER(health, TEXT), MEMBER(why, TEXT), MEMBER(reports, NUMBER), MEMBER(time, TIME),
	MEMBER(next_s, NUMBER),
#undef MEMBER
};

/* ---- Writing ------------------------------------------------------------------------------- */

static json_object *give(const struct member *member, const struct pw_told *record)
{
	const void *from = (const char *)record + member->at;

	switch (member->kind) {
	case TEXT:
		return json_object_new_string(*(const char *const *)from ?: "");
	case NUMBER:
		return json_object_new_uint64(*(const uint64_t *)from);
	case TIME:
		return json_object_new_int64(*(const int64_t *)from);
	case FLAG:
		return json_object_new_boolean(*(const bool *)from);
	}

	return NULL;
}

int pw_told_write(const struct pw_told *record, char **ret, size_t *ret_length)
{
	_cleanup_(pw_json_putp) json_object *object = json_object_new_object();
	const char *text;
	int r = object ? pw_json_add(object, "phiward_status", json_object_new_int(1)) : -ENOMEM;

	for (size_t i = 0; !r && i < PW_ARRAY_SIZE(members); i++)
		r = pw_json_add(object, members[i].name, give(&members[i], record));
	if (!r)
		r = pw_json_add(object, "tags", record->tags ? json_object_get(record->tags) :
							       json_object_new_array());
	if (r < 0)
		return r;
	text = json_object_to_json_string_length(object, JSON_C_TO_STRING_PLAIN |
						 JSON_C_TO_STRING_NOSLASHESCAPE, ret_length);
	*ret = text ? strdup(text) : NULL;

	return *ret ? 0 : -ENOMEM;
}

/* ---- Reading ------------------------------------------------------------------------------- */

/* Text of others ends on terminals and in pages: no control characters, and no NUL inside. */
static bool take_text(json_object *value, const char **ret)
{
	const char *text = json_object_get_string(value);

	if (!json_object_is_type(value, json_type_string) ||
	    strlen(text) != (size_t)json_object_get_string_len(value))
		return false;
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return false;
	*ret = text;

	return true;
}

static bool take(json_object *value, const struct member *member, struct pw_told *record)
{
	void *to = (char *)record + member->at;
	const bool number = json_object_is_type(value, json_type_int) &&
			    json_object_get_int64(value) >= 0;

	switch (member->kind) {
	case TEXT:
		return take_text(value, to);
	case NUMBER:
		*(uint64_t *)to = json_object_get_uint64(value);
		return number;
	case TIME:
		*(int64_t *)to = json_object_get_int64(value);
		return number;
	case FLAG:
		*(bool *)to = json_object_get_boolean(value);
		return json_object_is_type(value, json_type_boolean);
	}

	return false;
}

static bool take_tags(json_object *object, struct pw_told *record)
{
	const char *text;

	if (!pw_json_array(object, "tags", &record->tags))
		return false;
	for (size_t i = 0; i < json_object_array_length(record->tags); i++)
		if (!take_text(json_object_array_get_idx(record->tags, i), &text))
			return false;

	return true;
}

/* As many members as there are names, and each name there: no other. */
static bool take_all(json_object *object, struct pw_told *record)
{
	json_object *value;
	uint64_t schema;

	if (!json_object_is_type(object, json_type_object) ||
	    json_object_object_length(object) != (int)PW_ARRAY_SIZE(members) + 2 ||
	    !pw_json_u64(object, "phiward_status", &schema) || schema != 1)
		return false;
	for (size_t i = 0; i < PW_ARRAY_SIZE(members); i++)
		if (!json_object_object_get_ex(object, members[i].name, &value) ||
		    !take(value, &members[i], record))
			return false;

	return *record->serial && take_tags(object, record);
}

/* NULL: that member is no text. */
static const char **text_of(struct pw_told *record, size_t i)
{
	return members[i].kind == TEXT ? (void *)((char *)record + members[i].at) : NULL;
}

/* A tree of a record is many times as long as its texts, and a fleet has many records. */
static int own_texts(struct pw_told *record)
{
	size_t length = 0;
	const char **text;
	char *to;

	for (size_t i = 0; i < PW_ARRAY_SIZE(members); i++)
		if ((text = text_of(record, i)))
			length += strlen(*text) + 1;
	record->texts = to = malloc(length);
	if (!to)
		return -ENOMEM;
	for (size_t i = 0; i < PW_ARRAY_SIZE(members); i++) {
		text = text_of(record, i);
		if (!text)
			continue;
		length = strlen(*text) + 1;
		*text = memcpy(to, *text, length);
		to += length;
	}
	json_object_get(record->tags);

	return 0;
}

json_object *pw_told_object(const char *text, size_t length)
{
	json_tokener *tokener = length <= PW_TOLD_LINE_MAX ? json_tokener_new_ex(4) : NULL;
	json_object *object;

	if (!tokener)
		return NULL;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, text, (int)length);
	if (json_tokener_get_error(tokener) != json_tokener_success ||
	    json_tokener_get_parse_end(tokener) != length) {
		json_object_put(object);
		object = NULL;
	}
	json_tokener_free(tokener);

	return object;
}

int pw_told_parse(const char *text, size_t length, struct pw_told *ret)
{
	_cleanup_(pw_json_putp) json_object *object = pw_told_object(text, length);
	int r;

	*ret = (struct pw_told){};
	r = object && take_all(object, ret) ? own_texts(ret) : -EINVAL;
	if (r < 0)
		*ret = (struct pw_told){};

	return r;
}

void pw_told_done(struct pw_told *record)
{
	json_object_put(record->tags);
	free(record->texts);
	*record = (struct pw_told){};
}

bool pw_told_split(const char *line, size_t length, size_t *ret_text, const char **ret_base64,
		     size_t *ret_length)
{
	const char *space;

	if (length && line[length - 1] == '\n')
		length--;
	space = length <= PW_TOLD_LINE_MAX ? memrchr(line, ' ', length) : NULL;
	if (!space || space == line || space[-1] != '}')
		return false;
	*ret_text = (size_t)(space - line);
	*ret_base64 = space + 1;
	*ret_length = length - *ret_text - 1;

	return true;
}
