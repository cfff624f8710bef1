// SPDX-License-Identifier: BSD-2-Clause
/* What is signed of a bundle, from anywhere: refused, or the same after it was written again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bundle/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same_texts(const struct pw_texts *a, const struct pw_texts *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->list[i], b->list[i]))
			return false;

	return true;
}

static bool same(const struct pw_bundle *a, const struct pw_bundle *b)
{
	if (strcmp(a->head.name, b->head.name) || a->head.version != b->head.version ||
	    a->head.not_before != b->head.not_before || a->head.not_after != b->head.not_after ||
	    !same_texts(&a->head.devices.model, &b->head.devices.model) ||
	    !same_texts(&a->head.devices.tags, &b->head.devices.tags) || a->nfiles != b->nfiles)
		return false;
	for (size_t i = 0; i < a->nfiles; i++)
		if (a->files[i].role != b->files[i].role ||
		    strcmp(a->files[i].name, b->files[i].name) ||
		    a->files[i].length != b->files[i].length ||
		    memcmp(a->files[i].text, b->files[i].text, a->files[i].length) != 0)
			return false;

	return true;
}

static void write_again(const struct pw_bundle *bundle, struct pw_diag *diag)
{
	struct pw_bundle *again = NULL;
	char *text = NULL;
	size_t length;

	if (pw_bundle_write(&bundle->head, bundle->files, bundle->nfiles, &text, &length) ||
	    pw_bundle_parse("again", text, length, &again, diag) || !same(bundle, again))
		abort();
	pw_bundle_free(again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pw_source *sources = NULL;
	struct pw_bundle *bundle = NULL;
	struct pw_diag diag = {};
	size_t n;

	if (!pw_bundle_parse("t", (const char *)data, size, &bundle, &diag)) {
		write_again(bundle, &diag);
		if (!pw_bundle_sources(bundle, &sources, &n) && !sources[0].text)
			abort();
	} else if (!diag.errors) {
		abort();
	}
	free(sources);
	pw_bundle_free(bundle);
	pw_diag_done(&diag);

	return 0;
}
