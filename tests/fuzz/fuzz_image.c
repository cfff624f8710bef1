// SPDX-License-Identifier: BSD-2-Clause
/*
 * A kept image: refused, or what is done with one never leaves its tables. The input is the number
 * of file systems and the flags of the bank, then all that lies behind the bank; the header, its
 * digest, and the rest of the bank are made here.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/sha256.h"
#include "publish/image.h"
#include "publish/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As image_file.c has it. */
struct file {
	char magic[8];
	uint32_t abi;
	uint32_t bank_size;
	uint64_t length;
	uint8_t digest[PW_SHA256_LEN];
	struct pw_bank bank;
	uint8_t rest[];
};

static char *make_file(const uint8_t *data, size_t size, size_t *ret_length)
{
	const size_t numbers = sizeof(uint32_t), rest = size - 2 * numbers;
	const size_t head = offsetof(struct file, bank), length = offsetof(struct file, rest) + rest;
	struct file *file = calloc(1, length);
	struct pw_sha256 *sha = NULL;

	if (!file)
		abort();
	memcpy(file->magic, "phiward", sizeof(file->magic));
	file->abi = PW_ABI_VERSION;
	file->bank_size = sizeof(file->bank);
	file->length = length - head;
	memcpy(&file->bank.nfs, data, numbers);
	memcpy(&file->bank.flags, data + numbers, numbers);
	for (uint32_t i = 0; i < PW_FS_MAX; i++)
		file->bank.fs[i].id = (struct pw_fs_id){.lo = i + 1, .hi = PW_FS_BY_DEV};
	memcpy(file->rest, data + 2 * numbers, rest);
	if (pw_sha256_start(&sha) < 0 ||
	    pw_sha256_add(sha, (char *)file + head, length - head) < 0 ||
	    pw_sha256_end(sha, file->digest) < 0)
		abort();
	pw_sha256_free(sha);
	*ret_length = length;
	return (char *)file;
}

/* As the names of a policy are resolved in each boot: the canary, and the program of the daemon. */
static void bind_image(struct pw_image *image, struct pw_ids *ids)
{
	static const struct pw_position nowhere;
	struct pw_hold canary = {.parent = {.fs = image->bank.fs[0].id, .ino = 1}, .name = "canary"};
	struct pw_hold daemon = {.parent = {.fs = image->bank.fs[1].id, .ino = 2}, .name = "phiwardd"};
	const struct pw_resolved resolved = {
		.canary = {.path = "/canary", .canonical = (char *)"/canary", .at = &nowhere,
			   .file = {.fs = image->bank.fs[0].id, .ino = 3}, .holds = &canary},
		.daemon = {.path = "/phiwardd", .canonical = (char *)"/phiwardd", .at = &nowhere,
			   .file = {.fs = image->bank.fs[0].id, .ino = 4}, .holds = &daemon},
	};
	struct pw_diag diag = {};

	pw_image_bind(image, &resolved, ids, &diag);
	pw_diag_done(&diag);
}

/* Links that were found under the image before are for the next one. */
static void carry_links(struct pw_image *image)
{
	const struct pw_table *table = &image->tables[PW_MAP_LINKS];
	struct pw_links links = {};

	for (size_t i = 0; i < table->n; i++) {
		struct pw_found_link found = {.fs = image->bank.fs[0].id};
		struct pw_link link;

		memcpy(&link, table->values + i * sizeof(link), sizeof(link));
		found.object = link.object;
		if (pw_links_add(&links, &found) < 0)
			abort();
	}
	for (size_t i = 0; i < image->nscan; i++) {
		const struct pw_found_link found = {
			.fs = image->bank.fs[0].id,
			.object = image->scan[i].object,
		};

		if (pw_links_add(&links, &found) < 0)
			abort();
	}
	if (pw_links_carry(&links, image) < 0)
		abort();
	pw_links_done(&links);
}

static void use(struct pw_image *image)
{
	struct pw_ids *ids = calloc(1, sizeof(*ids));
	struct pw_image *again = NULL;

	if (!ids || pw_image_encode(image) < 0 ||
	    pw_image_decode(image->file, image->file_length, &again) < 0 ||
	    !pw_image_same(image, again) || again->npending != image->npending ||
	    again->nscan != image->nscan)
		abort();
	pw_image_free(again);
	for (size_t i = 1; i < image->catalog->nprograms; i++)
		if (!image->catalog->programs[i])
			abort();
	carry_links(image);
	if (pw_image_number(image, ids) == 0)
		bind_image(image, ids);
	pw_ids_free(ids);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pw_image *image = NULL;
	size_t length;
	char *file;

	if (size < 2 * sizeof(uint32_t))
		return 0;
	file = make_file(data, size, &length);
	if (pw_image_decode(file, length, &image) == 0)
		use(image);
	pw_image_free(image);
	free(file);
	return 0;
}
