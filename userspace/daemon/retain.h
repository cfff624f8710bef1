/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happens to the log beside writing: closed segments are compressed and, when the policy
 * says so, deleted; the room that is left is watched; its checkpoints are told to the journal.
 */
#ifndef PW_DAEMON_RETAIN_H
#define PW_DAEMON_RETAIN_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>
#include <systemd/sd-event.h>

#include "audit/checkpoint.h"
#include "audit/keep.h"
#include "audit/pack.h"

struct pw_daemon;

struct pw_retain {
	sd_event_source *idle;		/* a step of packing, when nothing else is to be done */
	struct pw_pack *pack;
	bool pack_failing;
	struct pw_expired expired;	/* to be deleted when its record is on the disk */
	uint64_t expired_seq;		/* the record's number, or a higher one; 0: none is */
	bool expire_failing;
	uint64_t looked;		/* when the directory was looked at; ns since boot */
	int64_t log_time;		/* of the checkpoint that the log was found with; ns since 1970 */
	uint64_t opened;		/* when that was; ns since boot */
	unsigned int free;		/* percent of the file system, or of its inodes */
	bool low;
	bool closed;			/* a segment was, since it was looked */
	uint64_t told;			/* when the journal was told a checkpoint; ns since boot */
	char anchor[PW_CHECKPOINT_MAX];	/* which one */
};

int pw_retain_start(struct pw_daemon *daemon);
void pw_retain_stop(struct pw_daemon *daemon);

/* A log was opened; and before it is closed. */
void pw_retain_begin(struct pw_daemon *daemon);
void pw_retain_end(struct pw_daemon *daemon);

/* After what was written: a segment may have been closed. */
void pw_retain_written(struct pw_daemon *daemon);

/* Every flush interval. */
void pw_retain_tick(struct pw_daemon *daemon);

/* What `phiward status` says of the log. */
json_object *pw_retain_status(const struct pw_daemon *daemon);

/* The policy in force on the log, or the default. */
const struct pw_log_policy *pw_retain_policy(const struct pw_daemon *daemon);

#endif
