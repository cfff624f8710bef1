// SPDX-License-Identifier: BSD-2-Clause
#include "cli/paint.h"
#include "report/table.h"

const char *pw_paint(FILE *to, enum pw_colour colour)
{
	static const char *const codes[] = {
		[PW_PLAIN] = "\033[0m", [PW_RED] = "\033[31m", [PW_GREEN] = "\033[32m",
		[PW_YELLOW] = "\033[33m", [PW_BOLD] = "\033[1m",
	};

	return pw_table_for(to, false).colour ? codes[colour] : "";
}
