// SPDX-License-Identifier: BSD-2-Clause
#include "fleet/inventory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bundle/document.h"
#include "common/cleanup.h"

#define BYTES_MAX (32 << 20)

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct pw_device *)a)->serial, ((const struct pw_device *)b)->serial);
}

static void refuse_twice(struct pw_reader *reader, const struct pw_yaml *list,
			 const struct pw_inventory *inventory)
{
	for (size_t i = 1; i < inventory->n; i++)
		if (!compare(&inventory->devices[i - 1], &inventory->devices[i]))
			pw_error(reader, &list->at, "two devices have the serial '%s'",
				 inventory->devices[i].serial);
}

static void read_devices(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	struct pw_inventory *inventory = out;

	inventory->devices = pw_arena_array(reader->arena, list->n, sizeof(*inventory->devices));
	if (!inventory->devices)
		return;
	for (const struct pw_yaml *item = list->first; item; item = item->next) {
		struct pw_device *device = &inventory->devices[inventory->n];

		if (!pw_kind_is(reader, item, PW_YAML_MAP, "devices"))
			continue;
		pw_device_read_entry(reader, item, device);
		if (device->serial)
			inventory->n++;
		else
			pw_error(reader, &item->at, "a device has no 'serial': it is known by that");
	}
	qsort(inventory->devices, inventory->n, sizeof(*inventory->devices), compare);
	refuse_twice(reader, list, inventory);
}

static const struct pw_key keys[] = {
	{"phiward_devices", PW_YAML_SCALAR, "the schema, 1", pw_read_schema},
	{"devices", PW_YAML_LIST, "a list of devices", read_devices},
};

int pw_inventory_parse(const struct pw_source *source, struct pw_inventory **ret,
		       struct pw_diag *diag)
{
	static const struct pw_document document = {"an inventory of devices", BYTES_MAX, keys,
						    PW_ARRAY_SIZE(keys)};
	_cleanup_(pw_arena_freep) struct pw_arena *arena = pw_arena_new();
	struct pw_inventory *inventory;
	int r;

	inventory = arena ? pw_arena_array(arena, 1, sizeof(*inventory)) : NULL;
	if (!inventory)
		return -ENOMEM;
	inventory->arena = arena;
	r = pw_document_read(&document, source, NULL, arena, inventory, diag);
	if (r < 0)
		return r;
	(void)TAKE_PTR(arena);
	*ret = inventory;

	return 0;
}

int pw_inventory_read(const char *path, struct pw_inventory **ret, struct pw_diag *diag)
{
	_cleanup_free_ char *text = NULL;
	struct pw_source source = {.name = (char *)path};
	int r = pw_document_load(path, BYTES_MAX, &text, &source.length, diag);

	source.text = text;

	return r ? r : pw_inventory_parse(&source, ret, diag);
}

struct pw_inventory *pw_inventory_free(struct pw_inventory *inventory)
{
	if (inventory)
		pw_arena_free(inventory->arena);

	return NULL;
}

const struct pw_device *pw_inventory_find(const struct pw_inventory *inventory, const char *serial)
{
	const struct pw_device wanted = {.serial = serial};

	return bsearch(&wanted, inventory->devices, inventory->n, sizeof(*inventory->devices),
		       compare);
}
