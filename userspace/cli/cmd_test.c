// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/paint.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "policy/expire.h"
#include "policy/parse.h"
#include "publish/trials.h"

/* Whether it is as the case says. */
static bool try(const struct pw_judge *judge, const struct pw_policy *policy,
		const struct pw_trial *trial)
{
	const struct pw_judgement judgement = pw_judge_trial(judge, trial);
	const bool holds = pw_trial_holds(trial, &judgement);

	printf("%s%-6s%s ", pw_paint(stdout, holds ? PW_GREEN : PW_RED), holds ? "ok" : "NOT OK",
	       pw_paint(stdout, PW_PLAIN));
	pw_text_print(stdout, trial->at.file);
	printf(":%u: ", trial->at.line);
	pw_trial_print(stdout, policy, trial, &judgement);
	puts(holds ? "" : trial->may ? "; the case says that it may" :
				       "; the case says that it may not");

	return holds;
}

static int test(const struct pw_judge *judge, const struct pw_policy *policy, const char *path,
		struct pw_diag *diag)
{
	_cleanup_(pw_cases_freep) struct pw_cases *cases = NULL;
	size_t good = 0;
	int r = pw_cases_read(path, policy, &cases, diag);

	if (r < 0)
		return r;
	for (size_t i = 0; i < cases->n; i++)
		good += try(judge, policy, &cases->trials[i]);
	pw_text_print(stdout, path);
	printf(": %zu of %zu hold under policy %s version %llu\n", good, cases->n, policy->name,
	       (unsigned long long)policy->version);

	return good < cases->n ? -EDOM : 0;
}

static int test_all(const char *policy_path, const char *site, char **paths, int n,
		    struct pw_diag *diag)
{
	_cleanup_(pw_policy_freep) struct pw_policy *policy = NULL;
	_cleanup_(pw_judge_closep) struct pw_judge *judge = NULL;
	const struct pw_clock clock = pw_clock_read();
	int r, worst = 0;

	r = pw_policy_read_for_site(policy_path, site, &policy, diag);
	if (!r) {
		pw_policy_expire(policy, &clock, diag);
		r = pw_judge_open(policy, &judge, diag);
	}
	for (int i = 0; !r && i < n; i++) {
		int e = test(judge, policy, paths[i], diag);

		/* A file that cannot be read does not keep the others from being tried. */
		if (!worst || (e && e != -EDOM))
			worst = e;
	}

	return r ? r : worst;
}

int pw_cmd_test(const struct pw_command *self, int argc, char **argv)
{
	static const struct option options[] = {
		{ "site", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option, r, code = PW_EXIT_YES;
	const char *site = NULL;
	struct pw_diag diag = {};

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option != 's')
			return pw_usage(self, option);
		site = optarg;
	}
	if (argc - optind < 2)
		return pw_usage(self, '?');
	r = test_all(argv[optind], site, argv + optind + 1, argc - optind - 1, &diag);
	if (diag.errors)	/* warnings are for `phiward check` */
		pw_diag_print(&diag, stderr);
	if (r == -EDOM || diag.errors)
		code = PW_EXIT_NO;
	else if (r < 0)
		code = pw_fail(PW_EXIT_INTERNAL, "%s: %s", argv[optind], strerror(-r));
	pw_diag_done(&diag);

	return pw_flush(code);
}
