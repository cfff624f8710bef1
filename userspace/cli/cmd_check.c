// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "policy/expire.h"
#include "policy/lint.h"
#include "policy/netcompile.h"
#include "policy/parse.h"

/* All that apply would find, short of what only the kernel and the mounts know. */
static int examine(const char *path, const char *site, struct pw_policy **ret_policy,
		   struct pw_diag *diag)
{
	_cleanup_(pw_policy_freep) struct pw_policy *policy = NULL;
	const struct pw_clock clock = pw_clock_read();
	struct pw_net_tables tables = {};
	int r;

	r = pw_policy_read_for_site(path, site, &policy, diag);
	if (r < 0)
		return r;
	pw_policy_lint(policy, PW_LINT_FILES, diag);
	pw_policy_expire(policy, &clock, diag);
	r = pw_net_compile(policy, &tables, diag);
	pw_diag_sort(diag);
	if (r < 0)
		return r;
	pw_net_tables_done(&tables);
	*ret_policy = TAKE_PTR(policy);

	return diag->errors ? -EINVAL : 0;
}

static void print_summary(const char *path, const struct pw_policy *policy)
{
	char digest[2 * PW_DIGEST_LEN + 1];

	pw_text_hex(digest, policy->digest, PW_DIGEST_LEN);
	pw_text_print(stdout, path);
	printf(": policy %s version %llu", policy->name, (unsigned long long)policy->version);
	if (policy->site)
		printf(", site %s version %llu", policy->site->name,
		       (unsigned long long)policy->site->version);
	printf(": %zu objects, %zu subjects, %zu rules; digest %s\n", policy->nobjects,
	       policy->nsubjects, policy->nrules, digest);
}

static int check(const char *path, const char *site)
{
	_cleanup_(pw_policy_freep) struct pw_policy *policy = NULL;
	struct pw_diag diag = {};
	int r = examine(path, site, &policy, &diag);

	pw_diag_print(&diag, stderr);
	if (!r)
		print_summary(path, policy);
	else if (!diag.errors)
		pw_fail(PW_EXIT_INTERNAL, "%s: %s", path, strerror(-r));
	r = !r ? PW_EXIT_YES : diag.errors ? PW_EXIT_NO : PW_EXIT_INTERNAL;
	pw_diag_done(&diag);

	return r;
}

int pw_cmd_check(const struct pw_command *self, int argc, char **argv)
{
	static const struct option options[] = {
		{ "site", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option, code = PW_EXIT_YES, r;
	const char *site = NULL;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option != 's')
			return pw_usage(self, option);
		site = optarg;
	}
	if (optind == argc)
		return pw_usage(self, '?');
	for (; optind < argc; optind++) {
		r = check(argv[optind], site);
		if (r > code)
			code = r;
	}

	return pw_flush(code);
}
