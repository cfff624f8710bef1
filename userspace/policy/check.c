// SPDX-License-Identifier: BSD-2-Clause
#include "policy/reader.h"

void pw_policy_check(struct pw_reader *reader)
{
	size_t i;

	for (i = 0; i < reader->npeers; i++)
		if (!reader->peers[i].used)
			pw_warn(reader, &reader->peers[i].at, "no rule names the peer '%s'",
				reader->peers[i].name);
}
