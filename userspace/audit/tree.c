// SPDX-License-Identifier: BSD-2-Clause
#include "audit/tree.h"

#include <errno.h>
#include <string.h>

#define NODE_PREFIX 1

/* What a node is the hash of. */
struct children {
	uint8_t prefix;
	uint8_t hashes[2][PW_SHA256_LEN];
};
_Static_assert(sizeof(struct children) == 1 + 2 * PW_SHA256_LEN, "no byte between them");

int pw_tree_init(struct pw_tree *tree)
{
	int r;

	tree->size = 0;
	tree->sha = NULL;
	tree->many = NULL;
	r = pw_sha256_start(&tree->sha);
	return r ? r : pw_sha256_many_open(&tree->many);
}

void pw_tree_done(struct pw_tree *tree)
{
	tree->sha = pw_sha256_free(tree->sha);
	tree->many = pw_sha256_many_close(tree->many);
}

void pw_tree_clear(struct pw_tree *tree)
{
	tree->size = 0;
}

/* @out may be one of the children. */
static int join(struct pw_tree *tree, const uint8_t *left, const uint8_t *right, uint8_t *out)
{
	uint8_t children[2 * PW_SHA256_LEN];

	memcpy(children, left, PW_SHA256_LEN);
	memcpy(children + PW_SHA256_LEN, right, PW_SHA256_LEN);
	return pw_sha256_prefixed(tree->sha, NODE_PREFIX, children, sizeof(children), out);
}

/*
 * Nodes of one level, after those that are there: what stands alone waits as a peak, each two
 * become one of the level above, in the place of @nodes.
 */
static int add_level(struct pw_tree *tree, size_t level, uint8_t (*nodes)[PW_SHA256_LEN], size_t *n)
{
	struct children pairs[PW_TREE_MANY / 2 + 1];
	struct pw_message messages[PW_TREE_MANY / 2 + 1];
	size_t at = 0, npairs = 0;

	if (tree->size >> level & 1) {
		memcpy(pairs[0].hashes[0], tree->peaks[level], PW_SHA256_LEN);
		memcpy(pairs[0].hashes[1], nodes[at++], PW_SHA256_LEN);
		npairs++;
	}
	for (; at + 1 < *n; at += 2, npairs++)
		memcpy(pairs[npairs].hashes, nodes[at], 2 * PW_SHA256_LEN);
	if (at < *n)
		memcpy(tree->peaks[level], nodes[at], PW_SHA256_LEN);
	for (size_t i = 0; i < npairs; i++) {
		pairs[i].prefix = NODE_PREFIX;
		messages[i] = (struct pw_message){ &pairs[i].prefix, sizeof(pairs[i]) };
	}
	*n = npairs;
	return pw_sha256_many(tree->many, messages, npairs, nodes);
}

int pw_tree_add_many(struct pw_tree *tree, uint8_t (*leaves)[PW_SHA256_LEN], size_t n)
{
	size_t left = n;
	int r = 0;

	for (size_t level = 0; !r && left; level++)
		r = add_level(tree, level, leaves, &left);
	if (!r)
		tree->size += n;
	return r;
}

int pw_tree_root(struct pw_tree *tree, uint8_t root[static PW_SHA256_LEN])
{
	size_t level = 0;
	int r = 0;

	if (!tree->size) {
		r = pw_sha256_restart(tree->sha);
		return r ? r : pw_sha256_end(tree->sha, root);
	}
	while (!(tree->size >> level & 1))
		level++;
	memcpy(root, tree->peaks[level], PW_SHA256_LEN);
	while (!r && ++level < PW_TREE_LEVELS)
		if (tree->size >> level & 1)
			r = join(tree, tree->peaks[level], root, root);
	return r;
}

/* Level by level; who has no sibling goes up as it is, which is the tree of the RFC. */
int pw_tree_prove(struct pw_tree *tree, uint8_t (*leaves)[PW_SHA256_LEN], uint64_t n,
		  uint64_t index, struct pw_tree_path *ret)
{
	int r;

	if (index >= n)
		return -ERANGE;
	ret->n = 0;
	for (; n > 1; n = (n + 1) / 2, index /= 2) {
		if ((index ^ 1) < n)
			memcpy(ret->nodes[ret->n++], leaves[index ^ 1], PW_SHA256_LEN);
		for (uint64_t i = 0; i + 1 < n; i += 2) {
			r = join(tree, leaves[i], leaves[i + 1], leaves[i / 2]);
			if (r)
				return r;
		}
		if (n % 2)
			memcpy(leaves[n / 2], leaves[n - 1], PW_SHA256_LEN);
	}
	return 0;
}

int pw_tree_check(struct pw_tree *tree, const uint8_t leaf[static PW_SHA256_LEN], uint64_t index,
		  uint64_t size, const struct pw_tree_path *path,
		  const uint8_t root[static PW_SHA256_LEN])
{
	uint64_t node = index, last = size - 1;
	uint8_t hash[PW_SHA256_LEN];
	int r;

	if (index >= size)
		return -EBADMSG;
	memcpy(hash, leaf, PW_SHA256_LEN);
	for (size_t i = 0; i < path->n; i++) {
		if (!last)
			return -EBADMSG;
		if (node & 1 || node == last) {
			r = join(tree, path->nodes[i], hash, hash);
			while (!(node & 1) && node) {
				node >>= 1;
				last >>= 1;
			}
		} else {
			r = join(tree, hash, path->nodes[i], hash);
		}
		if (r)
			return r;
		node >>= 1;
		last >>= 1;
	}
	return !last && memcmp(hash, root, PW_SHA256_LEN) == 0 ? 0 : -EBADMSG;
}
