// SPDX-License-Identifier: BSD-2-Clause
/* A device.yaml from anywhere. */
#include <stdint.h>
#include <stdlib.h>

#include "bundle/device.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pw_source source = {.name = (char *)"device.yaml", .text = (char *)data,
					 .length = size};
	const char *pattern = "a*b*c*d*";
	const struct pw_selectors selectors = {.model = {&pattern, 1}};
	struct pw_device *device = NULL;
	struct pw_diag diag = {};

	if (!pw_device_parse(&source, &device, &diag))
		pw_selectors_mismatch(&selectors, device);
	else if (!diag.errors)
		abort();
	pw_device_free(device);
	pw_diag_done(&diag);

	return 0;
}
