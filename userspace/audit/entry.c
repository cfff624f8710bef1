// SPDX-License-Identifier: BSD-2-Clause
#include "audit/entry.h"

#include <errno.h>
#include <stddef.h>

static const char mark[] = ",\"seq\":";

#define MARK_LENGTH (sizeof(mark) - 1)
#define MARK_Q 4	/* where its q stands */

/* By its rarest letter, of which a line has hardly another one. */
size_t pw_entry_head(const char *line, size_t length)
{
	const char *at = line, *end = line + length;

	while ((at = memchr(at, mark[MARK_Q], (size_t)(end - at)))) {
		if (at - line >= MARK_Q && end - at >= (ptrdiff_t)(MARK_LENGTH - MARK_Q) &&
		    memcmp(at - MARK_Q, mark, MARK_LENGTH) == 0)
			return (size_t)(at - line) - MARK_Q;
		at++;
	}
	return length;
}

void pw_entries_done(struct pw_entries *entries)
{
	for (size_t i = 0; i < PW_ENTRY_HEADS; i++)
		pw_line_done(&entries->kept[i]);
	pw_line_done(&entries->bytes);
	entries->n = entries->nheads = entries->nrecent = 0;
}

/* A head has no mark in it, so where it stands before one it is the head. */
static bool begins_with(const char *line, size_t length, const struct pw_entry_head *head)
{
	return length >= head->length + MARK_LENGTH &&
	       (!head->length || memcmp(line, head->text, head->length) == 0) &&
	       memcmp(line + head->length, mark, MARK_LENGTH) == 0;
}

static void put_first(struct pw_entries *entries, size_t place, size_t head)
{
	memmove(entries->recent + 1, entries->recent, place * sizeof(*entries->recent));
	entries->recent[0] = head;
}

static size_t find_head(struct pw_entries *entries, const char *line, size_t length)
{
	size_t place, head;

	for (place = 0; place < entries->nrecent; place++) {
		head = entries->recent[place];
		if (!begins_with(line, length, &entries->heads[head]))
			continue;
		if (place)
			put_first(entries, place, head);
		return head;
	}
	head = PW_ENTRY_HEADS + entries->nheads++;
	entries->heads[head] = (struct pw_entry_head){ line, pw_entry_head(line, length) };
	if (entries->nrecent < PW_ENTRY_HEADS)
		entries->nrecent++;
	put_first(entries, entries->nrecent - 1, head);
	return head;
}

void pw_entries_put(struct pw_entries *entries, const char *line, size_t length)
{
	entries->lines[entries->n++] = (struct pw_entry_line){
		.text = line, .length = length, .head = find_head(entries, line, length) };
}

static int hash_heads(struct pw_entries *entries, struct pw_tree *tree)
{
	const struct pw_entry_head *heads = entries->heads + PW_ENTRY_HEADS;
	struct pw_message messages[PW_TREE_MANY];

	for (size_t i = 0; i < entries->nheads; i++)
		messages[i] = (struct pw_message){ (const uint8_t *)heads[i].text, heads[i].length };
	return pw_sha256_many(tree->many, messages, entries->nheads,
			      entries->digests + PW_ENTRY_HEADS);
}

static size_t tail_length(const struct pw_entries *entries, const struct pw_entry_line *line)
{
	return line->length - entries->heads[line->head].length;
}

static int hash_entries(struct pw_entries *entries, struct pw_tree *tree,
			uint8_t (*leaves)[PW_SHA256_LEN])
{
	struct pw_message messages[PW_TREE_MANY];
	size_t size = 0;
	uint8_t *at;

	for (size_t i = 0; i < entries->n; i++)
		size += 1 + PW_SHA256_LEN + tail_length(entries, &entries->lines[i]);
	if (!pw_line_reserve(&entries->bytes, size)) {
		entries->bytes.failed = false;
		return -ENOMEM;
	}
	at = (uint8_t *)entries->bytes.data;
	for (size_t i = 0; i < entries->n; i++) {
		const struct pw_entry_line *line = &entries->lines[i];
		size_t tail = tail_length(entries, line);

		messages[i] = (struct pw_message){ at, 1 + PW_SHA256_LEN + tail };
		*at++ = PW_TREE_LEAF;
		memcpy(at, entries->digests[line->head], PW_SHA256_LEN);
		memcpy(at + PW_SHA256_LEN, line->text + line->length - tail, tail);
		at += PW_SHA256_LEN + tail;
	}
	return pw_sha256_many(tree->many, messages, entries->n, leaves);
}

static size_t free_place(const struct pw_entries *entries)
{
	bool used[PW_ENTRY_HEADS + PW_TREE_MANY] = { false };
	size_t place = 0;

	for (size_t i = 0; i < entries->nrecent; i++)
		used[entries->recent[i]] = true;
	while (used[place])
		place++;
	return place;
}

/* The lines go: what was seen last is copied to where nothing of that stands. */
static void keep_recent(struct pw_entries *entries)
{
	for (size_t i = 0; i < entries->nrecent; i++) {
		size_t head = entries->recent[i], place;
		struct pw_line *kept;

		if (head < PW_ENTRY_HEADS)
			continue;
		place = free_place(entries);
		kept = &entries->kept[place];
		kept->length = 0;
		kept->failed = false;
		pw_line_add(kept, entries->heads[head].text, entries->heads[head].length);
		if (kept->failed) {
			entries->nrecent = i;
			return;
		}
		entries->heads[place] = (struct pw_entry_head){ kept->data, kept->length };
		memcpy(entries->digests[place], entries->digests[head], PW_SHA256_LEN);
		entries->recent[i] = place;
	}
}

int pw_entries_hash(struct pw_entries *entries, struct pw_tree *tree, uint8_t (*leaves)[PW_SHA256_LEN])
{
	int r = hash_heads(entries, tree);

	if (!r)
		r = hash_entries(entries, tree, leaves);
	if (r)
		entries->nrecent = 0;
	keep_recent(entries);
	entries->n = entries->nheads = 0;
	return r;
}

int pw_entries_flush(struct pw_entries *entries, struct pw_tree *tree)
{
	uint8_t leaves[PW_TREE_MANY][PW_SHA256_LEN];
	size_t n = entries->n;
	int r = pw_entries_hash(entries, tree, leaves);

	return r ? r : pw_tree_add_many(tree, leaves, n);
}

int pw_entry_leaf(struct pw_tree *tree, const char *line, size_t length,
		  uint8_t leaf[static PW_SHA256_LEN])
{
	struct pw_entries entries = { 0 };
	int r;

	pw_entries_put(&entries, line, length);
	r = pw_entries_hash(&entries, tree, (uint8_t (*)[PW_SHA256_LEN])leaf);
	pw_entries_done(&entries);
	return r;
}
