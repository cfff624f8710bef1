// SPDX-License-Identifier: BSD-2-Clause
#include "audit/begin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "audit/checkpoint.h"
#include "audit/file.h"
#include "audit/lines.h"
#include "audit/reader.h"

/* In every such record, and in hardly another one. */
#define MARK "\"action\":\"expire\""

static bool parse(const char *line, size_t length, struct pw_expired *ret)
{
	json_tokener *tokener = json_tokener_new_ex(4);
	json_object *record = tokener ? json_tokener_parse_ex(tokener, line, (int)length) : NULL;
	const char *text = record ? pw_record_text(record, "path") : NULL;
	bool is = text && pw_record_is(record, "type", "system") &&
		  pw_record_is(record, "action", "expire") &&
		  pw_record_is(record, "subject", "phiwardd") && pw_expired_parse(text, ret);

	json_object_put(record);
	if (tokener)
		json_tokener_free(tokener);
	return is;
}

static int take(struct pw_begin *begin, const struct pw_lines *lines, uint64_t segment)
{
	char *record = malloc(lines->length + 1);

	if (!record)
		return -ENOMEM;
	memcpy(record, lines->line, lines->length);
	free(begin->record);
	begin->record = record;
	begin->length = lines->length;
	begin->line = lines->number;
	begin->segment = segment;
	return 0;
}

/* The last one of the file. What is wrong with the file is found when it is checked. */
static int look_in(int dir, const char *name, uint64_t segment, uint64_t deleted,
		   struct pw_begin *begin)
{
	struct pw_expired expired;
	struct pw_lines lines;
	int r = pw_lines_open(dir, name, &lines);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = 0;
	while (!r && pw_lines_next(&lines) > 0) {
		if (!memmem(lines.line, lines.length, MARK, sizeof(MARK) - 1) ||
		    pw_checkpoint_is(lines.line, lines.length) ||
		    !parse(lines.line, lines.length, &expired) || expired.segment != deleted)
			continue;
		begin->expired = expired;
		r = take(begin, &lines, segment);
	}
	pw_lines_close(&lines);
	return r;
}

int pw_begin_find(int dir, char **names, size_t n, uint64_t deleted, struct pw_begin *ret)
{
	uint64_t newest = pw_log_file_next(names, n);
	int r = 0;

	*ret = (struct pw_begin){ 0 };
	for (size_t i = n; !r && !ret->segment && i > 0; i--)
		r = look_in(dir, names[i - 1], pw_log_file_number(names[i - 1]) ?: newest, deleted, ret);
	if (r < 0)
		pw_begin_done(ret);
	return r;
}

void pw_begin_done(struct pw_begin *begin)
{
	free(begin->record);
	*begin = (struct pw_begin){ 0 };
}
