// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include "common/cleanup.h"
#include "policy/netcompile.h"
#include "publish/build.h"

static int add_prefix(struct pw_build *build, const struct pw_net_entry *entry)
{
	struct pw_table *table = &build->image->tables[PW_MAP_PREFIXES];
	struct pw_prefix_key key = {
		.prefixlen = PW_PREFIX_SCOPE_BITS + entry->prefix.length,
		.subject = (__u16)pw_build_subject(build, entry->subject),
		.direction = (__u8)entry->direction,
		.proto_family = (__u8)(entry->proto << 4 | entry->prefix.family),
	};
	struct pw_port_set *ports;

	memcpy(key.addr, entry->prefix.addr, sizeof(key.addr));
	/* No two entries of the compiler have one key: nothing to look for. */
	ports = pw_table_add(table, &key);
	if (!ports)
		return -ENOMEM;
	*ports = entry->ports;

	return 0;
}

static int add_port_door(struct pw_build *build, const struct pw_net_door *door)
{
	struct pw_door_key key = {.port = door->port, .proto = (__u8)door->proto};
	struct pw_door *out = pw_table_get(&build->image->tables[PW_MAP_DOORS], &key);

	if (!out)
		return -ENOMEM;
	out->flags = door->guards ? PW_DOOR_GUARDS : 0;
	out->rule = door->rule;
	pw_build_set(build, &door->clients, &out->clients);

	return 0;
}

static int add_tables(struct pw_build *build)
{
	struct pw_net_tables tables = {};
	int r;

	r = pw_net_compile(build->policy, &tables, build->diag);
	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < tables.nentries; i++)
		r = add_prefix(build, &tables.entries[i]);
	for (size_t i = 0; r == 0 && i < tables.ndoors; i++)
		r = add_port_door(build, &tables.doors[i]);
	pw_net_tables_done(&tables);

	return r;
}

static void open_door(struct pw_build *build, struct pw_door *door, const struct pw_net_rule *rule,
		      uint32_t server, bool guards)
{
	if (guards)
		door->flags |= PW_DOOR_GUARDS;
	if (door->rule == 0)
		door->rule = rule->number;
	pw_set_add(&door->clients, server);
	pw_build_set(build, &rule->local, &door->clients);
}

/* @name: as bound. One byte of sun_path is the NUL before an abstract name or behind a path. */
static int add_named_door(struct pw_build *build, const char *name, const struct pw_net_rule *rule,
			  uint32_t server, bool guards)
{
	size_t length = strlen(name);
	struct pw_unix_key key = {};
	struct pw_door *door;

	if (length >= sizeof(key.name)) {
		pw_diag_add(build->diag, PW_DIAG_ERROR, &rule->at,
			    "the name of the socket '%s' is too long", name);
		return -E2BIG;
	}
	memcpy(key.name, name, length);
	door = pw_table_get(&build->image->tables[PW_MAP_UNIX_DOORS], &key);
	if (!door)
		return -ENOMEM;
	open_door(build, door, rule, server, guards);

	return 0;
}

static int add_abstract(struct pw_build *build, const struct pw_net_rule *rule, uint32_t server,
			bool guards)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < rule->nunix_abstract; i++)
		r = add_named_door(build, rule->unix_abstract[i], rule, server, guards);

	return r;
}

/* The number of a socket's path: one for all rules that name it. 0: no memory. */
static uint32_t socket_number(struct pw_build *build, const char *path)
{
	const struct pw_catalog *catalog = build->image->catalog;
	const struct pw_table *table = &build->image->tables[PW_MAP_PATH_DOORS];

	for (size_t i = 0; i < table->n; i++) {
		uint32_t number;

		memcpy(&number, table->keys + i * table->key_size, sizeof(number));
		if (strcmp(catalog->roots[number], path) == 0)
			return number;
	}

	return pw_build_root(build, path);
}

static int add_path_doors(struct pw_build *build, const struct pw_net_rule *rule,
			  const struct pw_resolved_path *sockets, uint32_t server, bool guards)
{
	for (size_t i = 0; i < rule->nunix_paths; i++) {
		__u32 number = socket_number(build, sockets[i].path);
		struct pw_door *door;
		int r;

		if (number == 0)
			return -ENOMEM;
		door = pw_table_get(&build->image->tables[PW_MAP_PATH_DOORS], &number);
		if (!door)
			return -ENOMEM;
		open_door(build, door, rule, server, guards);
		r = pw_build_socket(build, &sockets[i], number);
		if (r == 0)
			r = add_named_door(build, sockets[i].path, rule, server, guards);
		if (r == 0 && strlen(sockets[i].canonical) < sizeof(((struct pw_unix_key *)0)->name))
			r = add_named_door(build, sockets[i].canonical, rule, server, guards);
		if (r < 0)
			return r;
	}

	return 0;
}

static int add_rules(struct pw_build *build, const struct pw_net_rule *rules, size_t n,
		     const struct pw_resolved_path *sockets, uint32_t id, bool guards)
{
	struct pw_subject *subject = &build->image->bank.subjects[id];
	int r;

	for (size_t i = 0; i < n; i++) {
		const struct pw_net_rule *rule = &rules[i];

		subject->raw |= rule->raw;
		if (rule->netns_any)
			subject->flags |= PW_SUBJECT_NETNS_ANY;
		if (rule->direction == PW_DIRECTION_IN && rule->nudp > 0)
			subject->flags |= PW_SUBJECT_UDP_FROM;
		if ((rule->direction == PW_DIRECTION_IN && rule->nudp > 0) || rule->nanswers > 0)
			build->image->bank.flags |= PW_BANK_UDP_INGRESS;
		if (rule->unix_any) {
			subject->flags |= PW_SUBJECT_UNIX_ANY;
			pw_set_add(&subject->unix_any_clients, id);
			pw_build_set(build, &rule->local, &subject->unix_any_clients);
		}
		r = add_abstract(build, rule, id, guards);
		if (r == 0)
			r = add_path_doors(build, rule, sockets, id, guards);
		if (r < 0)
			return r;
		sockets += rule->nunix_paths;
	}

	return 0;
}

uint32_t pw_build_others_flags(const struct pw_policy *policy)
{
	uint32_t flags = 0;

	if (policy->others_network == PW_OTHERS_ALLOW)
		flags |= PW_SUBJECT_NETWORK_ALL;
	if (policy->others_network == PW_OTHERS_LOOPBACK || policy->others_loopback)
		flags |= PW_SUBJECT_LOOPBACK;

	return flags;
}

static int add_others(struct pw_build *build)
{
	struct pw_subject *others = &build->image->bank.subjects[PW_SUBJECT_OTHERS];
	const struct pw_policy *policy = build->policy;

	others->flags |= pw_build_others_flags(policy);

	return add_rules(build, policy->others_rules, policy->nothers_rules,
			 build->resolved->others_sockets, PW_SUBJECT_OTHERS, false);
}

static int compare_peers(const void *a, const void *b)
{
	const struct pw_prefix *x = a, *y = b;
	int r = memcmp(x->addr, y->addr, sizeof(x->addr));

	if (r == 0)
		r = (x->family << 8 | x->length) - (y->family << 8 | y->length);
	return r ? r : strcmp(x->peer, y->peer);
}

static void list_prefixes(const struct pw_prefix *prefixes, size_t n, struct pw_prefix *list,
			  size_t *count)
{
	for (size_t i = 0; i < n; i++) {
		if (!prefixes[i].peer)
			continue;
		if (list)
			list[*count] = prefixes[i];
		++*count;
	}
}

static void list_rules(const struct pw_net_rule *rules, size_t n, struct pw_prefix *list,
		       size_t *count)
{
	for (size_t i = 0; i < n; i++) {
		list_prefixes(rules[i].peers, rules[i].npeers, list, count);
		list_prefixes(rules[i].answers, rules[i].nanswers, list, count);
	}
}

/* Every prefix of the policy that has a name; without a @list they are only counted. */
static size_t list_peers(const struct pw_policy *policy, struct pw_prefix *list)
{
	size_t count = 0;

	list_rules(policy->others_rules, policy->nothers_rules, list, &count);
	for (size_t i = 0; i < policy->nsubjects; i++)
		list_rules(policy->subjects[i].network, policy->subjects[i].nnetwork, list, &count);
	return count;
}

static int add_peers(struct pw_build *build)
{
	struct pw_catalog *catalog = build->image->catalog;
	size_t n = list_peers(build->policy, NULL);
	_cleanup_free_ struct pw_prefix *list = calloc(n + 1, sizeof(*list));

	catalog->peers = calloc(n + 1, sizeof(*catalog->peers));
	if (!list || !catalog->peers)
		return -ENOMEM;
	list_peers(build->policy, list);
	qsort(list, n, sizeof(*list), compare_peers);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && compare_peers(&list[i - 1], &list[i]) == 0)
			continue;
		catalog->peers[catalog->npeers] = list[i];
		catalog->peers[catalog->npeers].peer = strdup(list[i].peer);
		if (!catalog->peers[catalog->npeers].peer)
			return -ENOMEM;
		catalog->npeers++;
	}

	return 0;
}

int pw_build_net(struct pw_build *build)
{
	int r;

	r = add_tables(build);
	if (r == 0)
		r = add_peers(build);
	if (r == 0)
		r = add_others(build);
	for (size_t i = 0; r == 0 && i < build->policy->nsubjects; i++) {
		const struct pw_subject_policy *subject = &build->policy->subjects[i];

		r = add_rules(build, subject->network, subject->nnetwork,
			      build->resolved->subjects[i].sockets, build->subjects[i],
			      subject->reads);
	}

	return r;
}
