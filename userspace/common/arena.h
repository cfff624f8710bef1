/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that lives and dies together: zeroed, freed all at once. After a
 * failed allocation the arena stays usable and pw_arena_failed() is true.
 */
#ifndef PW_COMMON_ARENA_H
#define PW_COMMON_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct pw_arena;

struct pw_arena *pw_arena_new(void);
struct pw_arena *pw_arena_free(struct pw_arena *arena);
bool pw_arena_failed(const struct pw_arena *arena);

/* NULL when there is no memory; never NULL otherwise, not even for @n 0. */
void *pw_arena_array(struct pw_arena *arena, size_t n, size_t size);

/* A copy of @length bytes with a NUL after them. */
char *pw_arena_copy(struct pw_arena *arena, const char *text, size_t length);

static inline void pw_arena_freep(struct pw_arena **arena)
{
	*arena = pw_arena_free(*arena);
}

#endif
