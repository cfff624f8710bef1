/* SPDX-License-Identifier: BSD-2-Clause */
/* Small questions about text. */
#ifndef PW_COMMON_TEXT_H
#define PW_COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * The whole of @text as a decimal number between @low and @high: digits only,
 * no sign, no leading zero. -EINVAL when it is no number, -ERANGE outside.
 */
int pw_text_number(const char *text, uint64_t low, uint64_t high, uint64_t *ret);

/* A unit of pw_text_amount(); a list of them ends with a NULL name. */
struct pw_unit {
	const char *name;
	uint64_t of;
};

/* "ms", "s", "m", "h", "d": in ms. */
extern const struct pw_unit pw_units_time[];

/* The whole of @text as a whole number and its unit, in one piece: "400d". */
bool pw_text_amount(const char *text, const struct pw_unit *units, uint64_t *ret);

/* Bytes of the UTF-8 sequence at @text (at most @length), or 0 when it is none. */
size_t pw_text_utf8(const char *text, size_t length);

/* Whether @c is a control character of ASCII, DEL included. */
bool pw_text_control(unsigned char c);

/* Writes @text with control characters and bytes that are not UTF-8 as \xNN. */
void pw_text_print(FILE *to, const char *text);

/* Lower-case hexadecimal; @hex holds 2 * @length + 1 bytes. */
void pw_text_hex(char *hex, const uint8_t *bytes, size_t length);

/* The whole of @hex as exactly @length bytes; false when it is something else. */
bool pw_text_unhex(uint8_t *bytes, const char *hex, size_t length);

bool pw_text_begins(const char *text, const char *with);

#endif
