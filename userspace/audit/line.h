/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A growing buffer that lines are composed in, and the one function that
 * untrusted bytes pass through on their way into a line.
 *
 * A failed allocation is remembered and makes every later append do nothing:
 * test pw_line.failed once, at the end.
 */
#ifndef PW_AUDIT_LINE_H
#define PW_AUDIT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct pw_line {
	char *data;	/* not NUL-terminated */
	size_t length;
	size_t capacity;
	bool failed;
};

/* Makes room for @more bytes where there is none; false, and failed set, without memory. */
bool pw_line_grow(struct pw_line *line, size_t more);

static inline bool pw_line_reserve(struct pw_line *line, size_t more)
{
	return __builtin_expect(more <= line->capacity - line->length && !line->failed, 1) ||
	       pw_line_grow(line, more);
}

static inline void pw_line_add(struct pw_line *line, const void *bytes, size_t n)
{
	if (!n || !pw_line_reserve(line, n))
		return;
	memcpy(line->data + line->length, bytes, n);
	line->length += n;
}

#define pw_line_literal(line, literal) pw_line_add(line, "" literal, sizeof(literal) - 1)

void pw_line_u64(struct pw_line *line, uint64_t value);

/* The fraction of a second with its point, nine digits. @value: below 10^9. */
void pw_line_nanoseconds(struct pw_line *line, uint32_t value);

/*
 * The inside of a JSON string. Printable UTF-8 stays; a backslash becomes two;
 * every other byte (controls, line separators, marks that reorder or hide
 * text, invalid UTF-8) becomes \xNN. What a JSON reader gets back is that
 * escaped form, on one line and unambiguous: see docs/audit-format.md.
 */
void pw_line_untrusted(struct pw_line *line, const char *bytes, size_t n);

/* The same between quotes. */
void pw_line_string(struct pw_line *line, const char *bytes, size_t n);

void pw_line_done(struct pw_line *line);

/*
 * Reads one character of UTF-8. Returns its length in bytes, 0 when the bytes
 * are not valid UTF-8. Shared with the tables of the report.
 */
size_t pw_utf8_decode(const char *bytes, size_t n, uint32_t *ret_character);

/* Whether a character may stand in a line or a table as it is. */
bool pw_utf8_printable(uint32_t character);

#endif
