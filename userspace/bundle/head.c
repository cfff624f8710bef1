// SPDX-License-Identifier: BSD-2-Clause
/* Of the manifest what stands in a bundle as people wrote it. */
#include "bundle/document.h"

void pw_bundle_read_name(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	if (pw_read_name(reader, node, "a bundle"))
		((struct pw_bundle_head *)out)->name = node->text;
}

void pw_bundle_read_version(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	((struct pw_bundle_head *)out)->version =
		pw_document_number(reader, node, "version", 1, INT64_MAX);
}

void pw_document_instant(struct pw_reader *reader, const struct pw_yaml *node, const char *name,
			 int64_t *ret)
{
	if (!pw_instant_parse(node->text, ret))
		pw_error(reader, &node->at, "'%s' must be a date like 2026-12-01 or "
			 "2026-12-01T08:00:00Z (UTC), this is '%.40s'", name, node->text);
}

void pw_bundle_read_not_before(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	pw_document_instant(reader, node, "not_before", &((struct pw_bundle_head *)out)->not_before);
}

void pw_bundle_read_not_after(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	struct pw_bundle_head *head = out;

	pw_document_instant(reader, node, "not_after", &head->not_after);
	if (head->not_before != PW_INSTANT_NONE && head->not_after != PW_INSTANT_NONE &&
	    head->not_after < head->not_before)
		pw_error(reader, &node->at, "'not_after' lies before 'not_before'");
}

void pw_bundle_read_devices(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	pw_selectors_read(reader, node, &((struct pw_bundle_head *)out)->devices);
}
