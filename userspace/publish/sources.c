// SPDX-License-Identifier: BSD-2-Clause
#include "publish/sources.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"

void pw_sources_free(struct pw_source *sources, size_t n)
{
	for (size_t i = 0; sources && i < n; i++) {
		free(sources[i].name);
		free(sources[i].text);
	}
	free(sources);
}

/* A text with its length; a name ends at its first NUL, so it may have none. */
static bool get_text(json_object *entry, const char *key, char **ret, size_t *ret_length)
{
	json_object *value;

	if (!json_object_object_get_ex(entry, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return false;
	*ret_length = (size_t)json_object_get_string_len(value);
	*ret = malloc(*ret_length + 1);
	if (*ret)
		memcpy(*ret, json_object_get_string(value), *ret_length + 1);

	return true;
}

static int read_one(json_object *entry, struct pw_source *ret)
{
	size_t members = 2, length;

	if (!json_object_is_type(entry, json_type_object) ||
	    !get_text(entry, "name", &ret->name, &length) ||
	    !get_text(entry, "text", &ret->text, &ret->length))
		return -EBADMSG;
	if (!ret->name || !ret->text)
		return -ENOMEM;
	if (json_object_object_get_ex(entry, "site", NULL) &&
	    (members++, !pw_json_bool(entry, "site", &ret->site)))
		return -EBADMSG;

	return strlen(ret->name) == length &&
	       (size_t)json_object_object_length(entry) == members ? 0 : -EBADMSG;
}

int pw_sources_read(json_object *object, struct pw_source **ret, size_t *ret_n)
{
	struct pw_source *sources;
	json_object *array;
	size_t n, i;
	int r = 0;

	if (!pw_json_array(object, "sources", &array))
		return -EBADMSG;
	n = json_object_array_length(array);
	if (n < 1 || n > PW_INCLUDES_MAX + 2)
		return -EBADMSG;
	sources = calloc(n, sizeof(*sources));
	if (!sources)
		return -ENOMEM;
	for (i = 0; !r && i < n; i++)
		r = read_one(json_object_array_get_idx(array, i), &sources[i]);
	if (r < 0) {
		pw_sources_free(sources, n);
		return r;
	}
	*ret = sources;
	*ret_n = n;

	return 0;
}

static int add_one(json_object *array, const struct pw_source *source)
{
	json_object *entry = json_object_new_object();
	int r = pw_json_append(array, entry);

	if (!r)
		r = pw_json_add(entry, "name", json_object_new_string(source->name));
	if (!r)
		r = pw_json_add(entry, "text",
				json_object_new_string_len(source->text, (int)source->length));
	if (!r && source->site)
		r = pw_json_add(entry, "site", json_object_new_boolean(true));

	return r;
}

int pw_sources_add(json_object *object, const struct pw_source *sources, size_t n)
{
	json_object *array = json_object_new_array();
	int r = pw_json_add(object, "sources", array);
	size_t i;

	for (i = 0; !r && i < n; i++)
		r = add_one(array, &sources[i]);

	return r;
}
