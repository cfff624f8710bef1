// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include "policy/places.h"
#include "policy/reader.h"

const char *const pw_code_default[] = {
	"/usr",
	"/lib",
	"/lib32",
	"/lib64",
	"/libx32",
	"/etc/ld.so.cache",
	"/etc/ld.so.conf",
	"/etc/ld.so.conf.d",
	"/etc/ld.so.preload",
};
const size_t pw_code_ndefault = PW_ARRAY_SIZE(pw_code_default);

struct pw_path *pw_code_take_default(struct pw_reader *reader, const struct pw_position *at,
				     size_t *ret_n)
{
	struct pw_path *paths = pw_arena_array(reader->arena, pw_code_ndefault, sizeof(*paths));
	size_t i;

	*ret_n = 0;
	for (i = 0; i < pw_code_ndefault && paths; i++) {
		paths[i].at = *at;
		paths[i].path = pw_arena_copy(reader->arena, pw_code_default[i],
					      strlen(pw_code_default[i]));
		if (!paths[i].path)
			return NULL;
	}
	*ret_n = paths ? pw_code_ndefault : 0;

	return paths;
}

static const char *relation(const struct pw_place *place)
{
	switch (place->kind) {
	case PW_PLACE_CODE:
		return "is code of";
	case PW_PLACE_PROTECT:
		return "is protected by";
	case PW_PLACE_EXEC:
		return place->below ? "holds programs of" : "is a program of";
	case PW_PLACE_HELPER:
		return "is a helper of";
	default:
		return NULL;
	}
}

static const char *subject_name(const struct pw_reader *reader, const struct pw_place *place)
{
	return reader->policy->subjects[place->owner].name;
}

void pw_code_check_object(struct pw_reader *reader, const struct pw_place *place)
{
	const struct pw_place *code = place->above;

	while (code && code->kind != PW_PLACE_CODE && code->kind != PW_PLACE_PROTECT)
		code = code->above;
	if (code)
		pw_error(reader, &place->at, "object '%s' cannot lie in '%s', which %s '%s' (%s:%u): "
			 "who may write the object would write there",
			 reader->policy->objects[place->owner].name, code->path,
			 relation(code), subject_name(reader, code), code->at.file,
			 code->at.line);
}

void pw_code_check_inside(struct pw_reader *reader, const struct pw_place *place,
			  const struct pw_place *object)
{
	pw_error(reader, &place->at, "'%s' %s '%s' and cannot lie in object '%s': who may write the "
		 "object would write there", place->path, relation(place),
		 subject_name(reader, place), reader->policy->objects[object->owner].name);
}

const char *pw_code_default_above(const char *path)
{
	size_t i;

	for (i = 0; i < pw_code_ndefault; i++)
		if (pw_path_within(path, pw_code_default[i]))
			return pw_code_default[i];

	return NULL;
}

void pw_code_check_written(struct pw_reader *reader, const struct pw_place *place)
{
	const struct pw_subject_policy *writer = &reader->policy->subjects[place->owner];
	const char *what = place->kind == PW_PLACE_SOCKET ? "made" : "written", *by_default;
	const struct pw_place *code = place->above;

	if (writer->updates)
		return;
	while (code && !relation(code))
		code = code->above;
	by_default = code ? NULL : pw_code_default_above(place->path);
	if (code)
		pw_error(reader, &place->at, "'%s' can never be %s: '%s' %s '%s' (%s:%u), and '%s' has "
			 "no 'updates: true'", place->path, what, code->path, relation(code),
			 subject_name(reader, code), code->at.file, code->at.line, writer->name);
	if (by_default)
		pw_error(reader, &place->at, "'%s' can never be %s: '%s' is code, and '%s' has no "
			 "'updates: true'", place->path, what, by_default, writer->name);
}
