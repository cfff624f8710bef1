/* SPDX-License-Identifier: BSD-2-Clause */
/* What this device is, as /etc/phiward/device.yaml says, and for which devices a bundle is. */
#ifndef PW_BUNDLE_DEVICE_H
#define PW_BUNDLE_DEVICE_H

#include "common/arena.h"
#include "policy/diag.h"
#include "policy/policy.h"

#define PW_DEVICE_FILE "/etc/phiward/device.yaml"
#define PW_DEVICE_TEXT_MAX 128

struct pw_texts {
	const char **list;
	size_t n;
};

struct pw_device {
	const char *manufacturer;	/* NULL: not stated, as the others */
	const char *model;
	const char *serial;
	const char *udi;
	const char *department;
	const char *location;
	const char *contact;
	struct pw_texts tags;
	struct pw_arena *arena;		/* owns them, and this */
};

/*
 * Reads @path; -ENOENT: there is none, which is no error in @diag. Else 0, -ENOMEM, or -EINVAL
 * with errors in @diag.
 */
int pw_device_read(const char *path, struct pw_device **ret, struct pw_diag *diag);
/* The same from memory. */
int pw_device_parse(const struct pw_source *source, struct pw_device **ret, struct pw_diag *diag);
struct pw_device *pw_device_free(struct pw_device *device);

static inline void pw_device_freep(struct pw_device **device)
{
	*device = pw_device_free(*device);
}

/* Patterns as in glob(7). Of each that is not empty one has to match; all empty: any device. */
struct pw_selectors {
	struct pw_position at;
	struct pw_texts manufacturer;
	struct pw_texts model;
	struct pw_texts serial;
	struct pw_texts tags;
};

bool pw_selectors_any(const struct pw_selectors *selectors);

/* The name of the first selector that @device does not match; NULL: it matches all. */
const char *pw_selectors_mismatch(const struct pw_selectors *selectors,
				  const struct pw_device *device);

#endif
