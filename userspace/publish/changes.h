/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What who applies a policy should know although nothing is wrong with it: names
 * that nothing answers to yet, and what the policy before protected.
 */
#ifndef PW_PUBLISH_CHANGES_H
#define PW_PUBLISH_CHANGES_H

#include "publish/resolve.h"

/*
 * A note for each path of an object, and each program of a subject, that is not there.
 * Included files name programs of services that need not be installed: one note a file.
 */
void pw_note_absent(const struct pw_resolved *resolved, struct pw_diag *diag);

/* A warning for each object of @before that has paths, volumes or media that none of @now covers. */
void pw_warn_dropped(const struct pw_resolved *before, const struct pw_resolved *now,
		     struct pw_diag *diag);

#endif
