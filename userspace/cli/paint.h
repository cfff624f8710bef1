/* SPDX-License-Identifier: BSD-2-Clause */
/* Colour, on terminals only; NO_COLOR (no-color.org) and TERM=dumb are heeded. */
#ifndef PW_CLI_PAINT_H
#define PW_CLI_PAINT_H

#include <stdio.h>

enum pw_colour { PW_PLAIN, PW_RED, PW_GREEN, PW_YELLOW, PW_BOLD };

/* What to print to begin or end a colour; "" where there is to be none. */
const char *pw_paint(FILE *to, enum pw_colour colour);

#endif
