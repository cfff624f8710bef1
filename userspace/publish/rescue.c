// SPDX-License-Identifier: BSD-2-Clause
#include "publish/rescue.h"

#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"

enum pw_rescue pw_rescue_parse(const char *cmdline)
{
	const size_t length = strlen(PW_RESCUE_KEY);
	enum pw_rescue asked = PW_RESCUE_NONE;

	/* The last one counts, as the kernel has it with its own. */
	for (const char *word = cmdline + strspn(cmdline, " \n"); *word;) {
		const size_t n = strcspn(word, " \n");

		if (n == length + strlen("off") && strncmp(word, PW_RESCUE_KEY "off", n) == 0)
			asked = PW_RESCUE_OFF;
		if (n == length + strlen("permissive") &&
		    strncmp(word, PW_RESCUE_KEY "permissive", n) == 0)
			asked = PW_RESCUE_PERMISSIVE;
		word += n;
		word += strspn(word, " \n");
	}

	return asked;
}

enum pw_rescue pw_rescue_asked(void)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/cmdline", "re");
	char line[4096];

	return file && fgets(line, sizeof(line), file) ? pw_rescue_parse(line) : PW_RESCUE_NONE;
}

enum pw_rescue pw_rescue_granted(enum pw_rescue asked, enum pw_rescue allowed)
{
	if (allowed == PW_RESCUE_OFF)
		return asked;
	if (allowed == PW_RESCUE_PERMISSIVE && asked != PW_RESCUE_NONE)
		return PW_RESCUE_PERMISSIVE;

	return PW_RESCUE_NONE;
}
