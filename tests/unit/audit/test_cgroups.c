// SPDX-License-Identifier: BSD-2-Clause
#include "events.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/cgroups.h"

#define S 1000000000LL

static char root[32];

static uint64_t make(const char *name)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "%s%s", root, name);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static void drop(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%s%s", root, name);
	assert_int_equal(rmdir(path), 0);
}

static void a_tree(void **state)
{
	struct pw_cgroups cgroups = { 0 };
	uint64_t slice, service;
	struct stat st;

	(void)state;
	strcpy(root, "/tmp/pw-test-XXXXXX");
	assert_non_null(mkdtemp(root));
	slice = make("/system.slice");
	service = make("/system.slice/orthanc.service");
	assert_int_equal(stat(root, &st), 0);
	assert_int_equal(pw_cgroups_walk(&cgroups, root), 0);
	cgroups.walked = S;
	assert_int_equal(cgroups.n, 3);
	assert_string_equal(pw_cgroups_find(&cgroups, st.st_ino, S), "/");
	assert_string_equal(pw_cgroups_find(&cgroups, slice, S), "/system.slice");
	assert_string_equal(pw_cgroups_find(&cgroups, service, S), "/system.slice/orthanc.service");
	/* Not walked again within a second. */
	assert_null(pw_cgroups_find(&cgroups, 1, S + 1));
	assert_int_equal(cgroups.walked, S);
	assert_int_equal(cgroups.n, 3);
	(void)pw_cgroups_find(&cgroups, 1, 3 * S);
	assert_int_equal(cgroups.walked, 3 * S);
	pw_cgroups_done(&cgroups);
	drop("/system.slice/orthanc.service");
	drop("/system.slice");
	drop("");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_tree) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
