// SPDX-License-Identifier: BSD-2-Clause
/* The line of a status record from anywhere: nothing is signed by anybody, and all of it ends as text. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "fleet/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pw_fleet fleet = {.now = 1800000000};
	FILE *nowhere = fopen("/dev/null", "we");
	struct pw_told told;
	const char *base64;
	size_t text, n;
	char *again;

	if (!nowhere)
		abort();
	if (pw_told_split((const char *)data, size, &text, &base64, &n) &&
	    !pw_told_parse((const char *)data, text, &told)) {
		/* The name that it has for itself. */
		if (pw_fleet_add(&fleet, told.serial, (const char *)data, size, fleet.now))
			abort();
		if (pw_told_write(&told, &again, &n))
			abort();
		free(again);
		pw_told_done(&told);
	}
	if (pw_fleet_add(&fleet, "x", (const char *)data, size, fleet.now))
		abort();
	pw_fleet_judge(&fleet);
	pw_fleet_print(nowhere, &fleet, true);
	pw_fleet_print_json(nowhere, &fleet);
	pw_fleet_page(nowhere, &fleet);
	pw_fleet_done(&fleet);
	fclose(nowhere);

	return 0;
}
