/* SPDX-License-Identifier: BSD-2-Clause */
/* What people write of a bundle, and the bundle that is made of it. */
#ifndef PW_BUNDLE_MANIFEST_H
#define PW_BUNDLE_MANIFEST_H

#include "bundle/bundle.h"

/*
 * Reads the manifest @path, the policy that it names, what this includes, and the other files.
 * Gives what is to be signed: it has been read again as a bundle, and its policy holds. The caller
 * frees *@ret. Errors as pw_policy_read().
 */
int pw_manifest_build(const char *path, char **ret, size_t *ret_length, struct pw_diag *diag);

#endif
