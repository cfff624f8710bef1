// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/bundle.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bundle/accept.h"
#include "common/cleanup.h"
#include "common/sha256.h"
#include "common/text.h"
#include "daemon/clock.h"
#include "policy/lint.h"
#include "publish/highest.h"
#include "publish/trials.h"

#define NAME "bundle"	/* in the positions of errors */

/* What one bundle passes through. */
struct passage {
	struct pw_daemon *daemon;
	struct pw_accept accept;
	struct pw_highest highest;	/* set with accept.bundle */
	uint8_t vendor[PW_DIGEST_LEN];	/* likewise */
	const struct pw_apply *how;
	uid_t uid;
	struct pw_diag *diag;
};

static int refuse(struct pw_diag *diag, int error, const char *text)
{
	pw_diag_add(diag, PW_DIAG_ERROR, NULL, "%s", text);

	return error;
}

/* ---- Records ------------------------------------------------------------------------------- */

/* The errors, as many as a record has room for. They name no path but those beside trust.yaml. */
static void join_errors(const struct pw_diag *diag, char *text, size_t size)
{
	size_t used = 0;

	*text = '\0';
	for (size_t i = 0; i < diag->n && used < size; i++)
		if (diag->entries[i].level == PW_DIAG_ERROR)
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? "; " : "",
						 diag->entries[i].text);
}

static void note(const struct passage *passage, enum pw_verdict verdict, const char *why)
{
	const struct pw_bundle *bundle = passage->accept.bundle;
	char digest[2 * PW_DIGEST_LEN + 1] = "unread", which[128];

	if (passage->accept.cms)
		pw_text_hex(digest, passage->accept.cms->digest, PW_DIGEST_LEN);
	/* What it says of itself counts when it was read, which is when it was believed. */
	if (bundle)
		snprintf(which, sizeof(which), "%s version %" PRIu64, bundle->head.name,
			 bundle->head.version);
	else
		snprintf(which, sizeof(which), "sha256 %.16s", digest);
	pw_daemon_note(passage->daemon, PW_RECORD_POLICY, PW_ACTION_APPLY, verdict,
		       verdict == PW_VERDICT_ALLOW ? PW_REASON_ADMIN : PW_REASON_UNSIGNED,
		       "bundle %s, by uid %u: %s", which, passage->uid, why);
}

static void note_signers(const struct passage *passage)
{
	const struct pw_cms *cms = passage->accept.cms;
	char text[sizeof(((struct pw_note *)NULL)->text)] = "signed by";
	size_t used = strlen(text), n = 0;

	for (size_t i = 0; i < cms->nsigners && used < sizeof(text); i++)
		if (cms->signers[i].role)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s %s as %s",
						 n++ ? "," : "", cms->signers[i].subject,
						 cms->signers[i].role);
	if (passage->accept.site_only && used < sizeof(text))
		snprintf(text + used, sizeof(text) - used, ", for another file of the site alone");
	note(passage, PW_VERDICT_ALLOW, text);
}

int pw_bundle_refuse_unsigned(struct pw_daemon *daemon, const struct pw_policy *policy, uid_t uid,
			      struct pw_diag *diag)
{
	if (access(PW_TRUST_FILE, F_OK) < 0 && errno == ENOENT)
		return 0;
	pw_daemon_note(daemon, PW_RECORD_POLICY, PW_ACTION_APPLY, PW_VERDICT_DENY,
		       PW_REASON_UNSIGNED, "%s version %" PRIu64 ", by uid %u: it is not signed",
		       policy->name, policy->version, uid);

	return refuse(diag, -EACCES, "there is a " PW_TRUST_FILE ": a policy is applied as a signed "
		      "bundle only; phiward bundle build and phiward bundle sign make one");
}

/* ---- The passage --------------------------------------------------------------------------- */

int pw_bundle_device(struct pw_device **ret, struct pw_diag *diag)
{
	const char *unsafe = pw_trust_unsafe(PW_DEVICE_FILE);
	int r;

	*ret = NULL;
	if (unsafe) {
		pw_diag_add(diag, PW_DIAG_ERROR, NULL, PW_DEVICE_FILE " is not to be believed: %s",
			    unsafe);
		return -EACCES;
	}
	r = pw_device_read(PW_DEVICE_FILE, ret, diag);

	return r == -ENOENT ? 0 : r;
}

static int check_device(struct passage *passage)
{
	_cleanup_(pw_device_freep) struct pw_device *device = NULL;
	int r = pw_bundle_device(&device, passage->diag);

	return r ? r : pw_accept_device(&passage->accept, device, passage->diag);
}

static int check_version(struct passage *passage)
{
	const struct pw_accept *accept = &passage->accept;

	int r = pw_bundle_digest_vendor(accept->bundle, passage->vendor);

	if (r < 0)
		return r;
	passage->highest = (struct pw_highest){accept->bundle->head.name,
					       accept->bundle->head.version, accept->cms->digest,
					       passage->vendor};
	if (passage->how->allow_downgrade && !pw_ward_sealed(passage->daemon->ward))
		return 0;

	return pw_highest_check(passage->daemon->directories.state, &passage->highest,
				passage->diag);
}

static bool is_known(void *data, const struct pw_bundle *bundle)
{
	const struct passage *passage = data;
	uint8_t vendor[PW_DIGEST_LEN];

	return pw_bundle_digest_vendor(bundle, vendor) == 0 &&
	       pw_highest_knows(passage->daemon->directories.state, bundle->head.name, vendor);
}

static int judge(struct passage *passage, const uint8_t *der, size_t length)
{
	int r = pw_accept(&passage->accept, NAME, der, length, passage->diag);

	if (!r)
		r = check_device(passage);

	return r ? r : check_version(passage);
}

static int read_policy(struct passage *passage, struct pw_policy **ret)
{
	_cleanup_(pw_policy_freep) struct pw_policy *policy = NULL;
	int r = pw_bundle_policy(passage->accept.bundle, &policy, passage->diag);

	if (r < 0)
		return r;
	pw_policy_lint(policy, PW_LINT_FILES | PW_LINT_BRIEF, passage->diag);
	if (passage->diag->errors)
		return -EINVAL;
	*ret = TAKE_PTR(policy);

	return 0;
}

void pw_bundle_keep(struct pw_daemon *daemon, const struct pw_highest *bundle, struct pw_diag *diag)
{
	int r = pw_highest_write(daemon->directories.state, bundle);

	if (r < 0)
		pw_diag_add(diag, PW_DIAG_WARNING, NULL, "the policy is in force, but that this version "
			    "of the bundle was accepted could not be kept: %s", strerror(-r));
}

static int load(struct passage *passage)
{
	struct pw_policy *policy = NULL;
	int r = read_policy(passage, &policy);

	if (r < 0) {
		note(passage, PW_VERDICT_DENY, "its policy has errors, or a test case in it does not hold");
		return r;
	}
	r = pw_daemon_apply_signed(passage->daemon, policy, passage->accept.trust, &passage->highest,
				   passage->how, passage->uid, passage->diag);
	if (r < 0)
		return r;
	note_signers(passage);
	/* On probation it counts when it is confirmed. */
	if (passage->how->try_ms)
		return 0;
	pw_bundle_keep(passage->daemon, &passage->highest, passage->diag);

	return 0;
}

static int pass(struct passage *passage, const uint8_t *der, size_t length)
{
	char why[sizeof(((struct pw_note *)NULL)->text)];
	int r = judge(passage, der, length);

	if (!r)
		return load(passage);
	join_errors(passage->diag, why, sizeof(why));
	note(passage, PW_VERDICT_DENY, *why ? why : strerror(-r));

	return r;
}

int pw_bundle_apply(struct pw_daemon *daemon, const uint8_t *der, size_t length,
		    const struct pw_apply *how, uid_t uid, struct pw_diag *diag)
{
	_cleanup_(pw_trust_freep) struct pw_trust *trust = NULL;
	struct passage passage = {.daemon = daemon, .how = how, .uid = uid, .diag = diag,
				  .accept = {.clock = pw_clock_now(daemon)}};
	char why[sizeof(((struct pw_note *)NULL)->text)];
	int r = pw_daemon_want_ward(daemon, diag);

	if (r < 0)
		return r;
	r = pw_trust_read(PW_TRUST_FILE, PW_TRUST_OF_ROOT, &trust, diag);
	if (r == -ENOENT)
		refuse(diag, r, "there is no " PW_TRUST_FILE ", which says whose signatures count: "
		       "write it, or apply the policy itself");
	if (r < 0) {
		join_errors(diag, why, sizeof(why));
		note(&passage, PW_VERDICT_DENY, *why ? why : strerror(-r));
		return r;
	}
	passage.accept.trust = trust;
	passage.accept.known = is_known;
	passage.accept.known_data = &passage;
	r = pass(&passage, der, length);
	pw_accept_done(&passage.accept);

	return r;
}
