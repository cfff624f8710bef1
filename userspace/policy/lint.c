// SPDX-License-Identifier: BSD-2-Clause
#include "policy/lint.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "policy/places.h"

#define warn(diag, at, ...) pw_diag_add((diag), PW_DIAG_WARNING, (at), __VA_ARGS__)

static bool names(const struct pw_subject_list *list, size_t index)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->index[i] == index)
			return true;

	return false;
}

static uint32_t actions_on(const struct pw_subject_policy *subject, size_t object)
{
	size_t i;

	if (subject->never_block)
		return PW_ACTIONS_OF_FILES;
	for (i = 0; i < subject->naccess; i++)
		if (subject->access[i].object == object)
			return subject->access[i].actions;

	return 0;
}

static void print_starters(FILE *to, const struct pw_policy *policy,
			   const struct pw_subject_policy *subject)
{
	size_t i;

	for (i = 0; i < subject->started_by.n; i++)
		fprintf(to, "%s%s", i ? ", " : "",
			pw_subject_name(policy, subject->started_by.index[i]));
}

static void print_reader(FILE *to, const struct pw_policy *policy,
			 const struct pw_subject_policy *subject)
{
	fprintf(to, "%s (%sstarted by ", subject->name,
		subject->never_block ? "never blocked, " : "");
	print_starters(to, policy, subject);
	fputc(')', to);
}

static void lint_readers(const struct pw_policy *policy, size_t object, unsigned int flags,
			 struct pw_diag *diag)
{
	const struct pw_object_policy *o = &policy->objects[object];
	_cleanup_free_ char *text = NULL;
	size_t size, i, readers = 0;
	uint32_t actions, all = 0;
	FILE *to;

	to = open_memstream(&text, &size);
	if (!to)
		return;
	for (i = 0; i < policy->nsubjects; i++) {
		actions = actions_on(&policy->subjects[i], object);
		all |= actions;
		if (!(actions & PW_ACTION_BIT(PW_ACTION_READ)))
			continue;
		fputs(readers++ ? ", " : "", to);
		print_reader(to, policy, &policy->subjects[i]);
	}
	if (fclose(to))
		return;
	if (!(flags & PW_LINT_BRIEF))
		pw_diag_add(diag, PW_DIAG_NOTE, &o->at, "%s can be read by: %s", o->name,
			    readers ? text : "nobody");
	if (!all)
		warn(diag, &o->at, "no subject may do anything with '%s'", o->name);
}

/* What the records of a subject leave out, for whoever answers for the log. */
static void lint_folded(const struct pw_policy *policy, const struct pw_subject_policy *subject,
			unsigned int flags, struct pw_diag *diag)
{
	size_t i;

	for (i = 0; i < subject->naccess && !(flags & PW_LINT_BRIEF); i++)
		if (subject->access[i].folded)
			pw_diag_add(diag, PW_DIAG_NOTE, &subject->access[i].folded_at,
				    "records do not say which files of '%s' are read by '%s': of each run "
				    "they name the first, and count the others by the hour",
				    policy->objects[subject->access[i].object].name, subject->name);
}

static void lint_objects(const struct pw_policy *policy, unsigned int flags, struct pw_diag *diag)
{
	static const char *const needed[] = {"/bin", "/boot", "/dev", "/etc", "/home", "/lib",
					     "/lib64", "/opt", "/proc", "/root", "/run", "/sbin",
					     "/srv", "/sys", "/tmp", "/usr", "/var", "/var/lib",
					     "/var/log"};
	const struct pw_object_policy *object;
	size_t i, j, k;

	for (i = 0; i < policy->nobjects; i++) {
		object = &policy->objects[i];
		lint_readers(policy, i, flags, diag);
		if (object->audit == PW_AUDIT_NONE && object->on_loss == PW_ON_LOSS_DENY)
			warn(diag, &object->at, "nothing is recorded of '%s', so 'on_audit_loss: deny' "
			     "never applies", object->name);
		for (j = 0; j < object->npaths; j++)
			for (k = 0; k < PW_ARRAY_SIZE(needed); k++)
				if (!strcmp(object->paths[j].path, needed[k]))
					warn(diag, &object->paths[j].at, "'%s' holds more than patient "
					     "data: all programs but the subjects named are denied "
					     "all of it", needed[k]);
	}
}

static void lint_nested(const struct pw_policy *policy, struct pw_diag *diag)
{
	const struct pw_place *place, *above;
	struct pw_places places;

	if (pw_places_collect(policy, &places) < 0)
		return;
	for (place = places.list; place < places.list + places.n; place++) {
		for (above = place->above; above && above->kind != PW_PLACE_OBJECT;)
			above = above->above;
		if (place->kind == PW_PLACE_OBJECT && above)
			warn(diag, &place->at, "'%s' of object '%s' lies in '%s' of object '%s': what "
			     "is allowed there does not hold here", place->path,
			     policy->objects[place->owner].name, above->path,
			     policy->objects[above->owner].name);
	}
	pw_places_done(&places);
}

static void lint_start(const struct pw_policy *policy, const struct pw_subject_policy *subject,
		       struct pw_diag *diag)
{
	if (!names(&subject->started_by, PW_SUBJECT_INDEX_ANYONE) || !policy->nobjects)
		return;
	if (subject->never_block)
		warn(diag, &subject->at, "every process can start '%s', which is never blocked",
		     subject->name);
	else if (subject->naccess)
		warn(diag, &subject->at, "every process can start '%s' and so has its access",
		     subject->name);
}

/* Whoever can start what changes programs can, in the end, do what they may. */
static void lint_updates(const struct pw_policy *policy, const struct pw_subject_policy *subject,
			 unsigned int flags, struct pw_diag *diag)
{
	bool open = names(&subject->started_by, PW_SUBJECT_INDEX_ANYONE) ||
		    names(&subject->started_by, PW_SUBJECT_INDEX_LOGIN);
	_cleanup_free_ char *starters = NULL;
	size_t size;
	FILE *to;

	if (!subject->updates)
		return;
	if (subject->naccess)
		warn(diag, &subject->at, "'%s' has access to objects and may change programs: let two "
		     "subjects do the two", subject->name);
	to = open_memstream(&starters, &size);
	if (!to)
		return;
	print_starters(to, policy, subject);
	if (!fclose(to) && (open || !(flags & PW_LINT_BRIEF)))
		pw_diag_add(diag, open ? PW_DIAG_WARNING : PW_DIAG_NOTE, &subject->at, "subject '%s' "
			    "may change programs, libraries and what others protect: who may start "
			    "it (%s) is the border of trust", subject->name, starters);
}

static void lint_code(const struct pw_path *paths, size_t n, struct pw_diag *diag)
{
	static const char *const changing[] = {"/dev", "/etc", "/home", "/proc", "/root", "/run",
					       "/srv", "/sys", "/tmp", "/var", "/var/lib",
					       "/var/log"};
	size_t i, j;

	for (i = 0; i < n; i++)
		for (j = 0; j < PW_ARRAY_SIZE(changing); j++)
			if (!strcmp(paths[i].path, changing[j]))
				warn(diag, &paths[i].at, "'%s' holds more than code: all programs but "
				     "those with 'updates: true' are denied to write there",
				     changing[j]);
}

static void lint_subject(const struct pw_policy *policy, const struct pw_subject_policy *subject,
			 unsigned int flags, struct pw_diag *diag)
{
	size_t i;

	lint_start(policy, subject, diag);
	lint_updates(policy, subject, flags, diag);
	lint_folded(policy, subject, flags, diag);
	lint_code(subject->code, subject->ncode, diag);
	lint_code(subject->protect, subject->nprotect, diag);
	for (i = 0; i < subject->nwrites; i++)
		if (!strcmp(subject->writes[i].path, "/"))
			warn(diag, &subject->writes[i].at, "'%s' may write what it read to any file",
			     subject->name);
	for (i = 0; i < subject->nnetwork; i++)
		if (subject->reads && names(&subject->network[i].local, PW_SUBJECT_INDEX_OTHERS))
			warn(diag, &subject->network[i].at, "every process of this machine may use "
			     "this door to what '%s' reads", subject->name);
}

static bool is_script(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char magic[2];
	struct stat st;

	return fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) &&
	       read(fd, magic, sizeof(magic)) == (ssize_t)sizeof(magic) && magic[0] == '#' &&
	       magic[1] == '!';
}

static void lint_program(const struct pw_path *program, struct pw_diag *diag)
{
	if (!program->below && is_script(program->path))
		pw_diag_add(diag, PW_DIAG_ERROR, &program->at, "'%s' is a script: its interpreter "
			    "opens the name again, so it can have no access", program->path);
}

static void lint_programs(const struct pw_subject_policy *subject, struct pw_diag *diag)
{
	size_t i;

	if (!subject->naccess)
		return;
	for (i = 0; i < subject->nexec; i++)
		lint_program(&subject->exec[i], diag);
	for (i = 0; i < subject->nhelpers; i++)
		lint_program(&subject->helpers[i], diag);
}

static void print_list(FILE *to, const char *what, const char *name, bool *more)
{
	fprintf(to, "%s%s%s", *more ? ", " : "", what, name);
	*more = true;
}

/* Who opens what in an emergency, for whoever answers for the policy. */
static void lint_glass(const struct pw_policy *policy, enum pw_glass_kind kind, struct pw_diag *diag)
{
	const struct pw_glass_policy *glass = &policy->glass[kind];
	_cleanup_free_ char *text = NULL;
	bool more = false;
	size_t size, i;
	FILE *to;

	if (!glass->given)
		return;
	to = open_memstream(&text, &size);
	if (!to)
		return;
	for (i = 0; i < glass->nusers; i++)
		print_list(to, "", glass->users[i].name, &more);
	for (i = 0; i < glass->ngroups; i++)
		print_list(to, "group ", glass->groups[i].name, &more);
	if (glass->tokens)
		print_list(to, "", "whoever has a token", &more);
	fprintf(to, " can open by %s for %lu s at most: ", pw_glass_names[kind],
		(unsigned long)(glass->longest_ms / 1000));
	more = false;
	for (i = 0; i < glass->subjects.n; i++)
		print_list(to, "", policy->subjects[glass->subjects.index[i]].name, &more);
	for (i = 0; i < glass->nobjects; i++)
		print_list(to, "", policy->objects[glass->objects[i]].name, &more);
	if (!fclose(to))
		pw_diag_add(diag, PW_DIAG_NOTE, &glass->at, "%s", text);
}

void pw_policy_lint(const struct pw_policy *policy, unsigned int flags, struct pw_diag *diag)
{
	size_t i;

	lint_objects(policy, flags, diag);
	lint_nested(policy, diag);
	for (i = 0; i < PW_GLASS_KINDS && !(flags & PW_LINT_BRIEF); i++)
		lint_glass(policy, i, diag);
	for (i = 0; i < policy->nsubjects; i++) {
		lint_subject(policy, &policy->subjects[i], flags, diag);
		if (flags & PW_LINT_FILES)
			lint_programs(&policy->subjects[i], diag);
	}
	pw_diag_sort(diag);
}
