// SPDX-License-Identifier: BSD-2-Clause
#include "fleet/health.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <systemd/sd-bus.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "fleet/phiwardd.h"

#define CONNECT_MS 3000
#define AGAIN_MS 250

/* ---- connect ------------------------------------------------------------------------------- */

/* 0, or why it does not; -EACCES: phiward keeps this program from it. */
static int try_connect(const struct addrinfo *to)
{
	_cleanup_close_ int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct pollfd writable = {.fd = fd, .events = POLLOUT};
	socklen_t length = sizeof(int);
	int error = 0;

	if (fd < 0)
		return -errno;
	if (!connect(fd, to->ai_addr, to->ai_addrlen))
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	if (poll(&writable, 1, CONNECT_MS) != 1 ||
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length))
		return -ETIMEDOUT;

	return -error;
}

/* The same of what has this name, or one of them. */
static int accepts(const char *text)
{
	const char *colon = strrchr(text, ':');
	const bool brackets = *text == '[' && colon > text + 1 && colon[-1] == ']';
	_cleanup_free_ char *host = strndup(text + brackets, (size_t)(colon - text) - 2 * brackets);
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *all = NULL;
	int r;

	r = host ? getaddrinfo(host, colon + 1, &hints, &all) : EAI_MEMORY;
	if (r)	/* who may not ask for a name is told to ask again */
		return r == EAI_AGAIN ? -EACCES : -EHOSTUNREACH;
	for (const struct addrinfo *one = all; one; one = one->ai_next) {
		r = try_connect(one);
		if (!r)
			break;
	}
	freeaddrinfo(all);

	return r;
}

/* ---- units --------------------------------------------------------------------------------- */

static bool is_active(const char *unit)
{
	_cleanup_free_ char *path = NULL, *state = NULL;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus *bus = NULL;
	bool is = false;

	if (sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit, &path) >= 0 &&
	    sd_bus_open_system(&bus) >= 0 &&
	    sd_bus_get_property_string(bus, "org.freedesktop.systemd1", path,
				       "org.freedesktop.systemd1.Unit", "ActiveState", &error,
				       &state) >= 0)
		is = !strcmp(state, "active");
	sd_bus_error_free(&error);
	sd_bus_flush_close_unref(bus);

	return is;
}

/* ---- All of it ----------------------------------------------------------------------------- */

static int64_t monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);

	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static int not_so(char *why, size_t size, const char *what, const char *of)
{
	snprintf(why, size, "%s%s", what, of);

	return -EAGAIN;
}

static int look(const struct pw_health *health, const char *control, char *why, size_t size)
{
	bool enforcing = true;
	int r;

	if (health->enforcing && pw_phiwardd_enforcing(control, &enforcing) < 0)
		return not_so(why, size, "enforcing: phiwardd gives no status", "");
	if (!enforcing)
		return not_so(why, size, "enforcing: it is not", "");
	for (size_t i = 0; i < health->connect.n; i++) {
		r = accepts(health->connect.list[i]);
		if (!r)
			continue;
		not_so(why, size, r == -EACCES ? "connect: this program may not try " :
						 "connect: nothing accepts at ",
		       health->connect.list[i]);

		return r == -EACCES ? r : -EAGAIN;
	}
	for (size_t i = 0; i < health->units.n; i++)
		if (!is_active(health->units.list[i]))
			return not_so(why, size, "units: not active: ", health->units.list[i]);

	return 0;
}

/* Zero, or what was refused. */
static int look_for_refusals(const struct pw_health *health, const char *control, int64_t since,
			     char *why, size_t size)
{
	uint64_t refusals;

	for (size_t i = 0; i < health->no_refusals_of.n; i++) {
		const char *subject = health->no_refusals_of.list[i];

		if (pw_phiwardd_refusals(control, subject, since, &refusals) < 0)
			return not_so(why, size, "no_refusals_of: phiwardd does not tell of ",
				      subject);
		if (refusals) {
			snprintf(why, size, "no_refusals_of: %" PRIu64 " of %s", refusals, subject);
			return -EAGAIN;
		}
	}

	return 0;
}

int pw_health_wait(const struct pw_health *health, const char *control, int64_t since, char *why,
		   size_t size)
{
	const int64_t end = monotonic_ms() + (int64_t)health->within_s * 1000;
	int all, r;

	*why = '\0';
	if (!pw_health_any(health))
		return 0;
	for (;;) {
		/* A refusal stays one; all else may become right. */
		r = look_for_refusals(health, control, since, why, size);
		if (r < 0)
			return r;
		all = look(health, control, why, size);
		if (monotonic_ms() >= end)
			return all;
		if (!all && !health->no_refusals_of.n)
			return 0;
		poll(NULL, 0, AGAIN_MS);
	}
}
