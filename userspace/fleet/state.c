// SPDX-License-Identifier: BSD-2-Clause
#include "fleet/state.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "publish/store.h"

#define STATE "state.json"

enum kind { TEXT, NUMBER, TIME, FLAG };

static const struct member {
	const char *name;
	enum kind kind;
	size_t at, size;
} members[] = {
#define MEMBER(name, kind)                                                                         \
	{#name, kind, offsetof(struct pw_fleet_state, name),                                       \
	 sizeof(((struct pw_fleet_state *)NULL)->name)}
	MEMBER(channel, TEXT), MEMBER(etag, TEXT), MEMBER(sequence, NUMBER), MEMBER(contact, TIME),
	MEMBER(failures, NUMBER), MEMBER(reports, NUMBER), MEMBER(reported, TIME),
	MEMBER(told, TEXT), MEMBER(good, TEXT), MEMBER(trying, TEXT), MEMBER(bad, TEXT),
	MEMBER(unhealthy, FLAG), MEMBER(for_good, FLAG), MEMBER(bad_sequence, NUMBER), MEMBER(why, TEXT),
	MEMBER(applied, TIME),
#undef MEMBER
};

static void take(json_object *object, const struct member *member, struct pw_fleet_state *state)
{
	void *to = (char *)state + member->at;
	const char *text;
	uint64_t number;

	switch (member->kind) {
	case TEXT:
		if (pw_json_string(object, member->name, &text))
			snprintf(to, member->size, "%s", text);
		break;
	case NUMBER:
		pw_json_u64(object, member->name, to);
		break;
	case TIME:
		if (pw_json_u64(object, member->name, &number) && number <= INT64_MAX)
			*(int64_t *)to = (int64_t)number;
		break;
	case FLAG:
		pw_json_bool(object, member->name, to);
		break;
	}
}

int pw_fleet_state_read(int dir, struct pw_fleet_state *ret)
{
	_cleanup_(pw_json_putp) json_object *object = NULL;
	int r = pw_store_read_json(dir, STATE, &object);

	*ret = (struct pw_fleet_state){};
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r == -ENOMEM ? r : -EBADMSG;
	for (size_t i = 0; i < PW_ARRAY_SIZE(members); i++)
		take(object, &members[i], ret);

	return 0;
}

static json_object *give(const struct member *member, const struct pw_fleet_state *state)
{
	const void *from = (const char *)state + member->at;

	switch (member->kind) {
	case TEXT:
		return json_object_new_string(from);
	case NUMBER:
		return json_object_new_uint64(*(const uint64_t *)from);
	case TIME:
		return json_object_new_int64(*(const int64_t *)from);
	case FLAG:
		return json_object_new_boolean(*(const bool *)from);
	}

	return NULL;
}

int pw_fleet_state_write(int dir, const struct pw_fleet_state *state)
{
	_cleanup_(pw_json_putp) json_object *object = json_object_new_object();
	int r = object ? 0 : -ENOMEM;

	for (size_t i = 0; !r && i < PW_ARRAY_SIZE(members); i++)
		r = pw_json_add(object, members[i].name, give(&members[i], state));

	return r ? r : pw_store_write_json(dir, STATE, object);
}
