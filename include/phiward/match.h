/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Matching of ports and subjects. Pure, like decide.h: shared by the BPF
 * programs, the unit tests and `make prove`.
 */
#ifndef PHIWARD_MATCH_H
#define PHIWARD_MATCH_H

#include "abi.h"

/*
 * The rule that covers @port, or 0 when none does. The ranges of a set are
 * disjoint and ascending (binary search; the bound is log2(PW_PORT_RANGES) + 1).
 */
static inline __u32 pw_port_rule(const struct pw_port_set *set, __u16 port)
{
	__u32 low = 0, high = set->n;
	int step;

	if (high > PW_PORT_RANGES)
		return 0;
	for (step = 0; step < 6 && low < high; step++) {
		__u32 middle = (low + high) / 2;
		const struct pw_port_range *range;

		if (middle >= PW_PORT_RANGES)
			return 0;
		range = &set->ranges[middle];
		if (port < range->low)
			high = middle;
		else if (port > range->high)
			low = middle + 1;
		else
			return range->rule;
	}

	return 0;
}

#define PW_NAME_BLOCK 64	/* bytes of a name that are hashed at a time */

/* One block of a name, zero-padded; pw_name_hash() begins with @hash 0. */
static inline __u64 pw_name_hash_block(__u64 hash, const __u64 words[PW_NAME_BLOCK / 8])
{
	int i;

	for (i = 0; i < PW_NAME_BLOCK / 8; i++) {
		hash = (hash ^ words[i]) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 29;
	}

	return hash;
}

#if !defined(__VMLINUX_H__)
/* Of a path component, as it stands in struct pw_name_key. */
static inline __u64 pw_name_hash(const char *name, __u32 length)
{
	__u64 hash = 0;
	__u32 done, i;

	for (done = 0; done < length; done += PW_NAME_BLOCK) {
		__u64 words[PW_NAME_BLOCK / 8] = {0};

		for (i = 0; i < PW_NAME_BLOCK && done + i < length; i++)
			((char *)words)[i] = name[done + i];
		hash = pw_name_hash_block(hash, words);
	}

	return hash;
}
#endif

static inline int pw_subject_in(const struct pw_subject_set *set, __u32 subject)
{
	if (subject >= PW_SUBJECT_IDS)
		return 0;

	return (set->bits[(subject >> 6) & (PW_SUBJECT_IDS / 64 - 1)] >> (subject & 63)) & 1;
}

#endif
