// SPDX-License-Identifier: BSD-2-Clause
/* A trust.yaml from anywhere; behind a NUL the file `f` that it may name. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bundle/trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\0', size);
	const size_t n = end ? (size_t)(end - data) : size;
	const struct pw_source sources[] = {
		{.name = (char *)"trust.yaml", .text = (char *)data, .length = n},
		{.name = (char *)"f", .text = (char *)(end ? end + 1 : data),
		 .length = end ? size - n - 1 : 0},
	};
	const struct pw_clock clock = {.synchronised = true};
	struct pw_cms nobody = {};
	bool site_only;
	struct pw_trust *trust = NULL;
	struct pw_diag diag = {};

	/* Whatever it says, something is required. */
	if (!pw_trust_parse(sources, 2, &trust, &diag)) {
		if (!pw_trust_judge(trust, "t", &nobody, &clock, &site_only, &diag))
			abort();
	} else if (!diag.errors) {
		abort();
	}
	pw_trust_free(trust);
	pw_diag_done(&diag);

	return 0;
}
