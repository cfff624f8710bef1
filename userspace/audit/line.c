// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "audit/line.h"
#include "common/cleanup.h"

bool pw_line_grow(struct pw_line *line, size_t more)
{
	size_t capacity = line->capacity ? line->capacity : 4096;
	char *data;

	if (line->failed)
		return false;
	while (capacity - line->length < more) {
		if (__builtin_mul_overflow(capacity, 2, &capacity)) {
			line->failed = true;
			return false;
		}
	}
	data = realloc(line->data, capacity);
	if (!data) {
		line->failed = true;
		return false;
	}
	line->data = data;
	line->capacity = capacity;
	return true;
}

#define NANOSECONDS_LEN 10	/* ".123456789" */

static const char pairs[] = "00010203040506070809101112131415161718192021222324"
			    "25262728293031323334353637383940414243444546474849"
			    "50515253545556575859606162636465666768697071727374"
			    "75767778798081828384858687888990919293949596979899";

static inline void put_four(char *digits, uint32_t value)
{
	memcpy(digits, pairs + value / 100 * 2, 2);
	memcpy(digits + 2, pairs + value % 100 * 2, 2);
}

void pw_line_nanoseconds(struct pw_line *line, uint32_t value)
{
	char *digits;

	if (!pw_line_reserve(line, NANOSECONDS_LEN))
		return;
	digits = line->data + line->length;
	line->length += NANOSECONDS_LEN;
	digits[0] = '.';
	digits[9] = (char)('0' + value % 10);
	put_four(digits + 5, value / 10 % 10000);
	put_four(digits + 1, value / 100000);
}

static size_t count_digits(uint64_t value)
{
	static const uint64_t powers[] = {
		1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000,
		100000000000, 1000000000000, 10000000000000, 100000000000000, 1000000000000000,
		10000000000000000, 100000000000000000, 1000000000000000000, 10000000000000000000U,
	};
	/* Bits times log10(2), which is right or one too few. */
	size_t n = (size_t)(64 - __builtin_clzll(value | 1)) * 1233 >> 12;

	return n + (value >= powers[n] || !n);
}

void pw_line_u64(struct pw_line *line, uint64_t value)
{
	size_t n = count_digits(value);
	char *digits;

	if (!pw_line_reserve(line, n))
		return;
	digits = line->data + line->length;
	line->length += n;
	for (; n > 4; n -= 4, value /= 10000)
		put_four(digits + n - 4, (uint32_t)(value % 10000));
	if (n > 2) {
		memcpy(digits + n - 2, pairs + value % 100 * 2, 2);
		value /= 100;
		n -= 2;
	}
	if (n == 2)
		memcpy(digits, pairs + value * 2, 2);
	else
		digits[0] = (char)('0' + value);
}

size_t pw_utf8_decode(const char *bytes, size_t n, uint32_t *ret_character)
{
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *b = (const unsigned char *)bytes;
	uint32_t character;
	size_t length;

	if (n == 0)
		return 0;
	if (b[0] < 0x80) {
		*ret_character = b[0];
		return 1;
	}
	if (b[0] < 0xc2 || b[0] > 0xf4)
		return 0;
	length = b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;
	if (n < length)
		return 0;
	character = b[0] & (0x7fU >> length);
	for (size_t i = 1; i < length; i++) {
		if ((b[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (b[i] & 0x3f);
	}
	if (character < lowest[length] || character > 0x10ffff ||
	    (character >= 0xd800 && character <= 0xdfff))
		return 0;
	*ret_character = character;
	return length;
}

bool pw_utf8_printable(uint32_t character)
{
	/* Controls, and what is invisible, ends a line, or turns the direction of text. */
	static const struct {
		uint32_t low, high;
	} hidden[] = {
		{ 0x0000, 0x001f }, { 0x007f, 0x00a0 }, { 0x00ad, 0x00ad }, { 0x034f, 0x034f },
		{ 0x061c, 0x061c }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f },
		{ 0x2000, 0x200f }, { 0x2028, 0x202f }, { 0x205f, 0x206f }, { 0x3000, 0x3000 },
		{ 0x3164, 0x3164 }, { 0xe000, 0xf8ff }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff },
		{ 0xffa0, 0xffa0 }, { 0xfff0, 0xfffc }, { 0xfffe, 0xffff }, { 0x1bca0, 0x1bca3 },
		{ 0x1d173, 0x1d17a }, { 0xe0000, 0x10ffff },
	};

	if (character >= 0x20 && character < 0x7f)
		return true;
	if ((character & 0xfffe) == 0xfffe)
		return false;
	for (size_t i = 0; i < PW_ARRAY_SIZE(hidden) && character >= hidden[i].low; i++)
		if (character <= hidden[i].high)
			return false;
	return true;
}

static void add_escaped(struct pw_line *line, unsigned char byte)
{
	static const char hex[] = "0123456789abcdef";
	char escape[5] = { '\\', '\\', 'x', hex[byte >> 4], hex[byte & 15] };

	pw_line_add(line, escape, sizeof(escape));
}

#define EACH_BYTE(value) (0x0101010101010101ULL * (value))
#define HIGH_BITS EACH_BYTE(0x80)
/* The high bit of each byte that is zero; of others only when it is there already. */
#define ZERO_BYTES(word) (((word) - EACH_BYTE(1)) & ~(word) & HIGH_BITS)

/* Whether one of eight bytes does not stand for itself: a control, 0x7f, a quote, a backslash, above ASCII. */
static inline bool has_special(const char *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, 8);
	return (word | (word - EACH_BYTE(0x20)) | ZERO_BYTES(word ^ EACH_BYTE('"')) |
		ZERO_BYTES(word ^ EACH_BYTE('\\')) | ZERO_BYTES(word ^ EACH_BYTE(0x7f))) & HIGH_BITS;
}

/* How many bytes from @bytes on stand for themselves. The last eight are looked at at once as well. */
static size_t plain_run(const char *bytes, size_t n)
{
	size_t i = 0;

	while (n - i >= 8 && !has_special(bytes + i))
		i += 8;
	if (n >= 8 && n - i < 8 && !has_special(bytes + n - 8))
		return n;
	while (i < n && bytes[i] >= 0x20 && bytes[i] < 0x7f && bytes[i] != '"' && bytes[i] != '\\')
		i++;
	return i;
}

/* The character at @bytes, which does not stand for itself as ASCII; returns its length. */
static size_t add_special(struct pw_line *line, const char *bytes, size_t n)
{
	uint32_t character;
	size_t length = pw_utf8_decode(bytes, n, &character);

	if (bytes[0] == '"') {
		pw_line_literal(line, "\\\"");
		return 1;
	}
	if (bytes[0] == '\\') {
		pw_line_literal(line, "\\\\\\\\");
		return 1;
	}
	if (length > 1 && pw_utf8_printable(character)) {
		pw_line_add(line, bytes, length);
		return length;
	}
	if (!length)
		length = 1;
	for (size_t i = 0; i < length; i++)
		add_escaped(line, (unsigned char)bytes[i]);
	return length;
}

void pw_line_untrusted(struct pw_line *line, const char *bytes, size_t n)
{
	size_t plain;

	for (;;) {
		plain = plain_run(bytes, n);
		pw_line_add(line, bytes, plain);
		bytes += plain;
		n -= plain;
		if (!n)
			return;
		plain = add_special(line, bytes, n);
		bytes += plain;
		n -= plain;
	}
}

void pw_line_string(struct pw_line *line, const char *bytes, size_t n)
{
	pw_line_literal(line, "\"");
	pw_line_untrusted(line, bytes, n);
	pw_line_literal(line, "\"");
}

void pw_line_done(struct pw_line *line)
{
	free(line->data);
	*line = (struct pw_line){ 0 };
}
