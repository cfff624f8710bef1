/* SPDX-License-Identifier: BSD-2-Clause */
/* Bundles on a console: who may change its policy, once /etc/phiward/trust.yaml says it. */
#ifndef PW_DAEMON_BUNDLE_H
#define PW_DAEMON_BUNDLE_H

#include "bundle/device.h"
#include "daemon/daemon.h"

/*
 * Judges the bundle @der and puts its policy into force. What is judged are the bytes that are
 * loaded. Errors are in @diag, a refusal is a record. A downgrade means nothing while sealed.
 */
int pw_bundle_apply(struct pw_daemon *daemon, const uint8_t *der, size_t length,
		    const struct pw_apply *how, uid_t uid, struct pw_diag *diag);

/* The bundle's version counts as accepted from here on; that this cannot be kept is a warning in @diag. */
void pw_bundle_keep(struct pw_daemon *daemon, const struct pw_highest *bundle, struct pw_diag *diag);

/*
 * What this console says that it is, as far as it can be believed; *@ret is NULL where nothing says it.
 * 0, -ENOMEM, or with errors in @diag -EACCES or -EINVAL.
 */
int pw_bundle_device(struct pw_device **ret, struct pw_diag *diag);

/*
 * Refuses what no bundle has brought, where there is a trust.yaml: 0, or -EACCES with an error
 * in @diag and a record.
 */
int pw_bundle_refuse_unsigned(struct pw_daemon *daemon, const struct pw_policy *policy, uid_t uid,
			      struct pw_diag *diag);

#endif
