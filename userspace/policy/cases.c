// SPDX-License-Identifier: BSD-2-Clause
#include "policy/cases.h"

#include <errno.h>
#include <string.h>

#include "policy/reader.h"

#define TRIALS_MAX 65536

/* What the readers of one case share. */
struct one_case {
	struct pw_cases *cases;
	size_t subject;
	const char *program;
	bool may;
};

/* The ports and the other ends of one connect or listen. */
struct ends {
	struct pw_ports *tcp, *udp;
	size_t ntcp, nudp;
	struct pw_prefix *peers;
	size_t npeers;
};

static struct pw_trial *add_trial(struct pw_reader *reader, const struct one_case *c,
				  const struct pw_position *at, enum pw_action action)
{
	struct pw_cases *cases = c->cases;
	struct pw_trial *trial;

	if (cases->n == TRIALS_MAX) {
		pw_error(reader, at, "more than %d things are tried: write several files", TRIALS_MAX);
		return NULL;
	}
	if (!(cases->n & (cases->n - 1))) {
		struct pw_trial *more = pw_arena_array(reader->arena, cases->n ? 2 * cases->n : 1,
						       sizeof(*more));

		if (!more)
			return NULL;
		if (cases->n)
			memcpy(more, cases->trials, cases->n * sizeof(*more));
		cases->trials = more;
	}
	trial = &cases->trials[cases->n++];
	*trial = (struct pw_trial){
		.at = *at,
		.subject = c->subject,
		.program = c->program,
		.may = c->may,
		.action = action,
		.object = PW_CASE_NO_OBJECT,
	};

	return trial;
}

/* ---- Files --------------------------------------------------------------------------------- */

size_t pw_policy_object_at(const struct pw_policy *policy, const char *path)
{
	size_t found = PW_CASE_NO_OBJECT, longest = 0;

	for (size_t i = 0; i < policy->nobjects; i++) {
		for (size_t j = 0; j < policy->objects[i].npaths; j++) {
			const char *root = policy->objects[i].paths[j].path;

			if (pw_path_within(path, root) && strlen(root) >= longest) {
				found = i;
				longest = strlen(root);
			}
		}
	}

	return found;
}

static void try_file(struct pw_reader *reader, const struct pw_yaml *item,
		     const struct one_case *c, enum pw_action action)
{
	const struct pw_symbol *object = pw_symbols_find(&reader->object_names, item->text);
	struct pw_near near = {.text = item->text};
	struct pw_trial *trial;
	struct pw_path path;

	if (*item->text != '/' && !object) {
		pw_symbols_offer(&reader->object_names, &near);
		pw_error(reader, &item->at, "'%s' is neither an object of the policy nor an absolute "
			 "path%s", item->text, pw_suggestion(reader, &near));
		return;
	}
	if (!object && !pw_read_path(reader, item, &path))
		return;
	trial = add_trial(reader, c, &item->at, action);
	if (!trial)
		return;
	trial->object = object ? object->index : pw_policy_object_at(reader->policy, path.path);
	trial->path = object ? NULL : path.path;
}

static void try_files(struct pw_reader *reader, const struct pw_yaml *list, void *out,
		      enum pw_action action)
{
	for (const struct pw_yaml *item = list->first; item; item = item->next)
		if (pw_kind_is(reader, item, PW_YAML_SCALAR, pw_word_name(&pw_words_action, action)))
			try_file(reader, item, out, action);
}

#define FILE_ACTION(name, action)                                                                  \
	static void try_##name(struct pw_reader *reader, const struct pw_yaml *list, void *out)    \
	{                                                                                          \
		try_files(reader, list, out, action);                                              \
	}

FILE_ACTION(read, PW_ACTION_READ)
FILE_ACTION(write, PW_ACTION_WRITE)
FILE_ACTION(create, PW_ACTION_CREATE)
FILE_ACTION(delete, PW_ACTION_DELETE)
FILE_ACTION(rename, PW_ACTION_RENAME)
FILE_ACTION(link, PW_ACTION_LINK)
FILE_ACTION(attr, PW_ACTION_ATTR)
FILE_ACTION(exec, PW_ACTION_EXEC)

/* ---- The network --------------------------------------------------------------------------- */

static void read_tcp(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct ends *ends = out;

	ends->tcp = pw_read_ports(reader, list, &ends->ntcp);
}

static void read_udp(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct ends *ends = out;

	ends->udp = pw_read_ports(reader, list, &ends->nudp);
}

/* A case is about one connection: of a network some addresses may be covered and others not. */
static void read_to(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct ends *ends = out;

	ends->peers = pw_read_addresses(reader, list, "address", &ends->npeers);
	for (size_t i = 0; ends->peers && i < ends->npeers; i++)
		if (ends->peers[i].length != (ends->peers[i].family == 4 ? 32 : 128))
			pw_error(reader, &list->at, "a case names single addresses, not networks");
}

static void read_from(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct ends *ends = out;

	read_to(reader, list, out);
	for (size_t i = 0; ends->peers && i < ends->npeers; i++)
		if (pw_prefix_is_loopback(&ends->peers[i]))
			pw_error(reader, &list->at, "who comes by loopback is a subject: write a "
				 "'connect' of that subject");
}

static const struct pw_key connect_keys[] = {
	{"tcp", PW_YAML_LIST, NULL, read_tcp},
	{"udp", PW_YAML_LIST, NULL, read_udp},
	{"to", PW_YAML_LIST, "a list of single addresses", read_to},
};

static const struct pw_key listen_keys[] = {
	{"tcp", PW_YAML_LIST, NULL, read_tcp},
	{"udp", PW_YAML_LIST, NULL, read_udp},
	{"from", PW_YAML_LIST, NULL, read_from},
};

static void try_port(struct pw_reader *reader, const struct pw_yaml *node, const struct one_case *c,
		     enum pw_action action, const struct ends *ends, enum pw_proto proto,
		     uint16_t port)
{
	size_t n = ends->npeers ?: 1;

	for (size_t i = 0; i < n; i++) {
		struct pw_trial *trial = add_trial(reader, c, &node->at, action);

		if (!trial)
			return;
		trial->proto = proto;
		trial->port = port;
		if (ends->npeers)
			trial->peer = ends->peers[i];
	}
}

static void try_ports(struct pw_reader *reader, const struct pw_yaml *node, const struct one_case *c,
		      enum pw_action action, const struct ends *ends, enum pw_proto proto)
{
	const struct pw_ports *ports = proto == PW_PROTO_TCP ? ends->tcp : ends->udp;
	size_t n = proto == PW_PROTO_TCP ? ends->ntcp : ends->nudp, errors = reader->diag->errors;

	for (size_t i = 0; ports && i < n; i++)
		for (uint32_t port = ports[i].low; port <= ports[i].high &&
						   reader->diag->errors == errors; port++)
			try_port(reader, node, c, action, ends, proto, (uint16_t)port);
}

static void try_network(struct pw_reader *reader, const struct pw_yaml *map,
			const struct one_case *c, enum pw_action action, const char *what,
			const struct pw_key *keys, size_t nkeys)
{
	size_t errors = reader->diag->errors;
	struct ends ends = {};

	pw_map_read(reader, map, what, &map->at, keys, nkeys, &ends);
	if (!pw_map_value(map, "tcp") && !pw_map_value(map, "udp"))
		pw_error(reader, &map->at, "%s names no port: state 'tcp' or 'udp'", what);
	if (reader->diag->errors != errors)
		return;
	try_ports(reader, map, c, action, &ends, PW_PROTO_TCP);
	try_ports(reader, map, c, action, &ends, PW_PROTO_UDP);
}

static void try_connect(struct pw_reader *reader, const struct pw_yaml *map, void *out)
{
	try_network(reader, map, out, PW_ACTION_CONNECT, "a connect of a case", connect_keys,
		    PW_ARRAY_SIZE(connect_keys));
}

static void try_listen(struct pw_reader *reader, const struct pw_yaml *map, void *out)
{
	try_network(reader, map, out, PW_ACTION_LISTEN, "a listen of a case", listen_keys,
		    PW_ARRAY_SIZE(listen_keys));
}

/* ---- A case -------------------------------------------------------------------------------- */

static const struct pw_key trial_keys[] = {
	{"read", PW_YAML_LIST, NULL, try_read},
	{"write", PW_YAML_LIST, NULL, try_write},
	{"create", PW_YAML_LIST, NULL, try_create},
	{"delete", PW_YAML_LIST, NULL, try_delete},
	{"rename", PW_YAML_LIST, NULL, try_rename},
	{"link", PW_YAML_LIST, NULL, try_link},
	{"attr", PW_YAML_LIST, NULL, try_attr},
	{"exec", PW_YAML_LIST, NULL, try_exec},
	{"connect", PW_YAML_MAP, NULL, try_connect},
	{"listen", PW_YAML_MAP, NULL, try_listen},
};

static void read_subject(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	const struct pw_symbol *name = pw_symbols_find(&reader->subject_names, node->text);
	struct pw_near near = {.text = node->text};
	struct one_case *c = out;

	if (!strcmp(node->text, "others")) {
		c->subject = PW_SUBJECT_INDEX_OTHERS;
	} else if (!strcmp(node->text, "init")) {
		c->subject = PW_SUBJECT_INDEX_INIT;
	} else if (name) {
		c->subject = name->index;
	} else {
		pw_symbols_offer(&reader->subject_names, &near);
		pw_near_offer(&near, "others");
		pw_error(reader, &node->at, "unknown subject '%s'%s", node->text,
			 pw_suggestion(reader, &near));
	}
}

static bool is_program_of(const struct pw_subject_policy *subject, const char *path)
{
	for (size_t i = 0; i < subject->nexec; i++) {
		const struct pw_path *exec = &subject->exec[i];

		if (exec->below ? pw_path_within(path, exec->path) && strcmp(path, exec->path) :
				  !strcmp(path, exec->path))
			return true;
	}

	return false;
}

/* The subject that its exec enters when it is started as the policy wants it: others, if none. */
static void read_program(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	const struct pw_policy *policy = reader->policy;
	struct one_case *c = out;
	struct pw_path path;
	size_t found = PW_SUBJECT_INDEX_OTHERS;

	if (!pw_read_path(reader, node, &path))
		return;
	for (size_t i = 0; i < policy->nsubjects; i++) {
		if (!is_program_of(&policy->subjects[i], path.path))
			continue;
		if (found != PW_SUBJECT_INDEX_OTHERS) {
			pw_error(reader, &node->at, "'%s' is a program of '%s' and of '%s': name the "
				 "'subject'", path.path, policy->subjects[found].name,
				 policy->subjects[i].name);
			return;
		}
		found = i;
	}
	c->subject = found;
	c->program = path.path;
}

static void read_expected(struct pw_reader *reader, const struct pw_yaml *map, void *out, bool may)
{
	struct one_case *c = out;

	c->may = may;
	pw_map_read(reader, map, may ? "'may'" : "'may_not'", &map->at, trial_keys,
		    PW_ARRAY_SIZE(trial_keys), c);
}

static void read_may(struct pw_reader *reader, const struct pw_yaml *map, void *out)
{
	read_expected(reader, map, out, true);
}

static void read_may_not(struct pw_reader *reader, const struct pw_yaml *map, void *out)
{
	read_expected(reader, map, out, false);
}

/* Who comes first: what is tried needs it. */
static const struct pw_key case_keys[] = {
	{"subject", PW_YAML_SCALAR, NULL, read_subject},
	{"program", PW_YAML_SCALAR, NULL, read_program},
	{"may", PW_YAML_MAP, NULL, read_may},
	{"may_not", PW_YAML_MAP, NULL, read_may_not},
};

static void read_case(struct pw_reader *reader, const struct pw_yaml *item, struct pw_cases *cases)
{
	struct one_case c = {.cases = cases};

	if (!pw_kind_is(reader, item, PW_YAML_MAP, "cases"))
		return;
	if (!pw_map_value(item, "subject") == !pw_map_value(item, "program"))
		pw_error(reader, &item->at, "a case is about one 'subject' or one 'program'");
	else if (!pw_map_value(item, "may") && !pw_map_value(item, "may_not"))
		pw_error(reader, &item->at, "nothing is tried: state 'may' or 'may_not'");
	pw_map_read(reader, item, "a case", &item->at, case_keys, PW_ARRAY_SIZE(case_keys), &c);
}

static void read_cases(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	for (const struct pw_yaml *item = list->first; item; item = item->next)
		read_case(reader, item, out);
}

static const struct pw_key file_keys[] = {
	{"phiward", PW_YAML_SCALAR, "the schema, 1", pw_read_schema},
	{"cases", PW_YAML_LIST, "a list of cases", read_cases},
};

/* ---- The whole --------------------------------------------------------------------------- */

static int add_names(struct pw_reader *reader)
{
	const struct pw_policy *policy = reader->policy;
	struct pw_symbols *objects = &reader->object_names, *subjects = &reader->subject_names;

	objects->list = pw_arena_array(reader->trees, policy->nobjects, sizeof(*objects->list));
	subjects->list = pw_arena_array(reader->trees, policy->nsubjects, sizeof(*subjects->list));
	if (!objects->list || !subjects->list)
		return -ENOMEM;
	for (size_t i = 0; i < policy->nobjects; i++)
		objects->list[i] = (struct pw_symbol){policy->objects[i].name,
						      policy->objects[i].at, i};
	objects->n = policy->nobjects;
	for (size_t i = 0; i < policy->nsubjects; i++)
		subjects->list[i] = (struct pw_symbol){policy->subjects[i].name,
						       policy->subjects[i].at, i};
	subjects->n = policy->nsubjects;
	pw_symbols_sort(reader, objects, "object");
	pw_symbols_sort(reader, subjects, "subject");

	return 0;
}

static int read_source(struct pw_reader *reader, const struct pw_source *source,
		       struct pw_cases *cases)
{
	struct pw_position top = {.file = source->path, .line = 1, .column = 1};
	struct pw_yaml *root = NULL;
	int r;

	r = add_names(reader);
	if (!r)
		r = pw_yaml_read(reader->trees, source->path, source->text, source->length,
				 reader->diag, &root);
	if (r < 0)
		return r;
	if (!root || root->kind != PW_YAML_MAP)
		pw_error(reader, &top, "no test cases: 'phiward: 1' and 'cases' must be stated");
	else
		pw_map_read(reader, root, "test cases", &top, file_keys, PW_ARRAY_SIZE(file_keys),
			    cases);
	if (reader->out_of_memory || pw_arena_failed(reader->arena) ||
	    pw_arena_failed(reader->trees))
		return -ENOMEM;

	return reader->diag->errors ? -EINVAL : 0;
}

static int read_with(struct pw_supply *supply, const char *name, const struct pw_policy *policy,
		     struct pw_cases **ret, struct pw_diag *diag)
{
	_cleanup_(pw_arena_freep) struct pw_arena *trees = pw_arena_new();
	_cleanup_(pw_arena_freep) struct pw_arena *arena = pw_arena_new();
	struct pw_reader reader = {.diag = diag, .arena = arena, .trees = trees, .supply = supply};
	struct pw_position top = {.file = name, .line = 1, .column = 1};
	struct pw_policy known = *policy;	/* readers may change theirs */
	struct pw_source source = {};
	struct pw_cases *cases;
	int r;

	if (!trees || !arena)
		return -ENOMEM;
	reader.policy = &known;
	supply->directory = pw_source_directory(trees, name);
	cases = pw_arena_array(arena, 1, sizeof(*cases));
	if (!supply->directory || !cases)
		return -ENOMEM;
	cases->arena = arena;
	r = pw_source_fetch(supply, arena, name, NULL, PW_POLICY_BYTES_MAX, &source);
	if (r == -EFBIG)
		pw_error(&reader, &top, "test cases have at most %u bytes", PW_POLICY_BYTES_MAX);
	else if (r < 0 && r != -ENOMEM)
		pw_error(&reader, &top, "cannot read '%s': %s", name, strerror(-r));
	if (!r)
		r = read_source(&reader, &source, cases);
	pw_diag_sort(diag);
	if (r < 0)
		return r;
	(void)TAKE_PTR(arena);
	*ret = cases;

	return 0;
}

int pw_cases_read(const char *path, const struct pw_policy *policy, struct pw_cases **ret,
		  struct pw_diag *diag)
{
	struct pw_supply supply = {};

	return read_with(&supply, path, policy, ret, diag);
}

int pw_cases_parse(const struct pw_source *source, const struct pw_policy *policy,
		   struct pw_cases **ret, struct pw_diag *diag)
{
	struct pw_supply supply = {.sources = source, .nsources = 1};

	return read_with(&supply, source->name, policy, ret, diag);
}

struct pw_cases *pw_cases_free(struct pw_cases *cases)
{
	if (cases)
		pw_arena_free(cases->arena);

	return NULL;
}
