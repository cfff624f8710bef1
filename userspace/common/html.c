// SPDX-License-Identifier: BSD-2-Clause
#include "common/html.h"

void pw_html_character(FILE *to, char c)
{
	switch (c) {
	case '&':
		fputs("&amp;", to);
		break;
	case '<':
		fputs("&lt;", to);
		break;
	case '>':
		fputs("&gt;", to);
		break;
	case '"':
		fputs("&quot;", to);
		break;
	default:
		fputc(c, to);
	}
}

void pw_html_text(FILE *to, const char *text)
{
	for (; *text; text++)
		pw_html_character(to, *text);
}
