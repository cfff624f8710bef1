// SPDX-License-Identifier: BSD-2-Clause
/*
 * The union of port ranges, by induction over the pieces that it is made of. What a state of the merge promises holds at the beginning; if it
 * holds before a piece it holds after it; and with the last piece it is the claim.
 *
 * Promises about all ports, or all pieces, are made about one that may be any.
 */
#include "small.h"

#include "policy/ranges.c"

#include "prove.h"

#define PIECES (4 * PW_PORT_RANGES)

/* In order, each range with a rule. Said of all pairs, not of neighbours: shorter proofs. */
static void given_ordered(const struct pw_port_set *set)
{
	size_t x, y;

	given(set->n <= PW_PORT_RANGES);
	for (x = 0; x < PW_PORT_RANGES; x++) {
		given(x >= set->n || set->ranges[x].rule);
		given(x >= set->n || set->ranges[x].low <= set->ranges[x].high);
		for (y = x + 1; y < PW_PORT_RANGES; y++)
			given(y >= set->n || set->ranges[x].high < set->ranges[y].low);
	}
}

static bool holds(const struct pw_port_range *range, uint32_t port)
{
	return range->low <= port && port <= range->high;
}

/* The rule of the range that holds @port, or 0. */
static uint32_t rule_in(const struct pw_port_set *set, uint32_t port)
{
	uint32_t rule = 0;
	size_t x;

	for (x = 0; x < PW_PORT_RANGES; x++)
		if (x < set->n && holds(&set->ranges[x], port))
			rule = set->ranges[x].rule;

	return rule;
}

/* The reference: the rule of either, of both the one with the lower number. */
static uint32_t first_rule(uint32_t a, uint32_t b)
{
	if (!a || !b)
		return a | b;

	return a < b ? a : b;
}

/* The first @i ranges lie below @from, the next one does not. */
static bool is_split(const struct pw_port_set *set, size_t i, uint32_t from)
{
	bool split = i <= set->n;
	size_t x;

	for (x = 0; x < PW_PORT_RANGES; x++)
		split &= x >= set->n || (x < i) == (set->ranges[x].high < from);

	return split;
}

/* How many ranges have begun at @from, and how many have ended before it. */
static size_t edges(const struct pw_port_set *set, size_t i, uint32_t from)
{
	return 2 * i + (i < set->n && set->ranges[i].low <= from);
}

static size_t all_edges(const struct merge *m)
{
	return edges(m->a, m->i, m->from) + edges(m->b, m->j, m->from);
}

static bool is_state(const struct merge *m)
{
	return is_split(m->a, m->i, m->from) && is_split(m->b, m->j, m->from) &&
	       m->from <= NEVER && m->n <= all_edges(m);
}

/* Piece @k is right: about @port, whose rule is @rule, and towards the next. */
static bool is_piece(const struct merge *m, size_t k, uint32_t port, uint32_t rule)
{
	const struct pw_port_range *piece = &m->pieces[k], *next = piece + 1;

	if (k >= m->n)
		return true;
	if (piece->low > piece->high || piece->high >= m->from || !piece->rule ||
	    (holds(piece, port) && piece->rule != rule))
		return false;

	return k + 1 >= m->n || next->low > piece->high + 1U ||
	       (next->low > piece->high && next->rule != piece->rule);
}

static bool in_piece(const struct merge *m, size_t k, uint32_t port)
{
	return k < m->n && holds(&m->pieces[k], port);
}

PROVE(ranges_step, "ranges: each piece of a union is right and the last one of it",
      "--unwind 5")
{
	ANY(struct pw_port_set, a);
	ANY(struct pw_port_set, b);
	ANY(struct merge, m);
	ANY(uint16_t, port);
	ANY(size_t, k);		/* any piece */
	ANY(size_t, at);	/* the one that holds the port, when one does */
	uint32_t in_a, in_b, rule;
	size_t before;

	given_ordered(&a);
	given_ordered(&b);
	in_a = rule_in(&a, port);
	in_b = rule_in(&b, port);
	rule = first_rule(in_a, in_b);
	m.a = &a;
	m.b = &b;
	given(is_state(&m) && !is_done(&m) && k < PIECES);
	given(is_piece(&m, k, port, rule) && (!m.n || is_piece(&m, m.n - 1, port, rule)));
	given(port >= m.from || !rule || in_piece(&m, at, port));
	before = all_edges(&m);

	add_piece(&m);
	must(is_state(&m), "what is done is counted");
	must(is_piece(&m, k, port, rule), "a piece has the rule of its ports, and stands in order");
	must(port >= m.from || !rule || in_piece(&m, at, port) || in_piece(&m, m.n - 1, port),
	     "no port is left out");
	must(all_edges(&m) > before, "it comes to an end");
	must(!is_done(&m) || !rule || port < m.from, "and then all is done");
	reach(is_done(&m) && m.n == PIECES - 1, "two full sets");
	reach(in_piece(&m, k, port) && in_a && in_b, "a port of both");
}
