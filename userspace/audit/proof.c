// SPDX-License-Identifier: BSD-2-Clause
#include "audit/proof.h"

#include <errno.h>
#include <string.h>

#include <json-c/json.h>

#include "audit/entry.h"
#include "audit/file.h"
#include "audit/lines.h"
#include "audit/record.h"
#include "audit/scan.h"
#include "common/base64.h"
#include "common/cleanup.h"
#include "publish/first_key.h"
#include "publish/store.h"

#define LEAVES_MAX (8U << 20)		/* a segment has a fiftieth of this */
#define CMS_MAX 65536
#define HASH_BASE64 PW_BASE64_LEN(PW_SHA256_LEN)

/* ---- Making ------------------------------------------------------------------------------- */

/* 1: the line is in this file, in @ret; 0: it is not; -EBADMSG: what is there is no text. */
static int find_line(int dir, const char *name, uint64_t seq, struct pw_proof *ret)
{
	struct pw_range range;
	struct pw_lines lines;
	bool gap;
	int r = pw_lines_open(dir, name, &lines), found = 0;

	if (r)
		return r;
	ret->index = 0;
	while (!found && (r = pw_lines_next(&lines)) > 0) {
		if (pw_checkpoint_is(lines.line, lines.length))
			continue;
		found = pw_scan_line(lines.line, lines.length, &range, &gap) &&
			range.first <= seq && seq <= range.last;
		ret->index += !found;
	}
	if (found) {
		ret->length = lines.length;
		ret->line = malloc(lines.length + 1);
		found = ret->line ? 1 : -ENOMEM;
	}
	if (found > 0) {
		memcpy(ret->line, lines.line, lines.length);
		ret->line[lines.length] = '\0';
		if (strlen(ret->line) != lines.length)
			found = -EBADMSG;
	}
	pw_lines_close(&lines);
	return found ? found : r == -ENODATA ? 0 : r;
}

struct leaves {
	uint8_t (*hashes)[PW_SHA256_LEN];
	size_t n, capacity;
	struct pw_tree *tree;
	struct pw_entries entries;
};

/* Called when @entries is full, and before their lines go. */
static int add_leaves(void *data)
{
	struct leaves *leaves = data;
	size_t n = leaves->entries.n;
	int r;

	if (!n)
		return 0;
	if (leaves->capacity - leaves->n < n) {
		size_t capacity = leaves->capacity ? 2 * leaves->capacity : 4096;
		void *more = capacity > LEAVES_MAX ? NULL :
			     reallocarray(leaves->hashes, capacity, PW_SHA256_LEN);

		if (!more)
			return -ENOMEM;
		leaves->hashes = more;
		leaves->capacity = capacity;
	}
	r = pw_entries_hash(&leaves->entries, leaves->tree, leaves->hashes + leaves->n);
	leaves->n += r ? 0 : n;
	return r;
}

static int add_leaf(struct leaves *leaves, const struct pw_lines *lines)
{
	pw_entries_put(&leaves->entries, lines->line, lines->length);
	return leaves->entries.n == PW_TREE_MANY ? add_leaves(leaves) : 0;
}

/* The leaves up to the first checkpoint over the record. */
static int read_leaves(struct pw_lines *lines, struct leaves *leaves, struct pw_proof *ret)
{
	int r;

	while ((r = pw_lines_next(lines)) > 0) {
		if (!pw_checkpoint_is(lines->line, lines->length)) {
			r = add_leaf(leaves, lines);
			if (r)
				return r;
		} else if (leaves->n + leaves->entries.n > ret->index) {
			r = pw_checkpoint_parse_line(lines->line, lines->length, &ret->checkpoint);
			if (!r)
				r = add_leaves(leaves);
			return r ? r : ret->checkpoint.size == leaves->n ? 0 : -EBADMSG;
		}
	}
	return r && r != -ENODATA ? r : -EAGAIN;
}

static int prove(int dir, const char *name, struct pw_proof *ret)
{
	struct pw_tree tree;
	struct leaves leaves = { .tree = &tree };
	struct pw_lines lines;
	int r = pw_lines_open(dir, name, &lines);

	if (r)
		return r;
	lines.before_fill = add_leaves;
	lines.data = &leaves;
	r = pw_tree_init(&tree);
	if (!r)
		r = read_leaves(&lines, &leaves, ret);
	if (!r)
		r = pw_tree_prove(&tree, leaves.hashes, leaves.n, ret->index, &ret->path);
	if (!r)
		r = pw_proof_check(ret);
	pw_entries_done(&leaves.entries);
	pw_tree_done(&tree);
	pw_lines_close(&lines);
	free(leaves.hashes);
	return r;
}

static void take_cms(int dir, struct pw_proof *proof)
{
	char name[PW_FIRST_KEY_NAME_MAX];
	char *cms;

	if (strchr(proof->checkpoint.boot, '/'))
		return;
	pw_first_key_name(name, proof->checkpoint.boot);
	if (pw_store_read(dir, name, CMS_MAX, &cms, &proof->cms_length) == 0)
		proof->cms = (uint8_t *)cms;
}

int pw_proof_make(int dir, uint64_t seq, struct pw_proof *ret)
{
	struct pw_proof proof = { 0 };
	char **names;
	size_t n;
	int r = pw_log_file_names(dir, &names, &n);

	if (r < 0)
		return r;
	r = 0;
	for (size_t i = 0; !r && i < n; i++) {
		r = find_line(dir, names[i], seq, &proof);
		if (r > 0) {
			r = prove(dir, names[i], &proof);
			r = r ? r : 1;
		}
	}
	pw_log_names_free(names, n);
	if (r <= 0) {
		pw_proof_done(&proof);
		return r ? r : -ENOENT;
	}
	take_cms(dir, &proof);
	*ret = proof;
	return 0;
}

void pw_proof_done(struct pw_proof *proof)
{
	free(proof->line);
	free(proof->cms);
	*proof = (struct pw_proof){ 0 };
}

/* ---- As JSON ------------------------------------------------------------------------------ */

static json_object *path_json(const struct pw_tree_path *path)
{
	json_object *array = json_object_new_array();
	char text[HASH_BASE64 + 1];

	for (size_t i = 0; array && i < path->n; i++) {
		pw_base64_write(text, path->nodes[i], PW_SHA256_LEN);
		if (pw_json_append(array, json_object_new_string(text)) < 0) {
			json_object_put(array);
			return NULL;
		}
	}
	return array;
}

static json_object *cms_json(const struct pw_proof *proof)
{
	_cleanup_free_ char *text = malloc(PW_BASE64_LEN(proof->cms_length) + 1);

	if (!text)
		return NULL;
	pw_base64_write(text, proof->cms, proof->cms_length);
	return json_object_new_string(text);
}

char *pw_proof_write(const struct pw_proof *proof)
{
	json_object *object = json_object_new_object();
	char text[PW_CHECKPOINT_MAX], *copy = NULL;
	int r;

	pw_checkpoint_text(&proof->checkpoint, text);
	r = pw_json_add(object, "schema", json_object_new_int(1));
	if (!r)
		r = pw_json_add(object, "line",
				json_object_new_string_len(proof->line, (int)proof->length));
	if (!r)
		r = pw_json_add(object, "index", json_object_new_uint64(proof->index));
	if (!r)
		r = pw_json_add(object, "path", path_json(&proof->path));
	if (!r)
		r = pw_json_add(object, "checkpoint", json_object_new_string(text));
	if (!r && proof->cms)
		r = pw_json_add(object, "cms", cms_json(proof));
	if (!r && asprintf(&copy, "%s\n", json_object_to_json_string_ext(object,
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)) < 0)
		copy = NULL;
	json_object_put(object);
	return copy;
}

static int read_path(json_object *array, struct pw_tree_path *path)
{
	path->n = json_object_array_length(array);
	if (path->n > PW_TREE_LEVELS)
		return -EBADMSG;
	for (size_t i = 0; i < path->n; i++) {
		json_object *node = json_object_array_get_idx(array, i);

		if (!json_object_is_type(node, json_type_string) ||
		    !pw_base64_read(json_object_get_string(node), path->nodes[i], PW_SHA256_LEN))
			return -EBADMSG;
	}
	return 0;
}

/* A CMS says its own length, so that padding of Base64 behind it does not matter. */
static int read_cms(const char *text, struct pw_proof *proof)
{
	if (!pw_base64_length(text, &proof->cms_length) || !proof->cms_length ||
	    proof->cms_length > CMS_MAX)
		return -EBADMSG;
	proof->cms = malloc(proof->cms_length + 1);
	if (!proof->cms)
		return -ENOMEM;
	return pw_base64_read(text, proof->cms, proof->cms_length) ? 0 : -EBADMSG;
}

static int read_object(json_object *object, struct pw_proof *proof)
{
	json_object *line, *path;
	const char *checkpoint, *cms;
	uint64_t schema;
	int r;

	if (!pw_json_u64(object, "schema", &schema) || schema != 1 ||
	    !json_object_object_get_ex(object, "line", &line) ||
	    !json_object_is_type(line, json_type_string) ||
	    !pw_json_u64(object, "index", &proof->index) ||
	    !pw_json_array(object, "path", &path) ||
	    !pw_json_string(object, "checkpoint", &checkpoint))
		return -EBADMSG;
	proof->length = (size_t)json_object_get_string_len(line);
	if (proof->length > PW_RECORD_LINE_MAX ||
	    memchr(json_object_get_string(line), '\n', proof->length) ||
	    memchr(json_object_get_string(line), '\0', proof->length))
		return -EBADMSG;
	proof->line = strdup(json_object_get_string(line));
	if (!proof->line)
		return -ENOMEM;
	r = read_path(path, &proof->path);
	if (!r)
		r = pw_checkpoint_parse(checkpoint, &proof->checkpoint);
	if (!r && pw_json_string(object, "cms", &cms))
		r = read_cms(cms, proof);
	return r;
}

int pw_proof_read(const char *text, size_t length, struct pw_proof *ret)
{
	json_tokener *tokener = json_tokener_new_ex(4);
	struct pw_proof proof = { 0 };
	json_object *object;
	int r;

	if (!tokener)
		return -ENOMEM;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8 |
						JSON_TOKENER_ALLOW_TRAILING_CHARS);
	object = json_tokener_parse_ex(tokener, text, (int)length);
	r = json_object_is_type(object, json_type_object) ? read_object(object, &proof) : -EBADMSG;
	json_object_put(object);
	json_tokener_free(tokener);
	if (r < 0)
		pw_proof_done(&proof);
	else
		*ret = proof;
	return r;
}

int pw_proof_check(const struct pw_proof *proof)
{
	uint8_t leaf[PW_SHA256_LEN];
	struct pw_tree tree;
	int r = pw_entry_head(proof->line, proof->length) < proof->length ? 0 : -EBADMSG;

	if (r)
		return r;
	r = pw_tree_init(&tree);

	if (!r)
		r = pw_entry_leaf(&tree, proof->line, proof->length, leaf);
	if (!r)
		r = pw_tree_check(&tree, leaf, proof->index, proof->checkpoint.size, &proof->path,
				  proof->checkpoint.root);
	pw_tree_done(&tree);
	return r;
}
