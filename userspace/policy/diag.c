// SPDX-License-Identifier: BSD-2-Clause
#include "policy/diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"

static const char *const level_names[] = {
	[PW_DIAG_NOTE] = "note",
	[PW_DIAG_WARNING] = "warning",
	[PW_DIAG_ERROR] = "error",
};

static int fill(struct pw_diag_entry *entry, const struct pw_position *at, const char *format,
		va_list args)
{
	_cleanup_free_ char *file = NULL;
	char *text = NULL;

	if (at && at->file) {
		file = strdup(at->file);
		if (!file)
			return -ENOMEM;
	}
	if (vasprintf(&text, format, args) < 0)
		return -ENOMEM;
	entry->file = TAKE_PTR(file);
	entry->line = at ? at->line : 0;
	entry->column = at ? at->column : 0;
	entry->text = text;

	return 0;
}

static int make_room(struct pw_diag *diag)
{
	struct pw_diag_entry *larger;

	if (diag->n >= PW_DIAGNOSTICS_MAX)
		return -E2BIG;
	larger = reallocarray(diag->entries, diag->n + 1, sizeof(*larger));
	if (!larger)
		return -ENOMEM;
	diag->entries = larger;

	return 0;
}

void pw_diag_add(struct pw_diag *diag, enum pw_diag_level level, const struct pw_position *at,
		 const char *format, ...)
{
	struct pw_diag_entry *entry;
	va_list args;
	int r;

	if (level == PW_DIAG_ERROR)
		diag->errors++;
	r = make_room(diag);
	if (!r) {
		entry = &diag->entries[diag->n];
		*entry = (struct pw_diag_entry){.level = level};
		va_start(args, format);
		r = fill(entry, at, format, args);
		va_end(args);
	}
	if (r < 0) {
		diag->overflow = true;
		diag->dropped++;
		return;
	}
	diag->n++;
}

void pw_diag_add_errors(struct pw_diag *to, const struct pw_diag *from)
{
	size_t i;

	for (i = 0; i < from->n; i++) {
		const struct pw_diag_entry *entry = &from->entries[i];
		struct pw_position at = {entry->file, entry->line, entry->column};

		if (entry->level == PW_DIAG_ERROR)
			pw_diag_add(to, PW_DIAG_ERROR, &at, "%s", entry->text);
	}
	to->dropped += from->dropped;
	to->overflow |= from->overflow;
}

struct sortable {
	struct pw_diag_entry entry;
	size_t source, index;
};

static int compare(size_t a, size_t b)
{
	return a < b ? -1 : a > b;
}

static int by_position(const void *left, const void *right)
{
	const struct sortable *a = left, *b = right;
	int r = compare(a->source, b->source);

	if (!r)
		r = compare(a->entry.line, b->entry.line);
	if (!r)
		r = compare(a->entry.column, b->entry.column);

	return r ?: compare(a->index, b->index);
}

static size_t source_of(const struct sortable *list, size_t i)
{
	size_t j;

	if (!list[i].entry.file)
		return SIZE_MAX;
	for (j = 0; j < i; j++)
		if (list[j].entry.file && !strcmp(list[j].entry.file, list[i].entry.file))
			return list[j].source;

	return i;
}

void pw_diag_sort(struct pw_diag *diag)
{
	_cleanup_free_ struct sortable *list = calloc(diag->n ?: 1, sizeof(*list));
	size_t i;

	if (!list)
		return;
	for (i = 0; i < diag->n; i++) {
		list[i].entry = diag->entries[i];
		list[i].index = i;
		list[i].source = source_of(list, i);
	}
	qsort(list, diag->n, sizeof(*list), by_position);
	for (i = 0; i < diag->n; i++)
		diag->entries[i] = list[i].entry;
}

void pw_diag_print(const struct pw_diag *diag, FILE *to)
{
	size_t i;

	for (i = 0; i < diag->n; i++) {
		const struct pw_diag_entry *entry = &diag->entries[i];

		if (entry->file) {
			pw_text_print(to, entry->file);
			if (entry->line)
				fprintf(to, ":%u:%u", entry->line, entry->column);
			fputs(": ", to);
		}
		fprintf(to, "%s: ", level_names[entry->level]);
		pw_text_print(to, entry->text);
		fputc('\n', to);
	}
	if (diag->dropped)
		fprintf(to, "note: %zu more are not shown\n", diag->dropped);
}

void pw_diag_done(struct pw_diag *diag)
{
	size_t i;

	for (i = 0; i < diag->n; i++) {
		free(diag->entries[i].file);
		free(diag->entries[i].text);
	}
	free(diag->entries);
	*diag = (struct pw_diag){};
}
