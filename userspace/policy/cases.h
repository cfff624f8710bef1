/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Test cases of a policy: what a subject may do under it and what not. A file of them names
 * subjects, objects, programs and single addresses, and stands beside the policy.
 */
#ifndef PW_POLICY_CASES_H
#define PW_POLICY_CASES_H

#include "policy/diag.h"
#include "policy/policy.h"

#define PW_CASE_NO_OBJECT ((size_t)-1)

/* One thing that one subject tries. */
struct pw_trial {
	struct pw_position at;
	size_t subject;		/* index, or PW_SUBJECT_INDEX_OTHERS or PW_SUBJECT_INDEX_INIT */
	const char *program;	/* as the case names it; NULL: it names the subject */
	bool may;		/* what is expected */
	enum pw_action action;
	/* of files: */
	size_t object;		/* index, or PW_CASE_NO_OBJECT: outside of all */
	const char *path;	/* as the case names it; NULL: it names the object, which is set */
	/* connect and listen: */
	enum pw_proto proto;
	uint16_t port;
	struct pw_prefix peer;	/* one address; family 0 in listen: whether it may listen at all */
};

struct pw_cases {
	struct pw_trial *trials;
	size_t n;
	struct pw_arena *arena;	/* owns them, and this */
};

/*
 * Reads the cases of @policy in the file @path. 0, or a negative errno as pw_policy_read() gives it,
 * explained in @diag.
 */
int pw_cases_read(const char *path, const struct pw_policy *policy, struct pw_cases **ret,
		  struct pw_diag *diag);
/* The object in which @path lies: the nearest, as objects may lie in each other; or PW_CASE_NO_OBJECT. */
size_t pw_policy_object_at(const struct pw_policy *policy, const char *path);

/* The same as pw_cases_read() from memory. */
int pw_cases_parse(const struct pw_source *source, const struct pw_policy *policy,
		   struct pw_cases **ret, struct pw_diag *diag);
struct pw_cases *pw_cases_free(struct pw_cases *cases);

static inline void pw_cases_freep(struct pw_cases **cases)
{
	*cases = pw_cases_free(*cases);
}

#endif
