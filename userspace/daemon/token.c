// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/token.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bundle/token.h"
#include "common/cleanup.h"
#include "daemon/bundle.h"
#include "daemon/clock.h"
#include "daemon/daemon.h"
#include "publish/tokens.h"

static int refuse(struct pw_diag *diag, const char *text)
{
	pw_diag_add(diag, PW_DIAG_ERROR, NULL, "%s", text);

	return -EACCES;
}

static int read_trust(const struct pw_daemon *daemon, struct pw_trust **ret, struct pw_diag *diag)
{
	int r = pw_trust_read(PW_TRUST_FILE, PW_TRUST_OF_ROOT, ret, diag);

	if (r == -ENOENT)
		return refuse(diag, "there is no " PW_TRUST_FILE ", which says whose tokens count");

	return r || !pw_ward_sealed(daemon->ward) ? r :
						    pw_ward_knows_trust(daemon->ward, *ret, diag);
}

static int check_device(const struct pw_token *token, struct pw_diag *diag)
{
	_cleanup_(pw_device_freep) struct pw_device *device = NULL;
	int r = pw_bundle_device(&device, diag);

	return r ? r : pw_token_device(token, device, diag);
}

static int check_policy(const struct pw_daemon *daemon, const struct pw_glass_session *session,
			struct pw_diag *diag)
{
	const struct pw_policy *policy = pw_ward_policy(daemon->ward);

	if (session->kind != PW_GLASS_KIND_BREAKGLASS)
		return refuse(diag, "a token opens no service");

	return policy && policy->glass[session->kind].tokens ?
		       0 : refuse(diag, "'breakglass' of the policy takes no token: 'tokens: true' in 'who'");
}

int pw_token_judge(struct pw_daemon *daemon, const struct pw_glass_token *token,
		   struct pw_glass_session *session, uint64_t for_ms, struct pw_diag *diag)
{
	_cleanup_(pw_trust_freep) struct pw_trust *trust = NULL;
	_cleanup_(pw_token_freep) struct pw_token *read = NULL;
	_cleanup_(pw_cms_freep) struct pw_cms *cms = NULL;
	const struct pw_clock clock = pw_clock_now(daemon);
	int r = check_policy(daemon, session, diag);

	if (!r)
		r = read_trust(daemon, &trust, diag);
	if (!r)
		r = pw_token_accept(trust, &clock, token->der, token->length, &read, &cms, diag);
	if (r < 0)
		return r;
	/* From here it is known by its name, in the record of a refusal too. */
	snprintf(session->token, sizeof(session->token), "%s", read->id);
	if (read->ticket && !*session->ticket)
		snprintf(session->ticket, sizeof(session->ticket), "%s", read->ticket);
	r = check_device(read, diag);
	if (!r)
		r = pw_token_covers(read, clock.now, for_ms, session->subject, session->object, diag);

	return r ? r : pw_tokens_check(daemon->directories.state, read->id, diag);
}
