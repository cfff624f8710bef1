/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The numbers that the kernel knows subjects, objects and programs by. A name keeps its
 * number for the whole boot, and no number is given to a second name: a task
 * or a record that still carries it can only mean the first. Kept in the state
 * directory with the boot's id; generations go on counting over boots.
 */
#ifndef PW_PUBLISH_IDS_H
#define PW_PUBLISH_IDS_H

#include <stddef.h>
#include <stdint.h>

#include <phiward/abi.h>

#define PW_BOOT_ID_LEN 36
#define PW_PROGRAM_IDS 16384	/* four times what one policy can name */

/* As in /proc/sys/kernel/random/boot_id. */
int pw_boot_id(char boot[static PW_BOOT_ID_LEN + 1]);

struct pw_ids {
	char boot[PW_BOOT_ID_LEN + 1];
	uint64_t generation;		/* the last one given */
	char *subjects[PW_SUBJECT_IDS];	/* built-in ones included */
	char *objects[PW_OBJECT_IDS];
	char *programs[PW_PROGRAM_IDS];	/* their paths, from 1, without a gap */
	size_t nprograms;		/* the next one that is free */
};

/* Numbers of this boot (@boot), or fresh ones. */
int pw_ids_load(int state_dir, const char *boot, struct pw_ids **ret);
int pw_ids_save(int state_dir, const struct pw_ids *ids);

/* The number of @name, given now if it has none; -ENOSPC until the next boot. */
int pw_ids_subject(struct pw_ids *ids, const char *name, uint32_t *ret);
int pw_ids_object(struct pw_ids *ids, const char *name, uint32_t *ret);
int pw_ids_program(struct pw_ids *ids, const char *path, uint32_t *ret);

/* Numbers that a bank still uses although their names were lost: never given again. */
int pw_ids_reserve(struct pw_ids *ids, const struct pw_bank *bank);

/*
 * Gives the names of an image the numbers that it was compiled with: arrays by number, NULL
 * where there is none; of programs there are @nprograms, number 0 included. -EEXIST, and nothing is
 * given: one of them is another name's in this boot.
 */
int pw_ids_take(struct pw_ids *ids, char *const *subjects, char *const *objects,
		char *const *programs, size_t nprograms);

struct pw_ids *pw_ids_free(struct pw_ids *ids);

static inline void pw_ids_freep(struct pw_ids **ids)
{
	*ids = pw_ids_free(*ids);
}

#endif
