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
 * disjoint and ascending: passes over all whose high end lies below the port,
 * in steps that halve, and looks at the one that follows.
 */
static inline __u32 pw_port_rule(const struct pw_port_set *set, __u16 port)
{
	__u32 n = set->n, at = 0, step;

	if (n > PW_PORT_RANGES)
		return 0;
	for (step = PW_PORT_RANGES / 2; step; step /= 2)
		if (at + step <= n && set->ranges[at + step - 1].high < port)
			at += step;
	if (at >= n || port < set->ranges[at].low || port > set->ranges[at].high)
		return 0;

	return set->ranges[at].rule;
}

#define PW_HASH_FACTOR 0x9e3779b97f4a7c15ULL	/* odd, and its bits are like random ones */

#define PW_NAME_BLOCK 32	/* bytes of a name that are hashed at a time */

/* One block of a name, zero-padded; pw_name_hash() begins with @hash 0. */
static inline __u64 pw_name_hash_block(__u64 hash, const __u64 words[PW_NAME_BLOCK / 8])
{
	int i;

	for (i = 0; i < PW_NAME_BLOCK / 8; i++) {
		hash = (hash ^ words[i]) * PW_HASH_FACTOR;
		hash ^= hash >> 29;
	}

	return hash;
}

#define PW_NAME_SHORT 32	/* shorter names stand in the kernel's directory entry itself */

/* Bit of a name in pw_bank.name_marks; @first: its first eight bytes, zero-padded. */
static inline __u32 pw_name_mark(__u64 first, __u32 length)
{
	if (length >= PW_NAME_SHORT)
		first = 0;

	return ((first ^ length) * PW_HASH_FACTOR) >> 52;
}

/* A name's place in pw_bank.name_guesses, from the first byte alone: a guess for pw_name_mark(). */
static inline __u32 pw_name_guess(__u64 first, __u32 length)
{
	if (length >= PW_NAME_SHORT)
		first = 0;

	return (first + length * 11) & (PW_NAME_GUESSES - 1);
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
