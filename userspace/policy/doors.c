// SPDX-License-Identifier: BSD-2-Clause
#include "policy/doors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

/* Bits of a set: the indexes of subjects, then others, then init. */
#define SET_BITS (PW_SUBJECT_IDS + 64)
#define SET_WORDS (SET_BITS / 64)
#define BIT_OTHERS PW_SUBJECT_IDS
#define BIT_INIT (PW_SUBJECT_IDS + 1)

struct set {
	uint64_t bits[SET_WORDS];
};

struct door {
	enum pw_proto proto;
	uint16_t port;
	bool guards;
	uint32_t rule;
	struct set clients, servers;
};

struct builder {
	const struct pw_policy *policy;
	struct pw_diag *diag;
	struct door doors[PW_DOORS_MAX];
	size_t n;
	uint8_t known[2][65536 / 8];	/* ports that have a door, tcp and udp */
};

/* What one rule serves with one protocol. */
struct service {
	const struct pw_net_rule *rule;
	size_t server;
	bool reads;
	enum pw_proto proto;
	const struct pw_ports *ports;
	size_t nports;
};

typedef int (*service_fn)(struct builder *b, const struct service *service, void *data);

static size_t bit_of(size_t subject)
{
	if (subject == PW_SUBJECT_INDEX_OTHERS)
		return BIT_OTHERS;
	if (subject == PW_SUBJECT_INDEX_INIT)
		return BIT_INIT;

	return subject;
}

static const char *bit_name(const struct pw_policy *policy, size_t bit)
{
	if (bit == BIT_OTHERS)
		return "others";
	if (bit == BIT_INIT)
		return "init";

	return policy->subjects[bit].name;
}

static void set_add(struct set *set, size_t subject)
{
	size_t bit = bit_of(subject);

	set->bits[bit / 64] |= 1ULL << (bit % 64);
}

static bool set_has(const struct set *set, size_t bit)
{
	return set->bits[bit / 64] >> (bit % 64) & 1;
}

static void add_clients(struct set *set, const struct service *service)
{
	size_t i;

	for (i = 0; i < service->rule->local.n; i++)
		set_add(set, service->rule->local.index[i]);
	set_add(set, service->server);
}

/* ---- Going through the rules ------------------------------------------------------------- */

static int each_service(struct builder *b, size_t server, service_fn call, void *data)
{
	bool others = server == PW_SUBJECT_INDEX_OTHERS;
	const struct pw_subject_policy *subject = others ? NULL : &b->policy->subjects[server];
	const struct pw_net_rule *rules = others ? b->policy->others_rules : subject->network;
	size_t i, n = others ? b->policy->nothers_rules : subject->nnetwork;
	int r = 0;

	for (i = 0; !r && i < n; i++) {
		struct service service = {
			.rule = &rules[i],
			.server = server,
			.reads = subject && subject->reads,
			.proto = PW_PROTO_TCP,
			.ports = rules[i].tcp,
			.nports = rules[i].ntcp,
		};

		if (rules[i].direction != PW_DIRECTION_IN)
			continue;
		r = call(b, &service, data);
		service.proto = PW_PROTO_UDP;
		service.ports = rules[i].udp;
		service.nports = rules[i].nudp;
		if (!r)
			r = call(b, &service, data);
	}

	return r;
}

static int each_server(struct builder *b, service_fn call, void *data)
{
	size_t i;
	int r = 0;

	for (i = 0; !r && i < b->policy->nsubjects; i++)
		r = each_service(b, i, call, data);

	return r ? r : each_service(b, PW_SUBJECT_INDEX_OTHERS, call, data);
}

/* ---- Which ports are doors --------------------------------------------------------------- */

static int by_port(const void *left, const void *right)
{
	const struct door *a = left, *b = right;

	if (a->proto != b->proto)
		return a->proto < b->proto ? -1 : 1;

	return (int)a->port - (int)b->port;
}

/* The first door of @proto at or above @port. */
static size_t first_door(const struct builder *b, enum pw_proto proto, uint16_t port)
{
	struct door key = {.proto = proto, .port = port};
	size_t low = 0, high = b->n, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (by_port(&b->doors[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}

	return low;
}

static int make_door(struct builder *b, const struct service *service, uint16_t port)
{
	uint8_t *known = &b->known[service->proto == PW_PROTO_UDP][port / 8];

	if (*known & (1 << (port % 8)))
		return 0;
	if (b->n == PW_DOORS_MAX) {
		pw_diag_add(b->diag, PW_DIAG_ERROR, &service->rule->at, "more than %d ports to listen "
			    "on", PW_DOORS_MAX);
		return -E2BIG;
	}
	*known |= 1 << (port % 8);
	b->doors[b->n++] = (struct door){.proto = service->proto, .port = port};

	return 0;
}

static int make_doors(struct builder *b, const struct service *service, void *data)
{
	uint32_t port;
	size_t i;
	int r = 0;

	(void)data;
	/* What others serve to everybody is decided by the client's own rules. */
	if (service->server == PW_SUBJECT_INDEX_OTHERS && !service->rule->local.n)
		return 0;
	for (i = 0; i < service->nports; i++)
		for (port = service->ports[i].low; !r && port <= service->ports[i].high; port++)
			r = make_door(b, service, port);

	return r;
}

/* ---- Who may come in --------------------------------------------------------------------- */

static int open_doors(struct builder *b, const struct service *service, void *data)
{
	struct door *door;
	size_t i;

	(void)data;
	for (i = 0; i < service->nports; i++) {
		door = &b->doors[first_door(b, service->proto, service->ports[i].low)];
		for (; door < &b->doors[b->n] && door->proto == service->proto &&
		       door->port <= service->ports[i].high; door++) {
			if (!door->rule || (service->reads && !door->guards))
				door->rule = service->rule->number;
			door->guards |= service->reads;
			set_add(&door->servers, service->server);
			add_clients(&door->clients, service);
		}
	}

	return 0;
}

/* By door: whom one server lets in. */
struct own {
	const struct pw_net_rule *rule;
	struct set clients;
};

static int gather_own(struct builder *b, const struct service *service, void *data)
{
	struct own *own = data;
	size_t i, j;

	for (i = 0; i < service->nports; i++) {
		j = first_door(b, service->proto, service->ports[i].low);
		for (; j < b->n && b->doors[j].proto == service->proto &&
		       b->doors[j].port <= service->ports[i].high; j++) {
			own[j].rule = own[j].rule ?: service->rule;
			add_clients(&own[j].clients, service);
		}
	}

	return 0;
}

static int compare_clients(struct builder *b, const struct door *door, const struct own *own,
			   size_t server)
{
	size_t client, other;

	for (client = 0; client < SET_BITS; client++)
		if (set_has(&door->clients, client) && !set_has(&own->clients, client))
			break;
	if (client == SET_BITS)
		return 0;
	for (other = 0; other < SET_BITS - 1; other++)
		if (set_has(&door->servers, other) && other != server)
			break;
	pw_diag_add(b->diag, PW_DIAG_ERROR, &own->rule->at, "%s port %u is also served by '%s': there "
		    "'%s' gets in, whom '%s' does not let in here", door->proto == PW_PROTO_TCP ?
		    "tcp" : "udp", door->port, bit_name(b->policy, other),
		    bit_name(b->policy, client), b->policy->subjects[server].name);

	return -EINVAL;
}

static int check_server(struct builder *b, size_t server, struct own *own)
{
	size_t i;
	int r;

	memset(own, 0, PW_DOORS_MAX * sizeof(*own));
	r = each_service(b, server, gather_own, own);
	for (i = 0; !r && i < b->n; i++)
		if (own[i].rule)
			r = compare_clients(b, &b->doors[i], &own[i], server);

	return r;
}

/* Which server answers at a port is not known when its client is judged. */
static int check_guards(struct builder *b)
{
	_cleanup_free_ struct own *own = calloc(PW_DOORS_MAX, sizeof(*own));
	size_t i;
	int r = 0;

	if (!own)
		return -ENOMEM;
	for (i = 0; !r && i < b->policy->nsubjects; i++)
		if (b->policy->subjects[i].reads)
			r = check_server(b, i, own);

	return r;
}

/* ---- The result -------------------------------------------------------------------------- */

static int list_clients(const struct set *set, struct pw_subject_list *ret)
{
	size_t bit, n = 0;

	ret->index = calloc(SET_BITS, sizeof(*ret->index));
	if (!ret->index)
		return -ENOMEM;
	for (bit = 0; bit < SET_BITS; bit++)
		if (set_has(set, bit))
			ret->index[n++] = bit == BIT_OTHERS ? PW_SUBJECT_INDEX_OTHERS
					: bit == BIT_INIT   ? PW_SUBJECT_INDEX_INIT
							    : bit;
	ret->n = n;

	return 0;
}

static int hand_over(const struct builder *b, struct pw_net_tables *tables)
{
	size_t i;
	int r = 0;

	tables->doors = calloc(b->n ?: 1, sizeof(*tables->doors));
	if (!tables->doors)
		return -ENOMEM;
	for (i = 0; !r && i < b->n; i++) {
		const struct door *door = &b->doors[i];

		tables->doors[i] = (struct pw_net_door){
			.port = door->port,
			.proto = door->proto,
			.guards = door->guards,
			.rule = door->rule,
		};
		r = list_clients(&door->clients, &tables->doors[i].clients);
		tables->ndoors = i + 1;
	}

	return r;
}

int pw_doors_build(const struct pw_policy *policy, struct pw_net_tables *tables,
		   struct pw_diag *diag)
{
	_cleanup_free_ struct builder *b = calloc(1, sizeof(*b));
	int r;

	if (!b)
		return -ENOMEM;
	b->policy = policy;
	b->diag = diag;
	r = each_server(b, make_doors, NULL);
	if (r < 0)
		return r;
	qsort(b->doors, b->n, sizeof(*b->doors), by_port);
	each_server(b, open_doors, NULL);
	r = check_guards(b);

	return r ? r : hand_over(b, tables);
}
