// SPDX-License-Identifier: BSD-2-Clause
/* Arenas, bounded files and digests. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "common/arena.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "common/sha256.h"
#include "common/text.h"

static void test_arena(void **state)
{
	_cleanup_(pw_arena_freep) struct pw_arena *arena = pw_arena_new();
	uint64_t *numbers;
	char *text, *large;
	size_t i;

	(void)state;
	assert_non_null(arena);
	for (i = 0; i < 1000; i++) {
		numbers = pw_arena_array(arena, 7, sizeof(*numbers));
		assert_non_null(numbers);
		assert_int_equal((uintptr_t)numbers % sizeof(*numbers), 0);
		assert_true(!numbers[0] && !numbers[6]);
		numbers[0] = numbers[6] = ~0ULL;
		text = pw_arena_copy(arena, "text", 2);
		assert_string_equal(text, "te");
	}
	large = pw_arena_array(arena, 1 << 20, 1);
	assert_non_null(large);
	large[(1 << 20) - 1] = 'x';
	assert_non_null(pw_arena_array(arena, 0, 8));
	assert_false(pw_arena_failed(arena));
	assert_null(pw_arena_array(arena, SIZE_MAX / 2, 4));
	assert_null(pw_arena_array(arena, SIZE_MAX, 1));
	assert_null(pw_arena_copy(arena, "", SIZE_MAX));
	assert_true(pw_arena_failed(arena));
	assert_non_null(pw_arena_array(arena, 1, 1));
}

static int make_file(int dirfd, const char *name, size_t length)
{
	_cleanup_close_ int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	size_t i;

	if (fd < 0)
		return -errno;
	for (i = 0; i < length; i++)
		if (write(fd, "x", 1) != 1)
			return -EIO;

	return 0;
}

static void test_file(void **state)
{
	char directory[] = "/tmp/pw-test-XXXXXX";
	static const size_t lengths[] = {0, 1, 16383, 16384, 16385, 40000};
	_cleanup_close_ int dirfd = -1;
	size_t i, length;
	char *text;

	(void)state;
	assert_non_null(mkdtemp(directory));
	dirfd = open(directory, O_RDONLY | O_DIRECTORY);
	assert_true(dirfd >= 0);
	for (i = 0; i < PW_ARRAY_SIZE(lengths); i++) {
		assert_int_equal(make_file(dirfd, "f", lengths[i]), 0);
		assert_int_equal(pw_file_read(dirfd, "f", lengths[i], &text, &length), 0);
		assert_int_equal(length, lengths[i]);
		assert_int_equal(strlen(text), lengths[i]);
		free(text);
		if (lengths[i])
			assert_int_equal(pw_file_read(dirfd, "f", lengths[i] - 1, &text, &length),
					 -EFBIG);
	}
	assert_int_equal(mkfifoat(dirfd, "fifo", 0600), 0);
	assert_int_equal(pw_file_read(dirfd, "fifo", 10, &text, &length), -EINVAL);
	assert_int_equal(pw_file_read(dirfd, ".", 10, &text, &length), -EISDIR);
	assert_int_equal(pw_file_read(dirfd, "none", 10, &text, &length), -ENOENT);
	unlinkat(dirfd, "f", 0);
	unlinkat(dirfd, "fifo", 0);
	rmdir(directory);
}

static void test_sha256(void **state)
{
	_cleanup_(pw_sha256_freep) struct pw_sha256 *sha = NULL;
	uint8_t digest[PW_SHA256_LEN];
	char hex[2 * PW_SHA256_LEN + 1];

	(void)state;
	assert_int_equal(pw_sha256_start(&sha), 0);
	assert_int_equal(pw_sha256_add(sha, "a", 1), 0);
	assert_int_equal(pw_sha256_add(sha, "bc", 2), 0);
	assert_int_equal(pw_sha256_end(sha, digest), 0);
	pw_text_hex(hex, digest, sizeof(digest));
	/* FIPS 180-2, the example "abc" */
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arena),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_sha256),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
