/* SPDX-License-Identifier: BSD-2-Clause */
/* Text in a page: text of others is only ever text. */
#ifndef PW_COMMON_HTML_H
#define PW_COMMON_HTML_H

#include <stdio.h>

/* Also within a value in double quotes. */
void pw_html_character(FILE *to, char c);
void pw_html_text(FILE *to, const char *text);

#endif
