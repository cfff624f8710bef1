// SPDX-License-Identifier: BSD-2-Clause
/* The text that is signed, from its parts. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "bundle/document.h"
#include "common/base64.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/text.h"

int pw_texts_add(json_object *object, const char *key, const struct pw_texts *texts)
{
	json_object *array;
	int r;

	if (!texts->n)
		return 0;
	array = json_object_new_array();
	r = pw_json_add(object, key, array);
	for (size_t i = 0; !r && i < texts->n; i++)
		r = pw_json_append(array, json_object_new_string(texts->list[i]));

	return r;
}

static int add_instant(json_object *object, const char *key, int64_t instant)
{
	char text[PW_INSTANT_LEN + 1];

	if (instant == PW_INSTANT_NONE)
		return 0;
	pw_instant_write(instant, text);

	return pw_json_add(object, key, json_object_new_string(text));
}

static int add_devices(json_object *object, const struct pw_selectors *devices)
{
	json_object *map;
	int r;

	if (pw_selectors_any(devices))
		return 0;
	map = json_object_new_object();
	r = pw_json_add(object, "devices", map);
	if (!r)
		r = pw_texts_add(map, "manufacturer", &devices->manufacturer);
	if (!r)
		r = pw_texts_add(map, "model", &devices->model);
	if (!r)
		r = pw_texts_add(map, "serial", &devices->serial);
	if (!r)
		r = pw_texts_add(map, "tags", &devices->tags);

	return r;
}

static int add_health(json_object *object, const struct pw_health *health)
{
	char within[32];
	json_object *map;
	int r;

	if (!pw_health_any(health))
		return 0;
	snprintf(within, sizeof(within), "%" PRIu64 "s", health->within_s);
	map = json_object_new_object();
	r = pw_json_add(object, "health", map);
	if (!r)
		r = pw_json_add(map, "within", json_object_new_string(within));
	if (!r && health->enforcing)
		r = pw_json_add(map, "enforcing", json_object_new_boolean(true));
	if (!r)
		r = pw_texts_add(map, "connect", &health->connect);
	if (!r)
		r = pw_texts_add(map, "units", &health->units);
	if (!r)
		r = pw_texts_add(map, "no_refusals_of", &health->no_refusals_of);

	return r;
}

static int add_file(json_object *array, const struct pw_bundle_file *file)
{
	_cleanup_free_ char *text = malloc(PW_BASE64_LEN(file->length) + 1);
	json_object *entry = json_object_new_object();
	char digest[2 * PW_DIGEST_LEN + 1];
	int r = pw_json_append(array, entry);

	if (r < 0 || !text)
		return -ENOMEM;
	pw_base64_write(text, (const uint8_t *)file->text, file->length);
	pw_text_hex(digest, file->digest, PW_DIGEST_LEN);
	r = pw_json_add(entry, "role",
			json_object_new_string(pw_word_name(&pw_words_bundle_role, file->role)));
	if (!r)
		r = pw_json_add(entry, "name", json_object_new_string(file->name));
	if (!r)
		r = pw_json_add(entry, "sha256", json_object_new_string(digest));
	if (!r)
		r = pw_json_add(entry, "base64", json_object_new_string(text));

	return r;
}

static int fill(json_object *object, const struct pw_bundle_head *head,
		const struct pw_bundle_file *files, size_t nfiles)
{
	json_object *array = json_object_new_array();
	int r;

	r = pw_json_add(object, "phiward_bundle", json_object_new_int(1));
	if (!r)
		r = pw_json_add(object, "name", json_object_new_string(head->name));
	if (!r)
		r = pw_json_add(object, "version", json_object_new_uint64(head->version));
	if (!r)
		r = add_instant(object, "not_before", head->not_before);
	if (!r)
		r = add_instant(object, "not_after", head->not_after);
	if (!r)
		r = add_devices(object, &head->devices);
	if (!r)
		r = add_health(object, &head->health);
	if (r < 0) {
		json_object_put(array);
		return r;
	}
	r = pw_json_add(object, "files", array);
	for (size_t i = 0; !r && i < nfiles; i++)
		r = add_file(array, &files[i]);

	return r;
}

int pw_bundle_write(const struct pw_bundle_head *head, const struct pw_bundle_file *files,
		    size_t nfiles, char **ret, size_t *ret_length)
{
	_cleanup_(pw_json_putp) json_object *object = json_object_new_object();
	const char *text;
	size_t n;
	int r;

	if (!object)
		return -ENOMEM;
	r = fill(object, head, files, nfiles);
	if (r < 0)
		return r;
	text = json_object_to_json_string_length(object, JSON_C_TO_STRING_PRETTY |
						 JSON_C_TO_STRING_SPACED |
						 JSON_C_TO_STRING_NOSLASHESCAPE, &n);
	if (!text || asprintf(ret, "%s\n", text) < 0)
		return -ENOMEM;
	*ret_length = n + 1;

	return 0;
}
