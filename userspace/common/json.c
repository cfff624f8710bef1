// SPDX-License-Identifier: BSD-2-Clause
#include "common/json.h"

#include <errno.h>

static json_object *member(json_object *object, const char *key, json_type type)
{
	json_object *value;

	if (!json_object_is_type(object, json_type_object) ||
	    !json_object_object_get_ex(object, key, &value) || !json_object_is_type(value, type))
		return NULL;

	return value;
}

bool pw_json_string(json_object *object, const char *key, const char **ret)
{
	json_object *value = member(object, key, json_type_string);

	if (!value)
		return false;

	*ret = json_object_get_string(value);
	return true;
}

bool pw_json_u64(json_object *object, const char *key, uint64_t *ret)
{
	json_object *value = member(object, key, json_type_int);

	if (!value)
		return false;

	*ret = json_object_get_uint64(value);
	return true;
}

bool pw_json_bool(json_object *object, const char *key, bool *ret)
{
	json_object *value = member(object, key, json_type_boolean);

	if (!value)
		return false;

	*ret = json_object_get_boolean(value);
	return true;
}

bool pw_json_array(json_object *object, const char *key, json_object **ret)
{
	json_object *value = member(object, key, json_type_array);

	if (!value)
		return false;

	*ret = value;
	return true;
}

int pw_json_add(json_object *object, const char *key, json_object *value)
{
	if (value && json_object_object_add(object, key, value) == 0)
		return 0;

	json_object_put(value);
	return -ENOMEM;
}

int pw_json_append(json_object *array, json_object *value)
{
	if (value && json_object_array_add(array, value) == 0)
		return 0;

	json_object_put(value);
	return -ENOMEM;
}
