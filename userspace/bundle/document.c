// SPDX-License-Identifier: BSD-2-Clause
#include "bundle/document.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "common/file.h"
#include "common/text.h"

static int read_root(const struct pw_document *document, struct pw_reader *reader,
		     const struct pw_source *source, const char *file, void *out)
{
	const struct pw_position top = {.file = file, .line = 1, .column = 1};
	struct pw_yaml *root = NULL;
	int r;

	r = pw_yaml_read_bounded(reader->arena, file, source->text, source->length, document->max,
				 reader->diag, &root);
	if (r < 0)
		return r;
	if (root->kind != PW_YAML_MAP)
		pw_error(reader, &top, "not %s: it must be a mapping of keys", document->what);
	else
		pw_map_read(reader, root, document->what, &top, document->keys, document->nkeys,
			    out);

	return 0;
}

int pw_document_read(const struct pw_document *document, const struct pw_source *source,
		     const struct pw_supply *supply, struct pw_arena *arena, void *out,
		     struct pw_diag *diag)
{
	struct pw_reader reader = {.diag = diag, .arena = arena, .trees = arena, .supply = supply};
	const char *name = source->path ?: source->name;
	const char *file = pw_arena_copy(arena, name, strlen(name));
	size_t errors = diag->errors;
	int r;

	if (!file)
		return -ENOMEM;
	r = read_root(document, &reader, source, file, out);
	if (r < 0)
		return r;
	if (reader.out_of_memory || pw_arena_failed(arena))
		return -ENOMEM;

	return diag->errors == errors ? 0 : -EINVAL;
}

const char *pw_document_text(struct pw_reader *reader, const struct pw_yaml *node, const char *name,
			     size_t max)
{
	if (!pw_kind_is(reader, node, PW_YAML_SCALAR, name))
		return NULL;
	if (*node->text && strlen(node->text) <= max)
		return node->text;
	pw_error(reader, &node->at, "'%s' must be a text of 1 to %zu bytes", name, max);

	return NULL;
}

void pw_document_texts(struct pw_reader *reader, const struct pw_yaml *list, const char *name,
		       size_t max, struct pw_texts *ret)
{
	const char **texts = pw_arena_array(reader->arena, list->n, sizeof(*texts));
	const char *text;

	if (!texts)
		return;
	ret->list = texts;
	ret->n = 0;
	for (const struct pw_yaml *item = list->first; item; item = item->next) {
		text = pw_document_text(reader, item, name, max);
		if (text)
			texts[ret->n++] = text;
	}
}

uint64_t pw_document_number(struct pw_reader *reader, const struct pw_yaml *node, const char *name,
			    uint64_t low, uint64_t high)
{
	const char *quote = node->plain ? "" : "\"";
	uint64_t number;

	if (node->plain && !pw_text_number(node->text, low, high, &number))
		return number;
	pw_error(reader, &node->at, "'%s' must be a whole number from %" PRIu64 " to %" PRIu64
		 ", this is %s%.40s%s", name, low, high, quote, node->text, quote);

	return 0;
}

int pw_document_load(const char *path, size_t max, char **ret_text, size_t *ret_length,
		     struct pw_diag *diag)
{
	const struct pw_position top = {.file = path, .line = 1, .column = 1};
	int r = pw_file_read(AT_FDCWD, path, max, ret_text, ret_length);

	if (!r || r == -ENOENT || r == -ENOMEM)
		return r;
	pw_diag_add(diag, PW_DIAG_ERROR, &top, "cannot be read: %s", strerror(-r));

	return -EINVAL;
}
