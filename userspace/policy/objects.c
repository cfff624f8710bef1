// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include "common/text.h"
#include "policy/reader.h"

#define LABEL_LENGTH_MAX 255
#define UUID_LENGTH_MAX 36

static const char *const media_names[] = {"invalid", "removable"};
static const struct pw_words words_media = {media_names, 2};

enum path_in_record { PATH_INVALID, PATH_FULL, PATH_DIGEST };
static const char *const path_in_record_names[] = {"invalid", "full", "digest"};
static const struct pw_words words_path_in_record = {path_in_record_names, 3};

static void read_paths(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct pw_object_policy *object = out;
	size_t i;

	object->paths = pw_read_paths(reader, list, &object->npaths);
	for (i = 0; i < object->npaths; i++)
		if (!strcmp(object->paths[i].path, "/"))
			pw_error(reader, &object->paths[i].at, "'/' cannot be an object: every "
				 "program would be denied its own libraries");
}

static bool is_uuid(const char *text)
{
	size_t n = strlen(text);

	return n >= 4 && n <= UUID_LENGTH_MAX && !text[strspn(text, "0123456789abcdefABCDEF-")];
}

static bool read_volume(struct pw_reader *reader, const struct pw_yaml *item,
			struct pw_volume *ret)
{
	struct pw_volume volume = {.at = item->at};
	const char *value;
	size_t n;

	if (!pw_kind_is(reader, item, PW_YAML_SCALAR, "volume"))
		return false;
	if (pw_text_begins(item->text, "UUID="))
		volume.kind = PW_VOLUME_UUID;
	else if (pw_text_begins(item->text, "LABEL="))
		volume.kind = PW_VOLUME_LABEL;
	value = strchr(item->text, '=');
	n = value ? strlen(++value) : 0;
	if (!volume.kind) {
		pw_error(reader, &item->at, "'%.80s' is no volume: UUID=… or LABEL=…", item->text);
		return false;
	}
	if (volume.kind == PW_VOLUME_UUID ? !is_uuid(value) : !n || n > LABEL_LENGTH_MAX) {
		pw_error(reader, &item->at, "'%.80s' is no %s of a file system", value,
			 volume.kind == PW_VOLUME_UUID ? "UUID" : "label");
		return false;
	}
	volume.value = pw_arena_copy(reader->arena, value, n);
	if (!volume.value)
		return false;
	*ret = volume;

	return true;
}

static void read_volumes(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct pw_object_policy *object = out;
	struct pw_volume *volumes = pw_arena_array(reader->arena, list->n, sizeof(*volumes));
	const struct pw_yaml *item;
	size_t n = 0;

	for (item = list->first; item && volumes; item = item->next)
		if (read_volume(reader, item, &volumes[n]))
			n++;
	object->volumes = volumes;
	object->nvolumes = n;
}

static void read_media(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	struct pw_object_policy *object = out;

	object->removable = pw_read_word(reader, node, "media", &words_media);
}

static void read_audit(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	struct pw_object_policy *object = out;

	object->audit = pw_read_word(reader, node, "audit", &pw_words_audit);
}

static void read_on_loss(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	struct pw_object_policy *object = out;

	object->on_loss = pw_read_word(reader, node, "on_audit_loss", &pw_words_on_loss);
}

static void read_path_in_record(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	struct pw_object_policy *object = out;

	object->path_digest = pw_read_word(reader, node, "path_in_record",
					   &words_path_in_record) == PATH_DIGEST;
}

static void read_mode(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	struct pw_object_policy *object = out;

	object->mode = pw_read_mode(reader, node);
}

static const struct pw_key object_keys[] = {
	{"paths", PW_YAML_LIST, NULL, read_paths},
	{"volumes", PW_YAML_LIST, NULL, read_volumes},
	{"media", PW_YAML_SCALAR, NULL, read_media},
	{"audit", PW_YAML_SCALAR, NULL, read_audit},
	{"on_audit_loss", PW_YAML_SCALAR, "keep_working or deny", read_on_loss},
	{"path_in_record", PW_YAML_SCALAR, NULL, read_path_in_record},
	{"mode", PW_YAML_SCALAR, NULL, read_mode},
	PW_REMARK_KEYS,
};

void pw_read_object(struct pw_reader *reader, const struct pw_yaml *node,
		    struct pw_object_policy *object)
{
	object->audit = PW_AUDIT_ALL;
	object->mode = PW_MODE_ENFORCE;
	pw_map_read(reader, node, "an object", &object->at, object_keys,
		    PW_ARRAY_SIZE(object_keys), object);
	pw_read_remark(reader, node, false, &object->remark);
	if (!pw_map_value(node, "paths") && !pw_map_value(node, "volumes") &&
	    !pw_map_value(node, "media"))
		pw_error(reader, &object->at, "'%s' names nothing: state 'paths', 'volumes' or "
			 "'media'", object->name);
}
