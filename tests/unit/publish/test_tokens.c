// SPDX-License-Identifier: BSD-2-Clause
/* Which tokens of break-glass were used before. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "publish/store.h"
#include "publish/tokens.h"

static char path[] = "/tmp/phiward-tokens-XXXXXX";
static int dir = -EBADF;

static int check(const char *id)
{
	struct pw_diag diag = {};
	int r = pw_tokens_check(dir, id, &diag);

	assert_int_equal(diag.errors, r ? 1 : 0);
	pw_diag_done(&diag);

	return r;
}

static void spend(const char *id)
{
	struct pw_diag diag = {};

	assert_int_equal(pw_tokens_spend(dir, id, &diag), 0);
	pw_diag_done(&diag);
}

static void none_is_used_twice(void **state)
{
	(void)state;
	assert_int_equal(check("a"), 0);
	spend("a");
	assert_int_equal(check("a"), -EALREADY);
	assert_int_equal(check("b"), 0);
	spend("b");
	assert_int_equal(check("a"), -EALREADY);
	assert_int_equal(check("b"), -EALREADY);
}

static void what_cannot_be_known_is_no(void **state)
{
	static const char *const broken[] = {"", "{}", "{\"schema\":1,\"used\":[]}"};
	struct pw_diag diag = {};

	(void)state;
	for (size_t i = 0; i < PW_ARRAY_SIZE(broken); i++) {
		assert_int_equal(pw_store_write(dir, "tokens.json", broken[i], strlen(broken[i])), 0);
		assert_int_equal(check("c"), -EBADMSG);
		assert_true(pw_tokens_spend(dir, "c", &diag) < 0);
	}
	pw_diag_done(&diag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(none_is_used_twice),
		cmocka_unit_test(what_cannot_be_known_is_no),
	};
	int failed;

	if (!mkdtemp(path))
		return 1;
	dir = open(path, O_RDONLY | O_DIRECTORY);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlinkat(dir, "tokens.json", 0);
	close(dir);
	rmdir(path);

	return failed;
}
