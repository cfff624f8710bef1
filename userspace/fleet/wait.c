// SPDX-License-Identifier: BSD-2-Clause
#include "fleet/wait.h"

#define FIRST_MS 60000ULL

uint64_t pw_wait_ms(uint64_t every_s, unsigned int failures, uint64_t random)
{
	const uint64_t every = every_s * 1000;
	uint64_t most = every < FIRST_MS ? every : FIRST_MS;

	if (!failures)
		return every - every / 8 + random % (every / 4 + 1);
	while (--failures && most < 4 * every)
		most *= 2;
	if (most > 4 * every)
		most = 4 * every;

	return most / 2 + random % (most / 2 + 1);
}
