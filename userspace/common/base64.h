/* SPDX-License-Identifier: BSD-2-Clause */
/* Base64 with padding, on one line. */
#ifndef PW_COMMON_BASE64_H
#define PW_COMMON_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PW_BASE64_LEN(bytes) (((bytes) + 2) / 3 * 4)

/* @text holds PW_BASE64_LEN(@n) + 1 bytes. */
void pw_base64_write(char *text, const uint8_t *bytes, size_t n);

/* The whole of @text as exactly @n bytes, in the one form that they have. */
bool pw_base64_read(const char *text, uint8_t *bytes, size_t n);

/* How many bytes @text stands for, by its length and its padding; false: no text of such a length can. */
bool pw_base64_length(const char *text, size_t *ret);

#endif
