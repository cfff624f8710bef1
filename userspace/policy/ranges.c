// SPDX-License-Identifier: BSD-2-Clause
#include "policy/ranges.h"

#include <errno.h>

#define NEVER 0x10000U	/* beyond every port */

/* Two sets on their way to one; the ports below @from are done. */
struct merge {
	const struct pw_port_set *a, *b;
	size_t i, j;	/* the first range of each that reaches @from */
	uint32_t from;
	/* Every piece begins where a range begins or behind where one ends. */
	struct pw_port_range pieces[4 * PW_PORT_RANGES];
	size_t n;
};

/* Where the next piece of @set at or after @from begins. */
static uint32_t next_low(const struct pw_port_set *set, size_t i, uint32_t from)
{
	if (i == set->n)
		return NEVER;

	return set->ranges[i].low > from ? set->ranges[i].low : from;
}

static void emit(struct merge *m, uint32_t low, uint32_t high, uint32_t rule)
{
	struct pw_port_range *last = m->n ? &m->pieces[m->n - 1] : NULL;

	if (last && last->rule == rule && last->high + 1U == low)
		last->high = high;
	else
		m->pieces[m->n++] = (struct pw_port_range){.low = low, .high = high, .rule = rule};
}

static uint32_t lower(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static bool is_done(const struct merge *m)
{
	return m->i == m->a->n && m->j == m->b->n;
}

/* Adds the next ports that the same ranges hold. */
static void add_piece(struct merge *m)
{
	const struct pw_port_range *a = &m->a->ranges[m->i], *b = &m->b->ranges[m->j];
	uint32_t in_a = next_low(m->a, m->i, m->from), in_b = next_low(m->b, m->j, m->from);
	uint32_t high, rule;

	if (in_a == in_b) {
		high = lower(a->high, b->high);
		rule = lower(a->rule, b->rule);
	} else if (in_a < in_b) {
		high = lower(a->high, in_b - 1);
		rule = a->rule;
	} else {
		high = lower(b->high, in_a - 1);
		rule = b->rule;
	}
	emit(m, lower(in_a, in_b), high, rule);
	m->from = high + 1;
	m->i += m->i < m->a->n && a->high < m->from;
	m->j += m->j < m->b->n && b->high < m->from;
}

int pw_ranges_unite(const struct pw_port_set *a, const struct pw_port_set *b,
		    struct pw_port_set *ret_union)
{
	struct merge m = {.a = a, .b = b};
	size_t k;

	while (!is_done(&m))
		add_piece(&m);
	if (m.n > PW_PORT_RANGES)
		return -E2BIG;
	*ret_union = (struct pw_port_set){.n = m.n};
	for (k = 0; k < m.n; k++)
		ret_union->ranges[k] = m.pieces[k];

	return 0;
}

struct pw_port_set pw_ranges_of(const struct pw_ports *ports, size_t n, uint32_t rule)
{
	struct pw_port_set set = {.n = n};
	size_t i;

	for (i = 0; i < n; i++)
		set.ranges[i] = (struct pw_port_range){
			.low = ports[i].low, .high = ports[i].high, .rule = rule};

	return set;
}
