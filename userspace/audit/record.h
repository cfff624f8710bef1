/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From an event of the kernel to a line of the log: one JSON object with
 * always the same members in the same order, null where there is nothing to
 * say. The format is described in docs/audit-format.md; pw_record_fields names
 * the members in their order.
 *
 * The line is written member by member and not built as a tree first, and what
 * it repeats of the line before is copied: a protected open has 6,000
 * instructions to spend, the kernel's share included.
 */
#ifndef PW_AUDIT_RECORD_H
#define PW_AUDIT_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <phiward/abi.h>

#include "audit/actors.h"
#include "audit/cgroups.h"
#include "common/mounts.h"
#include "audit/line.h"
#include "audit/place.h"
#include "publish/catalog.h"
#include "publish/path_key.h"

#define PW_RECORD_SCHEMA 1
#define PW_RECORD_LINE_MAX (256 * 1024)	/* longer lines are not ours */
#define PW_BOOT_ID_LEN 36
#define PW_RECORD_GROUPS 9

extern const char *const pw_record_fields[];
extern const size_t pw_record_nfields;

struct pw_catalog_slot {
	struct pw_catalog *catalog;	/* NULL: it could not be read */
	uint64_t generation;
	uint64_t batch;			/* when that was found out */
	uint64_t used;
};

/* What is needed to understand an event. */
struct pw_recorder {
	int state_dir;			/* borrowed */
	char boot[PW_BOOT_ID_LEN + 1];
	int64_t now;			/* CLOCK_REALTIME at the start of the batch, ns */
	int64_t real_offset;		/* CLOCK_REALTIME - CLOCK_BOOTTIME, ns */
	time_t second;			/* what second_text says */
	char second_text[32];
	size_t second_length;
	const struct pw_actors *actors;	/* borrowed, or NULL */
	uint64_t actor_changes;		/* of those known to the groups below */
	struct pw_mounts mounts;
	struct pw_cgroups cgroups;
	struct pw_catalog_slot catalogs[4];
	uint8_t path_key[PW_PATH_KEY_LEN];
	bool has_path_key;
	uint64_t batch;
	/* The event before and the text of its line, for what the next one repeats. */
	const struct pw_event *before;	/* NULL: nothing can be repeated */
	_Alignas(8) char before_bytes[PW_EVENT_SIZE];
	struct pw_line head, file;		/* the groups before the moment; the one behind it */
	size_t group_ends[PW_RECORD_GROUPS];	/* where each ends in head */
	struct pw_directory directory;	/* of the last path */
	bool stale;			/* mounts or catalogs changed since */
};

int pw_recorder_init(struct pw_recorder *recorder, int state_dir);
void pw_recorder_done(struct pw_recorder *recorder);

/* Before each batch: takes the clocks' offset, looks for changed mounts. */
void pw_recorder_begin(struct pw_recorder *recorder);

/* The catalog of a generation, or NULL. Valid until the next call. */
const struct pw_catalog *pw_recorder_catalog(struct pw_recorder *recorder, uint64_t generation);

/*
 * Appends the line of a valid event, its newline included. @count: it stands for that many numbers
 * from its own on.
 */
void pw_record_event(struct pw_recorder *recorder, const struct pw_event *event, uint64_t count,
		     struct pw_line *line);

/*
 * Whether a file or a peer was used once more, as when a program opens each file twice: @next follows
 * on @count events from @first, and says the same but for its number and moment.
 */
bool pw_record_repeats(const struct pw_event *first, uint64_t count, const struct pw_event *next);

/* Appends the line that accounts for the numbers from @first to @last, which have none. */
void pw_record_gap(struct pw_recorder *recorder, uint64_t first, uint64_t last,
		   const char *reason, struct pw_line *line);

#endif
