/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A published tree: bundles by their SHA-256, which never change, and a document for each channel,
 * which names one of them and is written last. Any web server or object store can give it out.
 */
#ifndef PW_FLEET_TREE_H
#define PW_FLEET_TREE_H

#include "fleet/channel.h"

/* -ENOENT without an error in @diag: there is no such channel. */
int pw_tree_read(int dir, const char *channel, struct pw_channel **ret, struct pw_diag *diag);

/* Puts the bundle there, where it is not yet, and says what it is in @channel. */
int pw_tree_add(int dir, const char *file, const char *der, size_t length,
		struct pw_channel *channel, struct pw_diag *diag);

/* Whether @next may stand where @last stood (NULL: nothing): versions only go up. 0 or -EINVAL. */
int pw_tree_follows(const struct pw_channel *next, const struct pw_channel *last,
		    struct pw_diag *diag);

/* Writes the document, with the next sequence. */
int pw_tree_write(int dir, struct pw_channel *channel);

#endif
