// SPDX-License-Identifier: BSD-2-Clause
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>

#include "common/cleanup.h"
#include "publish/ward_private.h"

/* Records that were folded when the policy changed may still speak of these. */
#define PW_CATALOGS_KEPT 4

static void end_listing(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

void pw_ward_prune_later(struct pw_ward *ward)
{
	uint64_t generation = ward->image->bank.generation;
	struct pw_probation probation;

	if (pw_ward_on_probation(ward, &probation))
		generation = pw_kernel_bank(ward->kernel, probation.back)->generation;

	if (ward->prune_below != 0 || generation <= PW_CATALOGS_KEPT)
		return;
	ward->prune_below = generation - PW_CATALOGS_KEPT;
	ward->prune_at = __atomic_load_n(&pw_kernel_state(ward->kernel)->seq, __ATOMIC_RELAXED);
}

static int remove_below(int state_dir, uint64_t below)
{
	_cleanup_close_ int fd = openat(state_dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_(end_listing) DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir)
		return -errno;
	TAKE_FD(fd);
	while ((entry = readdir(dir))) {
		uint64_t generation;
		int end = 0;

		if (sscanf(entry->d_name, "catalog-%" SCNu64 ".json%n", &generation, &end) != 1 ||
		    end == 0 || entry->d_name[end] != '\0' || generation >= below)
			continue;
		if (unlinkat(state_dir, entry->d_name, 0) < 0)
			return -errno;
	}

	return 0;
}

void pw_ward_prune(struct pw_ward *ward)
{
	const struct pw_state *state = pw_kernel_state(ward->kernel);

	if (ward->prune_below == 0 ||
	    __atomic_load_n(&state->settled, __ATOMIC_RELAXED) < ward->prune_at)
		return;
	if (remove_below(ward->state_dir, ward->prune_below) == 0)
		ward->prune_below = 0;
}
