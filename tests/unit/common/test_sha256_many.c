// SPDX-License-Identifier: BSD-2-Clause
/* Side by side the digests are those of one after the other, whatever the lengths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/sha256_many.h"

#define MESSAGES 61

static void compare(const struct pw_message *messages, size_t n)
{
	uint8_t digests[MESSAGES][PW_SHA256_LEN], one[PW_SHA256_LEN];
	struct pw_sha256_many *many;
	struct pw_sha256 *sha;

	assert_int_equal(pw_sha256_many_open(&many), 0);
	assert_int_equal(pw_sha256_many(many, messages, n, digests), 0);
	assert_null(pw_sha256_many_close(many));
	assert_int_equal(pw_sha256_start(&sha), 0);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(pw_sha256_restart(sha), 0);
		assert_int_equal(pw_sha256_add(sha, messages[i].data, messages[i].length), 0);
		assert_int_equal(pw_sha256_end(sha, one), 0);
		assert_memory_equal(digests[i], one, sizeof(one));
	}
	pw_sha256_free(sha);
}

static uint8_t *random_bytes(size_t n)
{
	uint8_t *bytes = malloc(n + 1);	/* the end is watched */

	assert_non_null(bytes);
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)rand();
	return bytes;
}

static void every_length(void **state)
{
	struct pw_message messages[MESSAGES];

	(void)state;
	for (size_t from = 0; from < 300; from += MESSAGES) {
		for (size_t i = 0; i < MESSAGES; i++)
			messages[i] = (struct pw_message){random_bytes(from + i), from + i};
		for (size_t n = 0; n <= MESSAGES; n += 7)
			compare(messages, n);
		for (size_t i = 0; i < MESSAGES; i++)
			free((void *)messages[i].data);
	}
}

static void lengths_far_apart(void **state)
{
	static const size_t lengths[] = {0, 70000, 1, 54, 55, 56, 62, 63, 64, 65, 127, 128, 700, 3000};
	struct pw_message messages[MESSAGES];

	(void)state;
	for (int round = 0; round < 50; round++) {
		for (size_t i = 0; i < MESSAGES; i++) {
			size_t n = lengths[(size_t)rand() % (sizeof(lengths) / sizeof(lengths[0]))];

			messages[i] = (struct pw_message){random_bytes(n), n};
		}
		compare(messages, MESSAGES);
		for (size_t i = 0; i < MESSAGES; i++)
			free((void *)messages[i].data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length), cmocka_unit_test(lengths_far_apart),
	};

	srand(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
