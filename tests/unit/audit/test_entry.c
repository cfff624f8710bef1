// SPDX-License-Identifier: BSD-2-Clause
/* What is hashed once for many lines gives the leaves that each line has alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "audit/entry.h"

#define LEN PW_SHA256_LEN

/* As docs/audit-format.md has it, without what entry.c does to be fast. */
static void plain_leaf(struct pw_sha256 *sha, const char *line, uint8_t leaf[static LEN])
{
	const char *tail = strstr(line, ",\"seq\":");
	uint8_t bytes[1 + LEN + 4096] = { 0 };

	if (!tail)
		tail = line + strlen(line);
	assert_int_equal(pw_sha256_restart(sha), 0);
	assert_int_equal(pw_sha256_add(sha, line, (size_t)(tail - line)), 0);
	assert_int_equal(pw_sha256_end(sha, bytes + 1), 0);
	memcpy(bytes + 1 + LEN, tail, strlen(tail));
	assert_int_equal(pw_sha256_restart(sha), 0);
	assert_int_equal(pw_sha256_add(sha, bytes, 1 + LEN + strlen(tail)), 0);
	assert_int_equal(pw_sha256_end(sha, leaf), 0);
}

/* Heads that begin like others, none, and more of them than are kept; lines that are no records. */
static char *make_line(void)
{
	static const char *const heads[] = {
		"{\"a\":1", "{\"a\":1,\"b\":2", "{\"a\":1,\"b\":3", "", "{\"exe\":\",\\\"seq\\\":5\"", "{\"a\":1,\"seq\"",
		"{\"a\":1,", "{",
	};
	static const char *const tails[] = { ",\"seq\":%d}", ",\"seq\":%d,\"path\":\"x\",\"seq\":1}", "}",
					     ",\"seq\":", ",\"seq\"", "" };
	size_t head = (size_t)rand() % 8, tail = rand() % 8 ? (size_t)rand() % 2 : (size_t)rand() % 6;
	char rest[64], *line;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(rest, sizeof(rest), tails[tail], rand());
#pragma GCC diagnostic pop
	assert_true(asprintf(&line, "%s%s", heads[head], rest) >= 0);
	return line;
}

static void leaves_are_those_of_each_line(void **state)
{
	uint8_t leaves[PW_TREE_MANY][LEN], wanted[LEN];
	struct pw_entries entries = { 0 };
	char *lines[PW_TREE_MANY];
	struct pw_tree tree;

	(void)state;
	assert_int_equal(pw_tree_init(&tree), 0);
	for (size_t round = 0; round < 400; round++) {
		size_t n = round % 3 ? (size_t)rand() % 9 : (size_t)rand() % (PW_TREE_MANY + 1);

		for (size_t i = 0; i < n; i++) {
			lines[i] = make_line();
			pw_entries_put(&entries, lines[i], strlen(lines[i]));
		}
		assert_int_equal(entries.n, n);
		assert_int_equal(pw_entries_hash(&entries, &tree, leaves), 0);
		assert_int_equal(entries.n, 0);
		for (size_t i = 0; i < n; i++) {
			plain_leaf(tree.sha, lines[i], wanted);
			assert_memory_equal(leaves[i], wanted, LEN);
			assert_int_equal(pw_entry_leaf(&tree, lines[i], strlen(lines[i]), leaves[i]), 0);
			assert_memory_equal(leaves[i], wanted, LEN);
			free(lines[i]);
		}
	}
	pw_entries_done(&entries);
	pw_tree_done(&tree);
}

/* Processes that take turns: their heads are hashed once. */
static void what_takes_turns_is_kept(void **state)
{
	static const char *const lines[PW_ENTRY_HEADS + 1] = {
		"{1,\"seq\":1}", "{2,\"seq\":1}", "{3,\"seq\":1}", "{4,\"seq\":1}", "{5,\"seq\":1}",
	};
	uint8_t leaves[PW_TREE_MANY][LEN];
	struct pw_entries entries = { 0 };
	struct pw_tree tree;

	(void)state;
	assert_int_equal(pw_tree_init(&tree), 0);
	for (size_t i = 0; i < 3 * PW_ENTRY_HEADS; i++) {
		pw_entries_put(&entries, lines[i % PW_ENTRY_HEADS], strlen(lines[0]));
		assert_int_equal(entries.nheads, i < PW_ENTRY_HEADS);
		assert_int_equal(pw_entries_hash(&entries, &tree, leaves), 0);
	}
	/* One more than are kept: the one that was there longest goes. */
	for (size_t i = 0; i <= PW_ENTRY_HEADS; i++)
		pw_entries_put(&entries, lines[PW_ENTRY_HEADS - i], strlen(lines[0]));
	assert_int_equal(entries.nheads, 2);
	assert_int_equal(pw_entries_hash(&entries, &tree, leaves), 0);
	pw_entries_done(&entries);
	pw_tree_done(&tree);
}

static void where_the_head_ends(void **state)
{
	(void)state;
	assert_int_equal(pw_entry_head("{,\"seq\":1,\"seq\":2}", 18), 1);
	assert_int_equal(pw_entry_head(",\"seq\":", 7), 0);
	assert_int_equal(pw_entry_head("{,\"seq\":", 7), 7);
	assert_int_equal(pw_entry_head("{,\\\"seq\\\":1}", 12), 12);
	assert_int_equal(pw_entry_head("", 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_are_those_of_each_line),
		cmocka_unit_test(what_takes_turns_is_kept),
		cmocka_unit_test(where_the_head_ends),
	};

	srand(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
