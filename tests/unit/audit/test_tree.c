// SPDX-License-Identifier: BSD-2-Clause
/* The tree against the definition of RFC 9162, written out, and the known answers of others. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include "audit/tree.h"
#include "common/text.h"

#define LEAVES 70
#define LEN PW_SHA256_LEN

static size_t record(char text[32], uint64_t i)
{
	return (size_t)snprintf(text, 32, "record %d", (int)i);
}

/* MTH of section 2.1.1 over the records from @first on. */
static void mth(uint64_t first, uint64_t n, uint8_t out[LEN])
{
	uint8_t bytes[1 + 2 * LEN] = {1};
	char text[33] = "";
	uint64_t k = 1;

	if (n < 2) {
		assert_int_equal(EVP_Digest(text, n ? 1 + record(text + 1, first) : 0, out, NULL,
					    EVP_sha256(), NULL), 1);
		return;
	}
	while (2 * k < n)
		k *= 2;
	mth(first, k, bytes + 1);
	mth(first + k, n - k, bytes + 1 + LEN);
	assert_int_equal(EVP_Digest(bytes, sizeof(bytes), out, NULL, EVP_sha256(), NULL), 1);
}

static void leaf_of(const void *bytes, size_t length, uint8_t leaf[static LEN])
{
	uint8_t text[64] = { PW_TREE_LEAF };

	assert_true(length < sizeof(text));
	memcpy(text + 1, bytes, length);
	assert_int_equal(EVP_Digest(text, 1 + length, leaf, NULL, EVP_sha256(), NULL), 1);
}

static void add(struct pw_tree *tree, const void *bytes, size_t length)
{
	uint8_t leaf[1][LEN];

	leaf_of(bytes, length, leaf[0]);
	assert_int_equal(pw_tree_add_many(tree, leaf, 1), 0);
}

static void roots_are_those_of_the_definition(void **state)
{
	struct pw_tree tree;
	uint8_t root[LEN], wanted[LEN];
	char text[32];

	(void)state;
	assert_int_equal(pw_tree_init(&tree), 0);
	for (uint64_t n = 0; n <= LEAVES; n++) {
		assert_int_equal(pw_tree_root(&tree, root), 0);
		mth(0, n, wanted);
		assert_memory_equal(root, wanted, LEN);
		add(&tree, text, record(text, n));
	}
	pw_tree_clear(&tree);
	assert_int_equal(pw_tree_root(&tree, root), 0);
	mth(0, 0, wanted);
	assert_memory_equal(root, wanted, LEN);
	pw_tree_done(&tree);
}

/* The leaves that the tests of Certificate Transparency's own code use. */
static void known_answers(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
	} leaves[] = {
		{"", 0}, {"\x00", 1}, {"\x10", 1}, {"\x20\x21", 2}, {"\x30\x31", 2},
		{"\x40\x41\x42\x43", 4}, {"\x50\x51\x52\x53\x54\x55\x56\x57", 8},
		{"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16},
	};
	static const char *const roots[] = {
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	};
	char hex[2 * LEN + 1];
	struct pw_tree tree;
	uint8_t root[LEN];

	(void)state;
	assert_int_equal(pw_tree_init(&tree), 0);
	for (size_t i = 0; i < 8; i++) {
		add(&tree, leaves[i].bytes, leaves[i].length);
		assert_int_equal(pw_tree_root(&tree, root), 0);
		pw_text_hex(hex, root, LEN);
		assert_string_equal(hex, roots[i]);
	}
	pw_tree_done(&tree);
}

/* However they are dealt out. */
static void many_at_once(void **state)
{
	uint8_t leaves[PW_TREE_MANY][LEN];
	char text[32];
	uint8_t root[LEN], wanted[LEN];
	struct pw_tree one, many;

	(void)state;
	assert_int_equal(pw_tree_init(&one), 0);
	assert_int_equal(pw_tree_init(&many), 0);
	for (size_t first = 0, n = 0; first + PW_TREE_MANY < 2000; first += n, n = (n * 7 + 3) % 129) {
		for (size_t i = 0; i < n; i++) {
			leaf_of(text, record(text, first + i), leaves[i]);
			add(&one, text, record(text, first + i));
		}
		assert_int_equal(pw_tree_add_many(&many, leaves, n), 0);
		assert_int_equal(one.size, many.size);
		assert_int_equal(pw_tree_root(&one, wanted), 0);
		assert_int_equal(pw_tree_root(&many, root), 0);
		assert_memory_equal(root, wanted, LEN);
	}
	pw_tree_done(&one);
	pw_tree_done(&many);
}

static void every_leaf_is_proved_and_nothing_else(void **state)
{
	uint8_t leaves[LEAVES][LEN], root[LEN], leaf[LEN], other[LEN];
	struct pw_tree_path path;
	struct pw_tree tree;

	(void)state;
	assert_int_equal(pw_tree_init(&tree), 0);
	for (uint64_t n = 1; n <= LEAVES; n++) {
		mth(0, n, root);
		for (uint64_t i = 0; i < n; i++) {
			for (uint64_t j = 0; j < n; j++)
				mth(j, 1, leaves[j]);
			mth(i, 1, leaf);
			mth(i + 1, 1, other);
			assert_int_equal(pw_tree_prove(&tree, leaves, n, i, &path), 0);
			assert_int_equal(pw_tree_check(&tree, leaf, i, n, &path, root), 0);
			assert_int_equal(pw_tree_check(&tree, other, i, n, &path, root), -EBADMSG);
			assert_int_equal(pw_tree_check(&tree, leaf, i + 1, n, &path, root), -EBADMSG);
			if (i)
				assert_int_equal(pw_tree_check(&tree, leaf, i - 1, n, &path, root),
						 -EBADMSG);
			if (!path.n)
				continue;
			path.nodes[path.n - 1][LEN - 1] ^= 1;
			assert_int_equal(pw_tree_check(&tree, leaf, i, n, &path, root), -EBADMSG);
			path.nodes[path.n - 1][LEN - 1] ^= 1;
			path.n--;
			assert_int_equal(pw_tree_check(&tree, leaf, i, n, &path, root), -EBADMSG);
		}
	}
	assert_int_equal(pw_tree_prove(&tree, leaves, 3, 3, &path), -ERANGE);
	path.n = 0;
	assert_int_equal(pw_tree_check(&tree, leaf, 0, 0, &path, root), -EBADMSG);
	pw_tree_done(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots_are_those_of_the_definition),
		cmocka_unit_test(known_answers),
		cmocka_unit_test(many_at_once),
		cmocka_unit_test(every_leaf_is_proved_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
