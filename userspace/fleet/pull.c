// SPDX-License-Identifier: BSD-2-Clause
#include "fleet/pull.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/cleanup.h"
#include "common/text.h"

static int refuse(struct pw_diag *diag, const char *url, const char *text)
{
	pw_diag_add(diag, PW_DIAG_ERROR, NULL, "%s: %s", url, text);

	return -EINVAL;
}

static char *url_of(const struct pw_fleet_config *config, const char *path)
{
	char *url;

	return asprintf(&url, "%s/%s", config->url, path) < 0 ? NULL : url;
}

/* ---- The channel --------------------------------------------------------------------------- */

static int read_channel(const char *url, const struct pw_http_reply *reply,
			const struct pw_fleet_config *config, struct pw_fleet_state *state,
			struct pw_pulled *pulled, struct pw_diag *diag)
{
	const struct pw_source source = {.name = (char *)url, .text = reply->body,
					 .length = reply->length};
	int r = pw_channel_parse(&source, &pulled->channel, diag);

	if (r < 0)
		return r;
	if (strcmp(pulled->channel->channel, config->channel))
		return refuse(diag, url, "it is the document of another channel");
	if (pulled->channel->sequence < state->sequence) {
		pw_diag_add(diag, PW_DIAG_ERROR, NULL, "%s: an old document again: its sequence is %"
			    PRIu64 ", and %" PRIu64 " was seen", url, pulled->channel->sequence,
			    state->sequence);
		return -EINVAL;
	}
	state->sequence = pulled->channel->sequence;
	memcpy(pulled->etag, reply->etag, sizeof(pulled->etag));
	pw_text_hex(pulled->hex, pulled->channel->digest, PW_DIGEST_LEN);

	return 0;
}

/* Of the etag and the sequence those of another channel say nothing. */
static void forget_other(const struct pw_fleet_config *config, struct pw_fleet_state *state)
{
	if (!strcmp(state->channel, config->channel))
		return;
	snprintf(state->channel, sizeof(state->channel), "%s", config->channel);
	state->etag[0] = '\0';
	state->sequence = 0;
}

static int poll_channel(struct pw_http *http, const struct pw_fleet_config *config,
			struct pw_fleet_state *state, struct pw_pulled *pulled,
			struct pw_diag *diag)
{
	char path[PW_CHANNEL_PATH_SIZE];
	_cleanup_free_ char *url = NULL, *body = NULL;
	struct pw_http_reply reply;
	int r;

	pw_channel_path(config->channel, path);
	url = url_of(config, path);
	if (!url)
		return -ENOMEM;
	r = pw_http_get(http, url, state->etag, PW_CHANNEL_BYTES_MAX, &reply, diag);
	if (r < 0)
		return r;
	body = reply.body;
	pulled->what = reply.code == 304 ? PW_PULL_UNCHANGED : PW_PULL_NOTHING;

	return reply.code == 304 ? 0 : read_channel(url, &reply, config, state, pulled, diag);
}

/* ---- The bundle ---------------------------------------------------------------------------- */

static bool is_wanted(const struct pw_pulled *pulled, const struct pw_fleet_state *state)
{
	if (pulled->rollout != PW_ROLLOUT_YES || !strcmp(pulled->hex, state->good) ||
	    !strcmp(pulled->hex, state->trying))
		return false;

	/* What was refused may be right after somebody did something about it. */
	return strcmp(pulled->hex, state->bad) ||
	       (!state->unhealthy && pulled->channel->sequence > state->bad_sequence);
}

static int check_bundle(const char *url, const struct pw_channel *channel,
			const struct pw_http_reply *reply, struct pw_diag *diag)
{
	uint8_t digest[PW_DIGEST_LEN];

	if (!EVP_Digest(reply->body, reply->length, digest, NULL, EVP_sha256(), NULL))
		return -ENOMEM;
	if (reply->length != channel->size || memcmp(digest, channel->digest, sizeof(digest)))
		return refuse(diag, url, "it is not the file that the channel names: its SHA-256 is "
			      "another one, or it is cut off");

	return 0;
}

static int fetch_bundle(struct pw_http *http, const struct pw_fleet_config *config,
			struct pw_pulled *pulled, struct pw_diag *diag)
{
	char path[PW_CHANNEL_PATH_SIZE];
	struct pw_http_reply reply;
	_cleanup_free_ char *url = NULL, *body = NULL;
	int r;

	pw_channel_bundle_path(pulled->channel->digest, path);
	url = url_of(config, path);
	if (!url)
		return -ENOMEM;
	r = pw_http_get(http, url, "", pulled->channel->size, &reply, diag);
	if (r < 0)
		return r;
	body = reply.body;
	r = check_bundle(url, pulled->channel, &reply, diag);
	if (r < 0)
		return r;
	pulled->bundle = TAKE_PTR(body);
	pulled->length = reply.length;
	pulled->what = PW_PULL_BUNDLE;

	return 0;
}

int pw_pull(struct pw_http *http, const struct pw_fleet_config *config,
	    const struct pw_device *device, struct pw_fleet_state *state, struct pw_pulled *ret,
	    struct pw_diag *diag)
{
	int r;

	*ret = (struct pw_pulled){};
	forget_other(config, state);
	r = poll_channel(http, config, state, ret, diag);
	if (r < 0 || ret->what == PW_PULL_UNCHANGED)
		return r;
	ret->rollout = pw_rollout_judge(ret->channel, device);

	return is_wanted(ret, state) ? fetch_bundle(http, config, ret, diag) : 0;
}

void pw_pulled_done(struct pw_pulled *pulled)
{
	pulled->channel = pw_channel_free(pulled->channel);
	free(pulled->bundle);
	pulled->bundle = NULL;
}
