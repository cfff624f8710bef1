/* SPDX-License-Identifier: BSD-2-Clause */
/* Members of JSON objects, with their types. */
#ifndef PW_COMMON_JSON_H
#define PW_COMMON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

/* Members of an object: false, and nothing written, when absent or of another type. */
bool pw_json_string(json_object *object, const char *key, const char **ret);
bool pw_json_u64(json_object *object, const char *key, uint64_t *ret);
bool pw_json_bool(json_object *object, const char *key, bool *ret);
bool pw_json_array(json_object *object, const char *key, json_object **ret);

/* Adds and takes over @value; -ENOMEM when @value is NULL or there is no room. */
int pw_json_add(json_object *object, const char *key, json_object *value);
int pw_json_append(json_object *array, json_object *value);

static inline void pw_json_putp(json_object **object)
{
	json_object_put(*object);
	*object = NULL;
}

#endif
