/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Merkle tree of RFC 9162, section 2.1, over the records of one segment: SHA-256, 0x00
 * before a leaf, 0x01 before two children. Leaves are only ever added at the end, so the
 * roots of the perfect subtrees are all that has to be kept.
 */
#ifndef PW_AUDIT_TREE_H
#define PW_AUDIT_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "common/sha256_many.h"

#define PW_TREE_LEVELS 64
#define PW_TREE_LEAF 0	/* the byte before a record */

struct pw_tree {
	struct pw_sha256 *sha;
	struct pw_sha256_many *many;
	uint64_t size;
	/* [i]: of 2^i leaves, where that bit of size is set. */
	uint8_t peaks[PW_TREE_LEVELS][PW_SHA256_LEN];
};

/* All functions: 0, or the errors of common/sha256.h. */
int pw_tree_init(struct pw_tree *tree);
void pw_tree_done(struct pw_tree *tree);

/* Without leaves, as after init. */
void pw_tree_clear(struct pw_tree *tree);

/* At most PW_TREE_MANY @leaves, which are overwritten. What a leaf is, audit/entry.h says. */
#define PW_TREE_MANY PW_SHA256_MANY
int pw_tree_add_many(struct pw_tree *tree, uint8_t (*leaves)[PW_SHA256_LEN], size_t n);

/* Of the leaves so far; without any, the hash of nothing. */
int pw_tree_root(struct pw_tree *tree, uint8_t root[static PW_SHA256_LEN]);

struct pw_tree_path {
	size_t n;
	uint8_t nodes[PW_TREE_LEVELS][PW_SHA256_LEN];
};

/*
 * The inclusion proof of leaf @index among the @n in @leaves, which are overwritten.
 * @tree lends its hash, its own leaves do not matter. -ERANGE.
 */
int pw_tree_prove(struct pw_tree *tree, uint8_t (*leaves)[PW_SHA256_LEN], uint64_t n,
		  uint64_t index, struct pw_tree_path *ret);

/* Section 2.1.3.2. -EBADMSG: @leaf is not leaf @index of the @size below @root. */
int pw_tree_check(struct pw_tree *tree, const uint8_t leaf[static PW_SHA256_LEN], uint64_t index,
		  uint64_t size, const struct pw_tree_path *path,
		  const uint8_t root[static PW_SHA256_LEN]);

#endif
