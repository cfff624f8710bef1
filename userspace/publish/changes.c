// SPDX-License-Identifier: BSD-2-Clause
#include "publish/changes.h"

#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"

/* ---- Absent -------------------------------------------------------------------------------- */

static void note_object(const struct pw_resolved_path *path, struct pw_diag *diag)
{
	if (path->state == PW_PATH_MISSING)
		pw_diag_add(diag, PW_DIAG_NOTE, path->at,
			    "%s is not there yet: what appears there is protected", path->path);
	else if (path->state == PW_PATH_UNMOUNTED)
		pw_diag_add(diag, PW_DIAG_NOTE, path->at,
			    "%s is not mounted yet: what appears there is protected", path->path);
}

static bool is_absent(const struct pw_resolved_path *path)
{
	return path->state == PW_PATH_MISSING || path->state == PW_PATH_UNMOUNTED;
}

/* Programs of @source that are absent: each is noted when that is the policy itself. */
static size_t absent_in(const struct pw_resolved_path *paths, size_t n,
			const struct pw_source *source, bool main, struct pw_diag *diag)
{
	size_t absent = 0;

	for (size_t i = 0; i < n; i++) {
		if (!is_absent(&paths[i]) || strcmp(paths[i].at->file, source->path) != 0)
			continue;
		absent++;
		if (main)
			pw_diag_add(diag, PW_DIAG_NOTE, paths[i].at, "%s is not there yet",
				    paths[i].path);
	}

	return absent;
}

static void note_programs(const struct pw_resolved *resolved, size_t source, struct pw_diag *diag)
{
	const struct pw_policy *policy = resolved->policy;
	const struct pw_source *from = &policy->sources[source];
	size_t absent = 0;

	for (size_t i = 0; i < policy->nsubjects; i++) {
		absent += absent_in(resolved->subjects[i].exec, policy->subjects[i].nexec, from,
				    !source, diag);
		absent += absent_in(resolved->subjects[i].helpers, policy->subjects[i].nhelpers,
				    from, !source, diag);
	}
	if (source && absent)
		pw_diag_add(diag, PW_DIAG_NOTE, NULL, "%zu program%s of %s %s not on this machine; "
			    "phiward status lists %s", absent, absent == 1 ? "" : "s", from->name,
			    absent == 1 ? "is" : "are", absent == 1 ? "it" : "them");
}

void pw_note_absent(const struct pw_resolved *resolved, struct pw_diag *diag)
{
	const struct pw_policy *policy = resolved->policy;

	for (size_t i = 0; i < policy->nobjects; i++)
		for (size_t j = 0; j < policy->objects[i].npaths; j++)
			note_object(&resolved->objects[i].paths[j], diag);
	for (size_t i = 0; i < policy->nsources; i++)
		note_programs(resolved, i, diag);
}

/* ---- Dropped ------------------------------------------------------------------------------- */

/* By the names as they are written, or by where they lead. */
static bool covers_path(const struct pw_resolved_path *root, const struct pw_resolved_path *path)
{
	if (pw_path_within(path->path, root->path))
		return true;

	return root->state == PW_PATH_RESOLVED && path->state == PW_PATH_RESOLVED &&
	       pw_path_within(path->canonical, root->canonical);
}

static bool covers_volume(const struct pw_resolved_volume *volume,
			  const struct pw_resolved_path *path)
{
	return volume->found && path->state == PW_PATH_RESOLVED &&
	       memcmp(&volume->fs, &path->file.fs, sizeof(volume->fs)) == 0;
}

static bool is_covered(const struct pw_resolved *now, const struct pw_resolved_path *path)
{
	const struct pw_policy *policy = now->policy;

	for (size_t i = 0; i < policy->nobjects; i++) {
		for (size_t j = 0; j < policy->objects[i].npaths; j++)
			if (covers_path(&now->objects[i].paths[j], path))
				return true;
		for (size_t j = 0; j < policy->objects[i].nvolumes; j++)
			if (covers_volume(&now->objects[i].volumes[j], path))
				return true;
	}

	return false;
}

/* By what is written, or by the file system that it is. */
static bool is_same_volume(const struct pw_resolved_volume *a, const struct pw_resolved_volume *b)
{
	if (a->volume->kind == b->volume->kind && strcmp(a->volume->value, b->volume->value) == 0)
		return true;

	return a->found && b->found && memcmp(&a->fs, &b->fs, sizeof(a->fs)) == 0;
}

static bool has_volume(const struct pw_resolved *now, const struct pw_resolved_volume *volume)
{
	for (size_t i = 0; i < now->policy->nobjects; i++)
		for (size_t j = 0; j < now->policy->objects[i].nvolumes; j++)
			if (is_same_volume(&now->objects[i].volumes[j], volume))
				return true;

	return false;
}

static bool has_media(const struct pw_policy *policy)
{
	for (size_t i = 0; i < policy->nobjects; i++)
		if (policy->objects[i].removable)
			return true;

	return false;
}

/* Prints what object @i of @before has and no object of @now covers; returns how many. */
static size_t print_dropped(FILE *to, const struct pw_resolved *before, size_t i,
			    const struct pw_resolved *now)
{
	const struct pw_object_policy *object = &before->policy->objects[i];
	size_t dropped = 0;

	for (size_t j = 0; j < object->npaths; j++)
		if (!is_covered(now, &before->objects[i].paths[j]))
			fprintf(to, "%s%s", dropped++ ? ", " : "", object->paths[j].path);
	for (size_t j = 0; j < object->nvolumes; j++)
		if (!has_volume(now, &before->objects[i].volumes[j]))
			fprintf(to, "%s%s=%s", dropped++ ? ", " : "",
				pw_volume_tag(&object->volumes[j]), object->volumes[j].value);
	if (object->removable && !has_media(now->policy))
		fprintf(to, "%sremovable media", dropped++ ? ", " : "");

	return dropped;
}

void pw_warn_dropped(const struct pw_resolved *before, const struct pw_resolved *now,
		     struct pw_diag *diag)
{
	for (size_t i = 0; i < before->policy->nobjects; i++) {
		_cleanup_free_ char *text = NULL;
		FILE *to;
		size_t size, dropped;

		to = open_memstream(&text, &size);
		if (!to)
			return;
		dropped = print_dropped(to, before, i, now);
		if (fclose(to) == 0 && dropped)
			pw_diag_add(diag, PW_DIAG_WARNING, NULL, "no longer protected: %s (%s)",
				    before->policy->objects[i].name, text);
	}
}
