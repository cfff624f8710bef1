/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes an image the policy in force. Until one word is written the old policy
 * decides, after it the new one does; there is no state in between.
 */
#ifndef PW_PUBLISH_SWAP_H
#define PW_PUBLISH_SWAP_H

#include "publish/image.h"

#define PW_NOT_ADOPTED_MAX 64	/* kept of those that were not; the others are counted */

struct pw_swapped {
	size_t adopted;
	size_t not_adopted;
	struct pw_adopted refused[PW_NOT_ADOPTED_MAX];
	int links;		/* the active bank's map of links; for the scan; owned by the caller */
};

struct pw_swap_how {
	uint32_t links_room;		/* entries that the map of links gets */
	uint64_t try_ms;		/* on probation for so long; 0: for good */
	uint64_t back_generation;	/* with try_ms: see pw_probation_swapped() */
};

/*
 * On failure the old policy is still in force, and the idle slot holds what was put there so far,
 * which nothing looks at.
 */
int pw_swap(struct pw_kernel *kernel, const struct pw_image *image, const struct pw_swap_how *how,
	    struct pw_swapped *ret, struct pw_diag *diag);

/*
 * Makes no policy the one in force. Detaching takes the kernel a while after the links are
 * gone; from here on programs that still run find nothing to decide by.
 */
void pw_swap_off(struct pw_kernel *kernel);

/* The map of links of bank @slot is pinned, so that the next daemon finds what this one found. */
int pw_swap_pin_links(int fd, uint32_t slot);
int pw_swap_open_links(uint32_t slot);

/* A copy of the map of links @from with more room; a new descriptor. */
int pw_swap_links(int from, uint32_t room);

#endif
