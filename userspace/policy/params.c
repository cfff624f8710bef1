// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a policy leaves to the site: parameters with a type and a bound. Their values are put into
 * the trees before anything else is read, so that each value stands where the site or the policy
 * wrote it.
 */
#include <errno.h>
#include <string.h>

#include "common/text.h"
#include "policy/ports.h"
#include "policy/reader.h"
#include "policy/tree.h"

#define REFERENCE '$'

static const char *const type_names[] = {
	[PW_PARAM_INVALID] = "invalid", [PW_PARAM_PEER] = "peer", [PW_PARAM_CIDR] = "cidr",
	[PW_PARAM_PORT] = "port", [PW_PARAM_PATH] = "path", [PW_PARAM_USER] = "user",
	[PW_PARAM_DURATION] = "duration",
};
static const struct pw_words words_type = {type_names, PW_ARRAY_SIZE(type_names)};

/* Each has one meaning for the policies of all vendors. */
static const char *const reserved[] = {
	"pacs", "ris", "worklist", "mpps", "dicom_print", "hl7_engine", "central_station", "dns",
	"ntp", "syslog", "audit_repository", "directory", "update_server", "remote_service",
	"monitoring",
};

bool pw_peer_is_reserved(const char *name)
{
	size_t i;

	for (i = 0; i < PW_ARRAY_SIZE(reserved); i++)
		if (!strcmp(reserved[i], name))
			return true;

	return false;
}

/* ---- Values ------------------------------------------------------------------------------ */

/* What a parameter may be, read once. */
struct bound {
	const struct pw_param *param;
	bool any;
	struct pw_prefix *prefixes;
	size_t nprefixes;
	struct pw_ports_list ports;
	struct pw_path *paths;
	size_t npaths;
	uint64_t least, most;		/* ms */
	const struct pw_yaml *words;
};

static void read_durations(struct pw_reader *reader, const struct pw_yaml *list,
			   struct bound *bound)
{
	if (list->n != 2 || !pw_text_amount(list->first->text ?: "", pw_units_time, &bound->least) ||
	    !pw_text_amount(list->last->text ?: "", pw_units_time, &bound->most) || bound->least > bound->most)
		pw_error(reader, &list->at, "of a duration 'allowed' holds the shortest and the longest, "
			 "as [1d, 90d]");
}

static bool read_bound(struct pw_reader *reader, const struct pw_param *param, struct bound *bound)
{
	const struct pw_yaml *allowed = param->allowed;
	size_t errors = reader->diag->errors;

	*bound = (struct bound){.param = param, .words = allowed};
	bound->any = allowed->kind == PW_YAML_SCALAR && !strcmp(allowed->text, "any");
	if (bound->any)
		return true;
	if (!pw_kind_is(reader, allowed, PW_YAML_LIST, "allowed"))
		return false;
	switch (param->type) {
	case PW_PARAM_PEER:
	case PW_PARAM_CIDR:
		bound->prefixes = pw_read_addresses(reader, allowed, NULL, &bound->nprefixes);
		break;
	case PW_PARAM_PORT:
		bound->ports.list = pw_read_ports(reader, allowed, &bound->ports.n);
		break;
	case PW_PARAM_PATH:
		bound->paths = pw_read_paths(reader, allowed, &bound->npaths);
		break;
	case PW_PARAM_DURATION:
		read_durations(reader, allowed, bound);
		break;
	default:
		break;
	}

	return reader->diag->errors == errors;
}

static bool address_fits(struct pw_reader *reader, const struct pw_yaml *value,
			 const struct bound *bound)
{
	struct pw_prefix prefix;
	const char *why;
	size_t i;

	if (pw_prefix_parse(value->text, &prefix, &why) < 0) {
		pw_error(reader, &value->at, "'%s': %s", value->text, why);
		return true;
	}
	for (i = 0; i < bound->nprefixes; i++)
		if (bound->prefixes[i].length <= prefix.length &&
		    pw_prefix_covers(&bound->prefixes[i], prefix.family, prefix.addr))
			return true;

	return bound->any;
}

static bool port_fits(struct pw_reader *reader, const struct pw_yaml *value,
		      const struct bound *bound)
{
	struct pw_ports ports;

	if (!pw_read_port(reader, value, &ports))
		return true;

	return bound->any || !pw_ports_difference(reader->trees, (struct pw_ports_list){&ports, 1},
						  bound->ports).n;
}

static bool path_fits(struct pw_reader *reader, const struct pw_yaml *value,
		      const struct bound *bound)
{
	struct pw_path path;
	size_t i;

	if (!pw_read_path(reader, value, &path))
		return true;
	for (i = 0; i < bound->npaths; i++)
		if (pw_path_within(path.path, bound->paths[i].path))
			return true;

	return bound->any;
}

static bool duration_fits(struct pw_reader *reader, const struct pw_yaml *value,
			  const struct bound *bound)
{
	uint64_t ms;

	if (!pw_text_amount(value->text, pw_units_time, &ms)) {
		pw_error(reader, &value->at, "'%.40s' is no duration: a whole number and its unit, as "
			 "90d", value->text);
		return true;
	}

	return bound->any || (ms >= bound->least && ms <= bound->most);
}

static bool user_fits(const struct pw_yaml *value, const struct bound *bound)
{
	const struct pw_yaml *word;

	for (word = bound->words->first; word; word = word->next)
		if (word->kind == PW_YAML_SCALAR && !strcmp(word->text, value->text))
			return true;

	return bound->any;
}

/* Also true where it is no value at all, which has then been reported. */
static bool fits(struct pw_reader *reader, const struct pw_yaml *value, const struct bound *bound)
{
	switch (bound->param->type) {
	case PW_PARAM_PEER:
	case PW_PARAM_CIDR:
		return address_fits(reader, value, bound);
	case PW_PARAM_PORT:
		return port_fits(reader, value, bound);
	case PW_PARAM_PATH:
		return path_fits(reader, value, bound);
	case PW_PARAM_DURATION:
		return duration_fits(reader, value, bound);
	default:
		return user_fits(value, bound);
	}
}

static void check_value(struct pw_reader *reader, const struct pw_yaml *value,
			const struct bound *bound)
{
	const struct pw_param *param = bound->param;

	if (!pw_kind_is(reader, value, PW_YAML_SCALAR, param->name) ||
	    fits(reader, value, bound))
		return;
	pw_error(reader, &value->at, "'%s' is not among what the policy allows for '%s' (%s:%u)%s%s",
		 value->text, param->name, param->allowed->at.file, param->allowed->at.line,
		 param->remark.reason ? ": " : "", param->remark.reason ?: "");
}

static void check_values(struct pw_reader *reader, const struct pw_param *param)
{
	const struct pw_yaml *value = param->value, *item;
	struct bound bound;

	if (!read_bound(reader, param, &bound))
		return;
	if (value->kind != PW_YAML_LIST) {
		check_value(reader, value, &bound);
		return;
	}
	if (!pw_kind_is(reader, value, PW_YAML_LIST, param->name))
		return;
	for (item = value->first; item; item = item->next)
		check_value(reader, item, &bound);
}

/* ---- Declarations ------------------------------------------------------------------------ */

static void read_type(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	((struct pw_param *)out)->type = pw_read_word(reader, node, "type", &words_type);
}

static void read_allowed(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	(void)reader;
	((struct pw_param *)out)->allowed = node;
}

static void read_default(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	(void)reader;
	((struct pw_param *)out)->value = node;
}

static void read_reason(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	pw_read_remark_text(reader, node, &((struct pw_param *)out)->remark.reason);
}

static const struct pw_key param_keys[] = {
	{"type", PW_YAML_SCALAR, "peer, cidr, port, path, user or duration", read_type},
	{"allowed", PW_YAML_ANY, "a list of what a site may state, or any", read_allowed},
	{"default", PW_YAML_ANY, NULL, read_default},
	{"reason", PW_YAML_SCALAR, NULL, read_reason},
};

static const struct pw_yaml *params_of(const struct pw_reader *reader, size_t source)
{
	const struct pw_yaml *key = pw_tree_key(reader->roots[source], "params");

	return key && key->value->kind == PW_YAML_MAP ? key->value : NULL;
}

/* What the site states: for this policy, or for all that have a parameter of this name. */
static const struct pw_yaml *stated(const struct pw_reader *reader, const struct pw_param *param)
{
	const char *const here[] = {"params", NULL};
	struct pw_yaml *key;

	key = pw_tree_key(pw_tree_map(pw_site_part(reader), here), param->name);
	if (!key && param->type == PW_PARAM_PEER) {
		const struct pw_yaml *peers = pw_tree_key(reader->site_root, "peers");

		key = peers ? pw_tree_key(peers->value, param->name) : NULL;
	}

	return key ? key->value : NULL;
}

static void read_value(struct pw_reader *reader, struct pw_param *param)
{
	const struct pw_yaml *value = stated(reader, param), *name;

	if (param->value)
		check_values(reader, param);
	if (value) {
		param->value = value;
		check_values(reader, param);
	} else if (!param->value) {
		name = pw_tree_key(reader->roots[0], "name");
		pw_error(reader, &param->at, "the policy leaves '%s' to the site: state it in the "
			 "site's file, under 'params' of policy '%s'%s", param->name,
			 name && name->value->text ? name->value->text : "",
			 param->type == PW_PARAM_PEER ? " or under 'peers'" : "");
	}
}

static void read_declaration(struct pw_reader *reader, const struct pw_yaml *key,
			     struct pw_param *param)
{
	if (!pw_kind_is(reader, key->value, PW_YAML_MAP, key->text))
		return;
	pw_map_read(reader, key->value, "a parameter", &key->at, param_keys,
		    PW_ARRAY_SIZE(param_keys), param);
	if (!param->type || !param->allowed)
		return;
	if (pw_peer_is_reserved(param->name) && param->type != PW_PARAM_PEER)
		pw_error(reader, &key->at, "'%s' means the same in all policies: its type is peer",
			 param->name);
	read_value(reader, param);
}

static void read_param(struct pw_reader *reader, const struct pw_yaml *key, struct pw_param *param)
{
	size_t errors = reader->diag->errors;

	param->at = key->at;
	param->name = key->text;
	read_declaration(reader, key, param);
	param->wrong = reader->diag->errors != errors || !param->value;
}

/* What the site states for this policy has to be a parameter of it. */
static void refuse_unknown(struct pw_reader *reader)
{
	const char *const here[] = {"params", NULL};
	const struct pw_yaml *map = pw_tree_map(pw_site_part(reader), here), *key;

	for (key = map ? map->first : NULL; key; key = key->next) {
		struct pw_near near = {.text = key->text};

		if (key->kind != PW_YAML_SCALAR || pw_symbols_find(&reader->param_names, key->text))
			continue;
		pw_symbols_offer(&reader->param_names, &near);
		pw_error(reader, &key->at, "the policy has no parameter '%s'%s", key->text,
			 pw_suggestion(reader, &near));
	}
}

/* ---- References -------------------------------------------------------------------------- */

/* NULL: what refers to it is passed over, and why has been reported. */
static const struct pw_yaml *value_of(struct pw_reader *reader, const struct pw_yaml *node)
{
	struct pw_near near = {.text = node->text + 1};
	const struct pw_symbol *name = pw_symbols_find(&reader->param_names, node->text + 1);
	struct pw_param *param;

	if (!name) {
		pw_symbols_offer(&reader->param_names, &near);
		pw_error(reader, &node->at, "unknown parameter '%s'%s", node->text,
			 pw_suggestion(reader, &near));
		return NULL;
	}
	param = &reader->params[name->index];
	param->used = true;
	if (param->type == PW_PARAM_PEER) {
		pw_error(reader, &node->at, "'%s' is a peer: it is named without the $", param->name);
		return NULL;
	}

	return param->wrong ? NULL : param->value;
}

static bool is_reference(const struct pw_yaml *node)
{
	return node->kind == PW_YAML_SCALAR && node->plain && node->text[0] == REFERENCE;
}

static void fill(struct pw_reader *reader, struct pw_yaml *node);

static void fill_list(struct pw_reader *reader, struct pw_yaml *list)
{
	struct pw_yaml *item, *next;
	const struct pw_yaml *value;

	for (item = list->first; item; item = next) {
		next = item->next;
		if (!is_reference(item)) {
			fill(reader, item);
			continue;
		}
		value = value_of(reader, item);
		if (value)
			pw_tree_splice(reader->trees, list, item, value);
		else
			item->kind = PW_YAML_REFUSED;
	}
}

static void fill_map(struct pw_reader *reader, struct pw_yaml *map)
{
	const struct pw_yaml *value;
	struct pw_yaml *key;

	for (key = map->first; key; key = key->next) {
		if (!key->value)
			continue;
		if (!is_reference(key->value)) {
			fill(reader, key->value);
			continue;
		}
		value = value_of(reader, key->value);
		if (value)
			key->value = pw_tree_copy(reader->trees, value) ?: key->value;
		else
			key->value->kind = PW_YAML_REFUSED;
	}
}

static void fill(struct pw_reader *reader, struct pw_yaml *node)
{
	if (node->kind == PW_YAML_LIST)
		fill_list(reader, node);
	else if (node->kind == PW_YAML_MAP)
		fill_map(reader, node);
}

/* Everything but the parameters themselves. */
static void fill_root(struct pw_reader *reader, struct pw_yaml *root)
{
	struct pw_yaml *key = pw_tree_key(root, "params"), *params = key ? key->value : NULL;

	if (params)
		key->value = NULL;
	fill(reader, root);
	if (params)
		key->value = params;
}

int pw_read_params(struct pw_reader *reader)
{
	const struct pw_yaml *map, *key;
	size_t i, n = 0;

	for (i = 0; i < reader->policy->nsources; i++) {
		map = params_of(reader, i);
		n += map ? map->n : 0;
	}
	reader->params = pw_arena_array(reader->trees, n, sizeof(*reader->params));
	reader->param_names.list = pw_arena_array(reader->trees, n, sizeof(struct pw_symbol));
	if (!reader->params || !reader->param_names.list)
		return -ENOMEM;
	for (i = 0; i < reader->policy->nsources; i++) {
		map = params_of(reader, i);
		for (key = map ? map->first : NULL; key; key = key->next) {
			struct pw_symbol *name = &reader->param_names.list[reader->nparams];

			if (!pw_read_name(reader, key, "a parameter") || !key->value)
				continue;
			*name = (struct pw_symbol){key->text, key->at, reader->nparams};
			read_param(reader, key, &reader->params[reader->nparams++]);
		}
	}
	reader->param_names.n = reader->nparams;
	pw_symbols_sort(reader, &reader->param_names, "a parameter");
	refuse_unknown(reader);
	for (i = 0; i < reader->policy->nsources; i++)
		if (reader->roots[i])
			fill_root(reader, reader->roots[i]);
	/* Where a site takes the last use away, the vendor's policy is not to blame. */
	for (i = 0; i < reader->nparams && !reader->site_root; i++)
		if (!reader->params[i].used && !reader->params[i].wrong &&
		    reader->params[i].type != PW_PARAM_PEER)
			pw_warn(reader, &reader->params[i].at, "nothing uses the parameter '%s': write "
				"$%s where its value belongs", reader->params[i].name,
				reader->params[i].name);

	return 0;
}
