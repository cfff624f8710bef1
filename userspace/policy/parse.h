/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From text to a checked policy.
 *
 * Each returns 0 and a policy, or a negative errno: -EINVAL when the text is
 * wrong (@diag says where), -ENOMEM, or what reading a file gave. Warnings and
 * notes are in @diag in both cases. On failure *@ret_policy is untouched.
 */
#ifndef PW_POLICY_PARSE_H
#define PW_POLICY_PARSE_H

#include "policy/diag.h"
#include "policy/policy.h"

/* Reads @path and what it includes (relative to its directory). */
int pw_policy_read(const char *path, struct pw_policy **ret_policy, struct pw_diag *diag);

/* The same under the file @site of a site, which may fill, narrow and widen as the policy lets it. */
int pw_policy_read_for_site(const char *path, const char *site, struct pw_policy **ret_policy,
			    struct pw_diag *diag);

/*
 * The same from memory: sources[0] is the policy, one with `site` the site's file, the others answer
 * its includes by name.
 */
int pw_policy_parse(const struct pw_source *sources, size_t nsources,
		    struct pw_policy **ret_policy, struct pw_diag *diag);

/*
 * Writes a policy with the parameters of a site's file (NULL: none), and @merged with all its changes,
 * as one policy that needs neither that nor what it includes, each line with where it comes from.
 */
int pw_policy_show(const char *path, const char *site, bool merged, FILE *to,
		   struct pw_diag *diag);

#endif
