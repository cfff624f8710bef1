// SPDX-License-Identifier: BSD-2-Clause
#include "fleet/channel.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "bundle/document.h"
#include "common/json.h"
#include "common/text.h"

#define NAME_MAX_LEN 63

bool pw_channel_is_name(const char *name)
{
	if (!isalpha((unsigned char)*name) || strlen(name) > NAME_MAX_LEN)
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && *name != '-' && *name != '_')
			return false;

	return true;
}

void pw_channel_path(const char *channel, char path[static PW_CHANNEL_PATH_SIZE])
{
	snprintf(path, PW_CHANNEL_PATH_SIZE, "channels/%.*s.json", NAME_MAX_LEN, channel);
}

void pw_channel_bundle_path(const uint8_t digest[static PW_DIGEST_LEN],
			    char path[static PW_CHANNEL_PATH_SIZE])
{
	char hex[2 * PW_DIGEST_LEN + 1];

	pw_text_hex(hex, digest, PW_DIGEST_LEN);
	snprintf(path, PW_CHANNEL_PATH_SIZE, "bundles/%s.phb", hex);
}

/* ---- Reading ------------------------------------------------------------------------------- */

static void read_channel(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	((struct pw_channel *)out)->channel = node->text;
	if (!pw_channel_is_name(node->text))
		pw_error(reader, &node->at, "the name of a channel has letters, digits, '-' and '_', a "
			 "letter first, and at most %d of them", NAME_MAX_LEN);
}

static void read_bundle(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	if (pw_read_name(reader, node, "a bundle"))
		((struct pw_channel *)out)->bundle = node->text;
}

static void read_digest(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	if (!pw_text_unhex(((struct pw_channel *)out)->digest, node->text, PW_DIGEST_LEN))
		pw_error(reader, &node->at, "'sha256' must be 64 hexadecimal digits in lower case");
}

#define NUMBER_KEY(name, member, low, high)                                                        \
	static void read_##name(struct pw_reader *reader, const struct pw_yaml *node, void *out)   \
	{                                                                                          \
		((struct pw_channel *)out)->member =                                               \
			pw_document_number(reader, node, #name, low, high);                        \
	}

NUMBER_KEY(sequence, sequence, 1, INT64_MAX)
NUMBER_KEY(version, version, 1, INT64_MAX)
NUMBER_KEY(size, size, 1, PW_BUNDLE_BYTES_MAX)
NUMBER_KEY(share, share, 0, PW_SHARE_ALL)
NUMBER_KEY(hold, hold_s, 0, 366 * 86400)

static void read_since(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	if (!pw_instant_parse(node->text, &((struct pw_channel *)out)->since))
		pw_error(reader, &node->at, "'since' must be a date like 2026-12-01T08:00:00Z");
}

static void read_paused(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	((struct pw_channel *)out)->paused = pw_read_bool(reader, node);
}

static void read_tags(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	pw_patterns_read(reader, list, "tags", &((struct pw_channel *)out)->tags);
}

static void read_canaries(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	if (list->n > PW_CHANNEL_CANARIES_MAX)
		pw_error(reader, &list->at, "there are at most %d canaries",
			 PW_CHANNEL_CANARIES_MAX);
	else
		pw_document_texts(reader, list, "canaries", PW_DEVICE_TEXT_MAX,
				  &((struct pw_channel *)out)->canaries);
}

static const struct pw_key channel_keys[] = {
	{"phiward_channel", PW_YAML_SCALAR, "the schema, 1", pw_read_schema},
	{"channel", PW_YAML_SCALAR, "its name", read_channel},
	{"sequence", PW_YAML_SCALAR, "a whole number from 1", read_sequence},
	{"bundle", PW_YAML_SCALAR, "the name of the bundle", read_bundle},
	{"version", PW_YAML_SCALAR, "the version of the bundle", read_version},
	{"sha256", PW_YAML_SCALAR, "the SHA-256 of the file of the bundle", read_digest},
	{"size", PW_YAML_SCALAR, "the size of the file of the bundle", read_size},
	{"share", PW_YAML_SCALAR, "who gets it, of 10000", read_share},
	{"since", PW_YAML_SCALAR, "when it was published", read_since},
	{"tags", PW_YAML_LIST, NULL, read_tags},
	{"canaries", PW_YAML_LIST, NULL, read_canaries},
	{"hold", PW_YAML_SCALAR, NULL, read_hold},
	{"paused", PW_YAML_SCALAR, NULL, read_paused},
};

int pw_channel_parse(const struct pw_source *source, struct pw_channel **ret,
		     struct pw_diag *diag)
{
	static const struct pw_document document = {"a channel", PW_CHANNEL_BYTES_MAX, channel_keys,
						    PW_ARRAY_SIZE(channel_keys)};
	_cleanup_(pw_arena_freep) struct pw_arena *arena = pw_arena_new();
	struct pw_channel *channel;
	int r;

	channel = arena ? pw_arena_array(arena, 1, sizeof(*channel)) : NULL;
	if (!channel)
		return -ENOMEM;
	channel->arena = arena;
	r = pw_document_read(&document, source, NULL, arena, channel, diag);
	if (r < 0)
		return r;
	(void)TAKE_PTR(arena);
	*ret = channel;

	return 0;
}

struct pw_channel *pw_channel_free(struct pw_channel *channel)
{
	if (channel)
		pw_arena_free(channel->arena);

	return NULL;
}

/* ---- Writing ------------------------------------------------------------------------------- */

static int add_text(json_object *object, const char *key, const char *text)
{
	return pw_json_add(object, key, json_object_new_string(text));
}

static int add_number(json_object *object, const char *key, uint64_t number)
{
	return pw_json_add(object, key, json_object_new_uint64(number));
}

static int fill(json_object *object, const struct pw_channel *channel)
{
	char since[PW_INSTANT_LEN + 1], hex[2 * PW_DIGEST_LEN + 1];
	int r;

	pw_instant_write(channel->since, since);
	pw_text_hex(hex, channel->digest, PW_DIGEST_LEN);
	r = add_number(object, "phiward_channel", 1);
	r = r ?: add_text(object, "channel", channel->channel);
	r = r ?: add_number(object, "sequence", channel->sequence);
	r = r ?: add_text(object, "bundle", channel->bundle);
	r = r ?: add_number(object, "version", channel->version);
	r = r ?: add_text(object, "sha256", hex);
	r = r ?: add_number(object, "size", channel->size);
	r = r ?: add_number(object, "share", channel->share);
	r = r ?: add_text(object, "since", since);
	r = r ?: pw_texts_add(object, "tags", &channel->tags);
	r = r ?: pw_texts_add(object, "canaries", &channel->canaries);
	if (!r && channel->hold_s)
		r = add_number(object, "hold", channel->hold_s);
	if (!r && channel->paused)
		r = pw_json_add(object, "paused", json_object_new_boolean(true));

	return r;
}

int pw_channel_write(const struct pw_channel *channel, char **ret, size_t *ret_length)
{
	_cleanup_(pw_json_putp) json_object *object = json_object_new_object();
	const char *text = NULL;
	int n;

	if (object && !fill(object, channel))
		text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
						      JSON_C_TO_STRING_NOSLASHESCAPE);
	n = text ? asprintf(ret, "%s\n", text) : -1;
	if (n < 0)
		return -ENOMEM;
	*ret_length = (size_t)n;

	return 0;
}
