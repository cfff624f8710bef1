// SPDX-License-Identifier: BSD-2-Clause
/* The hash of names. A hash wraps around by intent, so this file does without that check. */
#pragma CPROVER check push
#pragma CPROVER check disable "unsigned-overflow"
#include <phiward/match.h>
#pragma CPROVER check pop

#include "prove.h"

PROVE(name_hash, "names: the hash reads the name and no byte behind it",
      "--slice-formula --unwind 65 --unwindset pw_name_hash.1:3")
{
	ANY(__u32, length);
	char name[PW_NAME_BLOCK + 8];
	const char *end = name + sizeof(name);

	given(length <= sizeof(name));
	/* The name ends where its memory ends; each read is checked. */
	pw_name_hash(end - length, length);
	reach(length == sizeof(name), "more than a block");
	reach(length == 0, "no byte");
}
