/* SPDX-License-Identifier: BSD-2-Clause */
/* What phiward needs of the kernel and the set-up, and whether it is there. */
#ifndef PW_PUBLISH_PROBE_H
#define PW_PUBLISH_PROBE_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

struct pw_requirement {
	char *name;
	bool ok;
	bool essential;	/* without it nothing is enforced and apply fails */
	char *why;	/* what was found */
	char *fix;	/* what to do; NULL when ok */
};

struct pw_probe {
	struct pw_requirement *requirements;
	size_t n;
};

/* Looks; -ENOMEM or 0. What cannot be looked at is not ok and says why. */
int pw_probe_run(struct pw_probe **ret);
struct pw_probe *pw_probe_free(struct pw_probe *probe);

/* Whether every essential requirement holds. */
bool pw_probe_ok(const struct pw_probe *probe);

/* [{"name","ok","essential","why","fix"},...] */
int pw_probe_json(const struct pw_probe *probe, json_object **ret);

static inline void pw_probe_freep(struct pw_probe **probe)
{
	*probe = pw_probe_free(*probe);
}

#endif
