// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "audit/record.h"
#include "common/cleanup.h"

#define NS_PER_S 1000000000LL

static int read_boot_id(char boot[PW_BOOT_ID_LEN + 1])
{
	_cleanup_close_ int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, boot, PW_BOOT_ID_LEN);
	if (n < 0)
		return -errno;
	boot[n] = '\0';
	return n == PW_BOOT_ID_LEN ? 0 : -EBADMSG;
}

int pw_recorder_init(struct pw_recorder *recorder, int state_dir)
{
	*recorder = (struct pw_recorder){ .state_dir = state_dir, .mounts = PW_MOUNTS_INIT,
					  .second = -1 };
	return read_boot_id(recorder->boot);
}

void pw_recorder_done(struct pw_recorder *recorder)
{
	for (size_t i = 0; i < PW_ARRAY_SIZE(recorder->catalogs); i++)
		pw_catalog_free(recorder->catalogs[i].catalog);
	pw_mounts_done(&recorder->mounts);
	pw_cgroups_done(&recorder->cgroups);
	pw_line_done(&recorder->head);
	pw_line_done(&recorder->file);
	pw_directory_done(&recorder->directory);
	*recorder = (struct pw_recorder){ .mounts = PW_MOUNTS_INIT };
}

static int64_t read_clock(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

void pw_recorder_begin(struct pw_recorder *recorder)
{
	recorder->now = read_clock(CLOCK_REALTIME);
	recorder->real_offset = recorder->now - read_clock(CLOCK_BOOTTIME);
	recorder->batch++;
	if (recorder->actors && recorder->actors->changes != recorder->actor_changes) {
		recorder->actor_changes = recorder->actors->changes;
		recorder->stale = true;
	}
	/* Without the table paths are shown by device, which is what the place says then. */
	if (pw_mounts_refresh(&recorder->mounts) != 0)
		recorder->stale = true;
}

static struct pw_catalog_slot *find_slot(struct pw_recorder *recorder, uint64_t generation)
{
	struct pw_catalog_slot *oldest = &recorder->catalogs[0];

	for (size_t i = 0; i < PW_ARRAY_SIZE(recorder->catalogs); i++) {
		struct pw_catalog_slot *slot = &recorder->catalogs[i];

		if (slot->generation == generation)
			return slot;
		if (slot->used < oldest->used)
			oldest = slot;
	}
	oldest->catalog = pw_catalog_free(oldest->catalog);
	oldest->generation = generation;
	oldest->batch = 0;
	return oldest;
}

const struct pw_catalog *pw_recorder_catalog(struct pw_recorder *recorder, uint64_t generation)
{
	struct pw_catalog_slot *slot;

	if (!generation)
		return NULL;
	slot = find_slot(recorder, generation);
	slot->used = recorder->batch;
	if (slot->catalog || slot->batch == recorder->batch)
		return slot->catalog;
	slot->batch = recorder->batch;
	recorder->stale = true;
	if (pw_catalog_read(recorder->state_dir, generation, &slot->catalog) < 0)
		slot->catalog = NULL;
	return slot->catalog;
}
