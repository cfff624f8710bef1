/* SPDX-License-Identifier: BSD-2-Clause */
/* The texts of a policy as JSON: what is kept of it, and what the command and the daemon exchange. */
#ifndef PW_PUBLISH_SOURCES_H
#define PW_PUBLISH_SOURCES_H

#include <json-c/json.h>

#include "policy/policy.h"

/*
 * "sources" of @object: [{"name":S,"text":S,"site":B},...], as pw_policy_parse() wants them, "site"
 * only where it is true. -EBADMSG when they are not such, or none, or one has another member.
 */
int pw_sources_read(json_object *object, struct pw_source **ret, size_t *ret_n);
int pw_sources_add(json_object *object, const struct pw_source *sources, size_t n);
void pw_sources_free(struct pw_source *sources, size_t n);

#endif
