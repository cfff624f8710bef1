// SPDX-License-Identifier: BSD-2-Clause
/* A console's part of a fleet: a user of its own, no capability, the network and the control socket. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include <phiward/version.h>

#include "bundle/device.h"
#include "common/cleanup.h"
#include "fleet/console.h"
#include "fleet/wait.h"
#include "publish/pins.h"
#include "publish/protocol.h"

struct options {
	const char *config, *device, *state, *control;
	bool once;
};

static int fail(int code, const char *what, const char *why)
{
	fprintf(stderr, SD_ERR "phiward-fleet: %s: %s\n", what, why);

	return code;
}

/* Errors go to the journal, each with its weight. */
static void print(const struct pw_console *console, struct pw_diag *diag, int r)
{
	for (size_t i = 0; i < diag->n; i++)
		if (diag->entries[i].level == PW_DIAG_ERROR)
			fprintf(stderr, SD_WARNING "%s\n", diag->entries[i].text);
	if (console->trial == PW_TRIAL_BACK || console->trial == PW_TRIAL_STUCK ||
	    console->trial == PW_TRIAL_REFUSED)
		fprintf(stderr, SD_ERR "%s\n", console->said);
	else
		fprintf(stderr, "%s%s\n", r ? SD_WARNING : SD_INFO, console->said);
	if (console->offline)
		fprintf(stderr, SD_ERR "no contact for longer than 'grace': the policy in force stays, and "
			"nobody can change it from afar; %" PRIu64 " polls without an answer\n",
			console->state.failures);
}

/* False: it is time to end. SIGHUP polls at once. */
static bool wait_for(uint64_t ms, int signals)
{
	struct pollfd coming = {.fd = signals, .events = POLLIN};
	struct signalfd_siginfo info;

	while (ms) {
		const int part = ms > INT_MAX ? INT_MAX : (int)ms;

		if (poll(&coming, 1, part) > 0)
			return read(signals, &info, sizeof(info)) == sizeof(info) &&
			       info.ssi_signo == SIGHUP;
		ms -= (uint64_t)part;
	}

	return true;
}

static uint64_t any_number(void)
{
	uint64_t number = 0;

	if (getrandom(&number, sizeof(number), 0) < 0)
		number = (uint64_t)getpid() * 2654435761U;

	return number;
}

static int run(struct pw_console *console, bool once)
{
	_cleanup_close_ int signals = -EBADF;
	sigset_t set;
	int r;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	sd_notify(0, "READY=1");
	do {
		struct pw_diag diag = {};

		r = pw_console_round(console, &diag);
		print(console, &diag, r);
		pw_diag_done(&diag);
	} while (!once && wait_for(pw_wait_ms(console->config->every_s,
					      (unsigned int)console->state.failures, any_number()),
				   signals));

	return r < 0 ? PW_EXIT_UNKNOWN :
	       console->trial > PW_TRIAL_KEPT ? PW_EXIT_NO : PW_EXIT_YES;
}

static int report(struct pw_diag *diag, const char *path, int r)
{
	pw_diag_print(diag, stderr);
	pw_diag_done(diag);

	return r == -EINVAL ? PW_EXIT_NO : fail(PW_EXIT_UNKNOWN, path, strerror(-r));
}

static int start(const struct options *options)
{
	_cleanup_(pw_fleet_config_freep) struct pw_fleet_config *config = NULL;
	_cleanup_(pw_device_freep) struct pw_device *device = NULL;
	_cleanup_(pw_http_closep) struct pw_http *http = NULL;
	struct pw_console console = {.control = options->control};
	struct pw_diag diag = {};
	int r;

	r = pw_fleet_config_read(options->config, &config, &diag);
	if (r < 0)
		return report(&diag, options->config, r);
	r = pw_device_read(options->device, &device, &diag);
	if (r < 0 && r != -ENOENT)
		return report(&diag, options->device, r);
	pw_diag_done(&diag);
	console.dir = open(options->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (console.dir < 0)
		return fail(PW_EXIT_UNKNOWN, options->state, strerror(errno));
	if (pw_fleet_state_read(console.dir, &console.state) < 0)
		fail(0, "state.json", "it cannot be read; this console begins anew");
	r = pw_http_open(config, &http);
	if (r < 0)
		return fail(PW_EXIT_INTERNAL, "libcurl", strerror(-r));
	console.config = config;
	console.device = device;
	console.http = http;
	r = run(&console, options->once);
	close(console.dir);

	return r;
}

static int usage(bool wanted)
{
	fputs("usage: phiward-fleet [--once] [--config FILE] [--device FILE] [--state DIR] [--control SOCKET]\n",
	      wanted ? stdout : stderr);

	return wanted ? PW_EXIT_YES : PW_EXIT_USAGE;
}

int main(int argc, char **argv)
{
	static const struct option known[] = {
		{"once", no_argument, NULL, 'o'},
		{"config", required_argument, NULL, 'c'},
		{"device", required_argument, NULL, 'd'},
		{"state", required_argument, NULL, 's'},
		{"control", required_argument, NULL, 'k'},
		{"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{},
	};
	struct options options = {PW_FLEET_FILE, PW_DEVICE_FILE, PW_FLEET_DIR, PW_CONTROL_SOCKET, false};
	int option;

	while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		switch (option) {
		case 'o':
			options.once = true;
			break;
		case 'c':
			options.config = optarg;
			break;
		case 'd':
			options.device = optarg;
			break;
		case 's':
			options.state = optarg;
			break;
		case 'k':
			options.control = optarg;
			break;
		case 'v':
			puts("phiward-fleet " PW_VERSION);
			return PW_EXIT_YES;
		default:
			return usage(option == 'h');
		}
	}

	return optind == argc ? start(&options) : usage(false);
}
