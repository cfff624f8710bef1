// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include "policy/reader.h"

#define UNIX_ABSTRACT_MAX 107	/* sun_path without the leading NUL */
#define UNIX_PATH_MAX 107	/* sun_path with a NUL at its end */

static const char *const netns_names[] = {"invalid", "any"};
static const struct pw_words words_netns = {netns_names, 2};

static void read_tcp(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct pw_net_rule *rule = out;

	rule->tcp = pw_read_ports(reader, list, &rule->ntcp);
}

static void read_udp(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct pw_net_rule *rule = out;

	rule->udp = pw_read_ports(reader, list, &rule->nudp);
}

static void read_peers(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct pw_net_rule *rule = out;

	rule->peers = pw_read_peers(reader, list, &rule->npeers);
}

static void read_answers(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct pw_net_rule *rule = out;

	rule->answers = pw_read_peers(reader, list, &rule->nanswers);
}

static void read_netns(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	((struct pw_net_rule *)out)->netns_any = pw_read_word(reader, node, "netns", &words_netns);
}

static void read_local(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	pw_read_subjects(reader, list, PW_WORD_OTHERS | PW_WORD_INIT,
			 &((struct pw_net_rule *)out)->local);
}

static void read_socket(struct pw_reader *reader, const struct pw_yaml *item,
			struct pw_net_rule *rule)
{
	struct pw_path path;
	size_t n;

	if (!pw_kind_is(reader, item, PW_YAML_SCALAR, "unix"))
		return;
	n = strlen(item->text);
	if (*item->text == '@') {
		if (n < 2 || n - 1 > UNIX_ABSTRACT_MAX)
			pw_error(reader, &item->at, "the name of an abstract socket has 1 to %d bytes",
				 UNIX_ABSTRACT_MAX);
		else
			rule->unix_abstract[rule->nunix_abstract++] =
				pw_arena_copy(reader->arena, item->text + 1, n - 1);
	} else if (*item->text != '/') {
		pw_error(reader, &item->at, "'%.120s' is neither an absolute path nor the \"@name\" of "
			 "an abstract socket", item->text);
	} else if (n > UNIX_PATH_MAX) {
		pw_error(reader, &item->at, "the path of a socket has at most %d bytes",
			 UNIX_PATH_MAX);
	} else if (pw_read_path(reader, item, &path)) {
		if (path.below || n == 1)
			pw_error(reader, &item->at, "'%s' is a directory, not a socket", item->text);
		rule->unix_paths[rule->nunix_paths++] = path.path;
	}
}

static void read_unix(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	struct pw_net_rule *rule = out;
	const struct pw_yaml *item;

	if (node->kind == PW_YAML_SCALAR && !strcmp(node->text, "any")) {
		rule->unix_any = true;
		return;
	}
	if (node->kind != PW_YAML_LIST) {
		pw_error(reader, &node->at, "'unix' must be a list of sockets or the word any");
		return;
	}
	rule->unix_paths = pw_arena_array(reader->arena, node->n, sizeof(*rule->unix_paths));
	rule->unix_abstract = pw_arena_array(reader->arena, node->n, sizeof(*rule->unix_abstract));
	if (!rule->unix_paths || !rule->unix_abstract)
		return;
	for (item = node->first; item; item = item->next)
		read_socket(reader, item, rule);
}

static const struct pw_key connect_keys[] = {
	{"tcp", PW_YAML_LIST, NULL, read_tcp},
	{"udp", PW_YAML_LIST, NULL, read_udp},
	{"to", PW_YAML_LIST, "a list of addresses, peers or any", read_peers},
	{"answers", PW_YAML_LIST, NULL, read_answers},
	{"netns", PW_YAML_SCALAR, NULL, read_netns},
};

static const struct pw_key listen_keys[] = {
	{"tcp", PW_YAML_LIST, NULL, read_tcp},
	{"udp", PW_YAML_LIST, NULL, read_udp},
	{"from", PW_YAML_LIST, NULL, read_peers},
	{"local", PW_YAML_LIST, NULL, read_local},
	{"unix", PW_YAML_ANY, NULL, read_unix},
	{"netns", PW_YAML_SCALAR, NULL, read_netns},
};

static void read_connect(struct pw_reader *reader, const struct pw_yaml *map, void *out)
{
	struct pw_net_rule *rule = out;

	rule->direction = PW_DIRECTION_OUT;
	pw_map_read(reader, map, "a connect rule", &rule->at, connect_keys,
		    PW_ARRAY_SIZE(connect_keys), rule);
	if (!pw_map_value(map, "tcp") && !pw_map_value(map, "udp"))
		pw_error(reader, &rule->at, "the rule names no port: state 'tcp' or 'udp'");
	if (pw_map_value(map, "answers") && !pw_map_value(map, "udp"))
		pw_error(reader, &pw_map_value(map, "answers")->at, "'answers' has no effect without "
			 "'udp': it is for sends to a multicast or broadcast address");
}

static void read_listen(struct pw_reader *reader, const struct pw_yaml *map, void *out)
{
	struct pw_net_rule *rule = out;
	bool ports = pw_map_value(map, "tcp") || pw_map_value(map, "udp");

	rule->direction = PW_DIRECTION_IN;
	pw_map_read(reader, map, "a listen rule", &rule->at, listen_keys,
		    PW_ARRAY_SIZE(listen_keys), rule);
	if (!ports && !pw_map_value(map, "unix"))
		pw_error(reader, &rule->at, "the rule names no port or socket: state 'tcp', 'udp' or "
			 "'unix'");
	if (ports && !pw_map_value(map, "from") && !pw_map_value(map, "local"))
		pw_error(reader, &rule->at, "nobody may come in: state 'from' (peers outside) or "
			 "'local' (subjects on this machine)");
	if (!ports && pw_map_value(map, "from"))
		pw_error(reader, &pw_map_value(map, "from")->at, "'from' has no effect without 'tcp' "
			 "or 'udp': only 'local' speaks of unix sockets");
	if (!ports && pw_map_value(map, "netns"))
		pw_error(reader, &pw_map_value(map, "netns")->at, "'netns' has no effect without "
			 "'tcp' or 'udp'");
}

static void read_raw(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct pw_net_rule *rule = out;
	const struct pw_yaml *item;
	unsigned int raw;

	for (item = list->first; item; item = item->next) {
		raw = pw_read_word(reader, item, "raw", &pw_words_raw);
		if (raw)
			rule->raw |= PW_RAW_BIT(raw);
	}
}

static const struct pw_key rule_keys[] = {
	{"connect", PW_YAML_MAP, NULL, read_connect},
	{"listen", PW_YAML_MAP, NULL, read_listen},
	{"raw", PW_YAML_LIST, NULL, read_raw},
	PW_RULE_REMARK_KEYS,
};

static bool read_rule(struct pw_reader *reader, const struct pw_yaml *item, size_t subject,
		      struct pw_net_rule *rule)
{
	size_t errors = reader->diag->errors;
	int kinds;

	rule->at = item->at;
	if (item->kind == PW_YAML_REFUSED)
		return false;
	kinds = !!pw_map_value(item, "connect") + !!pw_map_value(item, "listen") +
		!!pw_map_value(item, "raw");
	if (item->kind != PW_YAML_MAP || kinds > 1 || (!kinds && item->n > 1)) {
		pw_error(reader, &item->at, "a rule is one of connect: {…}, listen: {…} and raw: […]");
		return false;
	}
	pw_map_read(reader, item, "a network rule", &item->at, rule_keys,
		    PW_ARRAY_SIZE(rule_keys), rule);
	if (!kinds && errors == reader->diag->errors)
		pw_error(reader, &item->at, "the rule allows nothing: state connect, listen or raw");
	rule->number = pw_rule_number(reader, &item->at, subject, item);

	return true;
}

/* The kernel keeps it for each subject, so one rule would speak for all. */
static void check_netns(struct pw_reader *reader, const struct pw_net_rule *rules, size_t n)
{
	const struct pw_net_rule *first = NULL;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!rules[i].ntcp && !rules[i].nudp)
			continue;
		if (first && first->netns_any != rules[i].netns_any) {
			pw_error(reader, &rules[i].at, "'netns: any' must stand in all tcp and udp "
				 "rules of a subject or in none; line %u differs", first->at.line);
			return;
		}
		first = &rules[i];
	}
}

struct pw_net_rule *pw_read_rules(struct pw_reader *reader, const struct pw_yaml *list,
				  size_t subject, size_t *ret_n)
{
	struct pw_net_rule *rules = pw_arena_array(reader->arena, list->n, sizeof(*rules));
	const struct pw_yaml *item;
	size_t n = 0;

	for (item = list->first; item && rules; item = item->next) {
		if (subject == PW_SUBJECT_INDEX_OTHERS && item->kind == PW_YAML_SCALAR &&
		    !strcmp(item->text, "loopback"))
			reader->policy->others_loopback = true;
		else if (read_rule(reader, item, subject, &rules[n]))
			n++;
	}
	check_netns(reader, rules, n);
	*ret_n = n;

	return rules;
}

static const char *const others_names[] = {
	[PW_OTHERS_INVALID] = "invalid",
	[PW_OTHERS_DENY] = "deny",
	[PW_OTHERS_LOOPBACK] = "loopback",
	[PW_OTHERS_ALLOW] = "allow",
};
static const struct pw_words words_others = {others_names, PW_ARRAY_SIZE(others_names)};

static void read_others_network(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	struct pw_policy *policy = reader->policy;
	size_t i;

	(void)out;
	if (node->kind != PW_YAML_LIST) {
		policy->others_network = pw_read_word(reader, node, "network", &words_others);
		return;
	}
	policy->others_network = PW_OTHERS_RULES;
	policy->others_rules = pw_read_rules(reader, node, PW_SUBJECT_INDEX_OTHERS,
					     &policy->nothers_rules);
	for (i = 0; i < policy->nothers_rules; i++) {
		const struct pw_net_rule *rule = &policy->others_rules[i];

		if (rule->nunix_paths || rule->nunix_abstract || rule->unix_any)
			pw_error(reader, &rule->at, "'unix' has no effect here: others may read no "
				 "object, so their unix sockets are open to all");
	}
}

static const struct pw_key others_keys[] = {
	{"network", PW_YAML_ANY, "deny, loopback, allow or a list of rules", read_others_network},
};

void pw_read_others(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	reader->policy->others_at = node->at;
	pw_map_read(reader, node, "others", &node->at, others_keys, PW_ARRAY_SIZE(others_keys), out);
}
