// SPDX-License-Identifier: BSD-2-Clause
#include "policy/ports.h"

#include <stdlib.h>
#include <string.h>

static int by_low(const void *left, const void *right)
{
	const struct pw_ports *a = left, *b = right;

	return a->low < b->low ? -1 : a->low > b->low;
}

size_t pw_ports_unite(struct pw_ports *ports, size_t n)
{
	size_t i, last = 0;

	if (!n)
		return 0;
	qsort(ports, n, sizeof(*ports), by_low);
	for (i = 1; i < n; i++) {
		if (ports[i].low > (uint32_t)ports[last].high + 1)
			ports[++last] = ports[i];
		else if (ports[i].high > ports[last].high)
			ports[last].high = ports[i].high;
	}

	return last + 1;
}

struct pw_ports_list pw_ports_sum(struct pw_arena *arena, struct pw_ports_list a,
				  struct pw_ports_list b)
{
	struct pw_ports_list sum = {};

	if (!a.n || !b.n)
		return a.n ? a : b;
	sum.list = pw_arena_array(arena, a.n + b.n, sizeof(*sum.list));
	if (!sum.list)
		return sum;
	memcpy(sum.list, a.list, a.n * sizeof(*a.list));
	memcpy(sum.list + a.n, b.list, b.n * sizeof(*b.list));
	sum.n = pw_ports_unite(sum.list, a.n + b.n);

	return sum;
}

struct pw_ports_list pw_ports_difference(struct pw_arena *arena, struct pw_ports_list a,
					 struct pw_ports_list b)
{
	struct pw_ports_list rest = {};
	uint32_t low;
	size_t i, j;

	if (!a.n || !b.n)
		return a;
	/* Each of @b cuts at most one of @a in two. */
	rest.list = pw_arena_array(arena, a.n + b.n, sizeof(*rest.list));
	for (i = 0; i < a.n && rest.list; i++) {
		low = a.list[i].low;
		for (j = 0; j < b.n && b.list[j].low <= a.list[i].high; j++) {
			if (b.list[j].low > low)
				rest.list[rest.n++] = (struct pw_ports){low, b.list[j].low - 1};
			if (b.list[j].high >= low)
				low = b.list[j].high + 1U;
		}
		if (low <= a.list[i].high)
			rest.list[rest.n++] = (struct pw_ports){low, a.list[i].high};
	}

	return rest;
}
