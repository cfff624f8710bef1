// SPDX-License-Identifier: BSD-2-Clause
/*
 * records --last                          the highest sequence number among them
 * records [--after SEQ] [--show KEY] [KEY=VALUE|KEY~REGEX]...
 *                                         those above SEQ that fit all of them, or of
 *                                         each what stands under KEY
 *
 * Reads records of the audit log on stdin, one JSON object a line. Text is compared
 * without its escapes, all else as it is written (`path=null`); REGEX is an extended one.
 * Does for the tests what jq would, which takes half a second to start under emulation.
 * Exit code: 0 when something was printed, 1 when nothing was, 2 when it cannot tell.
 */
#include <ctype.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONDITIONS_MAX 32

struct condition {
	char *key;
	char *value;		/* NULL: match the expression */
	regex_t expression;
};

static struct condition conditions[CONDITIONS_MAX];
static size_t nconditions;

static void die(const char *what, const char *text)
{
	fprintf(stderr, "records: %s: %s\n", what, text);
	exit(2);
}

/* ---- JSON, as far as a flat object goes ------------------------------------------------ */

static void put_utf8(char **out, unsigned int c)
{
	if (c < 0x80) {
		*(*out)++ = (char)c;
	} else if (c < 0x800) {
		*(*out)++ = (char)(0xc0 | c >> 6);
		*(*out)++ = (char)(0x80 | (c & 0x3f));
	} else {
		*(*out)++ = (char)(0xe0 | c >> 12);
		*(*out)++ = (char)(0x80 | (c >> 6 & 0x3f));
		*(*out)++ = (char)(0x80 | (c & 0x3f));
	}
}

/* Copies the string that begins at the quote @at to @out, without escapes; returns its end. */
static const char *string(const char *at, char *out)
{
	static const char names[] = "bfnrt", bytes[] = "\b\f\n\r\t";

	for (at++; *at && *at != '"'; at++) {
		const char *name;

		if (*at != '\\') {
			*out++ = *at;
			continue;
		}
		at++;
		name = strchr(names, *at);
		if (*at == 'u') {
			char digits[5] = {at[1], at[2], at[3], at[4]};

			put_utf8(&out, (unsigned int)strtoul(digits, NULL, 16));
			at += 4;
		} else {
			*out++ = name ? bytes[name - names] : *at;
		}
	}
	*out = 0;
	return *at ? at + 1 : at;
}

/* Copies the value at @at to @out; returns its end. */
static const char *value(const char *at, char *out)
{
	int depth = 0;

	if (*at == '"')
		return string(at, out);
	for (; *at && (depth || (*at != ',' && *at != '}')); at++) {
		depth += (*at == '[' || *at == '{') - (*at == ']' || *at == '}');
		*out++ = *at;
	}
	*out = 0;
	return at;
}

/* What stands under @key in the object @line, into @out; false: nothing does. */
static bool find(const char *line, const char *key, char *out)
{
	while (*line && *line != '{')
		line++;
	while (*line) {
		while (*line && *line != '"')
			line++;
		if (!*line)
			break;
		line = string(line, out);
		while (isspace((unsigned char)*line) || *line == ':')
			line++;
		if (!strcmp(out, key)) {
			value(line, out);
			return true;
		}
		line = value(line, out);
	}
	return false;
}

/* ---- All of it -------------------------------------------------------------------------- */

static void add_condition(char *text)
{
	size_t n = strcspn(text, "=~");
	struct condition *c = &conditions[nconditions++];

	if (!text[n] || nconditions == CONDITIONS_MAX)
		die("neither KEY=VALUE nor KEY~REGEX", text);
	if (text[n] == '=')
		c->value = text + n + 1;
	else if (regcomp(&c->expression, text + n + 1, REG_EXTENDED | REG_NOSUB))
		die("no regular expression", text + n + 1);
	text[n] = 0;
	c->key = text;
}

static bool fits(const char *line, char *room)
{
	for (size_t i = 0; i < nconditions; i++) {
		const struct condition *c = &conditions[i];

		if (!find(line, c->key, room))
			die(c->key, "no such field in a record");
		if (c->value ? strcmp(c->value, room) : regexec(&c->expression, room, 0, NULL, 0))
			return false;
	}
	return true;
}

static unsigned long long sequence(const char *line, char *room)
{
	if (!find(line, "seq", room))
		die("no record", line);
	return strtoull(room, NULL, 10);
}

int main(int argc, char **argv)
{
	unsigned long long after = 0, highest = 0;
	const char *show = NULL;
	char *line = NULL, *room = NULL;
	size_t size = 0, printed = 0;
	bool last = false;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--last"))
			last = true;
		else if (!strcmp(argv[i], "--after") && i + 1 < argc)
			after = strtoull(argv[++i], NULL, 10);
		else if (!strcmp(argv[i], "--show") && i + 1 < argc)
			show = argv[++i];
		else
			add_condition(argv[i]);
	}
	while (getline(&line, &size, stdin) > 0) {
		unsigned long long seq;

		room = realloc(room, size);
		if (!room)
			die("no memory", "for a line");
		seq = sequence(line, room);
		if (seq > highest)
			highest = seq;
		if (last || seq <= after || !fits(line, room))
			continue;
		if (show && !find(line, show, room))
			die(show, "no such field in a record");
		printf("%s%s", show ? room : line, show ? "\n" : "");
		printed++;
	}
	if (last)
		printf("%llu\n", highest);
	return last || printed ? 0 : 1;
}
