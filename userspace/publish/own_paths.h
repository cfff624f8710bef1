/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What phiward guards of its own beside its process, maps and programs: what it keeps, which
 * nobody but phiwardd changes; and, once it is sealed, its settings and what the next boot starts
 * from, which updates change.
 */
#ifndef PW_PUBLISH_OWN_PATHS_H
#define PW_PUBLISH_OWN_PATHS_H

#include "publish/resolve.h"

extern const struct pw_own_path pw_own_paths[];
extern const size_t pw_own_npaths;

#endif
