/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside the policy stage: where the texts come from, a directory or memory. */
#ifndef PW_POLICY_SOURCE_H
#define PW_POLICY_SOURCE_H

#include <stdio.h>

#include "common/arena.h"
#include "policy/policy.h"

struct pw_supply {
	const char *directory;		/* of the policy: "" or with a slash at its end */
	const char *site;		/* the path of a site's file; NULL: none, or it is among sources */
	FILE *show;			/* write there what is read, with where it comes from; NULL: do not */
	const struct pw_source *sources;	/* NULL: read files */
	size_t nsources;
};

/*
 * Fetches the policy (@include NULL) or the file that it names @include. *@ret
 * lies in @arena. Negative errno: what opening or reading gave, -EFBIG beyond
 * @max bytes, -ENOENT when memory holds no such source.
 */
int pw_source_fetch(const struct pw_supply *supply, struct pw_arena *arena, const char *policy,
		    const char *include, size_t max, struct pw_source *ret);
/* The same of a site's file; @name as in struct pw_supply. */
int pw_source_fetch_site(const struct pw_supply *supply, struct pw_arena *arena, const char *name,
			 size_t max, struct pw_source *ret);

/* What stands before the last component of @path, its slash included. */
char *pw_source_directory(struct pw_arena *arena, const char *path);

/* Why @name cannot be included, or NULL. */
const char *pw_source_wrong_name(const char *name);

#endif
