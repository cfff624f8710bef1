/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A policy on probation, as the daemon sees it: who put it there, what of a bundle counts once it is
 * confirmed, and that the policy before is taken up again when it is not.
 */
#ifndef PW_DAEMON_PROBATION_H
#define PW_DAEMON_PROBATION_H

#include <systemd/sd-event.h>

#include "daemon/peer.h"
#include "policy/policy.h"
#include "publish/highest.h"

struct pw_daemon;

struct pw_daemon_probation {
	sd_event_source *end;
	bool on;
	uid_t uid;
	uint64_t until;		/* of the one that this is about, ns since boot */
	char what[192];		/* name and version of its policy */
	/* Of its bundle; name "": it is none. */
	char name[PW_NAME_MAX + 1];
	uint64_t version;
	uint8_t digest[PW_DIGEST_LEN], vendor[PW_DIGEST_LEN];
};

/* A policy went on probation; @bundle, which is copied, is NULL where it is from none. */
void pw_probation_begun(struct pw_daemon *daemon, uid_t uid, const struct pw_highest *bundle);

/* Looks whether it ended; @why stands in the record then. After each try to apply, and at its end. */
void pw_probation_look(struct pw_daemon *daemon, const char *why);

/* At a start, before anything is put into force: what was on probation is over. */
void pw_probation_start(struct pw_daemon *daemon);

/* On command, by PW_GROUP_ADMIN or who put it there. -ESTALE: there is none. */
int pw_probation_confirm(struct pw_daemon *daemon, const struct pw_peer *peer, struct pw_diag *diag);
int pw_probation_revert(struct pw_daemon *daemon, const struct pw_peer *peer, struct pw_diag *diag);

/* Nothing is in force any more. */
void pw_probation_close(struct pw_daemon *daemon);

#endif
