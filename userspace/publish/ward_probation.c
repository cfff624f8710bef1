// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "publish/probation.h"
#include "publish/ward_private.h"

bool pw_ward_on_probation(const struct pw_ward *ward, struct pw_probation *ret)
{
	return pw_probation_on(ward->kernel, ret);
}

bool pw_ward_not_confirmed(const struct pw_ward *ward, const struct pw_policy *policy)
{
	return pw_unconfirmed_is(ward->state_dir, policy);
}

int pw_ward_confirm(struct pw_ward *ward, struct pw_diag *diag)
{
	char text[sizeof(((struct pw_note *)NULL)->text)];

	if (!pw_probation_keep(ward->kernel)) {
		pw_diag_add(diag, PW_DIAG_ERROR, NULL, "no policy is on probation: phiward status says "
			    "which one is in force");
		return -ESTALE;
	}
	snprintf(text, sizeof(text), "%s version %" PRIu64 " digest %s, by %s",
		 ward->image->catalog->policy, ward->image->catalog->version,
		 ward->image->catalog->digest, ward->by);
	pw_ward_note(ward, PW_RECORD_POLICY, PW_ACTION_CONFIRM, PW_VERDICT_ALLOW, PW_REASON_ADMIN,
		     text);
	pw_ward_accept(ward, diag);

	return 0;
}

bool pw_ward_went_back(const struct pw_ward *ward)
{
	return pw_kernel_state(ward->kernel)->probation.state == PW_PROBATION_OVER;
}

bool pw_ward_go_back(struct pw_ward *ward)
{
	const bool was_on = pw_probation_go_back(ward->kernel);

	if (pw_ward_went_back(ward)) {
		ward->rescue = ward->rescue_before;
		pw_ward_note_given_up(ward);
		pw_ward_glass_end(ward);
	}

	return was_on;
}
