// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which ports of which addresses each subject may use. Prefixes lie in each other or apart, so one
 * walk over them in order, with those that hold the address on a stack, meets every piece of the
 * addresses in which nothing changes; overlapping rules mean their union.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "policy/compare_private.h"
#include "policy/ports.h"

/* One rule's ports for the addresses @first to @last. */
struct box {
	uint8_t family;
	uint8_t first[PW_ADDR_LEN], last[PW_ADDR_LEN];
	struct pw_ports_list ports;
	size_t side;
	const struct pw_net_rule *rule;		/* NULL: `others` may all, or it is never blocked */
};

/* A box on the stack, with the union of it and those that hold it. */
struct holding {
	const struct box *box;
	struct pw_ports_list ports[PW_SIDES];
};

/* One walk: of a subject, a direction and a protocol. */
struct walk {
	struct pw_comparison *c;
	const struct pw_pair *pair;
	enum pw_direction direction;
	enum pw_proto proto;
	struct box *boxes;
	size_t n, size;
	struct holding *stack;
	size_t depth;
	uint8_t from[PW_ADDR_LEN];	/* what lies before it is done */
	bool ended;			/* all addresses are */
	size_t *open, nopen;		/* differences that end just before the next piece */
};

static struct pw_ports every_port[] = {{1, UINT16_MAX}};
static const struct pw_ports_list all_ports = {every_port, 1};

static unsigned int address_bits(unsigned int family)
{
	return family == 4 ? 32 : family == 6 ? 128 : 0;
}

/* ---- Boxes ------------------------------------------------------------------------------- */

static int add_box(struct walk *w, size_t side, const struct pw_prefix *prefix,
		   struct pw_ports_list ports, const struct pw_net_rule *rule)
{
	unsigned int bits = address_bits(prefix->family), i;
	size_t size = w->size ? 2 * w->size : 64;
	struct box *larger, *box;

	if (w->n == w->size) {
		larger = pw_arena_array(w->c->arena, size, sizeof(*larger));
		if (!larger)
			return -ENOMEM;
		if (w->n)
			memcpy(larger, w->boxes, w->n * sizeof(*larger));
		w->boxes = larger;
		w->size = size;
	}
	box = &w->boxes[w->n++];
	*box = (struct box){.family = prefix->family, .ports = ports, .side = side, .rule = rule};
	memcpy(box->first, prefix->addr, sizeof(box->first));
	memcpy(box->last, prefix->addr, sizeof(box->last));
	for (i = prefix->length; i < bits; i++)
		box->last[i / 8] |= 0x80 >> (i % 8);

	return 0;
}

static int add_prefixes(struct walk *w, size_t side, const struct pw_prefix *prefixes, size_t n,
			struct pw_ports_list ports, const struct pw_net_rule *rule)
{
	size_t i;
	int r = 0;

	for (i = 0; !r && i < n; i++)
		r = add_box(w, side, &prefixes[i], ports, rule);

	return r;
}

static int add_rule(struct walk *w, size_t side, const struct pw_net_rule *rule)
{
	static const struct pw_prefix whoever = {};
	struct pw_ports_list ports = w->proto == PW_PROTO_TCP ?
					     (struct pw_ports_list){rule->tcp, rule->ntcp} :
					     (struct pw_ports_list){rule->udp, rule->nudp};
	int r;

	if (!ports.n)
		return 0;
	if (w->direction == PW_DIRECTION_ANSWER)
		return add_prefixes(w, side, rule->answers, rule->nanswers, ports, rule);
	if (rule->direction != w->direction)
		return 0;
	r = add_prefixes(w, side, rule->peers, rule->npeers, ports, rule);
	if (!r && w->direction == PW_DIRECTION_IN)
		r = add_box(w, side, &whoever, ports, rule);

	return r;
}

static int add_everything(struct walk *w, size_t side)
{
	static const struct pw_prefix everybody[] = {{.family = 0}, {.family = 4}, {.family = 6}};
	/* Only what comes in asks whether it may come at all. */
	size_t skip = w->direction == PW_DIRECTION_IN ? 0 : 1;

	return add_prefixes(w, side, everybody + skip, 3 - skip, all_ports, NULL);
}

static int collect(struct walk *w, size_t side)
{
	const struct pw_subject_policy *subject = w->pair->side[side];
	const struct pw_policy *policy = w->c->side[side];
	const struct pw_net_rule *rules = subject ? subject->network : policy->others_rules;
	size_t n = subject ? subject->nnetwork : policy->nothers_rules, i;
	int r = 0;

	if (side == PW_ALSO)
		side = PW_FIRST;
	if (subject ? subject->never_block : policy->others_network == PW_OTHERS_ALLOW)
		return add_everything(w, side);
	for (i = 0; !r && i < n; i++)
		r = add_rule(w, side, &rules[i]);

	return r;
}

static int by_address(const void *left, const void *right)
{
	const struct box *a = left, *b = right;
	int r = (int)a->family - (int)b->family;

	if (!r)
		r = memcmp(a->first, b->first, sizeof(a->first));

	/* The longer one holds the other. */
	if (!r)
		r = memcmp(b->last, a->last, sizeof(a->last));

	return r ? r : (int)a->side - (int)b->side;
}

/* ---- Pieces ------------------------------------------------------------------------------ */

static void step(uint8_t *address, unsigned int bits, int by)
{
	size_t i = bits / 8;

	while (i-- && (by > 0 ? !++address[i] : address[i]-- == 0))
		;
}

/* The innermost rule of @side that gives @ports here. */
static const struct pw_net_rule *rule_of(const struct walk *w, size_t side,
					 const struct pw_ports *ports)
{
	size_t i, j;

	for (i = w->depth; i--;) {
		const struct box *box = w->stack[i].box;

		for (j = 0; box->side == side && j < box->ports.n; j++)
			if (box->ports.list[j].low <= ports->high &&
			    box->ports.list[j].high >= ports->low)
				return box->rule;
	}

	return NULL;
}

/* The difference that @piece goes on, or NULL. */
static struct pw_difference *goes_on(const struct walk *w, const struct pw_difference *piece)
{
	uint8_t before[PW_ADDR_LEN];
	size_t i;

	memcpy(before, piece->first, sizeof(before));
	step(before, address_bits(piece->family), -1);
	for (i = 0; i < w->nopen; i++) {
		struct pw_difference *d = &w->c->result->list[w->open[i]];

		if (d->allows == piece->allows && d->family == piece->family &&
		    d->rule == piece->rule && !memcmp(&d->ports, &piece->ports, sizeof(d->ports)) &&
		    !memcmp(d->last, before, sizeof(before)))
			return d;
	}

	return NULL;
}

static int add_piece(struct walk *w, const struct pw_difference *piece, size_t *open, size_t *nopen)
{
	struct pw_difference *d = goes_on(w, piece);

	if (d) {
		memcpy(d->last, piece->last, sizeof(d->last));
	} else {
		d = pw_compare_add(w->c, w->pair, PW_DIFFERENCE_PEERS, piece->allows);
		if (!d)
			return -ENOMEM;
		d->direction = w->direction;
		d->proto = w->proto;
		d->family = piece->family;
		d->ports = piece->ports;
		d->at = piece->at;
		d->rule = piece->rule;
		memcpy(d->first, piece->first, sizeof(d->first));
		memcpy(d->last, piece->last, sizeof(d->last));
	}
	open[(*nopen)++] = d - w->c->result->list;

	return 0;
}

static void set_rule(struct walk *w, struct pw_difference *piece)
{
	size_t side = piece->allows ? PW_SECOND : PW_FIRST;
	const struct pw_net_rule *rule = rule_of(w, side, &piece->ports);

	piece->rule = rule ? rule->number : 0;
	if (rule)
		piece->at = rule->at;
	else
		piece->at = w->pair->side[side] ? w->pair->side[side]->at : w->c->side[side]->others_at;
}

/* The addresses from w->from to @last, which are held by all that is on the stack. */
static int emit(struct walk *w, const uint8_t *last)
{
	const struct holding *top = &w->stack[w->depth - 1];
	struct pw_ports_list more, less;
	struct pw_difference piece = {.family = top->box->family};
	size_t *open, nopen = 0, i;
	int r = 0;

	if (w->ended || memcmp(w->from, last, PW_ADDR_LEN) > 0)
		return 0;
	more = pw_ports_difference(w->c->arena, top->ports[PW_SECOND], top->ports[PW_FIRST]);
	less = pw_ports_difference(w->c->arena, top->ports[PW_FIRST], top->ports[PW_SECOND]);
	open = pw_arena_array(w->c->arena, more.n + less.n, sizeof(*open));
	if (!open)
		return -ENOMEM;
	memcpy(piece.first, w->from, sizeof(piece.first));
	memcpy(piece.last, last, sizeof(piece.last));
	for (i = 0; !r && i < more.n + less.n; i++) {
		piece.allows = i < more.n;
		piece.ports = piece.allows ? more.list[i] : less.list[i - more.n];
		set_rule(w, &piece);
		r = add_piece(w, &piece, open, &nopen);
	}
	w->open = open;
	w->nopen = nopen;
	memcpy(w->from, last, sizeof(w->from));
	step(w->from, address_bits(top->box->family), 1);
	w->ended = memcmp(w->from, last, sizeof(w->from)) <= 0;

	return r;
}

static bool holds(const struct box *outer, const struct box *inner)
{
	return outer->family == inner->family &&
	       memcmp(outer->last, inner->last, sizeof(outer->last)) >= 0;
}

static int pop(struct walk *w)
{
	int r = emit(w, w->stack[w->depth - 1].box->last);

	w->depth--;

	return r;
}

static void push(struct walk *w, const struct box *box)
{
	struct holding *top = &w->stack[w->depth];
	size_t side;

	*top = w->depth ? w->stack[w->depth - 1] : (struct holding){};
	side = box->side;
	top->box = box;
	top->ports[side] = pw_ports_sum(w->c->arena, top->ports[side], box->ports);
	w->depth++;
}

static int enter(struct walk *w, const struct box *box)
{
	uint8_t before[PW_ADDR_LEN];
	int r = 0;

	while (!r && w->depth && !holds(w->stack[w->depth - 1].box, box))
		r = pop(w);
	if (!r && w->depth && memcmp(w->from, box->first, sizeof(w->from)) < 0) {
		memcpy(before, box->first, sizeof(before));
		step(before, address_bits(box->family), -1);
		r = emit(w, before);
	}
	if (!w->depth) {
		memcpy(w->from, box->first, sizeof(w->from));
		w->ended = false;
	}
	push(w, box);

	return r;
}

static int compare_peers(struct walk *w)
{
	size_t i;
	int r = 0;

	w->n = w->nopen = 0;
	for (i = 0; !r && i < w->c->n; i++)
		r = collect(w, i);
	w->stack = pw_arena_array(w->c->arena, w->n, sizeof(*w->stack));
	if (!w->stack)
		r = -ENOMEM;
	if (w->n)
		qsort(w->boxes, w->n, sizeof(*w->boxes), by_address);
	for (i = 0; !r && i < w->n; i++)
		r = enter(w, &w->boxes[i]);
	while (!r && w->depth)
		r = pop(w);

	return r;
}

/* ---- Loopback ---------------------------------------------------------------------------- */

/* Ports that a subject serves to one client, by one rule. */
struct service {
	const char *client;
	enum pw_proto proto;
	struct pw_ports_list ports;
	size_t side;
	const struct pw_net_rule *rule;
};

static void collect_services(struct pw_comparison *c, const struct pw_pair *pair, size_t side,
			     struct service *list, size_t *n)
{
	const struct pw_subject_policy *subject = pair->side[side];
	const struct pw_policy *policy = c->side[side];
	const struct pw_net_rule *rules = subject ? subject->network : policy->others_rules;
	size_t nrules = subject ? subject->nnetwork : policy->nothers_rules, i, j;
	enum pw_proto proto;

	for (i = 0; i < nrules; i++) {
		for (j = 0; j < rules[i].local.n; j++) {
			for (proto = PW_PROTO_TCP; proto <= PW_PROTO_UDP; proto++) {
				struct service service = {
					.client = pw_subject_name(policy, rules[i].local.index[j]),
					.proto = proto,
					.ports = proto == PW_PROTO_TCP ?
						 (struct pw_ports_list){rules[i].tcp, rules[i].ntcp} :
						 (struct pw_ports_list){rules[i].udp, rules[i].nudp},
					.side = side == PW_ALSO ? PW_FIRST : side,
					.rule = &rules[i],
				};

				if (list)
					list[*n] = service;
				++*n;
			}
		}
	}
}

static int by_client(const void *left, const void *right)
{
	const struct service *a = left, *b = right;
	int r = strcmp(a->client, b->client);

	return r ? r : (int)a->proto - (int)b->proto;
}

static int add_services(struct pw_comparison *c, const struct pw_pair *pair,
			const struct service *list, size_t n, size_t side,
			struct pw_ports_list ports)
{
	struct pw_difference *d;
	size_t i, j;

	for (i = 0; i < ports.n; i++) {
		d = pw_compare_add(c, pair, PW_DIFFERENCE_CLIENTS, side == PW_SECOND);
		if (!d)
			return -ENOMEM;
		d->value = list->client;
		d->proto = list->proto;
		d->ports = ports.list[i];
		for (j = 0; j < n && !d->rule; j++) {
			if (list[j].side != side ||
			    pw_ports_difference(c->arena, (struct pw_ports_list){&ports.list[i], 1},
						list[j].ports).n)
				continue;
			d->rule = list[j].rule->number;
			d->at = list[j].rule->at;
		}
	}

	return 0;
}

/* Services with one client and protocol. */
static int compare_services(struct pw_comparison *c, const struct pw_pair *pair,
			    const struct service *list, size_t n)
{
	struct pw_ports_list ports[PW_SIDES] = {};
	size_t i, side;
	int r = 0;

	for (i = 0; i < n; i++)
		ports[list[i].side] = pw_ports_sum(c->arena, ports[list[i].side], list[i].ports);
	for (side = 0; !r && side < PW_SIDES; side++)
		r = add_services(c, pair, list, n, side,
				 pw_ports_difference(c->arena, ports[side], ports[!side]));

	return r;
}

static int compare_loopback(struct pw_comparison *c, const struct pw_pair *pair)
{
	struct service *list;
	size_t n = 0, first, end, side;
	int r = 0;

	for (side = 0; side < c->n; side++)
		collect_services(c, pair, side, NULL, &n);
	list = pw_arena_array(c->arena, n, sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (n = side = 0; side < c->n; side++)
		collect_services(c, pair, side, list, &n);
	if (n)
		qsort(list, n, sizeof(*list), by_client);
	for (first = 0; !r && first < n; first = end) {
		for (end = first + 1; end < n && !by_client(&list[first], &list[end]); end++)
			;
		r = compare_services(c, pair, &list[first], end - first);
	}

	return r;
}

int pw_compare_network(struct pw_comparison *c)
{
	static const enum pw_direction directions[] = {PW_DIRECTION_OUT, PW_DIRECTION_IN,
						       PW_DIRECTION_ANSWER};
	struct walk *w = pw_arena_array(c->arena, 1, sizeof(*w));
	size_t i, j;
	int r = w ? 0 : -ENOMEM;

	for (i = 0; !r && i < c->npairs; i++) {
		w->c = c;
		w->pair = &c->pairs[i];
		for (j = 0; !r && j < PW_ARRAY_SIZE(directions); j++) {
			w->direction = directions[j];
			/* Only a datagram can be answered by somebody else. */
			w->proto = PW_PROTO_TCP;
			if (w->direction != PW_DIRECTION_ANSWER)
				r = compare_peers(w);
			w->proto = PW_PROTO_UDP;
			if (!r)
				r = compare_peers(w);
		}
		if (!r)
			r = compare_loopback(c, w->pair);
	}

	return r;
}
