// SPDX-License-Identifier: BSD-2-Clause
#include "bundle/device.h"

#include <errno.h>
#include <fnmatch.h>
#include <stddef.h>
#include <string.h>

#include "bundle/document.h"

#define DEVICE_BYTES_MAX 65536
/* fnmatch(3) tries all ways to share a text among the stars. */
#define STARS_MAX 4

/* ---- The device -------------------------------------------------------------------------- */

#define DEVICE_KEY(name)                                                                           \
	static void read_##name(struct pw_reader *reader, const struct pw_yaml *node, void *out)   \
	{                                                                                          \
		((struct pw_device *)out)->name =                                                  \
			pw_document_text(reader, node, #name, PW_DEVICE_TEXT_MAX);                 \
	}

DEVICE_KEY(manufacturer)
DEVICE_KEY(model)
DEVICE_KEY(serial)
DEVICE_KEY(udi)
DEVICE_KEY(department)
DEVICE_KEY(location)
DEVICE_KEY(contact)

static void read_tags(struct pw_reader *reader, const struct pw_yaml *list, void *out)
{
	pw_document_texts(reader, list, "tags", PW_DEVICE_TEXT_MAX,
			  &((struct pw_device *)out)->tags);
}

static const struct pw_key device_keys[] = {
	{"phiward_device", PW_YAML_SCALAR, "the schema, 1", pw_read_schema},
	{"manufacturer", PW_YAML_SCALAR, NULL, read_manufacturer},
	{"model", PW_YAML_SCALAR, NULL, read_model},
	{"serial", PW_YAML_SCALAR, NULL, read_serial},
	{"udi", PW_YAML_SCALAR, NULL, read_udi},
	{"department", PW_YAML_SCALAR, NULL, read_department},
	{"location", PW_YAML_SCALAR, NULL, read_location},
	{"contact", PW_YAML_SCALAR, NULL, read_contact},
	{"tags", PW_YAML_LIST, NULL, read_tags},
};

/* Of one among others the schema stands above them. */
void pw_device_read_entry(struct pw_reader *reader, const struct pw_yaml *map,
			  struct pw_device *ret)
{
	pw_map_read(reader, map, "a device", &map->at, device_keys + 1,
		    PW_ARRAY_SIZE(device_keys) - 1, ret);
}

int pw_device_parse(const struct pw_source *source, struct pw_device **ret, struct pw_diag *diag)
{
	static const struct pw_document document = {"a description of a device", DEVICE_BYTES_MAX,
						    device_keys, PW_ARRAY_SIZE(device_keys)};
	_cleanup_(pw_arena_freep) struct pw_arena *arena = pw_arena_new();
	struct pw_device *device;
	int r;

	device = arena ? pw_arena_array(arena, 1, sizeof(*device)) : NULL;
	if (!device)
		return -ENOMEM;
	device->arena = arena;
	r = pw_document_read(&document, source, NULL, arena, device, diag);
	if (r < 0)
		return r;
	(void)TAKE_PTR(arena);
	*ret = device;

	return 0;
}

int pw_device_read(const char *path, struct pw_device **ret, struct pw_diag *diag)
{
	_cleanup_free_ char *text = NULL;
	struct pw_source source = {.name = (char *)path};
	int r = pw_document_load(path, DEVICE_BYTES_MAX, &text, &source.length, diag);

	source.text = text;

	return r ? r : pw_device_parse(&source, ret, diag);
}

struct pw_device *pw_device_free(struct pw_device *device)
{
	if (device)
		pw_arena_free(device->arena);

	return NULL;
}

/* ---- For which devices --------------------------------------------------------------------- */

void pw_patterns_read(struct pw_reader *reader, const struct pw_yaml *list, const char *name,
		      struct pw_texts *ret)
{
	pw_document_texts(reader, list, name, PW_DEVICE_TEXT_MAX, ret);
	for (size_t i = 0; i < ret->n; i++) {
		size_t stars = 0;

		for (const char *c = ret->list[i]; *c; c++)
			stars += *c == '*';
		if (stars > STARS_MAX)
			pw_error(reader, &list->at, "a pattern under '%s' has more than %d stars",
				 name, STARS_MAX);
	}
}

#define SELECTOR_KEY(name)                                                                         \
	static void select_##name(struct pw_reader *reader, const struct pw_yaml *list, void *out) \
	{                                                                                          \
		pw_patterns_read(reader, list, #name, &((struct pw_selectors *)out)->name);           \
	}

SELECTOR_KEY(manufacturer)
SELECTOR_KEY(model)
SELECTOR_KEY(serial)
SELECTOR_KEY(tags)

static const struct pw_key selector_keys[] = {
	{"manufacturer", PW_YAML_LIST, NULL, select_manufacturer},
	{"model", PW_YAML_LIST, NULL, select_model},
	{"serial", PW_YAML_LIST, NULL, select_serial},
	{"tags", PW_YAML_LIST, NULL, select_tags},
};

void pw_selectors_read(struct pw_reader *reader, const struct pw_yaml *map, void *out)
{
	struct pw_selectors *selectors = out;

	selectors->at = map->at;
	pw_map_read(reader, map, "'devices'", &map->at, selector_keys, PW_ARRAY_SIZE(selector_keys),
		    selectors);
}

bool pw_selectors_any(const struct pw_selectors *selectors)
{
	return !selectors->manufacturer.n && !selectors->model.n && !selectors->serial.n &&
	       !selectors->tags.n;
}

static bool matches(const struct pw_texts *patterns, const char *const *texts, size_t n)
{
	if (!patterns->n)
		return true;
	for (size_t i = 0; i < patterns->n; i++)
		for (size_t j = 0; j < n; j++)
			if (texts[j] && !fnmatch(patterns->list[i], texts[j], 0))
				return true;

	return false;
}

const char *pw_selectors_mismatch(const struct pw_selectors *selectors,
				  const struct pw_device *device)
{
	if (!matches(&selectors->manufacturer, &device->manufacturer, 1))
		return "manufacturer";
	if (!matches(&selectors->model, &device->model, 1))
		return "model";
	if (!matches(&selectors->serial, &device->serial, 1))
		return "serial";
	if (!matches(&selectors->tags, device->tags.list, device->tags.n))
		return "tags";

	return NULL;
}
