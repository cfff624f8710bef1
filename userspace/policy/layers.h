/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside the policy stage: what a site's file may do to a vendor's policy. */
#ifndef PW_POLICY_LAYERS_H
#define PW_POLICY_LAYERS_H

#include "policy/diag.h"
#include "policy/policy.h"

/*
 * @vendor: the policy with the site's parameters; @open: and with all that it opens to a site;
 * @merged: and with what the site changes. 0, -ENOMEM, or -EINVAL with a diagnostic at each line of
 * the site that widens what is not open or takes away what is essential or never blocked.
 */
int pw_layers_judge(const struct pw_policy *vendor, const struct pw_policy *open,
		    const struct pw_policy *merged, struct pw_diag *diag);

#endif
