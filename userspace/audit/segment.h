/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The proof over the file that is being written: its tree, and the checkpoints in it. A file
 * of the log is a segment; its number is that of the file, and the one after the last for the
 * file that grows.
 *
 * All of it is in the file: after a crash the tree is made again from the lines.
 */
#ifndef PW_AUDIT_SEGMENT_H
#define PW_AUDIT_SEGMENT_H

#include "audit/entry.h"
#include "audit/file.h"
#include "audit/sealer.h"
#include "audit/tree.h"

#define PW_SEGMENT_AGE_NS (24ULL * 3600 * 1000000000)

struct pw_segment {
	struct pw_sealer sealer;
	struct pw_tree tree;
	struct pw_entries entries;	/* none but in the midst of a call */
	uint64_t number;
	uint64_t covered;		/* records under the last checkpoint of this segment */
	uint64_t age;			/* ns; one that began so long ago is closed */
	uint64_t began;			/* of the first record, by the clock of the boot; 0: none */
	bool stale;			/* the tree is not that of the file, and is made again */
	bool closed;			/* the last line is a checkpoint after which nothing comes */
	bool left;			/* it was found open */
	bool any;			/* there is a checkpoint, in this segment or before it */
	struct pw_checkpoint last;	/* that one */
	uint64_t nclosed;		/* segments that were closed since it was opened */
	struct pw_checkpoint closing;	/* of the last of these */
	char pending[PW_CHECKPOINT_MAX];	/* sealed, and the file does not have it yet */
	size_t pending_length;
	struct pw_checkpoint pending_checkpoint;
};

/* @file is open. Nothing is written. */
int pw_segment_open(struct pw_segment *segment, const struct pw_log_file *file, int state_dir,
		    const struct pw_state *state, int state_map);
void pw_segment_close(struct pw_segment *segment);

/*
 * Appends whole lines, after what is owed: closing a segment that was found open, that is
 * full or old. On error the file holds none of them.
 */
int pw_segment_append(struct pw_segment *segment, struct pw_log_file *file, const char *lines,
		      size_t length, uint64_t now);

/*
 * The same for what is owed for records before the log was opened: into a segment that was found
 * open, whose last checkpoint says that all is there.
 */
int pw_segment_append_owed(struct pw_segment *segment, struct pw_log_file *file, const char *lines,
			   size_t length, uint64_t now);

/*
 * A checkpoint over what was appended since the last one; with @end, over nothing too, if the
 * segment has records.
 */
int pw_segment_checkpoint(struct pw_segment *segment, struct pw_log_file *file,
			  enum pw_segment_end end);

/* Closes a segment that is old, also where nothing is appended. */
int pw_segment_tick(struct pw_segment *segment, struct pw_log_file *file, uint64_t now);

/* The checkpoint that closes a file; -ENODATA: its last line is none. */
int pw_segment_last(int dir, const char *name, struct pw_checkpoint *ret);

#endif
