// SPDX-License-Identifier: BSD-2-Clause
#include <getopt.h>
#include <inttypes.h>

#include "cli/command.h"
#include "cli/control_client.h"
#include "cli/foresee.h"
#include "common/text.h"
#include "publish/pins.h"
#include "report/explain.h"

static const struct option options[] = {
	{ "pid", required_argument, NULL, 'p' },
	{ "path", required_argument, NULL, 'f' },
	{ "connect", required_argument, NULL, 'c' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

int pw_cmd_explain(const struct pw_command *self, int argc, char **argv)
{
	struct pw_explain explain = { 0 };
	struct pw_foresee foresee = { 0 };
	const char *path = PW_LOG_DIR;
	struct pw_search *search;
	int option, r;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'p')
			foresee.pid = optarg;
		else if (option == 'f')
			foresee.path = optarg;
		else if (option == 'c')
			foresee.peer = optarg;
		else
			return pw_usage(self, option);
	}
	if (foresee.pid && !foresee.path == !!foresee.peer && argc == optind)
		return pw_foresee_show(&foresee);
	if (foresee.pid || foresee.path || foresee.peer || argc - optind < 1 || argc - optind > 2)
		return pw_usage(self, '?');
	if (pw_text_number(argv[optind], 0, INT64_MAX, &explain.seq) < 0)
		return pw_fail(PW_EXIT_USAGE, "'%s' is no number of a record; see `seq` of "
			       "phiward audit query --json", argv[optind]);
	if (argc - optind == 2)
		path = argv[optind + 1];
	else
		pw_control_drain();
	r = pw_open_search(path, &search);
	if (r)
		return r;
	r = pw_explain_find(&explain, search);
	pw_search_close(search);
	if (r < 0)
		r = pw_search_failed(path, r);
	else if (!r)
		r = pw_fail(PW_EXIT_NO, "%s has no record %" PRIu64, path, explain.seq);
	else {
		pw_explain_print(stdout, &explain,
				 PW_TELL_PATHS | (argc - optind == 2 ? 0 : PW_TELL_NAMES));
		r = pw_flush(PW_EXIT_YES);
	}
	pw_explain_done(&explain);
	return r;
}
