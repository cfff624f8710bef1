/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of a record's line is in the tree: the hash of its head and then its tail, byte for byte.
 * The tail begins with the first `,"seq":`. Records of one process in a row have the same head, so
 * that a quarter of the line is left to hash. See docs/audit-format.md.
 *
 * Heads of the last few kinds are kept, for processes that take turns.
 */
#ifndef PW_AUDIT_ENTRY_H
#define PW_AUDIT_ENTRY_H

#include "audit/line.h"
#include "audit/tree.h"

#define PW_ENTRY_HEADS 4

/* How long the head of @line is: all of it, when nothing in it begins a tail. */
size_t pw_entry_head(const char *line, size_t length);

struct pw_entry_line {
	const char *text;
	size_t length;
	size_t head;		/* its index in heads */
};

struct pw_entry_head {
	const char *text;	/* of a line, or of the one that is kept at the same index */
	size_t length;
};

/* All zero to begin with. */
struct pw_entries {
	size_t n;
	struct pw_entry_line lines[PW_TREE_MANY];
	/* In PW_ENTRY_HEADS places those that are kept, behind them nheads of these lines. */
	struct pw_entry_head heads[PW_ENTRY_HEADS + PW_TREE_MANY];
	uint8_t digests[PW_ENTRY_HEADS + PW_TREE_MANY][PW_SHA256_LEN];
	size_t nheads;
	size_t recent[PW_ENTRY_HEADS];	/* indices of heads, the last one first */
	size_t nrecent;
	struct pw_line kept[PW_ENTRY_HEADS];
	struct pw_line bytes;		/* what the leaves are hashes of */
};

void pw_entries_done(struct pw_entries *entries);

/* One more line, which stays valid until it is hashed; at most PW_TREE_MANY. */
void pw_entries_put(struct pw_entries *entries, const char *line, size_t length);

/* The leaves of these lines, by the hashes that @tree lends; then there are none. -ENOMEM, or as the tree. */
int pw_entries_hash(struct pw_entries *entries, struct pw_tree *tree, uint8_t (*leaves)[PW_SHA256_LEN]);

/* The same, and they are added to @tree. */
int pw_entries_flush(struct pw_entries *entries, struct pw_tree *tree);

/* The leaf of one line alone. */
int pw_entry_leaf(struct pw_tree *tree, const char *line, size_t length,
		  uint8_t leaf[static PW_SHA256_LEN]);

#endif
