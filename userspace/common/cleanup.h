/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ownership by scope. A variable with _cleanup_(f) is handed to f by address
 * when its scope ends; TAKE_PTR and TAKE_FD move it out.
 */
#ifndef PW_COMMON_CLEANUP_H
#define PW_COMMON_CLEANUP_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _cleanup_free_ _cleanup_(pw_freep)
#define _cleanup_close_ _cleanup_(pw_closep)
#define _cleanup_fclose_ _cleanup_(pw_fclosep)

#define TAKE_PTR(pointer)                                                                          \
	({                                                                                         \
		__auto_type pw_taken_ = (pointer);                                                 \
		(pointer) = NULL;                                                                  \
		pw_taken_;                                                                         \
	})

#define TAKE_FD(fd)                                                                                \
	({                                                                                         \
		int pw_taken_ = (fd);                                                              \
		(fd) = -EBADF;                                                                     \
		pw_taken_;                                                                         \
	})

#define PW_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PW_STRINGIFY_(value) #value
#define PW_STRINGIFY(macro) PW_STRINGIFY_(macro)	/* what it stands for, as text */

static inline void pw_freep(void *pointer)
{
	free(*(void **)pointer);
}

/* Keeps errno: what failed matters more than closing. */
static inline void pw_closep(const int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

static inline void pw_fclosep(FILE **file)
{
	int saved = errno;

	if (*file)
		fclose(*file);
	errno = saved;
}

#endif
