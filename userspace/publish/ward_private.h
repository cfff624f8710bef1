/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside ward.h: what its parts share. */
#ifndef PW_PUBLISH_WARD_PRIVATE_H
#define PW_PUBLISH_WARD_PRIVATE_H

#include <limits.h>
#include <time.h>

#include "publish/accepted.h"
#include "publish/image.h"
#include "publish/scan.h"
#include "publish/ward.h"

struct pw_ward {
	int state_dir;			/* borrowed */
	int log_dir;			/* likewise */
	struct pw_seal seal;		/* as it stands in the kernel */
	struct pw_kernel *kernel;
	struct pw_ids *ids;
	char program[PATH_MAX];		/* of this process */
	char by[32];			/* who wants what is done now */
	struct pw_catalog *catalog;	/* of the bank found active at start */

	/* The policy in force; NULL before the first apply of this process. */
	struct pw_policy *policy;
	struct pw_resolved *resolved;
	struct pw_image *image;
	enum pw_rescue rescue;	/* of the policy in force: PERMISSIVE, or NONE */
	enum pw_rescue rescue_before;	/* of what a policy on probation is gone back from to */
	const char *trouble;	/* with what was kept; NULL: none */

	/* Files with more than one link. */
	struct pw_links found;		/* by the scan that goes on, or went last */
	struct pw_scan *scan;		/* NULL: none goes on */
	int links;			/* the active bank's map */
	uint32_t links_room;
	int scan_error;			/* why the last scan did not get through, 0: it did */

	/* Catalogs below prune_below can go when the log accounts for prune_at. */
	uint64_t prune_below;
	uint64_t prune_at;

	struct pw_canary canary;
	bool canary_tried;
	struct timespec canary_at;	/* CLOCK_BOOTTIME */
};

/*
 * The files in the active bank's map of links. They stay known over swaps and
 * restarts: a scan takes its time, and does not see the names that are left of a
 * file when those in the object are gone.
 */
int pw_ward_known_links(struct pw_ward *ward, struct pw_links *ret);

/* Reads the seal, and compares: 0 or -EKEYREJECTED, which has been noted and said. */
int pw_ward_check_seal(struct pw_ward *ward, struct pw_diag *diag);
int pw_ward_check_sealed_policy(struct pw_ward *ward, const struct pw_policy *policy,
				struct pw_diag *diag);
/* Sealed: from here on @policy is what a start must find. */
void pw_ward_note_accepted(struct pw_ward *ward, const struct pw_policy *policy);
/* Sealed: no policy is on its way any more to be what a start must find. */
void pw_ward_note_given_up(struct pw_ward *ward);
/* Where the policy says so, or the module was sealed and this process then ended. */
void pw_ward_seal_if_due(struct pw_ward *ward, struct pw_diag *diag);

/* Ends a session of break-glass unless @next is the policy that it was opened under. */
void pw_ward_glass_before_swap(struct pw_ward *ward, const struct pw_catalog *next);

/* After a swap: which catalogs nothing will speak of once all records of now are in the log. */
void pw_ward_prune_later(struct pw_ward *ward);
/* Removes them when that is so. What cannot be removed is tried again. */
void pw_ward_prune(struct pw_ward *ward);

/* What a restart finds: @ward's policy. Its failure is a warning, as it is in force. */
void pw_ward_accept(struct pw_ward *ward, struct pw_diag *diag);

#endif
