// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base64.h"
#include "common/cleanup.h"
#include "report/page_private.h"

/*
 * The rows by columns: each an array of little-endian numbers as narrow as they may be (1, 2 or 4
 * bytes, else 8 of a double), in Base64. A JavaScript engine makes arrays of that without
 * parsing a million numbers.
 */

#define CHUNK_ROWS 3072		/* of any width a multiple of three bytes: no padding between chunks */

typedef uint64_t (*number_fn)(const struct pw_row *row, const void *data);

static uint64_t id_of(const struct pw_row *row, const void *data)
{
	return row->ids[*(const enum pw_column *)data];
}

static uint64_t seq_of(const struct pw_row *row, const void *data)
{
	return row->seq - *(const uint64_t *)data;
}

static uint64_t time_of(const struct pw_row *row, const void *data)
{
	return (uint64_t)((row->time - *(const int64_t *)data) / 1000000);
}

static uint64_t span_of(const struct pw_row *row, const void *data)
{
	(void)data;
	return row->span;
}

/* Seconds, rounded up. */
static uint64_t lasted_of(const struct pw_row *row, const void *data)
{
	(void)data;
	return row->since < row->time ? ((uint64_t)(row->time - row->since) + 999999999) / 1000000000 : 0;
}

static uint64_t count_of(const struct pw_row *row, const void *data)
{
	(void)data;
	return row->count;
}

static void pack(uint8_t *bytes, uint64_t number, size_t width)
{
	double wide = (double)number;

	if (width == 8)
		memcpy(bytes, &wide, 8);
	else
		memcpy(bytes, &number, width);
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "as in the page");

static int put_column(FILE *to, const struct pw_rows *rows, const char *name, number_fn number,
		      const void *data)
{
	_cleanup_free_ uint8_t *bytes = malloc(CHUNK_ROWS * 8);
	_cleanup_free_ char *text = malloc(PW_BASE64_LEN(CHUNK_ROWS * 8) + 1);
	uint64_t highest = 0;
	size_t width;

	if (!bytes || !text)
		return -ENOMEM;
	for (size_t i = 0; i < rows->n; i++)
		if (number(&rows->rows[i], data) > highest)
			highest = number(&rows->rows[i], data);
	width = highest <= UINT8_MAX ? 1 : highest <= UINT16_MAX ? 2 : highest <= UINT32_MAX ? 4 : 8;
	fprintf(to, "\"%s\":{\"width\":%zu,\"base64\":\"", name, width);
	for (size_t i = 0; i < rows->n; i += CHUNK_ROWS) {
		size_t n = rows->n - i < CHUNK_ROWS ? rows->n - i : CHUNK_ROWS;

		for (size_t j = 0; j < n; j++)
			pack(bytes + j * width, number(&rows->rows[i + j], data), width);
		pw_base64_write(text, bytes, n * width);
		fputs(text, to);
	}
	fputs("\"}", to);
	return 0;
}

/* A text as it stands in the log is JSON; but in HTML no `<` may stand for itself. */
static void put_json(FILE *to, const char *text)
{
	fputc('"', to);
	for (;;) {
		size_t plain = strcspn(text, "<");

		fwrite(text, 1, plain, to);
		text += plain;
		if (!*text)
			break;
		fputs("\\u003c", to);
		text++;
	}
	fputc('"', to);
}

static void put_texts(FILE *to, const char *name, const struct pw_dictionary *texts)
{
	fprintf(to, "\"%s\":[", name);
	for (size_t i = 0; i < texts->n; i++) {
		if (i)
			fputc(',', to);
		put_json(to, texts->entries[i].text);
	}
	fputc(']', to);
}

int pw_page_data(FILE *to, const struct pw_page *page)
{
#define COLUMN_NAME(id, name) name,
	static const char *const names[] = { PW_COLUMNS(COLUMN_NAME) };
	const struct pw_rows *rows = page->rows;
	uint64_t seq = rows->n ? UINT64_MAX : 0;
	int64_t time = rows->n ? INT64_MAX : 0;
	int r;

	for (size_t i = 0; i < rows->n; i++) {
		seq = rows->rows[i].seq < seq ? rows->rows[i].seq : seq;
		time = rows->rows[i].time < time ? rows->rows[i].time : time;
	}
	time -= time % 1000000;
	fprintf(to, "<script type=\"application/json\" id=\"data\">{\"rows\":%zu,\"seq\":%" PRIu64
		",\"time\":%" PRId64 ",\"columns\":{\n", rows->n, seq, time / 1000000);
	r = put_column(to, rows, "seq", seq_of, &seq);
	fputs(",\n", to);
	if (!r)
		r = put_column(to, rows, "time", time_of, &time);
	fputs(",\n", to);
	if (!r)
		r = put_column(to, rows, "span", span_of, NULL);
	fputs(",\n", to);
	if (!r)
		r = put_column(to, rows, "count", count_of, NULL);
	fputs(",\n", to);
	if (!r)
		r = put_column(to, rows, "lasted", lasted_of, NULL);
	for (enum pw_column c = 0; !r && c < PW_COLUMN_HOUR; c++) {
		fputs(",\n", to);
		r = put_column(to, rows, names[c], id_of, &c);
	}
	fputs("},\n\"texts\":{\n", to);
	for (enum pw_column c = 0; !r && c < PW_COLUMN_HOUR; c++) {
		if (c)
			fputs(",\n", to);
		put_texts(to, names[c], &rows->texts[c]);
	}
	fputs("}}</script>\n", to);
	return r;
}
