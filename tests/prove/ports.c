// SPDX-License-Identifier: BSD-2-Clause
/* The matching of ports and subjects: what stands in the maps may be anything. */
#include <phiward/match.h>

#include "prove.h"

static bool holds(const struct pw_port_range *range, __u16 port)
{
	return range->low <= port && port <= range->high;
}

/* Only sets as the compiler of policies makes them. */
static void given_ordered(const struct pw_port_set *set)
{
	__u32 i;

	given(set->n <= PW_PORT_RANGES);
	for (i = 0; i < PW_PORT_RANGES; i++) {
		given(i >= set->n || set->ranges[i].low <= set->ranges[i].high);
		given(!i || i >= set->n || set->ranges[i - 1].high < set->ranges[i].low);
	}
}

PROVE(port_search, "ports: the search finds what going through all ranges finds", "--unwind 33")
{
	ANY(struct pw_port_set, set);
	ANY(__u16, port);
	__u32 i, rule = 0;

	given_ordered(&set);
	for (i = 0; i < PW_PORT_RANGES; i++)
		if (i < set.n && holds(&set.ranges[i], port))
			rule = set.ranges[i].rule;
	must(pw_port_rule(&set, port) == rule, "the same rule");
	reach(rule && set.n == PW_PORT_RANGES && port > set.ranges[PW_PORT_RANGES - 1].low,
	      "the last of a full set");
	reach(!rule && set.n == PW_PORT_RANGES && port > set.ranges[0].high &&
	      port < set.ranges[PW_PORT_RANGES - 1].low, "a gap of a full set");
}

PROVE(port_any_bytes, "ports: no bytes of a set make a rule that does not hold the port", "--unwind 33")
{
	ANY(struct pw_port_set, set);
	ANY(__u16, port);
	__u32 rule = pw_port_rule(&set, port), i;
	bool found = false;

	for (i = 0; i < PW_PORT_RANGES; i++)
		found |= i < set.n && holds(&set.ranges[i], port) && set.ranges[i].rule == rule;
	must(!rule || found, "a range of the set holds the port");
	must((set.n && set.n <= PW_PORT_RANGES) || !rule, "an impossible set holds nothing");
	reach(rule && set.n == PW_PORT_RANGES, "a full set");
	reach(rule && set.ranges[0].low > set.ranges[1].low, "a set out of order");
}

PROVE(subject_set, "subjects: a set holds whose bit is set, for any number", "--unwind 257")
{
	ANY(struct pw_subject_set, set);
	ANY(__u32, subject);
	const __u8 *bytes = (const __u8 *)&set;
	bool in = false;
	__u32 i;

	for (i = 0; i < PW_SUBJECT_IDS; i++)
		in |= i == subject && (bytes[i / 8] >> i % 8 & 1);
	must(pw_subject_in(&set, subject) == in, "that bit and no other");
	reach(in && subject == PW_SUBJECT_IDS - 1, "the last");
	reach(!in && subject >= PW_SUBJECT_IDS, "an impossible one");
}
