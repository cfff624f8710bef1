// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "policy/parse.h"

int pw_cmd_show(const struct pw_command *self, int argc, char **argv)
{
	static const struct option options[] = {
		{ "merged", no_argument, NULL, 'm' },
		{ "site", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *site = NULL;
	bool merged = false;
	struct pw_diag diag = {};
	int option, r;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'm')
			merged = true;
		else if (option == 's')
			site = optarg;
		else
			return pw_usage(self, option);
	}
	if (argc - optind != 1)
		return pw_usage(self, '?');
	r = pw_policy_show(argv[optind], site, merged, stdout, &diag);
	if (diag.errors)	/* warnings are for `phiward check` */
		pw_diag_print(&diag, stderr);
	if (r < 0)
		r = diag.errors ? PW_EXIT_NO :
		    pw_fail(PW_EXIT_INTERNAL, "%s: %s", argv[optind], strerror(-r));
	pw_diag_done(&diag);

	return pw_flush(r);
}
