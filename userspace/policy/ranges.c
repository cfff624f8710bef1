// SPDX-License-Identifier: BSD-2-Clause
#include "policy/ranges.h"

#include <errno.h>

#define NEVER 0x10000U	/* beyond every port */

/* Where the next piece of @set at or after @from begins. */
static uint32_t next_low(const struct pw_port_set *set, size_t i, uint32_t from)
{
	if (i == set->n)
		return NEVER;

	return set->ranges[i].low > from ? set->ranges[i].low : from;
}

static void emit(struct pw_port_range *pieces, size_t *n, uint32_t low, uint32_t high,
		 uint32_t rule)
{
	struct pw_port_range *last = *n ? &pieces[*n - 1] : NULL;

	if (last && last->rule == rule && last->high + 1U == low)
		last->high = high;
	else
		pieces[(*n)++] = (struct pw_port_range){.low = low, .high = high, .rule = rule};
}

static uint32_t lower(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

int pw_ranges_unite(const struct pw_port_set *a, const struct pw_port_set *b,
		    struct pw_port_set *ret_union)
{
	/* Every piece begins where a range begins or behind where one ends. */
	struct pw_port_range pieces[4 * PW_PORT_RANGES];
	uint32_t from = 0, in_a, in_b, high, rule;
	size_t i = 0, j = 0, n = 0, k;

	while (i < a->n || j < b->n) {
		in_a = next_low(a, i, from);
		in_b = next_low(b, j, from);
		if (in_a == in_b) {
			high = lower(a->ranges[i].high, b->ranges[j].high);
			rule = lower(a->ranges[i].rule, b->ranges[j].rule);
		} else if (in_a < in_b) {
			high = lower(a->ranges[i].high, in_b - 1);
			rule = a->ranges[i].rule;
		} else {
			high = lower(b->ranges[j].high, in_a - 1);
			rule = b->ranges[j].rule;
		}
		emit(pieces, &n, lower(in_a, in_b), high, rule);
		from = high + 1;
		i += i < a->n && a->ranges[i].high < from;
		j += j < b->n && b->ranges[j].high < from;
	}
	if (n > PW_PORT_RANGES)
		return -E2BIG;
	*ret_union = (struct pw_port_set){.n = n};
	for (k = 0; k < n; k++)
		ret_union->ranges[k] = pieces[k];

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
