/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading whole files with a bound. */
#ifndef PW_COMMON_FILE_H
#define PW_COMMON_FILE_H

#include <stddef.h>

/*
 * Reads the regular file @path below @dirfd (or AT_FDCWD). The caller frees
 * *@ret_text, which has a NUL after its *@ret_length bytes. -EFBIG when it is
 * larger than @max, -EISDIR or -EINVAL when it is no regular file.
 */
int pw_file_read(int dirfd, const char *path, size_t max, char **ret_text, size_t *ret_length)
	__attribute__((warn_unused_result));

#endif
