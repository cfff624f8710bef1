// SPDX-License-Identifier: BSD-2-Clause
/* A fleet.yaml from anywhere. */
#include <stdint.h>
#include <stdlib.h>

#include "fleet/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pw_source source = {.name = (char *)"fleet.yaml", .text = (char *)data,
					 .length = size};
	struct pw_fleet_config *config = NULL;
	struct pw_diag diag = {};

	if (pw_fleet_config_parse(&source, &config, &diag) && !diag.errors)
		abort();
	if (config && config->put && config->syslog)
		abort();
	pw_fleet_config_free(config);
	pw_diag_done(&diag);

	return 0;
}
