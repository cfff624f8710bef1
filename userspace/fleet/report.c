// SPDX-License-Identifier: BSD-2-Clause
#include "fleet/report.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "bundle/device.h"
#include "common/instant.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/text.h"
#include "fleet/phiwardd.h"
#include "fleet/told.h"

static void free_signing(struct pw_signing **signing)
{
	*signing = pw_signing_free(*signing);
}

/* ---- What is told -------------------------------------------------------------------------- */

static void describe_device(const struct pw_device *device, struct pw_told *record)
{
	record->manufacturer = device->manufacturer;
	record->model = device->model;
	record->serial = device->serial;
	record->department = device->department;
	record->location = device->location;
	record->tags = json_object_new_array();
	for (size_t i = 0; record->tags && i < device->tags.n; i++)
		pw_json_append(record->tags, json_object_new_string(device->tags.list[i]));
}

static void describe_status(json_object *status, struct pw_told *record)
{
	json_object *open;

	record->daemon = true;
	record->state = "unknown";
	pw_json_string(status, "policy", &record->policy);
	pw_json_string(status, "digest", &record->digest);
	pw_json_string(status, "state", &record->state);
	pw_json_u64(status, "version", &record->version);
	pw_json_u64(status, "site_version", &record->site_version);
	pw_json_u64(status, "lost", &record->lost);
	pw_json_bool(status, "enforcing", &record->enforcing);
	pw_json_bool(status, "sealed", &record->sealed);
	pw_json_bool(status, "module", &record->guard);
	record->rescue = !strcmp(record->state, "rescue");
	record->breakglass = json_object_object_get_ex(status, "breakglass", &open) && open;
}

static const char *health_of(const struct pw_fleet_state *state)
{
	if (*state->trying)
		return "trying";
	if (*state->bad)
		return state->unhealthy ? "failed" : "refused";

	return *state->good ? "good" : "unknown";
}

static void describe_state(const struct pw_console *console, struct pw_told *record)
{
	const struct pw_fleet_state *state = &console->state;

	record->channel = console->config->channel;
	record->bundle = *state->trying ? state->trying : state->good;
	record->bad = state->bad;
	record->health = health_of(state);
	record->why = state->why;
	record->applied = state->applied;
}

/* What it says without what changes by itself. */
static int digest_of(const struct pw_told *record, char hex[static PW_FLEET_HEX_SIZE])
{
	_cleanup_free_ char *text = NULL;
	uint8_t digest[PW_SHA256_LEN];
	size_t length;
	int r = pw_told_write(record, &text, &length);

	if (r < 0)
		return r;
	if (!EVP_Digest(text, length, digest, NULL, EVP_sha256(), NULL))
		return -ENOMEM;
	pw_text_hex(hex, digest, sizeof(digest));

	return 0;
}

/* ---- To whom ------------------------------------------------------------------------------- */

static char *url_of(const char *put, const char *serial)
{
	_cleanup_free_ char *name = malloc(3 * strlen(serial) + 1);
	char *url, *to = name;

	if (!name)
		return NULL;
	for (; *serial; serial++)
		if (isalnum((unsigned char)*serial) || strchr("._-", *serial))
			*to++ = *serial;
		else
			to += sprintf(to, "%%%02X", (unsigned char)*serial);
	*to = '\0';

	return asprintf(&url, "%s/%s", put, name) < 0 ? NULL : url;
}

static int send_put(struct pw_console *console, const char *serial, const char *line,
		    size_t length, struct pw_diag *diag)
{
	_cleanup_free_ char *url = url_of(console->config->put, serial);

	return url ? pw_http_put(console->http, url, line, length, diag) : -ENOMEM;
}

/* RFC 5424: facility local0, severity notice. */
static int send_syslog(struct pw_console *console, const char *line, size_t length,
		       struct pw_diag *diag)
{
	char now[PW_INSTANT_LEN + 1], host[256] = "-";
	_cleanup_free_ char *message = NULL;
	int n;

	pw_instant_write(time(NULL), now);
	if (gethostname(host, sizeof(host)) < 0 || !*host)
		strcpy(host, "-");
	host[sizeof(host) - 1] = '\0';
	n = asprintf(&message, "<133>1 %s %s phiward-fleet - - - %.*s", now, host,
		     (int)length - 1, line);

	return n < 0 ? -ENOMEM :
		       pw_http_syslog(console->config, message, (size_t)n, diag);
}

static int make_line(struct pw_console *console, struct pw_told *record, char **ret,
		     size_t *ret_length, struct pw_diag *diag)
{
	const struct pw_fleet_config *config = console->config;
	_cleanup_(free_signing) struct pw_signing *signing = NULL;
	_cleanup_free_ char *text = NULL;
	size_t length;
	int r = pw_signing_read(config->key, config->certificate, &signing);

	if (r < 0) {
		pw_diag_add(diag, PW_DIAG_ERROR, NULL, "%s and %s: no key and certificate that belong "
			    "together: %s", config->key, config->certificate, strerror(-r));
		return r;
	}
	record->reports = console->state.reports + 1;
	record->time = time(NULL);
	record->next_s = config->report_s + config->every_s;
	r = pw_told_write(record, &text, &length);
	if (!r)
		r = pw_told_sign(signing, text, length, ret, ret_length);
	if (r < 0)
		pw_diag_add(diag, PW_DIAG_ERROR, NULL, "the status record cannot be signed: %s",
			    strerror(-r));

	return r;
}

static int tell(struct pw_console *console, struct pw_told *record, const char *hex,
		struct pw_diag *diag)
{
	struct pw_fleet_state *state = &console->state;
	_cleanup_free_ char *line = NULL;
	size_t length;
	int r;

	r = make_line(console, record, &line, &length, diag);
	if (r < 0)
		return r;
	state->reports++;
	r = console->config->put ?
		    send_put(console, record->serial, line, length, diag) :
		    send_syslog(console, line, length, diag);
	if (r < 0)
		return r;
	state->reported = record->time;
	memcpy(state->told, hex, sizeof(state->told));

	return 0;
}

static bool is_due(const struct pw_console *console, const char *hex)
{
	const struct pw_fleet_state *state = &console->state;
	const int64_t since = time(NULL) - state->reported;

	return strcmp(hex, state->told) || since < 0 || since >= (int64_t)console->config->report_s;
}

int pw_report(struct pw_console *console, struct pw_diag *diag)
{
	_cleanup_(pw_json_putp) json_object *status = NULL;
	struct pw_told record = {.state = "unknown"};
	char hex[PW_FLEET_HEX_SIZE];
	int r;

	if (!console->config->put && !console->config->syslog)
		return 0;
	if (!console->device || !console->device->serial) {
		pw_diag_add(diag, PW_DIAG_ERROR, NULL, "'report' in fleet.yaml needs a serial in "
			    PW_DEVICE_FILE);
		return -EINVAL;
	}
	describe_device(console->device, &record);
	describe_state(console, &record);
	if (!pw_phiwardd_status(console->control, &status))
		describe_status(status, &record);
	r = digest_of(&record, hex);
	if (!r && is_due(console, hex)) {
		if (console->state.applied)
			pw_phiwardd_refusals(console->control, NULL,
					     console->state.applied * 1000000000, &record.refusals);
		r = tell(console, &record, hex, diag);
	}
	json_object_put(record.tags);

	return r;
}
