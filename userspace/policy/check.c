// SPDX-License-Identifier: BSD-2-Clause
/* What no mapping alone can know: paths named twice, programs shared, capacity. */
#include <errno.h>
#include <string.h>

#include "policy/apart.h"
#include "policy/places.h"
#include "policy/reader.h"

static const char *owner_name(const struct pw_reader *reader, const struct pw_place *place)
{
	return place->kind == PW_PLACE_OBJECT ? reader->policy->objects[place->owner].name
					      : reader->policy->subjects[place->owner].name;
}

/* ---- Programs shared by subjects --------------------------------------------------------- */

static void check_exec_pair(struct pw_reader *reader, const struct pw_place *first,
			    const struct pw_place *second)
{
	const struct pw_subject_policy *a = &reader->policy->subjects[first->owner];
	const struct pw_subject_policy *b = &reader->policy->subjects[second->owner];

	if (a == b)
		pw_error(reader, &second->at, "'%s' is given twice: line %u covers it", second->path,
			 first->at.line);
	else if (strcmp(first->at.file, second->at.file))
		pw_error(reader, &second->at, "'%s' is also a program of '%s' in %s:%u", second->path,
			 a->name, first->at.file, first->at.line);
	else if (strcmp(first->path, second->path))
		pw_error(reader, &second->at, "'%s' lies below '%s/' (line %u), where every program "
			 "is one of '%s'", second->path, first->path, first->at.line, a->name);
	else if (!pw_subjects_apart(a, b))
		pw_error(reader, &second->at, "'%s' is also a program of '%s' (line %u): 'users' or "
			 "'started_by' must keep the two subjects apart for every task",
			 second->path, a->name, first->at.line);
}

static bool names_subject(const struct pw_subject_list *list, size_t index)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->index[i] == index)
			return true;

	return false;
}

/* What a member starts as its helper stays in the subject, so it cannot enter another. */
static void check_helper(struct pw_reader *reader, const struct pw_place *helper,
			 const struct pw_place *exec)
{
	const struct pw_subject_policy *entered = &reader->policy->subjects[exec->owner];

	if (exec->owner != helper->owner && names_subject(&entered->started_by, helper->owner))
		pw_error(reader, &helper->at, "'%s' is a program of '%s', which '%s' may start: it "
			 "cannot be a helper of '%s' too", helper->path, entered->name,
			 owner_name(reader, helper), owner_name(reader, helper));
}

static void check_program(struct pw_reader *reader, const struct pw_place *place,
			  const struct pw_place *other)
{
	if (place->kind == PW_PLACE_EXEC && other->kind == PW_PLACE_EXEC)
		check_exec_pair(reader, other, place);
	else if (place->kind == PW_PLACE_HELPER && other->kind == PW_PLACE_EXEC)
		check_helper(reader, place, other);
	else if (place->kind == PW_PLACE_EXEC && other->kind == PW_PLACE_HELPER)
		check_helper(reader, other, place);
	else if (place->kind == PW_PLACE_HELPER && other->kind == PW_PLACE_HELPER &&
		 place->owner == other->owner)
		pw_error(reader, &place->at, "'%s' is given twice", place->path);
}

/* ---- Objects and writes ------------------------------------------------------------------ */

static void check_data(struct pw_reader *reader, const struct pw_place *place,
		       const struct pw_place *same)
{
	/* Objects come first of all with the same path: one report each is enough. */
	if (place->kind == PW_PLACE_OBJECT && same == place - 1) {
		if (place->owner == same->owner)
			pw_error(reader, &place->at, "'%s' is given twice", place->path);
		else
			pw_error(reader, &place->at, "'%s' is already object '%s' (%s:%u)",
				 place->path, owner_name(reader, same), same->at.file,
				 same->at.line);
	}
	if ((place->kind == PW_PLACE_WRITES || place->kind == PW_PLACE_CODE ||
	     place->kind == PW_PLACE_PROTECT) &&
	    place->kind == same->kind && place->owner == same->owner)
		pw_error(reader, &place->at, "'%s' is given twice", place->path);
}

/* @object is at or above a place, and the nearest that is. */
static void check_inside(struct pw_reader *reader, const struct pw_place *place,
			 const struct pw_place *object)
{
	if (place->kind == PW_PLACE_WRITES)
		pw_error(reader, &place->at, "'%s' lies in object '%s': name the object under "
			 "'access' instead", place->path, owner_name(reader, object));
	else if (place->kind == PW_PLACE_CODE || place->kind == PW_PLACE_PROTECT)
		pw_code_check_inside(reader, place, object);
}

/* The entries before @i with the same path, back to the one of the same list. */
static void check_same(struct pw_reader *reader, const struct pw_places *places, size_t group,
		       size_t i)
{
	const struct pw_place *place = &places->list[i], *other;

	for (other = place; other-- > &places->list[group];) {
		check_program(reader, place, other);
		check_data(reader, place, other);
		if (other->kind == place->kind && other->owner == place->owner)
			break;
	}
}

static void check_above(struct pw_reader *reader, const struct pw_place *place)
{
	const struct pw_place *above, *object = NULL;

	for (above = place->above; above; above = above->above) {
		if (above->kind == PW_PLACE_OBJECT && !object)
			object = above;
		if (above->kind == PW_PLACE_EXEC && above->below &&
		    strcmp(above->path, place->path))
			check_program(reader, place, above);
	}
	if (object)
		check_inside(reader, place, object);
	if (place->kind == PW_PLACE_OBJECT)
		pw_code_check_object(reader, place);
	else if (place->kind == PW_PLACE_SOCKET || (place->kind == PW_PLACE_WRITES && !object))
		pw_code_check_written(reader, place);
}

struct tally {
	size_t roots, writes, programs, roles;
};

/* Counts what the kernel's tables hold once a path. */
static void tally(struct pw_reader *reader, struct tally *t, const struct pw_places *places,
		  size_t group, size_t end)
{
	bool root = false, writes = false, program = false;
	const struct pw_place *place;
	size_t roles = 0;

	for (place = &places->list[group]; place < &places->list[end]; place++) {
		if (place->kind == PW_PLACE_EXEC || place->kind == PW_PLACE_HELPER) {
			program = true;
			if (++roles == PW_PROGRAM_SUBJECTS + 1)
				pw_error(reader, &place->at, "more than %d subjects name the program "
					 "'%s'", PW_PROGRAM_SUBJECTS, place->path);
		} else {
			root = true;
			writes |= place->kind == PW_PLACE_WRITES;
		}
	}
	place = &places->list[group];
	t->roots += root;
	t->writes += writes;
	t->programs += program;
	if (root && t->roots == PW_ROOTS_MAX)
		pw_error(reader, &place->at, "more than %d paths of objects, 'writes', 'code', "
			 "'protect' and sockets", PW_ROOTS_MAX - 1);
	if (writes && t->writes == PW_PLACES_MAX)
		pw_error(reader, &place->at, "more than %d paths under 'writes'", PW_PLACES_MAX - 1);
	if (program && t->programs == PW_PROGRAMS_MAX)
		pw_error(reader, &place->at, "more than %d programs and helpers", PW_PROGRAMS_MAX - 1);
}

static void check_places(struct pw_reader *reader)
{
	struct pw_places places;
	struct tally t = {};
	size_t i, group = 0;

	if (pw_places_collect(reader->policy, &places) < 0) {
		reader->out_of_memory = true;
		return;
	}
	for (i = 0; i < places.n; i++) {
		if (strcmp(places.list[i].path, places.list[group].path)) {
			tally(reader, &t, &places, group, i);
			group = i;
		}
		check_same(reader, &places, group, i);
		check_above(reader, &places.list[i]);
	}
	if (places.n)
		tally(reader, &t, &places, group, places.n);
	pw_places_done(&places);
}

/* ---- The rest ---------------------------------------------------------------------------- */

static void check_removable(struct pw_reader *reader)
{
	const struct pw_object_policy *object, *first = NULL;
	size_t i;

	for (i = 0; i < reader->policy->nobjects; i++) {
		object = &reader->policy->objects[i];
		if (object->removable && first)
			pw_error(reader, &object->at, "removable media are already object '%s' (%s:%u)",
				 first->name, first->at.file, first->at.line);
		if (object->removable && !first)
			first = object;
	}
}

static int by_volume(const void *left, const void *right)
{
	const struct pw_volume *a = *(struct pw_volume *const *)left;
	const struct pw_volume *b = *(struct pw_volume *const *)right;
	int r = (a->kind > b->kind) - (a->kind < b->kind);

	if (!r)
		r = strcasecmp(a->value, b->value);
	if (!r)
		r = strcmp(a->at.file, b->at.file);
	if (!r)
		r = (a->at.line > b->at.line) - (a->at.line < b->at.line);

	return r ? r : (a->at.column > b->at.column) - (a->at.column < b->at.column);
}

static void check_volumes(struct pw_reader *reader)
{
	const struct pw_volume **list;
	size_t i, j, n = 0;

	for (i = 0; i < reader->policy->nobjects; i++)
		n += reader->policy->objects[i].nvolumes;
	list = pw_arena_array(reader->trees, n, sizeof(*list));
	if (!list)
		return;
	for (n = i = 0; i < reader->policy->nobjects; i++)
		for (j = 0; j < reader->policy->objects[i].nvolumes; j++)
			list[n++] = &reader->policy->objects[i].volumes[j];
	qsort(list, n, sizeof(*list), by_volume);
	for (i = 1; i < n; i++)
		if (list[i]->kind == list[i - 1]->kind &&
		    !strcasecmp(list[i]->value, list[i - 1]->value))
			pw_error(reader, &list[i]->at, "the volume is given twice; first in %s:%u",
				 list[i - 1]->at.file, list[i - 1]->at.line);
}

static bool can_start(const struct pw_policy *policy, const bool *reached, size_t subject)
{
	const struct pw_subject_list *by = &policy->subjects[subject].started_by;
	size_t i;

	for (i = 0; i < by->n; i++)
		if (by->index[i] >= policy->nsubjects || reached[by->index[i]])
			return true;

	return false;
}

static void check_reached(struct pw_reader *reader)
{
	const struct pw_policy *policy = reader->policy;
	bool reached[PW_SUBJECT_IDS] = {}, more;
	size_t i;

	do {
		more = false;
		for (i = 0; i < policy->nsubjects; i++) {
			if (reached[i] || !can_start(policy, reached, i))
				continue;
			reached[i] = true;
			more = true;
		}
	} while (more);
	for (i = 0; i < policy->nsubjects; i++)
		if (!reached[i] && policy->subjects[i].started_by.n)
			pw_error(reader, &policy->subjects[i].at, "'%s' can never start: none of those "
				 "named in 'started_by' is started by init, login or anyone",
				 policy->subjects[i].name);
}

static void check_unix_doors(struct pw_reader *reader)
{
	const struct pw_policy *policy = reader->policy;
	size_t i, j, n = 0;

	for (i = 0; i < policy->nsubjects; i++) {
		for (j = 0; j < policy->subjects[i].nnetwork; j++) {
			const struct pw_net_rule *rule = &policy->subjects[i].network[j];
			size_t more = rule->nunix_abstract + rule->nunix_paths;

			if (n <= PW_DOORS_MAX && n + more > PW_DOORS_MAX)
				pw_error(reader, &rule->at, "more than %d unix sockets",
					 PW_DOORS_MAX);
			n += more;
		}
	}
}

/* Where nothing is recorded there is nothing to fold. */
static void check_folded(struct pw_reader *reader, const struct pw_subject_policy *subject)
{
	const struct pw_object_policy *object;
	size_t i;

	for (i = 0; i < subject->naccess; i++) {
		object = &reader->policy->objects[subject->access[i].object];
		if (subject->access[i].folded && object->audit != PW_AUDIT_ALL)
			pw_error(reader, &subject->access[i].folded_at, "'folded' has no effect here: "
				 "'%s' has 'audit: %s' (%s:%u), so no read of it is recorded",
				 object->name, pw_word_name(&pw_words_audit, object->audit),
				 object->at.file, object->at.line);
	}
}

void pw_policy_check(struct pw_reader *reader)
{
	size_t i;

	check_places(reader);
	check_removable(reader);
	check_volumes(reader);
	check_reached(reader);
	check_unix_doors(reader);
	for (i = 0; i < reader->policy->nsubjects; i++)
		check_folded(reader, &reader->policy->subjects[i]);
	for (i = 0; i < reader->npeers; i++)
		if (!reader->peers[i].used && !reader->site_root)
			pw_warn(reader, &reader->peers[i].at, "no rule names the peer '%s'",
				reader->peers[i].name);
}
