// SPDX-License-Identifier: BSD-2-Clause
#include "common/text.h"

#include <errno.h>
#include <string.h>

int pw_text_number(const char *text, uint64_t low, uint64_t high, uint64_t *ret)
{
	uint64_t value = 0;
	const char *c;

	if (!*text || (text[0] == '0' && text[1]))
		return -EINVAL;
	for (c = text; *c; c++)
		if (*c < '0' || *c > '9')
			return -EINVAL;
	for (c = text; *c; c++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*c - '0'), &value))
			return -ERANGE;
	}
	if (value < low || value > high)
		return -ERANGE;
	*ret = value;

	return 0;
}

const struct pw_unit pw_units_time[] = {
	{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}, {NULL, 0},
};

bool pw_text_amount(const char *text, const struct pw_unit *units, uint64_t *ret)
{
	size_t digits = strspn(text, "0123456789");
	char number[24];

	if (!digits || digits >= sizeof(number))
		return false;
	memcpy(number, text, digits);
	number[digits] = '\0';
	for (; units->name; units++)
		if (!strcmp(text + digits, units->name))
			return pw_text_number(number, 0, UINT32_MAX, ret) == 0 &&
			       !__builtin_mul_overflow(*ret, units->of, ret);

	return false;
}

static bool continues(const char *text, size_t n)
{
	size_t i;

	for (i = 1; i < n; i++)
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return false;

	return true;
}

size_t pw_text_utf8(const char *text, size_t length)
{
	unsigned char first, second;
	size_t n;

	if (!length)
		return 0;
	first = text[0];
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	n = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (n > length || !continues(text, n))
		return 0;
	second = text[1];
	/* over-long forms, surrogates, and beyond U+10FFFF */
	if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
	    (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
		return 0;

	return n;
}

bool pw_text_control(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

void pw_text_print(FILE *to, const char *text)
{
	size_t length = strlen(text), n;

	for (; length; text += n, length -= n) {
		n = pw_text_utf8(text, length);
		if (n && !pw_text_control(*text)) {
			fwrite(text, 1, n, to);
			continue;
		}
		n = 1;
		fprintf(to, "\\x%02x", (unsigned char)*text);
	}
}

void pw_text_hex(char *hex, const uint8_t *bytes, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < length; i++) {
		*hex++ = digits[bytes[i] >> 4];
		*hex++ = digits[bytes[i] & 15];
	}
	*hex = '\0';
}

static int digit_of(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool pw_text_unhex(uint8_t *bytes, const char *hex, size_t length)
{
	if (strnlen(hex, 2 * length + 1) != 2 * length)
		return false;
	for (size_t i = 0; i < length; i++) {
		int high = digit_of(hex[2 * i]), low = digit_of(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool pw_text_begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}
