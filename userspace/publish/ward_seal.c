// SPDX-License-Identifier: BSD-2-Clause
#include <inttypes.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "publish/module.h"
#include "publish/seal.h"
#include "publish/ward_private.h"

bool pw_ward_sealed(const struct pw_ward *ward)
{
	return ward->seal.sealed;
}

int pw_ward_foreign(struct pw_ward *ward, const char *what, struct pw_diag *diag)
{
	pw_ward_note(ward, PW_RECORD_TAMPER, PW_ACTION_START, PW_VERDICT_DENY, PW_REASON_FOREIGN,
		     what);
	pw_diag_add(diag, PW_DIAG_ERROR, NULL, "sealed, and phiwardd was started with %s: what is in "
		    "force stays, and the kernel keeps its records", what);

	return -EKEYREJECTED;
}

/* ---- At a start ---------------------------------------------------------------------------- */

int pw_ward_check_seal(struct pw_ward *ward, struct pw_diag *diag)
{
	struct pw_seal now = {};
	const char *other;
	bool init = false;
	int r;

	r = pw_seal_read(ward->kernel, &ward->seal);
	if (r < 0 || !ward->seal.sealed)
		return r;
	r = pw_seal_describe(ward->kernel, ward->state_dir, ward->log_dir, &now, &init);
	if (r < 0)
		return pw_ward_foreign(ward, "places that cannot be looked at", diag);
	if (!init)
		return pw_ward_foreign(ward, "other mounts than PID 1", diag);
	other = pw_seal_difference(&ward->seal, &now);

	return other ? pw_ward_foreign(ward, other, diag) : 0;
}

static bool is_successor(const struct pw_successor *successor, const struct pw_policy *policy)
{
	return successor->version == policy->version &&
	       memcmp(successor->digest, policy->digest, PW_DIGEST_LEN) == 0;
}

static bool is_sealed_policy(const struct pw_ward *ward, const struct pw_policy *policy)
{
	const struct pw_state *state = pw_kernel_state(ward->kernel);
	struct pw_successor first = {.version = ward->seal.version};

	memcpy(first.digest, ward->seal.digest, sizeof(first.digest));

	return is_successor(state->accepted.version ? &state->accepted : &first, policy) ||
	       (state->next.version && is_successor(&state->next, policy));
}

int pw_ward_check_sealed_policy(struct pw_ward *ward, const struct pw_policy *policy,
				struct pw_diag *diag)
{
	if (!ward->seal.sealed)
		return 0;
	if (!is_sealed_policy(ward, policy))
		return pw_ward_foreign(ward, "another accepted policy", diag);
	/* Ended before it could say so: the one that was on its way has come. */
	if (is_successor(&pw_kernel_state(ward->kernel)->next, policy))
		pw_ward_note_accepted(ward, policy);

	return 0;
}

/* ---- A successor --------------------------------------------------------------------------- */

/* The version is what counts, and comes last. */
static void set_successor(struct pw_successor *successor, const struct pw_policy *policy)
{
	__atomic_store_n(&successor->version, 0, __ATOMIC_SEQ_CST);
	memcpy(successor->digest, policy->digest, sizeof(successor->digest));
	__atomic_store_n(&successor->version, policy->version, __ATOMIC_SEQ_CST);
}

void pw_ward_note_accepted(struct pw_ward *ward, const struct pw_policy *policy)
{
	struct pw_state *state = pw_kernel_state(ward->kernel);

	set_successor(&state->accepted, policy);
	__atomic_store_n(&state->next.version, 0, __ATOMIC_SEQ_CST);
}

void pw_ward_note_given_up(struct pw_ward *ward)
{
	__atomic_store_n(&pw_kernel_state(ward->kernel)->next.version, 0, __ATOMIC_SEQ_CST);
}

int pw_ward_knows_trust(const struct pw_ward *ward, const struct pw_trust *trust,
			struct pw_diag *diag)
{
	uint8_t digest[PW_SEAL_DIGEST_LEN];
	int r = pw_seal_digest_trust(pw_trust_digest(trust), digest);

	if (r < 0 || !memcmp(digest, ward->seal.trust, sizeof(digest)))
		return r;
	pw_diag_add(diag, PW_DIAG_ERROR, NULL, "trust.yaml, or the auditor's certificate, is "
		    "another than when phiward was sealed: put it back, or restart the machine");

	return -EKEYREJECTED;
}

int pw_ward_succeed(struct pw_ward *ward, struct pw_policy *policy, const struct pw_trust *trust,
		    uint64_t try_ms, struct pw_diag *diag)
{
	const struct pw_apply how = {.try_ms = try_ms};
	int r = pw_ward_knows_trust(ward, trust, diag);

	if (r < 0)
		return r;
	set_successor(&pw_kernel_state(ward->kernel)->next, policy);
	r = pw_ward_apply(ward, policy, &how, diag);
	if (r < 0)
		pw_ward_note_given_up(ward);

	return r;
}

/* ---- On command ---------------------------------------------------------------------------- */

static int refuse(struct pw_diag *diag, int error, const char *why)
{
	pw_diag_add(diag, PW_DIAG_ERROR, NULL, "not sealed: %s", why);

	return error;
}

/* The module first: when that fails, nothing has changed yet. */
static int seal_module(struct pw_seal *seal, struct pw_diag *diag)
{
	struct pw_guard_status status;
	int r = pw_module_status(&status);

	if (r < 0) {
		pw_diag_add(diag, PW_DIAG_WARNING, NULL,
			    "sealed without the kernel module%s%s: what is in force hangs on its pins, "
			    "and whoever gets past their guard, or ends function tracing, ends it",
			    r == -ENOENT ? "" : ", which cannot be used: ",
			    r == -ENOENT ? "" : strerror(-r));
		return 0;
	}
	r = pw_kernel_hold();
	if (r == 0 && !pw_kernel_all_held())
		r = -ENODATA;
	if (r == 0)
		r = pw_module_seal();
	if (r < 0 && r != -EALREADY)
		return refuse(diag, r, r == -EBUSY ? "function tracing is off" :
			      r == -ENODATA ? "the kernel module does not hold all that is in force" :
					      strerror(-r));

	seal->flags |= PW_SEAL_BY_MODULE;
	return 0;
}

static void note_seal(struct pw_ward *ward)
{
	const struct pw_catalog *catalog = ward->image->catalog;
	char text[sizeof(((struct pw_note *)NULL)->text)];

	snprintf(text, sizeof(text), "%s version %" PRIu64 " digest %s, by %s, %s the kernel module",
		 catalog->policy, catalog->version, catalog->digest, ward->by,
		 ward->seal.flags & PW_SEAL_BY_MODULE ? "with" : "without");
	pw_ward_note(ward, PW_RECORD_POLICY, PW_ACTION_SEAL, PW_VERDICT_ALLOW, PW_REASON_ADMIN, text);
}

int pw_ward_seal(struct pw_ward *ward, struct pw_diag *diag)
{
	struct pw_seal seal = {.sealed = 1};
	struct pw_probation probation;
	bool init = false;
	int r;

	if (ward->seal.sealed)
		return 0;
	if (!ward->policy)
		return refuse(diag, -ENODATA, "no policy is in force");
	if (pw_ward_on_probation(ward, &probation))
		return refuse(diag, -EBUSY, "the policy is on probation: confirm it first");
	r = pw_seal_describe(ward->kernel, ward->state_dir, ward->log_dir, &seal, &init);
	if (r < 0)
		return refuse(diag, r, r == -EINVAL ? PW_TRUST_FILE " has errors: phiward bundle verify "
			      "says which" : strerror(-r));
	if (!init)
		return refuse(diag, -EXDEV, "phiwardd does not see PID 1's mounts");
	seal.version = ward->policy->version;
	memcpy(seal.digest, ward->policy->digest, PW_DIGEST_LEN);
	r = seal_module(&seal, diag);
	if (r == 0) {
		r = pw_seal_set(ward->kernel, &seal);
		if (r < 0)
			refuse(diag, r, strerror(-r));
	}
	if (r < 0)
		return r;

	ward->seal = seal;
	note_seal(ward);
	return 0;
}

void pw_ward_seal_if_due(struct pw_ward *ward, struct pw_diag *diag)
{
	struct pw_guard_status status;
	bool begun = pw_module_status(&status) == 0 && status.state & PW_GUARD_SEALED;

	/* The command line's rescue is a boot without the seal, too. */
	if (ward->seal.sealed || !(ward->policy->sealed || begun) ||
	    ward->rescue == PW_RESCUE_PERMISSIVE)
		return;
	/* The policy is in force; status says that it is not sealed. */
	if (pw_ward_seal(ward, diag) < 0)
		pw_diag_add(diag, PW_DIAG_WARNING, NULL,
			    "the policy is in force, and not sealed as it says");
}
