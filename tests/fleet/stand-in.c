// SPDX-License-Identifier: BSD-2-Clause
/*
 * stand-in DIR...: phiwardd without a kernel, for many consoles. In each DIR it serves the socket
 * `control` by the daemon's own server, and judges bundles by the daemon's own code, with trust.yaml and
 * device.yaml of that directory; what is in force is written to `in-force`. The test says by files
 * what the kernel would: `not-enforcing`, `refusals` with a number, `lost`, `rescue`; and by
 * `went-back` that the time of a probation is over before it is confirmed.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bundle/accept.h"
#include "common/base64.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "common/text.h"
#include "daemon/answer.h"
#include "daemon/peer.h"
#include "daemon/server.h"
#include "publish/highest.h"
#include "publish/store.h"
#include "publish/trials.h"

struct in_force {
	char policy[64], digest[2 * PW_DIGEST_LEN + 1], bundle[256];
	uint64_t version;
};

struct console {
	const char *directory;
	int dir, state;
	struct pw_server *server;
	struct in_force now, before;
	/* Of the bundle that is on probation; name "": none is. */
	char name[64];
	uint64_t version;
	uint8_t bundle[PW_DIGEST_LEN], vendor[PW_DIGEST_LEN];
};

static char *path_of(const struct console *console, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", console->directory, name) < 0 ? NULL : path;
}

static uint64_t number_in(const struct console *console, const char *name)
{
	_cleanup_free_ char *text = NULL;
	size_t length;

	if (pw_file_read(console->dir, name, 64, &text, &length) < 0)
		return 0;

	return strtoull(text, NULL, 10);
}

/* Its groups are not on this machine: everybody is phiward-fleet. */
int pw_peer_of(int fd, struct pw_peer *ret)
{
	(void)fd;
	*ret = (struct pw_peer){.uid = getuid(), .rights = PW_RIGHT_VIEW | PW_RIGHT_BUNDLE};

	return 0;
}

/* ---- apply --------------------------------------------------------------------------------- */

static int check_device(const struct console *console, const struct pw_accept *accept,
			struct pw_diag *diag)
{
	_cleanup_free_ char *path = path_of(console, "device.yaml");
	_cleanup_(pw_device_freep) struct pw_device *device = NULL;
	int r = pw_device_read(path, &device, diag);

	return r && r != -ENOENT ? r : pw_accept_device(accept, device, diag);
}

static int write_in_force(const struct console *console)
{
	return pw_store_write(console->dir, "in-force", console->now.bundle,
			      strlen(console->now.bundle));
}

static void begin_probation(struct console *console, const struct pw_highest *highest)
{
	snprintf(console->name, sizeof(console->name), "%s", highest->name);
	console->version = highest->version;
	memcpy(console->bundle, highest->digest, sizeof(console->bundle));
	memcpy(console->vendor, highest->vendor, sizeof(console->vendor));
	console->before = console->now;
}

static int put_into_force(struct console *console, const struct pw_accept *accept,
			  const struct pw_highest *highest, bool try, struct pw_diag *diag)
{
	_cleanup_(pw_policy_freep) struct pw_policy *policy = NULL;
	struct in_force *now = &console->now;
	int r = pw_bundle_policy(accept->bundle, &policy, diag);

	if (!r && !try)
		r = pw_highest_write(console->state, highest);
	if (r < 0)
		return r;
	if (try)
		begin_probation(console, highest);
	snprintf(now->policy, sizeof(now->policy), "%s", policy->name);
	now->version = policy->version;
	pw_text_hex(now->digest, policy->digest, PW_DIGEST_LEN);
	snprintf(now->bundle, sizeof(now->bundle), "%s %" PRIu64 "\n", highest->name,
		 highest->version);

	return write_in_force(console);
}

static int judge(struct console *console, struct pw_accept *accept, const uint8_t *der,
		 size_t length, bool try, struct pw_diag *diag)
{
	uint8_t vendor[PW_DIGEST_LEN];
	struct pw_highest highest;
	int r = pw_accept(accept, "bundle", der, length, diag);

	if (!r)
		r = check_device(console, accept, diag);
	if (!r)
		r = pw_bundle_digest_vendor(accept->bundle, vendor);
	if (r < 0)
		return r;
	highest = (struct pw_highest){accept->bundle->head.name, accept->bundle->head.version,
				      accept->cms->digest, vendor};
	r = pw_highest_check(console->state, &highest, diag);

	return r ? r : put_into_force(console, accept, &highest, try, diag);
}

static json_object *apply(struct console *console, json_object *request)
{
	struct pw_accept accept = {.clock = {.now = time(NULL), .synchronised = true}};
	_cleanup_(pw_trust_freep) struct pw_trust *trust = NULL;
	_cleanup_free_ char *path = path_of(console, "trust.yaml");
	_cleanup_free_ uint8_t *der = NULL;
	struct pw_diag diag = {};
	json_object *answer;
	const char *text;
	size_t length;
	int r;

	if (!pw_json_string(request, "bundle", &text) || !pw_base64_length(text, &length))
		return pw_answer_error(PW_EXIT_USAGE, "no proper apply");
	der = malloc(length + 1);
	if (!der || !pw_base64_read(text, der, length))
		return pw_answer_error(PW_EXIT_USAGE, "no proper apply");
	r = pw_trust_read(path, 0, &trust, &diag);
	if (r == -ENOENT)
		pw_diag_add(&diag, PW_DIAG_ERROR, NULL, "there is no trust.yaml");
	accept.trust = trust;
	if (!r)
		r = judge(console, &accept, der, length,
			  json_object_object_get_ex(request, "try_ms", NULL), &diag);
	pw_accept_done(&accept);
	answer = pw_answer_diag(r, &diag);
	pw_diag_done(&diag);

	return answer;
}

static json_object *end_probation(struct console *console, bool keep)
{
	const struct pw_highest highest = {console->name, console->version, console->bundle,
					   console->vendor};
	const bool went_back = !faccessat(console->dir, "went-back", F_OK, 0);
	const bool on = *console->name;
	int r;

	if (on && keep && !went_back) {
		r = pw_highest_write(console->state, &highest);
	} else if (on) {
		console->now = console->before;
		r = write_in_force(console);
	} else {
		r = -ESTALE;
	}
	console->name[0] = '\0';
	if (r < 0 || (keep && went_back))
		return pw_answer_error(PW_EXIT_NO, "no policy is on probation");

	return pw_answer_diag(0, NULL);
}

/* ---- status and why ------------------------------------------------------------------------ */

static json_object *status(const struct console *console)
{
	const bool enforcing = faccessat(console->dir, "not-enforcing", F_OK, 0) < 0;
	const bool rescue = !faccessat(console->dir, "rescue", F_OK, 0);
	json_object *object = json_object_new_object();

	pw_json_add(object, "schema", json_object_new_int(1));
	pw_json_add(object, "enforcing", json_object_new_boolean(enforcing && !rescue));
	pw_json_add(object, "state", json_object_new_string(rescue ? "rescue" : enforcing ?
							    "enforcing" : "degraded"));
	pw_json_add(object, "mode", json_object_new_string("enforce"));
	pw_json_add(object, "policy", json_object_new_string(console->now.policy));
	pw_json_add(object, "version", json_object_new_uint64(console->now.version));
	pw_json_add(object, "digest", json_object_new_string(console->now.digest));
	pw_json_add(object, "sealed", json_object_new_boolean(true));
	pw_json_add(object, "module", json_object_new_boolean(true));
	pw_json_add(object, "daemon", json_object_new_boolean(true));
	pw_json_add(object, "lost", json_object_new_uint64(number_in(console, "lost")));

	return pw_answer_with("status", object);
}

static json_object *why(const struct console *console)
{
	json_object *object = json_object_new_object();

	pw_json_add(object, "text", json_object_new_string(""));
	pw_json_add(object, "refusals", json_object_new_uint64(number_in(console, "refusals")));
	pw_json_add(object, "allowed", json_object_new_uint64(0));
	pw_json_add(object, "lost", json_object_new_uint64(0));

	return pw_answer_with("why", object);
}

static void answer(void *data, struct pw_client *client, json_object *request)
{
	const char *command = "";

	pw_json_string(request, "command", &command);
	if (!strcmp(command, PW_COMMAND_APPLY))
		pw_client_answer(client, apply(data, request));
	else if (!strcmp(command, PW_COMMAND_CONFIRM) || !strcmp(command, PW_COMMAND_REVERT))
		pw_client_answer(client, end_probation(data, !strcmp(command, PW_COMMAND_CONFIRM)));
	else if (!strcmp(command, PW_COMMAND_STATUS))
		pw_client_answer(client, status(data));
	else if (!strcmp(command, PW_COMMAND_WHY))
		pw_client_answer(client, why(data));
	else
		pw_client_answer(client, pw_answer_error(PW_EXIT_USAGE, "no such command"));
}

static void gone(void *data, struct pw_client *client)
{
	(void)data;
	(void)client;
}

static int serve(sd_event *event, struct console *console, const char *directory)
{
	const struct pw_server_calls calls = {.request = answer, .gone = gone, .data = console};
	_cleanup_free_ char *path = NULL;

	console->directory = directory;
	path = path_of(console, "control");
	console->dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (console->dir < 0 || (mkdirat(console->dir, "phiwardd", 0700) < 0 && errno != EEXIST))
		return -errno;
	console->state = openat(console->dir, "phiwardd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return console->state < 0 ? -errno : pw_server_open(event, path, &calls, &console->server);
}

int main(int argc, char **argv)
{
	struct console *consoles = calloc((size_t)argc, sizeof(*consoles));
	sd_event *event = NULL;
	int r = consoles && sd_event_new(&event) >= 0 ? 0 : -ENOMEM;

	for (int i = 1; !r && i < argc; i++)
		r = serve(event, &consoles[i], argv[i]);
	if (r < 0) {
		fprintf(stderr, "stand-in: %s\n", strerror(-r));
		return 1;
	}
	puts("ready");
	fflush(stdout);

	return sd_event_loop(event) < 0;
}
