// SPDX-License-Identifier: BSD-2-Clause
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/differences.h"
#include "common/cleanup.h"
#include "policy/parse.h"

struct options {
	const char *site_a, *site_b;	/* of a site over A and over B, or NULL */
	bool fail_on_widening;
	bool json;
};

static void print_names(const struct pw_policy *a, const struct pw_policy *b)
{
	const struct pw_policy *policies[] = {a, b};

	for (size_t i = 0; i < 2; i++)
		printf("%s%s version %" PRIu64, i ? " to " : "from ", policies[i]->name,
		       policies[i]->version);
	putchar('\n');
}

static int compare(const struct pw_policy *a, const struct pw_policy *b,
		   const struct options *options)
{
	_cleanup_(pw_differences_freep) struct pw_differences *differences = NULL;
	int r = pw_policy_compare(a, b, &differences);

	if (r < 0)
		return pw_fail(PW_EXIT_INTERNAL, "cannot compare: %s", strerror(-r));
	if (options->json) {
		pw_differences_show_json(differences);
	} else {
		print_names(a, b);
		pw_differences_show(differences);
	}

	return options->fail_on_widening && differences->allowed ? PW_EXIT_NO : PW_EXIT_YES;
}

static int read_policy(const char *path, const char *site, struct pw_policy **ret)
{
	struct pw_diag diag = {};
	int r = pw_policy_read_for_site(path, site, ret, &diag);

	if (diag.errors)	/* warnings are for `phiward check` */
		pw_diag_print(&diag, stderr);
	if (r < 0)
		r = diag.errors ? PW_EXIT_NO :
				  pw_fail(PW_EXIT_INTERNAL, "%s: %s", path, strerror(-r));
	pw_diag_done(&diag);

	return r;
}

/* @paths: one is compared with what is in force. */
static int diff(char **paths, int n, const struct options *options)
{
	_cleanup_(pw_policy_freep) struct pw_policy *a = NULL;
	_cleanup_(pw_policy_freep) struct pw_policy *b = NULL;
	int code;

	code = read_policy(paths[n - 1], options->site_b, &b);
	if (code == PW_EXIT_YES)
		code = n == 2 ? read_policy(paths[0], options->site_a, &a) : pw_in_force(&a);
	if (code != PW_EXIT_YES)
		return code;
	if (!a)
		return pw_fail(PW_EXIT_NO, "no policy is in force to compare with");

	return compare(a, b, options);
}

int pw_cmd_diff(const struct pw_command *self, int argc, char **argv)
{
	static const struct option names[] = {
		{ "fail-on-widening", no_argument, NULL, 'w' },
		{ "json", no_argument, NULL, 'j' },
		{ "site-a", required_argument, NULL, 'a' },
		{ "site-b", required_argument, NULL, 'b' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct options options = {};
	int option;

	while ((option = getopt_long(argc, argv, "h", names, NULL)) != -1) {
		if (option == 'w')
			options.fail_on_widening = true;
		else if (option == 'j')
			options.json = true;
		else if (option == 'a')
			options.site_a = optarg;
		else if (option == 'b')
			options.site_b = optarg;
		else
			return pw_usage(self, option);
	}
	if (argc - optind < 1 || argc - optind > 2 || (options.site_a && argc - optind == 1))
		return pw_usage(self, '?');

	return pw_flush(diff(argv + optind, argc - optind, &options));
}
