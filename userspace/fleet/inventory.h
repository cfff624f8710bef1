/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which consoles there are, as the hospital's inventory has them:
 *   phiward_devices: 1
 *   devices: [{serial: CT-0001, department: radiology}, ...]
 * each with the keys of device.yaml.
 */
#ifndef PW_FLEET_INVENTORY_H
#define PW_FLEET_INVENTORY_H

#include "bundle/device.h"

struct pw_inventory {
	struct pw_device *devices;	/* sorted by serial, each with one that no other has */
	size_t n;
	struct pw_arena *arena;		/* owns them, and this */
};

/* 0, -ENOMEM, or -ENOENT or -EINVAL with errors in @diag. */
int pw_inventory_read(const char *path, struct pw_inventory **ret, struct pw_diag *diag);
/* The same from memory. */
int pw_inventory_parse(const struct pw_source *source, struct pw_inventory **ret,
		       struct pw_diag *diag);
struct pw_inventory *pw_inventory_free(struct pw_inventory *inventory);

/* NULL: there is none of that serial. */
const struct pw_device *pw_inventory_find(const struct pw_inventory *inventory, const char *serial);

static inline void pw_inventory_freep(struct pw_inventory **inventory)
{
	*inventory = pw_inventory_free(*inventory);
}

#endif
