// SPDX-License-Identifier: BSD-2-Clause
#include "policy/yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libfyaml.h>

#include "common/cleanup.h"
#include "common/text.h"

struct builder {
	struct pw_arena *arena;
	struct pw_diag *diag;
	const char *file;
	struct pw_yaml *root;
	struct pw_yaml *open[PW_POLICY_DEPTH_MAX];	/* containers not yet closed */
	struct pw_yaml *key[PW_POLICY_DEPTH_MAX];	/* of open maps: waits for its value */
	unsigned int depth;
	unsigned int documents;
};

#define error_at(b, at, ...) pw_diag_add((b)->diag, PW_DIAG_ERROR, (at), __VA_ARGS__)

static struct pw_position position(const struct builder *b, const struct fy_mark *mark)
{
	struct pw_position at = {.file = b->file, .line = 1, .column = 1};

	if (mark && mark->line >= 0) {
		at.line = mark->line + 1;
		at.column = mark->column + 1;
	} else if (b->depth && b->key[b->depth - 1]) {
		/* An empty value has no place of its own: it stands with its key. */
		at = b->key[b->depth - 1]->at;
	}

	return at;
}

/* Breaks a line in some versions of YAML and in none that people see. */
static bool hidden_break(const char *text, size_t length)
{
	static const char *const breaks[] = {"\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9"};
	size_t i;

	if (text[0] == '\r')
		return length < 2 || text[1] != '\n';
	for (i = 0; i < PW_ARRAY_SIZE(breaks); i++)
		if (length >= strlen(breaks[i]) && !memcmp(text, breaks[i], strlen(breaks[i])))
			return true;

	return false;
}

/* What is wrong with the character of @n bytes at @text, or NULL. */
static const char *wrong_character(const char *text, size_t length, size_t n,
				   const struct pw_position *at)
{
	unsigned char c = *text;

	if (!n)
		return "not text: the byte 0x%02x is not UTF-8";
	if (pw_text_control(c) && c != '\n' && c != '\r' && c != '\t')
		return "a control character (0x%02x)";
	if (hidden_break(text, length))
		return "a line break other than LF and CR LF (0x%02x)";
	/* The library does not come to an end with some of them. */
	if (c == '%' && at->column == 1)
		return "directives (%c) are not part of the language";

	return NULL;
}

/* Refuses what is no text before the library sees it. */
static int scan(struct builder *b, const char *text, size_t length, size_t max)
{
	static const char byte_order_mark[] = "\xef\xbb\xbf";
	struct pw_position at = {.file = b->file, .line = 1, .column = 1};
	const char *wrong;
	size_t i = 0, n;

	if (length > max) {
		error_at(b, &at, "larger than %zu bytes", max);
		return -EINVAL;
	}
	if (length >= 3 && !memcmp(text, byte_order_mark, 3))
		i = 3;
	for (; i < length; i += n) {
		n = pw_text_utf8(text + i, length - i);
		wrong = wrong_character(text + i, length - i, n, &at);
		if (wrong) {
			pw_diag_add(b->diag, PW_DIAG_ERROR, &at, wrong, (unsigned char)text[i]);
			return -EINVAL;
		}
		at.column++;
		if (text[i] == '\n') {
			at.line++;
			at.column = 1;
		}
	}

	return 0;
}

static int by_text(const void *left, const void *right)
{
	const struct pw_yaml *a = *(struct pw_yaml *const *)left;
	const struct pw_yaml *b = *(struct pw_yaml *const *)right;
	int r = strcmp(a->text, b->text);

	if (!r)
		r = a->at.line < b->at.line ? -1 : a->at.line > b->at.line;
	if (!r)
		r = a->at.column < b->at.column ? -1 : a->at.column > b->at.column;

	return r;
}

static int refuse_duplicates(struct builder *b, struct pw_yaml *map)
{
	_cleanup_free_ struct pw_yaml **keys = calloc(map->n ?: 1, sizeof(*keys));
	struct pw_yaml *key, *first;
	size_t i = 0, n = 0;

	if (!keys)
		return -ENOMEM;
	for (key = map->first; key; key = key->next)
		if (key->kind == PW_YAML_SCALAR)
			keys[n++] = key;
	qsort(keys, n, sizeof(*keys), by_text);
	while (i < n) {
		first = keys[i];
		for (i++; i < n && !strcmp(keys[i]->text, first->text); i++) {
			error_at(b, &keys[i]->at, "'%s' is given twice; first in line %u",
				 keys[i]->text, first->at.line);
			keys[i]->kind = PW_YAML_REFUSED;
		}
	}

	return 0;
}

static void append(struct pw_yaml *parent, struct pw_yaml *node)
{
	if (parent->last)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
	parent->n++;
}

static bool before(const struct pw_position *a, const struct pw_position *b)
{
	return a->line < b->line || (a->line == b->line && a->column < b->column);
}

static void place(struct builder *b, struct pw_yaml *node)
{
	struct pw_yaml *parent = b->depth ? b->open[b->depth - 1] : NULL;
	struct pw_yaml **key = b->depth ? &b->key[b->depth - 1] : NULL;

	if (!parent) {
		b->root = node;
	} else if (parent->kind == PW_YAML_LIST) {
		append(parent, node);
	} else if (*key) {
		(*key)->value = node;
		*key = NULL;
	} else {
		if (node->kind != PW_YAML_SCALAR && node->kind != PW_YAML_REFUSED) {
			error_at(b, &node->at, "a key must be a word");
			node->kind = PW_YAML_REFUSED;
		}
		/* The library places a pair without braces in a list at its colon. */
		if (!parent->n && before(&node->at, &parent->at))
			parent->at = node->at;
		append(parent, node);
		*key = node;
	}
}

static struct pw_yaml *new_node(struct builder *b, enum pw_yaml_kind kind,
				const struct fy_mark *mark)
{
	struct pw_yaml *node = pw_arena_array(b->arena, 1, sizeof(*node));

	if (!node)
		return NULL;
	node->kind = kind;
	node->text = "";
	node->at = position(b, mark);

	return node;
}

static void refuse_properties(struct builder *b, struct fy_token *anchor, struct fy_token *tag)
{
	struct pw_position at;

	if (anchor) {
		at = position(b, fy_token_start_mark(anchor));
		error_at(b, &at, "anchors are not part of the language");
	}
	if (tag) {
		at = position(b, fy_token_start_mark(tag));
		error_at(b, &at, "tags are not part of the language");
	}
}

/*
 * By pieces: where a scalar has many escapes, fy_token_get_text() of 0.7.12 leaks
 * and fy_token_iter_read() puts the pieces over each other.
 */
static int token_text(struct fy_token *token, char **ret_text, size_t *ret_length)
{
	_cleanup_free_ char *text = NULL;
	const struct fy_iter_chunk *chunk = NULL;
	struct fy_token_iter *iterator;
	size_t length = 0;
	int error = 0;
	FILE *to;

	iterator = fy_token_iter_create(token);
	to = open_memstream(&text, &length);
	while (iterator && to && (chunk = fy_token_iter_chunk_next(iterator, chunk, &error)))
		fwrite(chunk->str, 1, chunk->len, to);
	if (iterator)
		fy_token_iter_destroy(iterator);
	if (!to || fclose(to) || !iterator || error)
		return -ENOMEM;
	*ret_text = TAKE_PTR(text);
	*ret_length = length;

	return 0;
}

static int scalar(struct builder *b, struct fy_event *event)
{
	struct fy_token *token = event->scalar.value;
	_cleanup_free_ char *text = NULL;
	struct pw_yaml *node;
	size_t length = 0, i;

	refuse_properties(b, event->scalar.anchor, event->scalar.tag);
	node = new_node(b, PW_YAML_SCALAR, token ? fy_token_start_mark(token) : NULL);
	if (!node)
		return -ENOMEM;
	node->plain = !token || fy_token_scalar_style(token) == FYSS_PLAIN;
	if (token && token_text(token, &text, &length) < 0)
		return -ENOMEM;
	for (i = 0; i < length && !pw_text_control(text[i]); i++)
		;
	if (i < length) {
		error_at(b, &node->at, "a control character (0x%02x) in a value",
			 (unsigned char)text[i]);
		node->kind = PW_YAML_REFUSED;
	}
	node->text = pw_arena_copy(b->arena, text ?: "", length);
	if (!node->text)
		return -ENOMEM;
	place(b, node);

	return 0;
}

static int alias(struct builder *b, struct fy_event *event)
{
	struct pw_yaml *node = new_node(b, PW_YAML_REFUSED, fy_token_start_mark(event->alias.anchor));

	if (!node)
		return -ENOMEM;
	error_at(b, &node->at, "aliases are not part of the language");
	place(b, node);

	return 0;
}

static int start(struct builder *b, enum pw_yaml_kind kind, struct fy_token *anchor,
		 struct fy_token *tag, const struct fy_mark *mark)
{
	struct pw_yaml *node;

	refuse_properties(b, anchor, tag);
	node = new_node(b, kind, mark);
	if (!node)
		return -ENOMEM;
	if (b->depth == PW_POLICY_DEPTH_MAX) {
		error_at(b, &node->at, "nested deeper than %u levels", PW_POLICY_DEPTH_MAX);
		return -EINVAL;
	}
	place(b, node);
	b->open[b->depth] = node;
	b->key[b->depth] = NULL;
	b->depth++;

	return 0;
}

static int end(struct builder *b)
{
	struct pw_yaml *node = b->open[--b->depth];

	/* A map that was refused as a key keeps its children, which nobody reads. */
	return node->kind == PW_YAML_MAP ? refuse_duplicates(b, node) : 0;
}

static int document(struct builder *b, struct fy_event *event)
{
	struct pw_position at = position(b, fy_event_start_mark(event));

	if (!b->documents++)
		return 0;
	error_at(b, &at, "a second document: a policy is one document");

	return -EINVAL;
}

static int take(struct builder *b, struct fy_event *event)
{
	const struct fy_mark *mark = fy_event_start_mark(event);

	switch (event->type) {
	case FYET_DOCUMENT_START:
		return document(b, event);
	case FYET_SCALAR:
		return scalar(b, event);
	case FYET_ALIAS:
		return alias(b, event);
	case FYET_SEQUENCE_START:
		return start(b, PW_YAML_LIST, event->sequence_start.anchor,
			     event->sequence_start.tag, mark);
	case FYET_MAPPING_START:
		return start(b, PW_YAML_MAP, event->mapping_start.anchor, event->mapping_start.tag,
			     mark);
	case FYET_SEQUENCE_END:
	case FYET_MAPPING_END:
		return end(b);
	default:
		return 0;
	}
}

static void report_syntax(struct builder *b, struct fy_diag *fyd)
{
	struct pw_position at = {.file = b->file, .line = 1, .column = 1};
	struct fy_diag_error *e;
	void *iterator = NULL;
	bool any = false;

	while ((e = fy_diag_errors_iterate(fyd, &iterator))) {
		if (e->line > 0) {
			at.line = e->line;
			at.column = e->column > 0 ? e->column : 1;
		}
		error_at(b, &at, "not YAML: %s", e->msg ?: "the reason is not known");
		any = true;
	}
	if (!any)
		error_at(b, &at, "not YAML");
}

static void swallow(struct fy_diag *fyd, void *user, const char *text, size_t length)
{
	(void)fyd, (void)user, (void)text, (void)length;
}

static int parse_events(struct builder *b, struct fy_parser *parser)
{
	struct fy_event *event;
	int r = 0;

	while (!r && (event = fy_parser_parse(parser))) {
		r = take(b, event);
		fy_parser_event_free(parser, event);
	}

	return r;
}

static int parse(struct builder *b, const char *text, size_t length)
{
	struct fy_diag_cfg diag_config = {.output_fn = swallow, .level = FYET_ERROR,
					  .module_mask = ~0U};
	struct fy_parse_cfg config = {
		.flags = FYPCF_QUIET | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE,
	};
	struct fy_parser *parser;
	struct fy_diag *fyd;
	int r = -ENOMEM;

	fyd = fy_diag_create(&diag_config);
	if (!fyd)
		return -ENOMEM;
	fy_diag_set_collect_errors(fyd, true);
	config.diag = fyd;
	parser = fy_parser_create(&config);
	if (!parser)
		goto out_diag;
	if (fy_parser_set_string(parser, text, length))
		goto out_parser;
	r = parse_events(b, parser);
	if (!r && fy_parser_get_stream_error(parser)) {
		report_syntax(b, fyd);
		r = -EINVAL;
	}
out_parser:
	fy_parser_destroy(parser);
out_diag:
	fy_diag_destroy(fyd);

	return r;
}

int pw_yaml_read_bounded(struct pw_arena *arena, const char *file, const char *text, size_t length,
			 size_t max, struct pw_diag *diag, struct pw_yaml **ret)
{
	struct builder b = {.arena = arena, .diag = diag, .file = file};
	struct pw_position top = {.file = file, .line = 1, .column = 1};
	int r;

	r = scan(&b, text, length, max);
	if (!r)
		r = parse(&b, text, length);
	if (r < 0)
		return r;
	if (!b.root || (b.root->kind == PW_YAML_SCALAR && !*b.root->text)) {
		error_at(&b, &top, "the file is empty");
		return -EINVAL;
	}
	*ret = b.root;

	return 0;
}

int pw_yaml_read(struct pw_arena *arena, const char *file, const char *text, size_t length,
		 struct pw_diag *diag, struct pw_yaml **ret)
{
	return pw_yaml_read_bounded(arena, file, text, length, PW_POLICY_BYTES_MAX, diag, ret);
}
