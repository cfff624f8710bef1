// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include "common/cleanup.h"
#include "common/sha256.h"
#include "publish/image.h"
#include "publish/store.h"

#define PW_IMAGE_MAGIC "phiward"	/* with the closing NUL 8 bytes */

struct header {
	char magic[8];
	uint32_t abi;
	uint32_t bank_size;
	uint64_t length;	/* of all that follows */
	uint8_t digest[PW_SHA256_LEN];	/* of that */
};

/* What is left to read, or room that grows. */
struct bytes {
	unsigned char *at;
	size_t length;
};

static int digest_of(const struct bytes *bytes, uint8_t digest[static PW_SHA256_LEN])
{
	_cleanup_(pw_sha256_freep) struct pw_sha256 *sha = NULL;
	int r = pw_sha256_start(&sha);

	if (r == 0)
		r = pw_sha256_add(sha, bytes->at, bytes->length);
	return r < 0 ? r : pw_sha256_end(sha, digest);
}

/* ---- Writing ------------------------------------------------------------------------------ */

static int put(struct bytes *bytes, const void *data, size_t length)
{
	unsigned char *grown;

	if (length == 0)
		return 0;
	grown = realloc(bytes->at, bytes->length + length);
	if (!grown)
		return -ENOMEM;
	bytes->at = grown;
	memcpy(grown + bytes->length, data, length);
	bytes->length += length;
	return 0;
}

static int put_table(struct bytes *bytes, const struct pw_table *table)
{
	const uint64_t head[] = { table->key_size, table->value_size, table->n };
	int r = put(bytes, head, sizeof(head));

	if (r == 0)
		r = put(bytes, table->keys, table->n * table->key_size);
	return r < 0 ? r : put(bytes, table->values, table->n * table->value_size);
}

static int add_scan(json_object *object, const struct pw_image *image)
{
	json_object *array = json_object_new_array();
	int r = pw_json_add(object, "scan", array);

	for (size_t i = 0; r == 0 && i < image->nscan; i++) {
		json_object *entry = json_object_new_object();

		r = pw_json_append(array, entry);
		if (r == 0)
			r = pw_json_add(entry, "path", json_object_new_string(image->scan[i].path));
		if (r == 0)
			r = pw_json_add(entry, "object",
					json_object_new_uint64(image->scan[i].object));
		if (r == 0)
			r = pw_json_add(entry, "root", json_object_new_uint64(image->scan[i].root));
	}
	return r;
}

static int add_pending(json_object *object, const struct pw_image *image)
{
	json_object *array = json_object_new_array();
	int r = pw_json_add(object, "pending", array);

	for (size_t i = 0; r == 0 && i < image->npending; i++)
		r = pw_json_append(array, json_object_new_string(image->pending[i]));
	return r;
}

static int put_names(struct bytes *bytes, const struct pw_image *image)
{
	_cleanup_(pw_json_putp) json_object *object = NULL;
	const char *text;
	size_t length;
	int r = pw_catalog_encode(image->catalog, &object);

	if (r == 0)
		r = pw_json_add(object, "rescue", json_object_new_uint64(image->rescue));
	if (r == 0)
		r = add_scan(object, image);
	if (r == 0)
		r = add_pending(object, image);
	if (r < 0)
		return r;
	text = json_object_to_json_string_length(object, JSON_C_TO_STRING_PLAIN, &length);
	return text ? put(bytes, text, length + 1) : -ENOMEM;
}

int pw_image_encode(struct pw_image *image)
{
	struct header header = { .magic = PW_IMAGE_MAGIC,
				 .abi = PW_ABI_VERSION,
				 .bank_size = sizeof(image->bank) };
	struct bytes bytes = { 0 }, body;
	int r = put(&bytes, &header, sizeof(header));

	if (r == 0)
		r = put(&bytes, &image->bank, sizeof(image->bank));
	for (int map = PW_MAP_BANKED_FIRST; r == 0 && map <= PW_MAP_BANKED_LAST; map++)
		r = put_table(&bytes, &image->tables[map]);
	if (r == 0)
		r = put_names(&bytes, image);
	if (r == 0) {
		body = (struct bytes){ bytes.at + sizeof(header), bytes.length - sizeof(header) };
		header.length = body.length;
		r = digest_of(&body, header.digest);
	}
	if (r < 0) {
		free(bytes.at);
		return r;
	}
	memcpy(bytes.at, &header, sizeof(header));
	free(image->file);
	image->file = (char *)bytes.at;
	image->file_length = bytes.length;
	return 0;
}

/* ---- Reading ------------------------------------------------------------------------------ */

static const void *take(struct bytes *bytes, size_t length)
{
	const void *at = bytes->at;

	if (length > bytes->length)
		return NULL;
	bytes->at += length;
	bytes->length -= length;
	return at;
}

static int take_table(struct bytes *bytes, struct pw_table *table)
{
	const void *head = take(bytes, 3 * sizeof(uint64_t)), *keys, *values;
	uint64_t size[3];

	if (!head)
		return -EBADMSG;
	memcpy(size, head, sizeof(size));
	if (size[0] != table->key_size || size[1] != table->value_size || size[2] > bytes->length)
		return -EBADMSG;
	keys = take(bytes, size[2] * size[0]);
	values = keys ? take(bytes, size[2] * size[1]) : NULL;
	if (!values)
		return -EBADMSG;
	for (uint64_t i = 0; i < size[2]; i++) {
		void *value = pw_table_add(table, (const char *)keys + i * size[0]);

		if (!value)
			return -ENOMEM;
		memcpy(value, (const char *)values + i * size[1], size[1]);
	}
	return 0;
}

static int read_scan(json_object *object, struct pw_image *image)
{
	json_object *array;
	size_t n;

	if (!pw_json_array(object, "scan", &array))
		return -EBADMSG;
	n = json_object_array_length(array);
	image->scan = calloc(n + 1, sizeof(*image->scan));
	if (!image->scan)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		json_object *entry = json_object_array_get_idx(array, i);
		uint64_t number, root;
		const char *path;

		if (!pw_json_string(entry, "path", &path) ||
		    !pw_json_u64(entry, "object", &number) || !pw_json_u64(entry, "root", &root))
			return -EBADMSG;
		image->scan[i].path = strdup(path);
		if (!image->scan[i].path)
			return -ENOMEM;
		image->scan[i].object = (uint32_t)number;
		image->scan[i].root = (uint32_t)root;
		image->nscan++;
	}
	return 0;
}

static int read_pending(json_object *object, struct pw_image *image)
{
	json_object *array;
	size_t n;

	if (!pw_json_array(object, "pending", &array))
		return -EBADMSG;
	n = json_object_array_length(array);
	image->pending = calloc(n + 1, sizeof(*image->pending));
	if (!image->pending)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const char *path = json_object_get_string(json_object_array_get_idx(array, i));

		image->pending[i] = strdup(path ? path : "");
		if (!image->pending[i])
			return -ENOMEM;
		image->npending++;
	}
	return 0;
}

static int read_names(struct bytes *bytes, struct pw_image *image)
{
	_cleanup_(pw_json_putp) json_object *object = NULL;
	uint64_t rescue;
	int r;

	if (bytes->length == 0 || bytes->at[bytes->length - 1] != '\0')
		return -EBADMSG;
	object = json_tokener_parse((const char *)bytes->at);
	if (!json_object_is_type(object, json_type_object) ||
	    !pw_json_u64(object, "rescue", &rescue) || rescue >= PW_RESCUE_MAX_)
		return -EBADMSG;
	image->rescue = (enum pw_rescue)rescue;
	pw_catalog_free(image->catalog);
	image->catalog = NULL;
	r = pw_catalog_decode(object, &image->catalog);
	if (r == 0)
		r = read_scan(object, image);
	return r < 0 ? r : read_pending(object, image);
}

/* What is used as a count or an index without another look. */
static bool is_within(const struct pw_image *image)
{
	const struct pw_table *roots = &image->tables[PW_MAP_ROOTS];
	const struct pw_table *programs = &image->tables[PW_MAP_PROGRAMS];
	const struct pw_table *links = &image->tables[PW_MAP_LINKS];
	const struct pw_catalog *catalog = image->catalog;
	bool within = image->bank.nfs <= PW_FS_MAX;

	for (size_t i = 0; i < roots->n; i++) {
		struct pw_inode_key key;

		memcpy(&key, roots->keys + i * sizeof(key), sizeof(key));
		within = within && key.fs < PW_LAYERS;
	}
	for (size_t i = 0; i < programs->n; i++) {
		struct pw_program program;

		memcpy(&program, programs->values + i * sizeof(program), sizeof(program));
		within = within && program.nroles <= PW_PROGRAM_SUBJECTS;
	}
	for (size_t i = 0; i < links->n; i++) {
		struct pw_link link;

		memcpy(&link, links->values + i * sizeof(link), sizeof(link));
		within = within && link.object < PW_OBJECT_IDS;
	}
	for (size_t i = 0; i < image->nscan; i++)
		within = within && image->scan[i].object < PW_OBJECT_IDS;
	for (size_t i = 0; i < catalog->nprograms; i++)
		within = within && !catalog->programs[i] == (i == 0);

	return within;
}

int pw_image_decode(const char *data, size_t length, struct pw_image **ret)
{
	_cleanup_(pw_image_freep) struct pw_image *image = pw_image_new();
	struct bytes bytes = { (unsigned char *)data, length };
	uint8_t digest[PW_SHA256_LEN];
	struct header header;
	const void *at;
	int r;

	if (!image)
		return -ENOMEM;
	at = take(&bytes, sizeof(header));
	if (!at)
		return -EBADMSG;
	memcpy(&header, at, sizeof(header));
	if (memcmp(header.magic, PW_IMAGE_MAGIC, sizeof(header.magic)) != 0 ||
	    header.length != bytes.length)
		return -EBADMSG;
	if (header.abi != PW_ABI_VERSION || header.bank_size != sizeof(image->bank))
		return -EPROTO;
	r = digest_of(&bytes, digest);
	if (r < 0)
		return r;
	if (memcmp(digest, header.digest, sizeof(digest)) != 0)
		return -EBADMSG;
	at = take(&bytes, sizeof(image->bank));
	if (!at)
		return -EBADMSG;
	memcpy(&image->bank, at, sizeof(image->bank));
	for (int map = PW_MAP_BANKED_FIRST; r == 0 && map <= PW_MAP_BANKED_LAST; map++)
		r = take_table(&bytes, &image->tables[map]);
	if (r == 0)
		r = read_names(&bytes, image);
	if (r == 0 && !is_within(image))
		r = -EBADMSG;
	if (r < 0)
		return r;
	image->file = malloc(length);
	if (!image->file)
		return -ENOMEM;
	memcpy(image->file, data, length);
	image->file_length = length;

	*ret = TAKE_PTR(image);
	return 0;
}
