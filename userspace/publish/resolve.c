// SPDX-License-Identifier: BSD-2-Clause
#include "publish/resolve.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/mounts.h"
#include "common/text.h"
#include "publish/volumes.h"
#include "publish/walk.h"

#define PW_PASSWD_BUFFER 16384

struct pw_resolving {
	const struct pw_resolver *resolver;
	struct pw_resolved *resolved;
	struct pw_diag *diag;
	struct pw_walker *walker;
	char **unmounted;
};

static int walk_path(struct pw_resolving *on, const struct pw_position *at, const char *path,
		     struct pw_resolved_path *out)
{
	int r;

	out->path = path;
	out->at = at;
	r = pw_walk(on->walker, on->unmounted, out);
	if (r < 0)
		pw_diag_add(on->diag, PW_DIAG_ERROR, at, "'%s' cannot be resolved: %s", path,
			    strerror(-r));

	return r;
}

static int walk_paths(struct pw_resolving *on, const struct pw_path *paths, size_t n,
		      struct pw_resolved_path **ret)
{
	*ret = calloc(n + 1, sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		int r = walk_path(on, &paths[i].at, paths[i].path, &(*ret)[i]);

		if (r < 0)
			return r;
	}

	return 0;
}

static int resolve_volumes(const struct pw_object_policy *policy,
			   struct pw_resolved_object *out)
{
	out->volumes = calloc(policy->nvolumes + 1, sizeof(*out->volumes));
	if (!out->volumes)
		return -ENOMEM;
	for (size_t i = 0; i < policy->nvolumes; i++) {
		int r;

		out->volumes[i].volume = &policy->volumes[i];
		r = pw_volume_id(&policy->volumes[i], &out->volumes[i].fs);
		if (r == -ENOENT)
			continue;
		if (r < 0)
			return r;
		out->volumes[i].found = true;
	}

	return 0;
}

static int resolve_objects(struct pw_resolving *on)
{
	const struct pw_policy *policy = on->resolved->policy;

	for (size_t i = 0; i < policy->nobjects; i++) {
		struct pw_resolved_object *out = &on->resolved->objects[i];
		int r;

		r = walk_paths(on, policy->objects[i].paths, policy->objects[i].npaths, &out->paths);
		if (r == 0)
			r = resolve_volumes(&policy->objects[i], out);
		if (r < 0)
			return r;
	}

	return 0;
}

static int resolve_user(struct pw_resolving *on, const struct pw_user *user, uint32_t *ret)
{
	char buffer[PW_PASSWD_BUFFER];
	struct passwd entry, *found = NULL;
	uint64_t number;
	int r;

	if (pw_text_number(user->name, 0, UINT32_MAX - 1, &number) == 0) {
		*ret = (uint32_t)number;
		return 0;
	}
	r = getpwnam_r(user->name, &entry, buffer, sizeof(buffer), &found);
	if (found) {
		*ret = found->pw_uid;
		return 0;
	}
	pw_diag_add(on->diag, PW_DIAG_ERROR, &user->at, "there is no user '%s' on this machine%s%s",
		    user->name, r ? ": " : "", r ? strerror(r) : "");

	return -EINVAL;
}

static int resolve_group(struct pw_resolving *on, const struct pw_user *group, uint32_t *ret)
{
	char buffer[PW_PASSWD_BUFFER];
	struct group entry, *found = NULL;
	uint64_t number;
	int r;

	if (pw_text_number(group->name, 0, UINT32_MAX - 1, &number) == 0) {
		*ret = (uint32_t)number;
		return 0;
	}
	r = getgrnam_r(group->name, &entry, buffer, sizeof(buffer), &found);
	if (found) {
		*ret = found->gr_gid;
		return 0;
	}
	pw_diag_add(on->diag, PW_DIAG_ERROR, &group->at,
		    "there is no group '%s' on this machine%s%s", group->name, r ? ": " : "",
		    r ? strerror(r) : "");

	return -EINVAL;
}

static int resolve_glass(struct pw_resolving *on, const struct pw_glass_policy *policy,
			 struct pw_resolved_glass *out)
{
	int r = 0;

	out->users = calloc(policy->nusers + 1, sizeof(*out->users));
	out->groups = calloc(policy->ngroups + 1, sizeof(*out->groups));
	if (!out->users || !out->groups)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < policy->nusers; i++)
		r = resolve_user(on, &policy->users[i], &out->users[i]);
	for (size_t i = 0; r == 0 && i < policy->ngroups; i++)
		r = resolve_group(on, &policy->groups[i], &out->groups[i]);

	return r;
}

static int resolve_users(struct pw_resolving *on, const struct pw_subject_policy *policy,
			 struct pw_resolved_subject *out)
{
	out->users = calloc(policy->nusers + 1, sizeof(*out->users));
	if (!out->users)
		return -ENOMEM;
	for (size_t i = 0; i < policy->nusers; i++) {
		int r = resolve_user(on, &policy->users[i], &out->users[i]);

		if (r < 0)
			return r;
	}

	return 0;
}

static int resolve_sockets(struct pw_resolving *on, const struct pw_net_rule *rules, size_t nrules,
			   struct pw_resolved_path **ret, size_t *ret_n)
{
	size_t n = 0;

	for (size_t i = 0; i < nrules; i++)
		n += rules[i].nunix_paths;
	*ret = calloc(n + 1, sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	*ret_n = n;
	n = 0;
	for (size_t i = 0; i < nrules; i++)
		for (size_t j = 0; j < rules[i].nunix_paths; j++) {
			int r = walk_path(on, &rules[i].at, rules[i].unix_paths[j], &(*ret)[n++]);

			if (r < 0)
				return r;
		}

	return 0;
}

static int resolve_subjects(struct pw_resolving *on)
{
	const struct pw_policy *policy = on->resolved->policy;

	for (size_t i = 0; i < policy->nsubjects; i++) {
		const struct pw_subject_policy *subject = &policy->subjects[i];
		struct pw_resolved_subject *out = &on->resolved->subjects[i];
		int r;

		r = walk_paths(on, subject->exec, subject->nexec, &out->exec);
		if (r == 0)
			r = walk_paths(on, subject->helpers, subject->nhelpers, &out->helpers);
		if (r == 0)
			r = walk_paths(on, subject->writes, subject->nwrites, &out->writes);
		if (r == 0)
			r = resolve_sockets(on, subject->network, subject->nnetwork, &out->sockets,
					    &out->nsockets);
		if (r == 0)
			r = resolve_users(on, subject, out);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < PW_GLASS_KINDS; i++) {
		int r = resolve_glass(on, &policy->glass[i], &on->resolved->glass[i]);

		if (r < 0)
			return r;
	}

	return resolve_sockets(on, policy->others_rules, policy->nothers_rules,
			       &on->resolved->others_sockets, &on->resolved->nothers_sockets);
}

/* ---- Code ------------------------------------------------------------------------------------ */

/* The entry of @path, made when it is new; NULL: no memory. */
static struct pw_resolved_code *code_entry(struct pw_resolved *resolved, const char *path,
					   const struct pw_position *at)
{
	struct pw_resolved_code *entry;

	for (size_t i = 0; i < resolved->ncode; i++)
		if (strcmp(resolved->code[i].path.path, path) == 0)
			return &resolved->code[i];
	entry = &resolved->code[resolved->ncode];
	entry->members = calloc(resolved->policy->nsubjects + 1, sizeof(*entry->members));
	if (!entry->members)
		return NULL;
	entry->path.path = path;
	entry->path.at = at;
	entry->path.keeps_way = true;
	resolved->ncode++;

	return entry;
}

static int add_code(struct pw_resolved *resolved, const struct pw_path *paths, size_t n,
		    size_t subject, bool stated)
{
	for (size_t i = 0; i < n; i++) {
		struct pw_resolved_code *entry = code_entry(resolved, paths[i].path, &paths[i].at);

		if (!entry)
			return -ENOMEM;
		entry->members[subject] = true;
		entry->stated = entry->stated || stated;
	}

	return 0;
}

static int add_code_of_subjects(struct pw_resolved *resolved)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < resolved->policy->nsubjects; i++) {
		const struct pw_subject_policy *subject = &resolved->policy->subjects[i];

		r = add_code(resolved, subject->code, subject->ncode, i, !subject->code_default);
		if (r == 0)
			r = add_code(resolved, subject->protect, subject->nprotect, i, true);
	}

	return r;
}

static int add_own_code(struct pw_resolved *resolved, const struct pw_resolver *resolver)
{
	static const struct pw_position nowhere;
	struct pw_resolved_code *entry;

	for (size_t i = 0; i < pw_code_ndefault; i++) {
		entry = code_entry(resolved, pw_code_default[i], &nowhere);
		if (!entry)
			return -ENOMEM;
		entry->daemon = true;
	}
	entry = code_entry(resolved, resolver->daemon, &nowhere);
	if (!entry)
		return -ENOMEM;
	entry->daemon = true;
	for (size_t i = 0; i < resolver->nown; i++) {
		size_t n = resolved->ncode;

		entry = code_entry(resolved, resolver->own[i].path, &nowhere);
		if (!entry)
			return -ENOMEM;
		/* What is somebody's code is guarded before the seal, too. */
		entry->flags |= resolver->own[i].flags & (resolved->ncode > n ? ~0U : PW_CODE_OWN);
	}

	return 0;
}

/* The entry, of the first @n, that is nearest above @path; NULL: none is. */
static const struct pw_resolved_code *code_above(const struct pw_resolved *resolved, size_t n,
						 const char *path)
{
	const struct pw_resolved_code *nearest = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct pw_resolved_code *entry = &resolved->code[i];

		if (pw_path_within(path, entry->path.canonical) &&
		    (!nearest ||
		     strlen(entry->path.canonical) > strlen(nearest->path.canonical)))
			nearest = entry;
	}

	return nearest;
}

/* A walk up ends at the top of a file system, so one that is mounted in a code set begins it anew. */
static int add_mount(struct pw_resolving *on, size_t n, const char *point, bool mounted)
{
	static const struct pw_position nowhere;
	struct pw_resolved *resolved = on->resolved;
	const struct pw_resolved_code *above = code_above(resolved, n, point);
	size_t before = resolved->ncode;
	struct pw_resolved_code *entry;

	if (!above || strcmp(above->path.canonical, point) == 0)
		return 0;
	entry = code_entry(resolved, point, &nowhere);
	if (!entry)
		return -ENOMEM;
	if (resolved->ncode == before)
		return 0;
	entry->mount = strdup(point);
	if (!entry->mount)
		return -ENOMEM;
	entry->path.path = entry->mount;
	entry->flags = above->flags;
	entry->stated = !mounted;

	return walk_path(on, &nowhere, entry->mount, &entry->path);
}

static int add_mounts(struct pw_resolving *on, const struct pw_mounts *mounts)
{
	size_t n = on->resolved->ncode;
	int r = 0;

	for (size_t i = 0; r == 0 && i < mounts->n; i++)
		r = add_mount(on, n, mounts->entries[i].point, true);
	for (char *const *point = on->unmounted; r == 0 && point && *point; point++)
		r = add_mount(on, n, *point, false);

	return r;
}

static int resolve_code(struct pw_resolving *on)
{
	_cleanup_(pw_mounts_done) struct pw_mounts mounts = PW_MOUNTS_INIT;
	struct pw_resolved *resolved = on->resolved;
	size_t room = pw_code_ndefault + 1 + on->resolver->nown;
	int r;

	r = pw_mounts_refresh(&mounts);
	if (r < 0)
		return r;
	room += mounts.n;
	for (char *const *point = on->unmounted; point && *point; point++)
		room++;
	for (size_t i = 0; i < resolved->policy->nsubjects; i++)
		room += resolved->policy->subjects[i].ncode + resolved->policy->subjects[i].nprotect;
	/* It does not grow: identities are written to where an entry was when its walk began. */
	resolved->code = calloc(room, sizeof(*resolved->code));
	if (!resolved->code)
		return -ENOMEM;
	r = add_code_of_subjects(resolved);
	if (r == 0)
		r = add_own_code(resolved, on->resolver);
	for (size_t i = 0; r == 0 && i < resolved->ncode; i++)
		r = walk_path(on, resolved->code[i].path.at, resolved->code[i].path.path,
			      &resolved->code[i].path);

	return r < 0 ? r : add_mounts(on, &mounts);
}

/* ---- Programs -------------------------------------------------------------------------------- */

/* Whether a program begins with #!, from its first two bytes. */
static int is_script(const char *canonical, bool *ret)
{
	_cleanup_close_ int fd = open(canonical, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char magic[2];

	if (fd < 0)
		return -errno;
	*ret = pread(fd, magic, sizeof(magic), 0) == (ssize_t)sizeof(magic) && magic[0] == '#' &&
	       magic[1] == '!';

	return 0;
}

static int check_program(struct pw_resolving *on, const struct pw_subject_policy *subject,
			 const struct pw_path *path, struct pw_resolved_path *out)
{
	int r;

	if (out->state != PW_PATH_RESOLVED)
		return 0;
	if (path->below ? !S_ISDIR(out->file.mode) : !S_ISREG(out->file.mode)) {
		pw_diag_add(on->diag, PW_DIAG_ERROR, &path->at, "'%s' is no %s", path->path,
			    path->below ? "directory" : "program");
		return -EINVAL;
	}
	if (path->below)
		return 0;
	r = is_script(out->canonical, &out->script);
	if (r < 0) {
		pw_diag_add(on->diag, PW_DIAG_ERROR, &path->at, "'%s' cannot be looked at: %s",
			    path->path, strerror(-r));
		return r;
	}
	if (!out->script)
		return 0;
	if (strlen(path->path) >= PW_SCRIPT_PATH_MAX) {
		pw_diag_add(on->diag, PW_DIAG_ERROR, &path->at,
			    "'%s' is a script, and its path is longer than %d bytes", path->path,
			    PW_SCRIPT_PATH_MAX - 1);
		return -E2BIG;
	}
	if (subject->naccess == 0)
		return 0;
	pw_diag_add(on->diag, PW_DIAG_ERROR, &path->at,
		    "'%s' is a script, and a script cannot have access to objects: between its "
		    "start and the interpreter's own open another file can take its name",
		    path->path);

	return -EINVAL;
}

static int check_programs(struct pw_resolving *on)
{
	const struct pw_policy *policy = on->resolved->policy;
	int r;

	for (size_t i = 0; i < policy->nsubjects; i++) {
		const struct pw_subject_policy *subject = &policy->subjects[i];

		for (size_t j = 0; j < subject->nexec; j++) {
			r = check_program(on, subject, &subject->exec[j],
					  &on->resolved->subjects[i].exec[j]);
			if (r < 0)
				return r;
		}
		for (size_t j = 0; j < subject->nhelpers; j++) {
			r = check_program(on, subject, &subject->helpers[j],
					  &on->resolved->subjects[i].helpers[j]);
			if (r < 0)
				return r;
		}
	}

	return 0;
}

/* What lay on another file system at the last apply is pending, and protected in both places. */
static void compare_before(struct pw_resolving *on)
{
	const struct pw_policy *policy = on->resolved->policy;

	if (!on->resolver->before)
		return;
	for (size_t i = 0; i < policy->nobjects; i++)
		for (size_t j = 0; j < policy->objects[i].npaths; j++) {
			struct pw_resolved_path *path = &on->resolved->objects[i].paths[j];

			path->known = on->resolver->before(on->resolver->before_data, path->path,
							   &path->before);
			if (path->known && !on->resolver->rebase && path->state == PW_PATH_RESOLVED &&
			    memcmp(&path->before.fs, &path->file.fs, sizeof(path->file.fs)) != 0)
				path->state = PW_PATH_ELSEWHERE;
		}
}

static int resolve_own(struct pw_resolving *on)
{
	static const struct pw_position nowhere;
	int r;

	r = walk_path(on, &nowhere, on->resolver->canary, &on->resolved->canary);
	if (r == 0 && on->resolved->canary.state != PW_PATH_RESOLVED)
		r = -ENOENT;
	if (r == 0)
		r = walk_path(on, &nowhere, on->resolver->daemon, &on->resolved->daemon);
	if (r == -ENOENT)
		pw_diag_add(on->diag, PW_DIAG_ERROR, NULL, "%s is missing", on->resolver->canary);

	return r;
}

static int resolve_all(struct pw_resolving *on)
{
	int r;

	r = pw_unmounted(&on->unmounted);
	if (r < 0) {
		pw_diag_add(on->diag, PW_DIAG_ERROR, NULL, "/etc/fstab cannot be read: %s",
			    strerror(-r));
		return r;
	}
	r = pw_walker_new(on->resolver, &on->walker);
	if (r == 0)
		r = resolve_own(on);
	if (r == 0)
		r = resolve_objects(on);
	if (r == 0)
		r = resolve_subjects(on);
	if (r == 0)
		r = resolve_code(on);
	if (r < 0)
		return r;
	r = pw_walker_flush(on->walker);
	if (r < 0) {
		pw_diag_add(on->diag, PW_DIAG_ERROR, NULL,
			    "the kernel did not tell the identities of the files: %s", strerror(-r));
		return r;
	}
	compare_before(on);

	return check_programs(on);
}

int pw_resolve(const struct pw_policy *policy, const struct pw_resolver *resolver,
	       struct pw_resolved **ret, struct pw_diag *diag)
{
	_cleanup_(pw_resolved_freep) struct pw_resolved *resolved = calloc(1, sizeof(*resolved));
	struct pw_resolving on = {.resolver = resolver, .resolved = resolved, .diag = diag};
	int r;

	if (!resolved)
		return -ENOMEM;
	resolved->policy = policy;
	resolved->objects = calloc(policy->nobjects + 1, sizeof(*resolved->objects));
	resolved->subjects = calloc(policy->nsubjects + 1, sizeof(*resolved->subjects));
	if (!resolved->objects || !resolved->subjects)
		return -ENOMEM;
	r = resolve_all(&on);
	on.walker = pw_walker_free(on.walker);
	pw_texts_free(on.unmounted);
	if (r < 0)
		return r;

	*ret = TAKE_PTR(resolved);
	return 0;
}

static void free_paths(struct pw_resolved_path *paths, size_t n)
{
	for (size_t i = 0; paths && i < n; i++)
		pw_resolved_path_done(&paths[i]);
	free(paths);
}

struct pw_resolved *pw_resolved_free(struct pw_resolved *resolved)
{
	const struct pw_policy *policy;

	if (!resolved)
		return NULL;
	policy = resolved->policy;
	for (size_t i = 0; resolved->objects && i < policy->nobjects; i++) {
		free_paths(resolved->objects[i].paths, policy->objects[i].npaths);
		free(resolved->objects[i].volumes);
	}
	for (size_t i = 0; resolved->subjects && i < policy->nsubjects; i++) {
		struct pw_resolved_subject *subject = &resolved->subjects[i];

		free_paths(subject->exec, policy->subjects[i].nexec);
		free_paths(subject->helpers, policy->subjects[i].nhelpers);
		free_paths(subject->writes, policy->subjects[i].nwrites);
		free_paths(subject->sockets, subject->nsockets);
		free(subject->users);
	}
	for (size_t i = 0; i < PW_GLASS_KINDS; i++) {
		free(resolved->glass[i].users);
		free(resolved->glass[i].groups);
	}
	free_paths(resolved->others_sockets, resolved->nothers_sockets);
	for (size_t i = 0; i < resolved->ncode; i++) {
		pw_resolved_path_done(&resolved->code[i].path);
		free(resolved->code[i].members);
		free(resolved->code[i].mount);
	}
	free(resolved->code);
	pw_resolved_path_done(&resolved->canary);
	pw_resolved_path_done(&resolved->daemon);
	free(resolved->objects);
	free(resolved->subjects);
	free(resolved);
	return NULL;
}
