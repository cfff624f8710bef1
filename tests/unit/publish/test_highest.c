// SPDX-License-Identifier: BSD-2-Clause
/* Which version of a bundle was accepted before. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "publish/highest.h"
#include "publish/store.h"

static const uint8_t one[PW_DIGEST_LEN] = {1}, other[PW_DIGEST_LEN] = {2};
static char path[] = "/tmp/phiward-highest-XXXXXX";
static int dir = -EBADF;

static int check(const char *name, uint64_t version, const uint8_t *digest)
{
	const struct pw_highest bundle = {name, version, digest, digest};
	struct pw_diag diag = {};
	int r = pw_highest_check(dir, &bundle, &diag);

	assert_int_equal(diag.errors, r ? 1 : 0);
	pw_diag_done(&diag);

	return r;
}

static void keep(const char *name, uint64_t version, const uint8_t *digest)
{
	const struct pw_highest bundle = {name, version, digest, digest};

	assert_int_equal(pw_highest_write(dir, &bundle), 0);
}

static void test_versions(void **state)
{
	(void)state;
	assert_int_equal(check("a", 1, one), 0);
	keep("a", 5, one);
	assert_int_equal(check("a", 4, one), -ESTALE);
	assert_int_equal(check("a", 5, other), -ESTALE);
	assert_int_equal(check("a", 5, one), 0);
	assert_int_equal(check("a", 6, other), 0);
	assert_int_equal(check("b", 1, one), 0);
	keep("b", 9223372036854775807, one);
	assert_int_equal(check("b", 9223372036854775806, one), -ESTALE);
	assert_int_equal(check("a", 4, one), -ESTALE);
	keep("a", 2, one);
	assert_int_equal(check("a", 3, one), 0);
}

static void test_vendor(void **state)
{
	const struct pw_highest bundle = {"c", 1, one, other};

	(void)state;
	assert_false(pw_highest_knows(dir, "c", other));
	assert_int_equal(pw_highest_write(dir, &bundle), 0);
	assert_true(pw_highest_knows(dir, "c", other));
	assert_false(pw_highest_knows(dir, "c", one));
	assert_false(pw_highest_knows(dir, "d", other));
}

static void test_damaged(void **state)
{
	static const char *const texts[] = {
		"", "{", "[]", "{}", "{\"bundles\":[]}", "{\"bundles\":{\"a\":1}}",
		"{\"bundles\":{\"a\":{\"version\":\"5\",\"digest\":\"\"}}}",
		"{\"bundles\":{\"a\":{\"version\":5}}}",
	};

	(void)state;
	for (size_t i = 0; i < PW_ARRAY_SIZE(texts); i++) {
		assert_int_equal(pw_store_write(dir, "bundles.json", texts[i], strlen(texts[i])), 0);
		assert_int_equal(check("a", 7, one), -EBADMSG);
		assert_false(pw_highest_knows(dir, "a", one));
	}
	keep("a", 7, one);
	assert_int_equal(check("a", 6, one), -ESTALE);
	assert_int_equal(check("a", 7, one), 0);
}

static int make_directory(void **state)
{
	(void)state;
	dir = mkdtemp(path) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	return dir < 0;
}

static int remove_directory(void **state)
{
	(void)state;
	unlinkat(dir, "bundles.json", 0);
	close(dir);

	return rmdir(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_vendor),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
