// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "policy/apart.h"
#include "publish/build.h"

/* What a record may name: also what only a policy of before did, which somebody may still run. */
int pw_build_program_names(struct pw_image *image, const struct pw_ids *ids)
{
	struct pw_catalog *catalog = image->catalog;
	char **grown = reallocarray(catalog->programs, ids->nprograms, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	catalog->programs = grown;
	if (catalog->nprograms == 0)
		grown[catalog->nprograms++] = NULL;
	for (; catalog->nprograms < ids->nprograms; catalog->nprograms++) {
		grown[catalog->nprograms] = strdup(ids->programs[catalog->nprograms]);
		if (!grown[catalog->nprograms])
			return -ENOMEM;
	}

	return 0;
}

static const struct pw_subject_policy *subject_by_id(const struct pw_build *build, uint32_t id)
{
	for (size_t i = 0; i < build->policy->nsubjects; i++)
		if (build->subjects[i] == id)
			return &build->policy->subjects[i];

	return NULL;
}

/* Two paths may lead to one file, which the policy's text alone does not show. */
static int check_shared(struct pw_build *build, const struct pw_program *program,
			const struct pw_resolved_path *path, uint32_t subject)
{
	const struct pw_subject_policy *own = subject_by_id(build, subject), *other;

	for (uint32_t i = 0; i < program->nroles; i++) {
		other = subject_by_id(build, program->roles[i].subject);
		if (program->roles[i].role != PW_ROLE_EXEC || !own || !other || own == other ||
		    pw_subjects_apart(own, other))
			continue;
		pw_diag_add(build->diag, PW_DIAG_ERROR, path->at,
			    "'%s' is the same file as a program of '%s': 'users' or 'started_by' "
			    "must keep the two subjects apart for every task", path->path,
			    other->name);
		return -EINVAL;
	}

	return 0;
}

static int add_role(struct pw_build *build, struct pw_program *program,
		    const struct pw_resolved_path *path, uint32_t subject, uint32_t role)
{
	for (uint32_t i = 0; i < program->nroles; i++)
		if (program->roles[i].subject == subject && program->roles[i].role == role)
			return 0;
	if (program->nroles == PW_PROGRAM_SUBJECTS) {
		pw_diag_add(build->diag, PW_DIAG_ERROR, path->at,
			    "'%s' is a program or helper of more than %d subjects", path->path,
			    PW_PROGRAM_SUBJECTS);
		return -E2BIG;
	}
	if (role == PW_ROLE_EXEC && check_shared(build, program, path, subject) < 0)
		return -EINVAL;
	program->roles[program->nroles].subject = (__u16)subject;
	program->roles[program->nroles].role = (__u16)role;
	program->nroles++;

	return 0;
}

/* The name by which its interpreter will open it again. */
static int add_script(struct pw_build *build, const char *path, uint32_t program)
{
	struct pw_script_key key = {};
	__u32 *value;

	memcpy(key.path, path, strnlen(path, sizeof(key.path) - 1));
	value = pw_table_get(&build->image->tables[PW_MAP_SCRIPTS], &key);
	if (!value)
		return -ENOMEM;
	*value = program;

	return 0;
}

static int add_program(struct pw_build *build, const struct pw_resolved_path *path, bool below,
		       uint32_t subject, uint32_t role)
{
	struct pw_table *table = &build->image->tables[PW_MAP_PROGRAMS];
	struct pw_bank *bank = &build->image->bank;
	struct pw_program *program;
	struct pw_inode_key key;
	struct pw_root *root;
	uint32_t number;
	int r;

	if (path->state != PW_PATH_RESOLVED)
		return pw_build_pending(build, path->path);
	r = pw_ids_program(build->ids, path->path, &number);
	if (r == -ENOSPC)
		pw_diag_add(build->diag, PW_DIAG_ERROR, path->at,
			    "no number is left for program '%s': %d paths were used since the boot, "
			    "and none is used twice",
			    path->path, PW_PROGRAM_IDS - 1);
	if (r < 0)
		return r;
	r = pw_build_key(build, &path->file, PW_FS_PROGRAMS, path->at, &key);
	if (r < 0)
		return r;
	program = pw_table_get(table, &key);
	if (!program)
		return -ENOMEM;
	if (table->n > PW_PROGRAMS_MAX) {
		pw_diag_add(build->diag, PW_DIAG_ERROR, path->at, "more than %d programs",
			    PW_PROGRAMS_MAX);
		return -E2BIG;
	}
	program->generation = path->file.generation;
	program->dev = path->file.dev;
	if (program->id == 0)
		program->id = below ? number | PW_PROGRAM_BELOW : number;
	bank->program_filter[PW_FILTER_WORD(key.ino)] |= PW_FILTER_BIT(key.ino);
	if (below) {
		root = pw_build_inode(build, &path->file, PW_FS_PROGRAMS, true, path->at);
		if (!root)
			return -E2BIG;
		root->program_dir = program->id;
		bank->flags |= PW_BANK_PROGRAM_DIRS;
	}
	if (path->script) {
		r = add_script(build, path->path, program->id);
		if (r < 0)
			return r;
	}

	return add_role(build, program, path, subject, role);
}

int pw_build_daemon(struct pw_build *build)
{
	return add_program(build, &build->resolved->daemon, false, PW_SUBJECT_DAEMON,
			   PW_ROLE_EXEC);
}

int pw_build_programs(struct pw_build *build)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < build->policy->nsubjects; i++) {
		const struct pw_subject_policy *subject = &build->policy->subjects[i];
		const struct pw_resolved_subject *found = &build->resolved->subjects[i];

		for (size_t j = 0; r == 0 && j < subject->nexec; j++)
			r = add_program(build, &found->exec[j], subject->exec[j].below,
					build->subjects[i], PW_ROLE_EXEC);
		for (size_t j = 0; r == 0 && j < subject->nhelpers; j++)
			r = add_program(build, &found->helpers[j], subject->helpers[j].below,
					build->subjects[i], PW_ROLE_HELPER);
	}

	return r;
}
