// SPDX-License-Identifier: BSD-2-Clause
#include "policy/places.h"

#include <errno.h>
#include <string.h>

#include "policy/reader.h"

static void add(struct pw_places *places, enum pw_place_kind kind, size_t owner,
		const struct pw_path *paths, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		places->list[places->n++] = (struct pw_place){
			.at = paths[i].at,
			.path = paths[i].path,
			.below = paths[i].below,
			.kind = kind,
			.owner = owner,
		};
}

static void add_sockets(struct pw_places *places, const struct pw_subject_policy *subject,
			size_t owner)
{
	size_t i, j;

	for (i = 0; i < subject->nnetwork; i++)
		for (j = 0; j < subject->network[i].nunix_paths; j++)
			places->list[places->n++] = (struct pw_place){
				.at = subject->network[i].at,
				.path = subject->network[i].unix_paths[j],
				.kind = PW_PLACE_SOCKET,
				.owner = owner,
			};
}

static size_t count(const struct pw_policy *policy)
{
	size_t i, j, n = 0;

	for (i = 0; i < policy->nobjects; i++)
		n += policy->objects[i].npaths;
	for (i = 0; i < policy->nsubjects; i++) {
		const struct pw_subject_policy *subject = &policy->subjects[i];

		n += subject->nexec + subject->nhelpers + subject->nwrites + subject->nprotect;
		n += subject->code_default ? 0 : subject->ncode;
		for (j = 0; j < subject->nnetwork; j++)
			n += subject->network[j].nunix_paths;
	}

	return n;
}

/* Of equal paths each one looks back at what concerns it. */
static int rank(enum pw_place_kind kind)
{
	switch (kind) {
	case PW_PLACE_OBJECT:
		return 0;
	case PW_PLACE_CODE:
	case PW_PLACE_PROTECT:
	case PW_PLACE_EXEC:
	case PW_PLACE_HELPER:
		return 1;
	default:
		return 2;
	}
}

static int by_path(const void *left, const void *right)
{
	const struct pw_place *a = left, *b = right;
	int r = pw_path_compare(a->path, b->path);

	if (!r)
		r = rank(a->kind) - rank(b->kind);
	if (!r)
		r = strcmp(a->at.file, b->at.file);
	if (!r)
		r = a->at.line < b->at.line ? -1 : a->at.line > b->at.line;
	if (!r)
		r = a->at.column < b->at.column ? -1 : a->at.column > b->at.column;

	return r;
}

static bool repeats(const struct pw_place *place, const struct pw_place *before)
{
	return place->kind == before->kind && place->owner == before->owner &&
	       !strcmp(place->path, before->path);
}

static void find_above(struct pw_places *places)
{
	const struct pw_place *above;
	size_t i;

	for (i = 1; i < places->n; i++) {
		struct pw_place *place = &places->list[i];

		above = &places->list[i - 1];
		if (repeats(place, above))
			above = above->above;
		while (above && !pw_path_within(place->path, above->path))
			above = above->above;
		place->above = above;
	}
}

int pw_places_collect(const struct pw_policy *policy, struct pw_places *ret)
{
	struct pw_places places = {.list = calloc(count(policy) ?: 1, sizeof(*places.list))};
	size_t i;

	if (!places.list)
		return -ENOMEM;
	for (i = 0; i < policy->nobjects; i++)
		add(&places, PW_PLACE_OBJECT, i, policy->objects[i].paths,
		    policy->objects[i].npaths);
	for (i = 0; i < policy->nsubjects; i++) {
		const struct pw_subject_policy *subject = &policy->subjects[i];

		add(&places, PW_PLACE_EXEC, i, subject->exec, subject->nexec);
		add(&places, PW_PLACE_HELPER, i, subject->helpers, subject->nhelpers);
		add(&places, PW_PLACE_WRITES, i, subject->writes, subject->nwrites);
		if (!subject->code_default)
			add(&places, PW_PLACE_CODE, i, subject->code, subject->ncode);
		add(&places, PW_PLACE_PROTECT, i, subject->protect, subject->nprotect);
		add_sockets(&places, subject, i);
	}
	qsort(places.list, places.n, sizeof(*places.list), by_path);
	find_above(&places);
	*ret = places;

	return 0;
}

void pw_places_done(struct pw_places *places)
{
	free(places->list);
	*places = (struct pw_places){};
}
