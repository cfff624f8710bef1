// SPDX-License-Identifier: BSD-2-Clause
#include <grp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "publish/build.h"
#include "publish/protocol.h"

void pw_set_add(struct pw_subject_set *set, uint32_t subject)
{
	set->bits[subject / 64] |= 1ULL << (subject % 64);
}

void pw_set_unite(struct pw_subject_set *into, const struct pw_subject_set *from)
{
	for (size_t i = 0; i < PW_ARRAY_SIZE(into->bits); i++)
		into->bits[i] |= from->bits[i];
}

uint32_t pw_build_subject(const struct pw_build *build, size_t index)
{
	if (index == PW_SUBJECT_INDEX_INIT)
		return PW_SUBJECT_INIT;

	return index < build->policy->nsubjects ? build->subjects[index] : PW_SUBJECT_OTHERS;
}

void pw_build_set(const struct pw_build *build, const struct pw_subject_list *list,
		  struct pw_subject_set *set)
{
	for (size_t i = 0; i < list->n; i++)
		pw_set_add(set, pw_build_subject(build, list->index[i]));
}

/* "ct-console.yaml:23 [radiology; H-12; forwards images]": the line, and what it is remarked with. */
static char *where_of(const struct pw_position *at, const struct pw_remark *remark)
{
	const char *const texts[] = {remark->owner, remark->risk, remark->reason};
	const char *between = " [";
	char *where = NULL;
	size_t size;
	FILE *to = open_memstream(&where, &size);

	if (!to)
		return NULL;
	fprintf(to, "%s:%u", at->file ? at->file : "", at->line);
	for (size_t i = 0; i < PW_ARRAY_SIZE(texts); i++) {
		if (!texts[i])
			continue;
		fprintf(to, "%s%s", between, texts[i]);
		between = "; ";
	}
	fputs(*between == ';' ? "]" : "", to);
	if (!fclose(to))
		return where;
	free(where);

	return NULL;
}

static bool says_something(const struct pw_remark *remark)
{
	return remark->owner || remark->risk || remark->reason;
}

/* What is remarked of a subject is said of its rules, where they say nothing themselves. */
static const struct pw_remark *remark_of(const struct pw_policy *policy, const struct pw_rule *rule)
{
	if (says_something(&rule->remark) || rule->subject >= policy->nsubjects)
		return &rule->remark;

	return &policy->subjects[rule->subject].remark;
}

static int add_object(struct pw_build *build, size_t i)
{
	const struct pw_object_policy *object = &build->policy->objects[i];
	struct pw_catalog *catalog = build->image->catalog;
	struct pw_bank *bank = &build->image->bank;
	uint32_t id, flags = PW_OBJECT_PRESENT;
	int r;

	r = pw_ids_object(build->ids, object->name, &id);
	if (r == -ENOSPC)
		pw_diag_add(build->diag, PW_DIAG_ERROR, &object->at,
			    "no number is left for object '%s': %d names were used since the boot, "
			    "and none is used twice",
			    object->name, PW_OBJECT_IDS - PW_OBJECT_FIRST);
	if (r < 0)
		return r;
	if (object->mode == PW_MODE_PERMISSIVE)
		flags |= PW_OBJECT_PERMISSIVE;
	if (object->on_loss == PW_ON_LOSS_DENY)
		flags |= PW_OBJECT_LOSS_DENIES;
	if (object->audit == PW_AUDIT_ALL)
		flags |= PW_OBJECT_AUDIT_ALLOWED;
	if (object->audit != PW_AUDIT_NONE)
		flags |= PW_OBJECT_AUDIT_DENIED;
	build->objects[i] = id;
	bank->object_flags[id] = flags;
	if (object->removable) {
		bank->flags |= PW_BANK_REMOVABLE;
		bank->removable = id;
	}

	catalog->objects[id] = strdup(object->name);
	catalog->object_where[id] = where_of(&object->at, &object->remark);
	catalog->path_digests[id] = object->path_digest;
	return catalog->objects[id] && catalog->object_where[id] ? 0 : -ENOMEM;
}

/* What a session of each kind may open. After all subjects have their flags. */
static void add_glass(struct pw_build *build)
{
	static const struct {
		uint32_t subject, object;
	} flags[PW_GLASS_KINDS] = {
		[PW_GLASS_KIND_BREAKGLASS] = {PW_SUBJECT_GLASS, PW_OBJECT_GLASS},
		[PW_GLASS_KIND_SERVICE] = {PW_SUBJECT_SERVICE, PW_OBJECT_SERVICE},
	};
	struct pw_bank *bank = &build->image->bank;

	for (size_t kind = 0; kind < PW_GLASS_KINDS; kind++) {
		const struct pw_glass_policy *glass = &build->policy->glass[kind];

		for (size_t i = 0; i < glass->subjects.n; i++)
			bank->subjects[pw_build_subject(build, glass->subjects.index[i])].flags |=
				flags[kind].subject;
		for (size_t i = 0; i < glass->nobjects; i++)
			bank->object_flags[build->objects[glass->objects[i]]] |= flags[kind].object;
	}
}

static int number_subject(struct pw_build *build, size_t i)
{
	const struct pw_subject_policy *subject = &build->policy->subjects[i];
	struct pw_catalog *catalog = build->image->catalog;
	uint32_t id;
	int r;

	r = pw_ids_subject(build->ids, subject->name, &id);
	if (r == -ENOSPC)
		pw_diag_add(build->diag, PW_DIAG_ERROR, &subject->at,
			    "no number is left for subject '%s': %d names were used since the boot, "
			    "and none is used twice",
			    subject->name, PW_SUBJECT_IDS - PW_SUBJECT_FIRST);
	if (r < 0)
		return r;
	build->subjects[i] = id;

	catalog->subjects[id] = strdup(subject->name);
	catalog->subject_where[id] = where_of(&subject->at, &subject->remark);
	return catalog->subjects[id] && catalog->subject_where[id] ? 0 : -ENOMEM;
}

uint32_t pw_build_subject_flags(const struct pw_subject_policy *subject)
{
	uint32_t flags = PW_SUBJECT_PRESENT;

	if (subject->naccess > 0)
		flags |= PW_SUBJECT_HAS_ACCESS;
	if (subject->reads)
		flags |= PW_SUBJECT_READS;
	if (subject->never_block)
		flags |= PW_SUBJECT_NEVER_BLOCK;
	if (subject->mode == PW_MODE_PERMISSIVE)
		flags |= PW_SUBJECT_PERMISSIVE;
	if (subject->helpers_any)
		flags |= PW_SUBJECT_HELPERS_ANY;
	if (subject->nusers > 0)
		flags |= PW_SUBJECT_USERS;
	if (subject->updates)
		flags |= PW_SUBJECT_UPDATES;
	if (subject->writes_tty)
		flags |= PW_SUBJECT_WRITES_TTY;
	if (subject->writes_pipe)
		flags |= PW_SUBJECT_WRITES_PIPE;

	return flags;
}

static void add_started_by(const struct pw_build *build, const struct pw_subject_list *list,
			   struct pw_subject *out)
{
	for (size_t i = 0; i < list->n; i++) {
		switch (list->index[i]) {
		case PW_SUBJECT_INDEX_INIT:
			out->flags |= PW_SUBJECT_STARTED_BY_INIT;
			break;
		case PW_SUBJECT_INDEX_LOGIN:
			out->flags |= PW_SUBJECT_STARTED_BY_LOGIN;
			break;
		case PW_SUBJECT_INDEX_ANYONE:
			out->flags |= PW_SUBJECT_STARTED_BY_ANYONE;
			break;
		default:
			pw_set_add(&out->started_by, pw_build_subject(build, list->index[i]));
		}
	}
}

static void add_access(struct pw_build *build, const struct pw_subject_policy *subject, uint32_t id)
{
	for (size_t i = 0; i < subject->naccess; i++) {
		const struct pw_access *access = &subject->access[i];
		uint32_t object = build->objects[access->object];

		build->image->bank.access[id][object] |=
			(uint16_t)(access->actions | (access->folded ? PW_ACCESS_FOLDED : 0));
		build->image->catalog->access_rule[id][object] = access->number;
	}
}

static int add_subject(struct pw_build *build, size_t i)
{
	const struct pw_subject_policy *subject = &build->policy->subjects[i];
	struct pw_subject *out = &build->image->bank.subjects[build->subjects[i]];

	out->flags = pw_build_subject_flags(subject);
	out->system = subject->system;
	add_started_by(build, &subject->started_by, out);
	if (subject->nusers > PW_USERS_PER_SUBJECT) {
		pw_diag_add(build->diag, PW_DIAG_ERROR, &subject->at, "more than %d users",
			    PW_USERS_PER_SUBJECT);
		return -E2BIG;
	}
	out->nusers = (uint32_t)subject->nusers;
	for (size_t u = 0; u < subject->nusers; u++)
		out->users[u] = build->resolved->subjects[i].users[u];
	add_access(build, subject, build->subjects[i]);

	return 0;
}

static int add_builtin(struct pw_build *build)
{
	static const struct pw_remark nothing;
	struct pw_catalog *catalog = build->image->catalog;
	struct pw_bank *bank = &build->image->bank;

	bank->subjects[PW_SUBJECT_OTHERS].flags = PW_SUBJECT_PRESENT;
	bank->subjects[PW_SUBJECT_INIT].flags = PW_SUBJECT_PRESENT;
	bank->subjects[PW_SUBJECT_DAEMON].flags =
		PW_SUBJECT_PRESENT | PW_SUBJECT_STARTED_BY_INIT | PW_SUBJECT_USERS;
	bank->subjects[PW_SUBJECT_DAEMON].nusers = 1;
	bank->object_flags[PW_OBJECT_CANARY] = PW_OBJECT_PRESENT;
	for (int i = 0; i < PW_SUBJECT_FIRST; i++) {
		catalog->subjects[i] = strdup(build->ids->subjects[i]);
		if (!catalog->subjects[i])
			return -ENOMEM;
	}
	catalog->objects[PW_OBJECT_CANARY] = strdup(build->ids->objects[PW_OBJECT_CANARY]);
	catalog->subject_where[PW_SUBJECT_OTHERS] = where_of(&build->policy->others_at, &nothing);

	return catalog->objects[PW_OBJECT_CANARY] && catalog->subject_where[PW_SUBJECT_OTHERS] ?
		       0 : -ENOMEM;
}

static int add_rules(struct pw_build *build)
{
	const struct pw_policy *policy = build->policy;
	struct pw_catalog *catalog = build->image->catalog;

	catalog->rules = calloc(policy->nrules + 1, sizeof(*catalog->rules));
	if (!catalog->rules)
		return -ENOMEM;
	catalog->nrules = policy->nrules;
	for (size_t i = 0; i < policy->nrules; i++) {
		const struct pw_rule *rule = &policy->rules[i];

		catalog->rules[i].where = where_of(&rule->at, remark_of(policy, rule));
		catalog->rules[i].owner = strdup(rule->subject < policy->nsubjects ?
							 policy->subjects[rule->subject].name :
							 "others");
		if (!catalog->rules[i].where || !catalog->rules[i].owner)
			return -ENOMEM;
	}

	return 0;
}

static int add_head(struct pw_build *build)
{
	const struct pw_policy *policy = build->policy;
	struct pw_catalog *catalog = build->image->catalog;
	struct pw_bank *bank = &build->image->bank;

	bank->generation = build->ids->generation + 1;
	bank->mode = policy->mode;
	catalog->generation = bank->generation;
	catalog->version = policy->version;
	catalog->site_version = pw_policy_site_version(policy);
	pw_text_hex(catalog->digest, policy->digest, PW_DIGEST_LEN);
	catalog->policy = strdup(policy->name);

	return catalog->policy ? 0 : -ENOMEM;
}

static int build_all(struct pw_build *build)
{
	int r;

	r = add_head(build);
	if (r == 0)
		r = add_builtin(build);
	for (size_t i = 0; r == 0 && i < build->policy->nobjects; i++)
		r = add_object(build, i);
	for (size_t i = 0; r == 0 && i < build->policy->nsubjects; i++)
		r = number_subject(build, i);
	for (size_t i = 0; r == 0 && i < build->policy->nsubjects; i++)
		r = add_subject(build, i);
	if (r == 0)
		add_glass(build);
	if (r == 0)
		r = add_rules(build);
	if (r == 0)
		r = pw_build_files(build);
	if (r == 0)
		r = pw_build_programs(build);
	if (r == 0)
		r = pw_build_code(build);
	if (r == 0)
		r = pw_build_net(build);
	build->image->rescue = build->policy->rescue;
	if (r == 0)
		r = pw_build_program_names(build->image, build->ids);
	if (r == 0)
		r = pw_image_encode(build->image);
	if (r == 0)
		r = pw_image_bind(build->image, build->resolved, build->ids, build->diag);
	if (r == 0)
		build->ids->generation = build->image->bank.generation;

	return r;
}

struct pw_image *pw_image_new(void)
{
	static const struct { size_t key, value; } sizes[PW_MAP_MAX_] = {
		[PW_MAP_ROOTS] = {sizeof(struct pw_inode_key), sizeof(struct pw_root)},
		[PW_MAP_NAMES] = {sizeof(struct pw_name_key), sizeof(struct pw_name)},
		[PW_MAP_LINKS] = {sizeof(struct pw_inode_key), sizeof(struct pw_link)},
		[PW_MAP_PROGRAMS] = {sizeof(struct pw_inode_key), sizeof(struct pw_program)},
		[PW_MAP_SCRIPTS] = {sizeof(struct pw_script_key), sizeof(__u32)},
		[PW_MAP_PREFIXES] = {sizeof(struct pw_prefix_key), sizeof(struct pw_port_set)},
		[PW_MAP_DOORS] = {sizeof(struct pw_door_key), sizeof(struct pw_door)},
		[PW_MAP_UNIX_DOORS] = {sizeof(struct pw_unix_key), sizeof(struct pw_door)},
		[PW_MAP_PATH_DOORS] = {sizeof(__u32), sizeof(struct pw_door)},
	};
	_cleanup_(pw_image_freep) struct pw_image *image = calloc(1, sizeof(*image));

	if (!image)
		return NULL;
	image->catalog = calloc(1, sizeof(*image->catalog));
	if (!image->catalog)
		return NULL;
	for (int map = PW_MAP_BANKED_FIRST; map <= PW_MAP_BANKED_LAST; map++) {
		image->tables[map].key_size = sizes[map].key;
		image->tables[map].value_size = sizes[map].value;
	}

	return TAKE_PTR(image);
}

int pw_image_bind(struct pw_image *image, const struct pw_resolved *resolved, struct pw_ids *ids,
		  struct pw_diag *diag)
{
	static const struct pw_policy none;
	struct pw_build build = {
		.policy = &none,
		.resolved = resolved,
		.ids = ids,
		.diag = diag,
		.image = image,
	};
	const struct group *readers = getgrnam(PW_GROUP_AUDIT);
	int r = pw_build_canary(&build);

	image->bank.log_group = readers ? readers->gr_gid : UINT32_MAX;

	if (r == 0)
		r = pw_build_daemon(&build);
	if (r == 0)
		r = pw_build_daemon_name(&build);
	if (r == 0)
		r = pw_build_program_names(image, ids);
	if (r == 0)
		pw_build_known(&build);

	return r;
}

int pw_image_number(struct pw_image *image, struct pw_ids *ids)
{
	struct pw_catalog *catalog = image->catalog;
	int r = pw_ids_take(ids, catalog->subjects, catalog->objects, catalog->programs,
			    catalog->nprograms);

	if (r < 0)
		return r;
	image->bank.generation = ids->generation + 1;
	catalog->generation = image->bank.generation;
	ids->generation = image->bank.generation;

	return 0;
}

int pw_image_build(const struct pw_policy *policy, const struct pw_resolved *resolved,
		   struct pw_ids *ids, struct pw_image **ret, struct pw_diag *diag)
{
	_cleanup_(pw_image_freep) struct pw_image *image = pw_image_new();
	_cleanup_free_ uint32_t *subjects = calloc(policy->nsubjects + 1, sizeof(*subjects));
	_cleanup_free_ uint32_t *objects = calloc(policy->nobjects + 1, sizeof(*objects));
	struct pw_build build = {
		.policy = policy,
		.resolved = resolved,
		.ids = ids,
		.diag = diag,
		.image = image,
		.subjects = subjects,
		.objects = objects,
	};
	int r;

	if (!image || !subjects || !objects)
		return -ENOMEM;
	r = build_all(&build);
	if (r < 0)
		return r;

	*ret = TAKE_PTR(image);
	return 0;
}
