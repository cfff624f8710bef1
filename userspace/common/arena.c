// SPDX-License-Identifier: BSD-2-Clause
#include "common/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)16384)
#define ALIGNMENT _Alignof(max_align_t)

struct block {
	struct block *next;
	size_t size, used;
	_Alignas(max_align_t) unsigned char bytes[];
};

struct pw_arena {
	struct block *blocks;	/* the first one is allocated from */
	bool failed;
};

struct pw_arena *pw_arena_new(void)
{
	return calloc(1, sizeof(struct pw_arena));
}

struct pw_arena *pw_arena_free(struct pw_arena *arena)
{
	struct block *block, *next;

	if (!arena)
		return NULL;
	for (block = arena->blocks; block; block = next) {
		next = block->next;
		free(block);
	}
	free(arena);

	return NULL;
}

bool pw_arena_failed(const struct pw_arena *arena)
{
	return arena->failed;
}

static struct block *block_with_room(struct pw_arena *arena, size_t bytes)
{
	size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
	struct block *block = arena->blocks;

	if (block && block->size - block->used >= bytes)
		return block;
	if (size > SIZE_MAX - sizeof(*block))
		return NULL;
	block = calloc(1, sizeof(*block) + size);
	if (!block)
		return NULL;
	block->size = size;
	block->next = arena->blocks;
	arena->blocks = block;

	return block;
}

void *pw_arena_array(struct pw_arena *arena, size_t n, size_t size)
{
	struct block *block = NULL;
	size_t bytes;
	void *memory;

	if (!__builtin_mul_overflow(n ? n : 1, size, &bytes) &&
	    !__builtin_add_overflow(bytes, ALIGNMENT - 1, &bytes))
		block = block_with_room(arena, bytes & ~(ALIGNMENT - 1));
	if (!block) {
		arena->failed = true;
		return NULL;
	}
	memory = block->bytes + block->used;
	block->used += bytes & ~(ALIGNMENT - 1);

	return memory;
}

char *pw_arena_copy(struct pw_arena *arena, const char *text, size_t length)
{
	char *copy = length < SIZE_MAX ? pw_arena_array(arena, length + 1, 1) : NULL;

	if (copy)
		memcpy(copy, text, length);

	return copy;
}
