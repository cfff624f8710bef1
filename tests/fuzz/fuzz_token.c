// SPDX-License-Identifier: BSD-2-Clause
/* The text of a token of break-glass from anywhere. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bundle/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pw_device other = {.serial = ""};
	struct pw_token *token = NULL;
	struct pw_diag diag = {};

	/* Whatever it says, it is for a device, has an end, and is not for more than a day. */
	if (!pw_token_parse("t", (const char *)data, size, &token, &diag)) {
		if (!*token->id || token->not_after == PW_INSTANT_NONE ||
		    token->not_after < token->not_before || (token->subject && token->object) ||
		    !pw_token_device(token, &other, &diag) ||
		    !pw_token_covers(token, token->not_after - 1, 86400001, token->subject ?: "",
				     token->object ?: "", &diag))
			abort();
	} else if (!diag.errors) {
		abort();
	}
	pw_token_free(token);
	pw_diag_done(&diag);

	return 0;
}
