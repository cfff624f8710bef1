// SPDX-License-Identifier: BSD-2-Clause
/* An inventory of devices from anywhere. */
#include <stdint.h>
#include <stdlib.h>

#include "fleet/inventory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pw_source source = {.name = (char *)"devices.yaml", .text = (char *)data,
					 .length = size};
	struct pw_inventory *inventory = NULL;
	struct pw_diag diag = {};

	if (pw_inventory_parse(&source, &inventory, &diag)) {
		if (!diag.errors)
			abort();
	} else {
		for (size_t i = 0; i < inventory->n; i++)
			if (pw_inventory_find(inventory, inventory->devices[i].serial) !=
			    &inventory->devices[i])
				abort();
	}
	pw_inventory_free(inventory);
	pw_diag_done(&diag);

	return 0;
}
