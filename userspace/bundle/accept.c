// SPDX-License-Identifier: BSD-2-Clause
#include "bundle/accept.h"

#include <errno.h>

static int refuse_instant(struct pw_diag *diag, const char *file, const char *what,
			  int64_t instant)
{
	const struct pw_position at = {.file = file};
	char text[PW_INSTANT_LEN + 1];

	pw_instant_write(instant, text);
	pw_diag_add(diag, PW_DIAG_ERROR, &at, "the bundle %s %s", what, text);

	return -EACCES;
}

static int check_validity(const struct pw_bundle_head *head, const struct pw_clock *clock,
			  const char *file, struct pw_diag *diag)
{
	if (!clock->synchronised)
		return 0;
	if (head->not_before != PW_INSTANT_NONE && clock->now < head->not_before)
		return refuse_instant(diag, file, "is not yet valid: it is from", head->not_before);
	if (head->not_after != PW_INSTANT_NONE && clock->now > head->not_after)
		return refuse_instant(diag, file, "has expired: it was valid until", head->not_after);

	return 0;
}

/* Enough for the site's file alone: all else must be what was accepted before. */
static int check_known(const struct pw_accept *accept, const char *file, struct pw_diag *diag)
{
	const struct pw_position at = {.file = file};

	if (!accept->site_only || (accept->known &&
				   accept->known(accept->known_data, accept->bundle)))
		return 0;
	pw_diag_add(diag, PW_DIAG_ERROR, &at, "the signatures are enough for a change of the site's file "
		    "alone, and something else is not as it was accepted before");

	return pw_trust_refuse(accept->trust, file, accept->cms, diag);
}

int pw_accept(struct pw_accept *accept, const char *file, const void *der, size_t length,
	      struct pw_diag *diag)
{
	int r;

	r = pw_cms_read(file, der, length, &accept->cms, diag);
	if (!r)
		r = pw_trust_judge(accept->trust, file, accept->cms, &accept->clock,
				   &accept->site_only, diag);
	if (!r)
		r = pw_bundle_parse(file, accept->cms->content, accept->cms->length, &accept->bundle,
				    diag);
	if (!r)
		r = check_known(accept, file, diag);

	return r ? r : check_validity(&accept->bundle->head, &accept->clock, file, diag);
}

void pw_accept_done(struct pw_accept *accept)
{
	accept->bundle = pw_bundle_free(accept->bundle);
	accept->cms = pw_cms_free(accept->cms);
}

int pw_accept_device(const struct pw_accept *accept, const struct pw_device *device,
		     struct pw_diag *diag)
{
	const struct pw_selectors *devices = &accept->bundle->head.devices;
	const char *other;

	if (pw_selectors_any(devices))
		return 0;
	if (!device) {
		pw_diag_add(diag, PW_DIAG_ERROR, &devices->at, "the bundle is for certain devices, and "
			    "nothing says what this one is: write " PW_DEVICE_FILE);
		return -EACCES;
	}
	other = pw_selectors_mismatch(devices, device);
	if (!other)
		return 0;
	pw_diag_add(diag, PW_DIAG_ERROR, &devices->at, "the bundle is not for this device: its "
		    "'%s' is another than '%s' in " PW_DEVICE_FILE, other, other);

	return -EACCES;
}
