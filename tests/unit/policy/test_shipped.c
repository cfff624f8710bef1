// SPDX-License-Identifier: BSD-2-Clause
/*
 * Every file of policies/ is a policy without error, or included by one, and so is the example of
 * the manual. The only warning is the one that a package manager is worth.
 */
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "common/file.h"
#include "policy/lint.h"
#include "policy/netcompile.h"
#include "policy/parse.h"

#define FILES_MAX 64

static bool states_a_name(const char *path)
{
	struct pw_policy *policy = NULL;
	struct pw_diag diag = {};
	bool part;
	size_t i;

	part = pw_policy_read(path, &policy, &diag) < 0;
	for (i = 0; i < diag.n; i++)
		part &= diag.entries[i].level != PW_DIAG_ERROR ||
			strstr(diag.entries[i].text, "a file to be included");
	pw_policy_free(policy);
	pw_diag_done(&diag);

	return !part;
}

static bool is_border_of_trust(const struct pw_diag_entry *entry)
{
	return entry->level == PW_DIAG_WARNING &&
	       strstr(entry->text, "subject 'packages' may change programs") &&
	       strstr(entry->text, "who may start it (init, login) is the border of trust");
}

static void compile(const char *path, const glob_t *files, bool *seen)
{
	struct pw_policy *policy = NULL;
	struct pw_net_tables tables = {};
	struct pw_diag diag = {};
	size_t i, j, borders = 0;

	if (pw_policy_read(path, &policy, &diag))
		fail_msg("%s:%u: %s", path, diag.entries[0].line, diag.entries[0].text);
	pw_policy_lint(policy, 0, &diag);
	assert_int_equal(pw_net_compile(policy, &tables, &diag), 0);
	for (i = 0; i < diag.n; i++)
		if (is_border_of_trust(&diag.entries[i]))
			borders++;
		else if (diag.entries[i].level != PW_DIAG_NOTE)
			fail_msg("%s:%u: %s", path, diag.entries[i].line, diag.entries[i].text);
	assert_int_equal(borders, 1);
	for (i = 0; i < policy->nsources; i++)
		for (j = 0; j < files->gl_pathc; j++)
			seen[j] |= !strcmp(policy->sources[i].path, files->gl_pathv[j]);
	pw_net_tables_done(&tables);
	pw_policy_free(policy);
	pw_diag_done(&diag);
}

static void test_shipped(void **state)
{
	bool seen[FILES_MAX] = {};
	size_t i, policies = 0;
	glob_t files;

	(void)state;
	assert_int_equal(glob("policies/*.yaml", 0, NULL, &files), 0);
	assert_in_range(files.gl_pathc, 4, FILES_MAX);
	for (i = 0; i < files.gl_pathc; i++) {
		if (!states_a_name(files.gl_pathv[i]))
			continue;
		compile(files.gl_pathv[i], &files, seen);
		policies++;
	}
	assert_true(policies >= 3);
	for (i = 0; i < files.gl_pathc; i++)
		if (!seen[i])
			fail_msg("%s is included by none", files.gl_pathv[i]);
	globfree(&files);
}

#define MANUAL "docs/policy-format.md"
#define BEGIN "```yaml\nphiward: 1\n"

static void test_manual(void **state)
{
	struct pw_source source = {.name = (char *)MANUAL};
	_cleanup_free_ char *text = NULL;
	struct pw_policy *policy = NULL;
	struct pw_diag diag = {};
	char *end;
	size_t i;

	(void)state;
	assert_int_equal(pw_file_read(AT_FDCWD, MANUAL, 1 << 20, &text, &source.length), 0);
	source.text = strstr(text, BEGIN);
	assert_non_null(source.text);
	source.text += strlen("```yaml\n");
	end = strstr(source.text, "```");
	assert_non_null(end);
	source.length = end - source.text;
	if (pw_policy_parse(&source, 1, &policy, &diag))
		fail_msg("%u: %s", diag.entries[0].line, diag.entries[0].text);
	pw_policy_lint(policy, 0, &diag);
	for (i = 0; i < diag.n; i++)
		assert_int_equal(diag.entries[i].level, PW_DIAG_NOTE);
	assert_int_equal(policy->nsubjects, 2);
	pw_policy_free(policy);
	pw_diag_done(&diag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shipped),
		cmocka_unit_test(test_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
