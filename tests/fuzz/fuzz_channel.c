// SPDX-License-Identifier: BSD-2-Clause
/* The document of a channel from anywhere; what is taken is written as it would be taken again. */
#include <stdint.h>
#include <stdlib.h>

#include "fleet/rollout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pw_channel *parse(const char *text, size_t size)
{
	const struct pw_source source = {.name = (char *)"stable.json", .text = (char *)text,
					 .length = size};
	struct pw_channel *channel = NULL;
	struct pw_diag diag = {};

	if (pw_channel_parse(&source, &channel, &diag) && !diag.errors)
		abort();
	pw_diag_done(&diag);

	return channel;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pw_device device = {.serial = "CT-1"};
	struct pw_channel *channel = parse((const char *)data, size), *again;
	char *text;
	size_t n;

	if (!channel)
		return 0;
	pw_rollout_judge(channel, &device);
	if (!pw_channel_write(channel, &text, &n)) {
		again = parse(text, n);
		if (!again || again->sequence != channel->sequence)
			abort();
		pw_channel_free(again);
		free(text);
	}
	pw_channel_free(channel);

	return 0;
}
