// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include "common/text.h"
#include "policy/reader.h"

#define USER_NAME_MAX 32

/* The highest uid is none: it means "unchanged" to the kernel. */
#define UID_HIGHEST 4294967294U

/* What the readers of one subject's keys share. */
struct subject {
	struct pw_subject_policy *policy;
	size_t index;
};

static void read_exec(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct pw_subject_policy *policy = ((struct subject *)out)->policy;
	struct pw_path *paths = pw_arena_array(reader->arena, list->n, sizeof(*paths));
	const struct pw_yaml *item;
	size_t n = 0;

	for (item = list->first; item && paths; item = item->next) {
		if (!pw_read_path(reader, item, &paths[n]))
			continue;
		if (!strcmp(paths[n].path, "/"))
			pw_error(reader, &item->at, "'/' cannot be a program");
		n++;
	}
	policy->exec = paths;
	policy->nexec = n;
}

static void read_helpers(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	struct pw_subject_policy *policy = ((struct subject *)out)->policy;
	struct pw_path *paths;
	const struct pw_yaml *item;
	size_t n = 0;

	if (node->kind == PW_YAML_SCALAR && !strcmp(node->text, "any")) {
		policy->helpers_any = true;
		return;
	}
	if (node->kind != PW_YAML_LIST) {
		pw_error(reader, &node->at, "'helpers' must be a list of programs or the word any");
		return;
	}
	paths = pw_arena_array(reader->arena, node->n, sizeof(*paths));
	for (item = node->first; item && paths; item = item->next) {
		if (!pw_read_path(reader, item, &paths[n]))
			continue;
		if (paths[n].below || !strcmp(paths[n].path, "/"))
			pw_error(reader, &item->at, "a helper is one program; only 'exec' may name "
				 "a directory");
		n++;
	}
	policy->helpers = paths;
	policy->nhelpers = n;
}

static void read_started_by(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct pw_subject_policy *policy = ((struct subject *)out)->policy;

	pw_read_subjects(reader, list, PW_WORD_INIT | PW_WORD_LOGIN | PW_WORD_ANYONE,
			 &policy->started_by);
}

static bool is_user(const char *text)
{
	const char *c;
	uint64_t uid;

	if (!pw_text_number(text, 0, UID_HIGHEST, &uid))
		return true;
	if (!*text || strlen(text) > USER_NAME_MAX || strchr("0123456789-$.", *text))
		return false;
	for (c = text; *c; c++)
		if (!(*c >= 'a' && *c <= 'z') && !(*c >= 'A' && *c <= 'Z') &&
		    !strchr("0123456789_-.$", *c))
			return false;

	return true;
}

struct pw_user *pw_read_users(struct pw_reader *reader, const struct pw_yaml *list, const char *one,
			      const char *in, size_t *ret_n)
{
	struct pw_user *users = pw_arena_array(reader->arena, list->n, sizeof(*users));
	const struct pw_yaml *item;
	size_t n = 0;

	for (item = list->first; item && users; item = item->next) {
		if (!pw_kind_is(reader, item, PW_YAML_SCALAR, one))
			continue;
		if (!is_user(item->text)) {
			pw_error(reader, &item->at, "'%.40s' is neither a %s name nor a number",
				 item->text, one);
			continue;
		}
		if (n == PW_USERS_PER_SUBJECT) {
			pw_error(reader, &item->at, "more than %d %ss in one %s",
				 PW_USERS_PER_SUBJECT, one, in);
			break;
		}
		users[n].at = item->at;
		users[n++].name = pw_arena_copy(reader->arena, item->text, strlen(item->text));
	}
	*ret_n = n;

	return users;
}

static void read_users(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct pw_subject_policy *policy = ((struct subject *)out)->policy;

	policy->users = pw_read_users(reader, list, "user", "subject", &policy->nusers);
}

static void read_actions(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	const struct pw_yaml *item;
	uint32_t actions = 0;
	unsigned int action, i;

	for (item = list->first; item; item = item->next) {
		struct pw_near near = {.text = item->text};

		if (!pw_kind_is(reader, item, PW_YAML_SCALAR, "action"))
			continue;
		action = pw_word_number(&pw_words_action, item->text);
		if (action && action < PW_ACTION_FILES_END) {
			if (actions & PW_ACTION_BIT(action))
				pw_error(reader, &item->at, "'%s' is given twice", item->text);
			actions |= PW_ACTION_BIT(action);
			continue;
		}
		for (i = 1; i < PW_ACTION_FILES_END; i++)
			pw_near_offer(&near, pw_words_action.names[i]);
		pw_error(reader, &item->at, "'%s' is no action on files (read, write, create, delete, "
			 "rename, link, attr, exec)%s", item->text, pw_suggestion(reader, &near));
	}

	((struct pw_access *)out)->actions = actions;
}

/* An access as a mapping, for a remark beside the actions. */
static const struct pw_key access_keys[] = {
	{"actions", PW_YAML_LIST, "a list of actions", read_actions},
	PW_RULE_REMARK_KEYS,
};

static const struct pw_symbol *find_object(struct pw_reader *reader, const struct pw_yaml *key)
{
	const struct pw_symbol *object = pw_symbols_find(&reader->object_names, key->text);
	struct pw_near near = {.text = key->text};

	if (!object) {
		pw_symbols_offer(&reader->object_names, &near);
		pw_error(reader, &key->at, "unknown object '%s'%s", key->text,
			 pw_suggestion(reader, &near));
	}

	return object;
}

static bool read_one_access(struct pw_reader *reader, const struct pw_yaml *key, size_t subject,
			    struct pw_access *ret)
{
	const struct pw_symbol *object = find_object(reader, key);

	if (!object)
		return false;
	if (!key->value)
		return false;
	ret->at = key->at;
	ret->object = object->index;
	if (key->value->kind == PW_YAML_MAP)
		pw_map_read(reader, key->value, "an access", &key->at, access_keys,
			    PW_ARRAY_SIZE(access_keys), ret);
	else if (pw_kind_is(reader, key->value, PW_YAML_LIST, key->text))
		read_actions(reader, key->value, ret);
	ret->number = pw_rule_number(reader, &key->at, subject, key->value);

	return true;
}

static void read_access(struct pw_reader *reader, const struct pw_yaml *map, void *out)
{
	struct subject *subject = out;
	struct pw_access *access = pw_arena_array(reader->arena, map->n, sizeof(*access));
	const struct pw_yaml *key;
	size_t n = 0;

	for (key = map->first; key && access; key = key->next)
		if (key->kind == PW_YAML_SCALAR &&
		    read_one_access(reader, key, subject->index, &access[n]))
			n++;
	subject->policy->access = access;
	subject->policy->naccess = n;
}

/* The only word: what is not folded is not named. */
static const char *const fold_names[] = {"invalid", "folded"};
static const struct pw_words words_fold = {fold_names, 2};

static struct pw_access *find_access(const struct pw_subject_policy *policy, size_t object)
{
	size_t i;

	for (i = 0; i < policy->naccess; i++)
		if (policy->access[i].object == object)
			return &policy->access[i];

	return NULL;
}

static void read_one_audit(struct pw_reader *reader, const struct pw_yaml *key,
			   const struct pw_subject_policy *policy)
{
	const struct pw_symbol *object = find_object(reader, key);
	struct pw_access *access;

	if (!key->value || !pw_read_word(reader, key->value, "audit", &words_fold) || !object)
		return;
	access = find_access(policy, object->index);
	if (!access || !(access->actions & PW_ACTION_BIT(PW_ACTION_READ))) {
		pw_error(reader, &key->at, "'%s' may not read '%s', so no reads can be folded: name it "
			 "with 'read' under 'access'", policy->name, key->text);
		return;
	}
	access->folded = true;
	access->folded_at = key->at;
}

static void read_audit(struct pw_reader *reader, const struct pw_yaml *map, void *out)
{
	const struct pw_yaml *key;

	for (key = map->first; key; key = key->next)
		if (key->kind == PW_YAML_SCALAR)
			read_one_audit(reader, key, ((struct subject *)out)->policy);
}

static void read_writes(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct pw_subject_policy *policy = ((struct subject *)out)->policy;
	struct pw_path *paths = pw_arena_array(reader->arena, list->n, sizeof(*paths));
	const struct pw_yaml *item;
	size_t n = 0;

	for (item = list->first; item && paths; item = item->next) {
		if (item->kind == PW_YAML_SCALAR && !strcmp(item->text, "tty")) {
			policy->writes_tty = true;
		} else if (item->kind == PW_YAML_SCALAR && !strcmp(item->text, "pipe")) {
			policy->writes_pipe = true;
		} else if (item->kind == PW_YAML_SCALAR && *item->text && *item->text != '/') {
			pw_error(reader, &item->at, "'%.80s' is neither an absolute path nor one of "
				 "the words tty and pipe", item->text);
		} else if (pw_read_path(reader, item, &paths[n])) {
			paths[n++].below = false;
		}
	}
	policy->writes = paths;
	policy->nwrites = n;
}

/* Paths of which all of the machine cannot be one. */
static struct pw_path *read_code_paths(struct pw_reader *reader, const struct pw_yaml *list,
				       size_t *ret_n)
{
	struct pw_path *paths = pw_read_paths(reader, list, ret_n);
	size_t i;

	for (i = 0; i < *ret_n; i++)
		if (!strcmp(paths[i].path, "/"))
			pw_error(reader, &paths[i].at, "'/' cannot be guarded as code: nobody could "
				 "write a file");

	return paths;
}

static void read_code(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct pw_subject_policy *policy = ((struct subject *)out)->policy;

	policy->code = read_code_paths(reader, list, &policy->ncode);
}

static void read_protect(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct pw_subject_policy *policy = ((struct subject *)out)->policy;

	policy->protect = read_code_paths(reader, list, &policy->nprotect);
}

static void read_updates(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	((struct subject *)out)->policy->updates = pw_read_bool(reader, node);
}

static void read_network(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct subject *subject = out;

	subject->policy->network = pw_read_rules(reader, list, subject->index,
						 &subject->policy->nnetwork);
}

static void read_never_block(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	((struct subject *)out)->policy->never_block = pw_read_bool(reader, node);
}

static void read_says_for(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct pw_subject_policy *policy = ((struct subject *)out)->policy;

	pw_read_subjects(reader, list, 0, &policy->says_for);
}

static const struct pw_key says_who_keys[] = {
	{"for", PW_YAML_LIST, "a list of subjects", read_says_for},
};

static void read_says_who(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	struct pw_subject_policy *policy = ((struct subject *)out)->policy;

	if (node->kind == PW_YAML_SCALAR) {
		policy->says_who = pw_read_bool(reader, node);
		return;
	}
	if (node->kind != PW_YAML_MAP) {
		pw_error(reader, &node->at, "'says_who' must be true, false, or a mapping with 'for'");
		return;
	}
	policy->says_who = true;
	pw_map_read(reader, node, "'says_who'", &node->at, says_who_keys,
		    PW_ARRAY_SIZE(says_who_keys), out);
}

static void read_mode(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	((struct subject *)out)->policy->mode = pw_read_mode(reader, node);
}

static void read_system(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct pw_subject_policy *policy = ((struct subject *)out)->policy;
	const struct pw_yaml *item;
	unsigned int right;

	for (item = list->first; item; item = item->next) {
		right = pw_read_word(reader, item, "system", &pw_words_system);
		if (right)
			policy->system |= PW_SYSTEM_BIT(right);
	}
}

static const struct pw_key subject_keys[] = {
	{"exec", PW_YAML_LIST, "a list of programs", read_exec},
	{"started_by", PW_YAML_LIST, NULL, read_started_by},
	{"helpers", PW_YAML_ANY, NULL, read_helpers},
	{"users", PW_YAML_LIST, NULL, read_users},
	{"access", PW_YAML_MAP, NULL, read_access},
	{"audit", PW_YAML_MAP, NULL, read_audit},	/* of what `access` names */
	{"writes", PW_YAML_LIST, NULL, read_writes},
	{"code", PW_YAML_ANY_LIST, NULL, read_code},
	{"protect", PW_YAML_LIST, NULL, read_protect},
	{"updates", PW_YAML_SCALAR, NULL, read_updates},
	{"network", PW_YAML_LIST, NULL, read_network},
	{"never_block", PW_YAML_SCALAR, NULL, read_never_block},
	{"says_who", PW_YAML_ANY, NULL, read_says_who},
	{"mode", PW_YAML_SCALAR, NULL, read_mode},
	{"system", PW_YAML_LIST, NULL, read_system},
	PW_REMARK_KEYS,
};

static bool may_read(const struct pw_subject_policy *policy)
{
	size_t i;

	for (i = 0; i < policy->naccess; i++)
		if (policy->access[i].actions & PW_ACTION_BIT(PW_ACTION_READ))
			return true;

	return false;
}

/* `unix` is of use only where there is a door: at subjects that may read. */
static void refuse_idle_unix(struct pw_reader *reader, const struct pw_subject_policy *policy)
{
	const struct pw_net_rule *rule;
	size_t i;

	for (i = 0; i < policy->nnetwork; i++) {
		rule = &policy->network[i];
		if (rule->nunix_paths || rule->nunix_abstract || rule->unix_any)
			pw_error(reader, &rule->at, "'unix' has no effect here: '%s' may read no "
				 "object, so its unix sockets are open to all", policy->name);
	}
}

void pw_read_subject(struct pw_reader *reader, const struct pw_yaml *node,
		     struct pw_subject_policy *policy)
{
	struct subject subject = {policy, policy - reader->policy->subjects};

	policy->mode = PW_MODE_ENFORCE;
	pw_map_read(reader, node, "a subject", &policy->at, subject_keys,
		    PW_ARRAY_SIZE(subject_keys), &subject);
	pw_read_remark(reader, node, false, &policy->remark);
	policy->reads = may_read(policy);
	policy->code_default = !pw_map_value(node, "code");
	if (policy->code_default)
		policy->code = pw_code_take_default(reader, &policy->at, &policy->ncode);
	if (!pw_map_value(node, "access") && pw_map_value(node, "writes"))
		pw_error(reader, &pw_map_value(node, "writes")->at, "'writes' has no effect without "
			 "'access'");
	if (!policy->reads)
		refuse_idle_unix(reader, policy);
	if (pw_map_value(node, "started_by"))
		return;
	if (policy->reads)
		pw_error(reader, &policy->at, "'started_by' must be stated: '%s' may read an object "
			 "(init, login, anyone or names of subjects)", policy->name);
	policy->started_by.index = pw_arena_array(reader->arena, 1, sizeof(size_t));
	if (policy->started_by.index) {
		policy->started_by.index[0] = PW_SUBJECT_INDEX_ANYONE;
		policy->started_by.n = 1;
	}
}
