/* SPDX-License-Identifier: BSD-2-Clause */
/* A bundle from a file to what may be loaded of it: signatures first, then what they sign. */
#ifndef PW_BUNDLE_ACCEPT_H
#define PW_BUNDLE_ACCEPT_H

#include "bundle/bundle.h"
#include "bundle/cms.h"
#include "bundle/trust.h"

struct pw_accept {
	const struct pw_trust *trust;
	struct pw_clock clock;
	/*
	 * Whether all of a bundle but the site's file was accepted before under its name, by all
	 * whose signatures are required. NULL: nothing was.
	 */
	bool (*known)(void *data, const struct pw_bundle *bundle);
	void *known_data;
	bool site_only;			/* it was asked, and answered yes */
	struct pw_cms *cms;
	struct pw_bundle *bundle;	/* NULL: refused before it was read */
};

/*
 * Judges @der, of which @file is the name for errors, and reads what is signed; nothing of it is
 * looked at before enough signatures count. accept->cms is set whenever the file could be taken
 * apart, also on errors, for who wants to show its signers. 0, -ENOMEM, or with errors in @diag -EACCES
 * or -EINVAL. pw_accept_done() in any case.
 */
int pw_accept(struct pw_accept *accept, const char *file, const void *der, size_t length,
	      struct pw_diag *diag);
void pw_accept_done(struct pw_accept *accept);

/* Whether the bundle is for @device; NULL: nothing says what this device is. 0 or -EACCES. */
int pw_accept_device(const struct pw_accept *accept, const struct pw_device *device,
		     struct pw_diag *diag);

#endif
