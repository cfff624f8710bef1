// SPDX-License-Identifier: BSD-2-Clause
#include "report/dictionary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t hash_of(const char *text, size_t length)
{
	uint64_t hash = length, word;

	for (; length >= sizeof(word); text += sizeof(word), length -= sizeof(word)) {
		memcpy(&word, text, sizeof(word));
		hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 32;
	}
	word = 0;
	memcpy(&word, text, length);
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 32;
}

/* The slot of this text, or the free one where it belongs. */
static uint32_t *find_slot(const struct pw_dictionary *d, const char *text, size_t length,
			   uint64_t hash)
{
	size_t i = hash & (d->nslots - 1);

	for (; d->slots[i]; i = (i + 1) & (d->nslots - 1)) {
		const struct pw_dictionary_entry *entry = &d->entries[d->slots[i] - 1];

		if (entry->hash == hash && entry->length == length &&
		    !memcmp(entry->text, text, length))
			break;
	}
	return &d->slots[i];
}

static int grow(struct pw_dictionary *d)
{
	size_t capacity = d->capacity ? 2 * d->capacity : 64;
	struct pw_dictionary_entry *entries = reallocarray(d->entries, capacity, sizeof(*entries));
	uint32_t *slots = calloc(2 * capacity, sizeof(*slots));

	if (entries)
		d->entries = entries;
	if (!entries || !slots) {
		free(slots);
		return -ENOMEM;
	}
	free(d->slots);
	d->slots = slots;
	d->nslots = 2 * capacity;
	d->capacity = capacity;
	for (size_t i = 0; i < d->n; i++)
		*find_slot(d, entries[i].text, entries[i].length, entries[i].hash) = (uint32_t)i + 1;
	return 0;
}

static int add(struct pw_dictionary *d, const char *text, size_t length, uint32_t *ret)
{
	uint64_t hash = hash_of(text, length);
	uint32_t *slot;
	char *copy;

	if (d->n == d->capacity && grow(d) < 0)
		return -ENOMEM;
	slot = find_slot(d, text, length, hash);
	if (!*slot) {
		copy = d->n < UINT32_MAX - 1 ? pw_arena_copy(d->arena, text, length) : NULL;
		if (!copy)
			return -ENOMEM;
		d->entries[d->n++] = (struct pw_dictionary_entry){ copy, length, hash };
		*slot = (uint32_t)d->n;
	}
	*ret = *slot - 1;
	return 0;
}

int pw_dictionary_add(struct pw_dictionary *d, const char *text, size_t length, uint32_t *ret)
{
	if (!d->arena) {
		d->arena = pw_arena_new();
		if (!d->arena || add(d, "", 0, ret) < 0)
			return -ENOMEM;
	}
	return add(d, text, length, ret);
}

void pw_dictionary_done(struct pw_dictionary *d)
{
	pw_arena_free(d->arena);
	free(d->entries);
	free(d->slots);
	*d = (struct pw_dictionary){ 0 };
}
