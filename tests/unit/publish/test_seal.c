// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "publish/seal.h"

static const struct pw_seal sealed = {
	.sealed = 1,
	.flags = PW_SEAL_BY_MODULE,
	.version = 7,
	.digest = {1, 2, 3},
	.trust = {4, 5, 6},
	.state = {.fs = {.lo = 10, .hi = 11}, .ino = 12, .generation = 13, .dev = 14},
	.log = {.fs = {.lo = 20, .hi = 21}, .ino = 22, .generation = 23, .dev = 24},
};

/* What is described at a start has neither policy nor seal. */
static struct pw_seal same(void)
{
	struct pw_seal now = sealed;

	now.sealed = 0;
	now.flags = 0;
	now.version = 0;
	memset(now.digest, 0, sizeof(now.digest));
	return now;
}

static void test_same(void **state)
{
	struct pw_seal now = same();

	(void)state;
	assert_null(pw_seal_difference(&sealed, &now));
}

static void test_directories(void **state)
{
	struct pw_seal now = same();

	(void)state;
	now.state.ino++;
	assert_string_equal(pw_seal_difference(&sealed, &now), "another state directory");
	now = same();
	now.state.generation++;
	assert_string_equal(pw_seal_difference(&sealed, &now), "another state directory");
	now = same();
	now.log.fs.hi++;
	assert_string_equal(pw_seal_difference(&sealed, &now), "another log directory");
}

static void test_trust(void **state)
{
	struct pw_seal now = same();

	(void)state;
	now.trust[PW_SEAL_DIGEST_LEN - 1]++;
	assert_string_equal(pw_seal_difference(&sealed, &now),
			    "another certificate of the auditor or another trust.yaml");
	memset(now.trust, 0, sizeof(now.trust));
	assert_string_equal(pw_seal_difference(&sealed, &now),
			    "another certificate of the auditor or another trust.yaml");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_directories),
		cmocka_unit_test(test_trust),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
