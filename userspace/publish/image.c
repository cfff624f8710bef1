// SPDX-License-Identifier: BSD-2-Clause
#include "publish/image.h"

#include <string.h>

#include "common/cleanup.h"

void *pw_table_find(const struct pw_table *table, const void *key)
{
	for (size_t i = 0; i < table->n; i++)
		if (memcmp(table->keys + i * table->key_size, key, table->key_size) == 0)
			return table->values + i * table->value_size;

	return NULL;
}

void *pw_table_add(struct pw_table *table, const void *key)
{
	void *value;

	if (table->n == table->room) {
		size_t room = table->room ? 2 * table->room : 16;
		unsigned char *keys = reallocarray(table->keys, room, table->key_size);
		unsigned char *values;

		if (!keys)
			return NULL;
		table->keys = keys;
		values = reallocarray(table->values, room, table->value_size);
		if (!values)
			return NULL;
		table->values = values;
		table->room = room;
	}
	memcpy(table->keys + table->n * table->key_size, key, table->key_size);
	value = table->values + table->n * table->value_size;
	memset(value, 0, table->value_size);
	table->n++;

	return value;
}

void *pw_table_get(struct pw_table *table, const void *key)
{
	void *value = pw_table_find(table, key);

	return value ? value : pw_table_add(table, key);
}

static bool same_table(const struct pw_table *a, const struct pw_table *b)
{
	if (a->n != b->n)
		return false;
	if (a->n == 0)
		return true;

	return memcmp(a->keys, b->keys, a->n * a->key_size) == 0 &&
	       memcmp(a->values, b->values, a->n * a->value_size) == 0;
}

bool pw_image_same(const struct pw_image *a, const struct pw_image *b)
{
	/* The generation is the first member. */
	const size_t from = sizeof(a->bank.generation);

	if (memcmp((const char *)&a->bank + from, (const char *)&b->bank + from,
		   sizeof(a->bank) - from) != 0)
		return false;
	for (int map = PW_MAP_BANKED_FIRST; map <= PW_MAP_BANKED_LAST; map++)
		if (map != PW_MAP_LINKS && !same_table(&a->tables[map], &b->tables[map]))
			return false;

	return true;
}

static void free_texts(char **texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(texts[i]);
	free(texts);
}

struct pw_image *pw_image_free(struct pw_image *image)
{
	if (!image)
		return NULL;
	for (int map = 0; map < PW_MAP_MAX_; map++) {
		free(image->tables[map].keys);
		free(image->tables[map].values);
	}
	image->catalog = pw_catalog_free(image->catalog);
	free_texts(image->pending, image->npending);
	for (size_t i = 0; i < image->nscan; i++)
		free(image->scan[i].path);
	free(image->scan);
	free(image->file);
	free(image);
	return NULL;
}
