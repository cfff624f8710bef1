/* SPDX-License-Identifier: BSD-2-Clause */
/* Small files that are either the old one or the new one, never half of it. */
#ifndef PW_PUBLISH_STORE_H
#define PW_PUBLISH_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/json.h"

/* Writes DIRFD/@name by way of a temporary file, synced before it takes the name. */
int pw_store_write(int dirfd, const char *name, const char *data, size_t length);

/* The same of what everybody may read, as far as the umask lets them. */
int pw_store_write_public(int dirfd, const char *name, const char *data, size_t length);

/* -ENOENT, -EFBIG beyond @max, or a NUL-terminated copy that the caller frees. */
int pw_store_read(int dirfd, const char *name, size_t max, char **ret_data, size_t *ret_length);

/* The same with one JSON object a file; -EBADMSG when it is none. */
int pw_store_write_json(int dirfd, const char *name, json_object *object);
int pw_store_read_json(int dirfd, const char *name, json_object **ret);

#endif
