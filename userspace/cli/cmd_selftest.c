// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "audit/time.h"
#include "cli/command.h"
#include "cli/control_client.h"
#include "publish/pins.h"
#include "publish/store.h"
#include "report/selftest.h"

static void try_daemon(struct pw_selftest *test)
{
	static const char what[] = "the daemon's canaries (file, network) are refused";
	json_object *response = NULL, *canary;
	bool file = false, net = false;
	int r = pw_control_command(PW_COMMAND_CANARY, &response);

	if (r < 0) {
		pw_selftest_add(test, PW_OUTCOME_UNKNOWN, what, "phiwardd did not answer: %s",
				strerror(-r));
		return;
	}
	if (json_object_object_get_ex(response, "canary", &canary)) {
		pw_json_bool(canary, "file", &file);
		pw_json_bool(canary, "net", &net);
	}
	pw_selftest_add(test, file && net ? PW_OUTCOME_PASS : PW_OUTCOME_FAIL, what,
			"file: %s, network: %s", file ? "refused" : "NOT refused",
			net ? "refused" : "NOT refused");
	json_object_put(response);
}

/* phiwardd lies beside this program (in a build) or in the sbin that belongs to its bin. */
static void find_programs(char self_path[PATH_MAX], char daemon_path[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", self_path, PATH_MAX - 1);
	char *slash;

	self_path[n < 0 ? 0 : n] = '\0';
	slash = strrchr(self_path, '/');
	snprintf(daemon_path, PATH_MAX, "%.*s/phiwardd", slash ? (int)(slash - self_path) : 0,
		 self_path);
	if (access(daemon_path, F_OK) < 0 && slash && slash - self_path >= 4 &&
	    !strncmp(slash - 4, "/bin", 4))
		snprintf(daemon_path, PATH_MAX, "%.*s/sbin/phiwardd",
			 (int)(slash - self_path) - 4, self_path);
}

static int exit_code(const struct pw_selftest *test)
{
	switch (pw_selftest_outcome(test)) {
	case PW_OUTCOME_PASS:
		return PW_EXIT_YES;
	case PW_OUTCOME_FAIL:
		return PW_EXIT_NO;
	default:
		return PW_EXIT_UNKNOWN;
	}
}

int pw_cmd_selftest(const struct pw_command *self, int argc, char **argv)
{
	static const struct option options[] = { { "help", no_argument, NULL, 'h' }, { 0 } };
	char self_path[PATH_MAX], daemon_path[PATH_MAX];
	const char *const programs[] = { self_path, daemon_path, NULL };
	int option = getopt_long(argc, argv, "h", options, NULL), r;
	struct pw_selftest test = { .pid = getpid(), .start = pw_time_now() };
	json_object *status = NULL;

	if (option != -1 || optind < argc)
		return pw_usage(self, option == 'h' ? 'h' : '?');
	r = pw_get_status(&status);
	if (r)
		return r;
	test.status = status;
	pw_control_drain();
	pw_selftest_try(&test, PW_STATE_DIR);
	try_daemon(&test);
	pw_control_drain();
	pw_selftest_find_record(&test, PW_LOG_DIR);
	find_programs(self_path, daemon_path);
	pw_selftest_print(stdout, &test, programs);
	json_object_put(status);
	return pw_flush(exit_code(&test));
}
