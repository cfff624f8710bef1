/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether the programs in the kernel still run: what must be refused is tried. */
#ifndef PW_PUBLISH_CANARY_H
#define PW_PUBLISH_CANARY_H

#include "publish/ward.h"

/*
 * Tries both. @state: the mapped state, whose counter must move with each
 * refusal; NULL where it cannot be mapped: then the refusals alone count.
 */
int pw_canary_try(const struct pw_state *state, struct pw_canary *ret);

#endif
