// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <systemd/sd-daemon.h>

#include <phiward/version.h>

#include "common/cleanup.h"
#include "daemon/daemon.h"
#include "daemon/privileges.h"
#include "publish/pins.h"
#include "publish/protocol.h"

/* What is opened later must not become standard output or error. */
static int fill_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return -errno;
	close(fd);
	return chdir("/") < 0 ? -errno : 0;
}

static int fail(struct pw_daemon *daemon, int error, const char *what)
{
	pw_journal_say(daemon->journal, LOG_ERR, "%s: %s", what, strerror(-error));
	return error;
}

/* SIGTERM and SIGINT end the loop with 0; SIGHUP has no meaning and must not end us. */
static int handle_signals(struct pw_daemon *daemon)
{
	sigset_t set;
	int r;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	r = sd_event_add_signal(daemon->event, NULL, SIGTERM, NULL, NULL);
	return r < 0 ? r : sd_event_add_signal(daemon->event, NULL, SIGINT, NULL, NULL);
}

static int prepare(struct pw_daemon *daemon)
{
	const char *wrong;
	int r = fill_standard_fds();

	if (r >= 0)
		r = sd_event_new(&daemon->event);
	if (r >= 0)
		r = handle_signals(daemon);
	if (r >= 0)
		r = pw_privileges_local_names();
	if (r < 0)
		return fail(daemon, r, "start");
	r = pw_directories_open(&daemon->directories, &wrong);
	if (r == -EBUSY)
		return fail(daemon, r, "another phiwardd is running");
	if (r < 0) {
		fail(daemon, r, wrong);
		if (r == -EACCES)
			fputs("phiwardd: where a policy is in force PID 1 has to start it, as a service\n",
			      stderr);
		return r;
	}
	pw_kernel_prepare();
	r = pw_privileges_drop();
	if (r < 0)
		return fail(daemon, r, "capabilities");
	/* Before the filter, which allows no thread to be made. */
	r = pw_journal_open(&daemon->journal);
	if (r >= 0) {
		pw_gate_begin(daemon);
		r = pw_privileges_filter();
	}
	return r < 0 ? fail(daemon, r, "system call filter") : 0;
}

static int start(struct pw_daemon *daemon)
{
	int r = pw_watch_start(daemon);

	if (r >= 0)
		r = pw_control_open(daemon);
	if (r >= 0)
		r = pw_actor_open(daemon);
	if (r < 0)
		return fail(daemon, r, "start");
	r = pw_daemon_restore(daemon);
	if (r < 0)
		return r;
	/* Not before: loading takes a slow machine longer than the watchdog waits. */
	r = sd_event_set_watchdog(daemon->event, 1);
	if (r < 0)
		return fail(daemon, r, "watchdog");
	sd_notify(0, "READY=1");
	return 0;
}

/* What is enforced stays; the rings keep what happens until the next start. */
static void stop(struct pw_daemon *daemon)
{
	sd_notify(0, "STOPPING=1");
	if (daemon->ward) {
		pw_daemon_note(daemon, PW_RECORD_SYSTEM, PW_ACTION_STOP, PW_VERDICT_ALLOW,
			       PW_REASON_ADMIN, "phiwardd " PW_VERSION);
		pw_watch_settle(daemon, true);
	}
}

static int run(struct pw_daemon *daemon)
{
	int r = prepare(daemon);

	if (r >= 0)
		r = start(daemon);
	if (r >= 0) {
		r = sd_event_loop(daemon->event);
		if (r < 0)
			fail(daemon, r, "event loop");
		stop(daemon);
	}
	daemon->server = pw_server_close(daemon->server);
	pw_actor_close(daemon);
	pw_glass_close(daemon);
	pw_probation_close(daemon);
	pw_watch_stop(daemon);
	pw_daemon_close(daemon);
	pw_directories_close(&daemon->directories);
	sd_event_unref(daemon->event);
	daemon->journal = pw_journal_close(daemon->journal);
	return r;
}

static int usage(int code)
{
	fputs("usage: phiwardd\n\n"
	      "Puts the policy in " PW_POLICY_FILE " into force, or a newer one that was applied\n"
	      "with `phiward apply`, and writes the log in " PW_LOG_DIR ". Runs in the\n"
	      "foreground; what it enforces stays when it ends. See phiwardd(8).\n\n"
	      "  --help     this text\n"
	      "  --version  the version\n",
	      code ? stderr : stdout);
	return fflush(stdout) == 0 ? code : PW_EXIT_INTERNAL;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "help", no_argument, NULL, 'h' },
						 { "version", no_argument, NULL, 'v' },
						 { 0 } };
	struct pw_daemon daemon = { .directories = PW_DIRECTORIES_INIT };
	int option = getopt_long(argc, argv, "h", options, NULL);

	if (option == 'v') {
		puts("phiwardd " PW_VERSION);
		return fflush(stdout) == 0 ? PW_EXIT_YES : PW_EXIT_INTERNAL;
	}
	if (option != -1 || optind < argc)
		return usage(option == 'h' ? PW_EXIT_YES : PW_EXIT_USAGE);
	if (geteuid() != 0) {
		fputs("phiwardd: only root can run it\n", stderr);
		return PW_EXIT_UNKNOWN;
	}
	umask(0027);
	if (pw_privileges_forget_environment() < 0) {
		fputs("phiwardd: out of memory\n", stderr);
		return PW_EXIT_INTERNAL;
	}
	return run(&daemon) < 0 ? PW_EXIT_INTERNAL : PW_EXIT_YES;
}
