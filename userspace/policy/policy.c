// SPDX-License-Identifier: BSD-2-Clause
#include "policy/policy.h"

#include <string.h>

#include "common/arena.h"
#include "common/sha256.h"
#include "policy/reader.h"

struct pw_policy *pw_policy_free(struct pw_policy *policy)
{
	if (policy)
		pw_arena_free(policy->arena);

	return NULL;
}

const char *pw_subject_name(const struct pw_policy *policy, size_t index)
{
	switch (index) {
	case PW_SUBJECT_INDEX_OTHERS:
		return "others";
	case PW_SUBJECT_INDEX_INIT:
		return "init";
	case PW_SUBJECT_INDEX_LOGIN:
		return "login";
	case PW_SUBJECT_INDEX_ANYONE:
		return "anyone";
	default:
		return policy->subjects[index].name;
	}
}

/* No name of an included file: these are relative and have no '//'. */
#define SITE_MARK "//site"

static int add_sized(struct pw_sha256 *sha, const char *bytes, size_t length)
{
	uint8_t size[8];
	int i, r;

	for (i = 0; i < 8; i++)
		size[i] = (uint64_t)length >> (8 * i);
	r = pw_sha256_add(sha, size, sizeof(size));

	return r ? r : pw_sha256_add(sha, bytes, length);
}

int pw_policy_digest(struct pw_policy *policy)
{
	_cleanup_(pw_sha256_freep) struct pw_sha256 *sha = NULL;
	size_t i;
	int r;

	r = pw_sha256_start(&sha);
	for (i = 0; !r && i < policy->nsources; i++) {
		const struct pw_source *source = &policy->sources[i];

		/* What the policy itself is called on this machine is no part of it. */
		r = source->site ? add_sized(sha, SITE_MARK, strlen(SITE_MARK)) :
				   add_sized(sha, source->name, i ? strlen(source->name) : 0);
		if (!r)
			r = add_sized(sha, source->text, source->length);
	}

	return r ? r : pw_sha256_end(sha, policy->digest);
}
