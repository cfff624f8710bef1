/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the ring buffers to the log. One struct pw_log owns the rings, the
 * open log file, its proof and the account of numbers: every number that the kernel
 * issued ends up in exactly one line or inside the range of one gap line.
 */
#ifndef PW_AUDIT_LOG_H
#define PW_AUDIT_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include <phiward/abi.h>

#include "audit/actors.h"
#include "audit/checkpoint.h"
#include "policy/policy.h"
#include "publish/catalog.h"

struct pw_log;

/* A refusal or tamper event, after its line is in the log; for the journal. */
typedef void (*pw_log_notice_fn)(void *data, const struct pw_event *event,
				   const struct pw_catalog *catalog);

struct pw_log_config {
	int log_dir;		/* directory descriptors; borrowed */
	int state_dir;		/* where catalogs lie */
	int ring_members;	/* map descriptors; borrowed */
	int ring_others;
	int ring_tamper;	/* what others tried on the guard */
	struct pw_state *state;	/* the mapped state map; borrowed */
	int state_map;		/* its descriptor, for the module; -1: there is none */
	const struct pw_actors *actors;	/* borrowed; NULL: nobody is stated */
	pw_log_notice_fn notice;
	void *notice_data;
};

/*
 * Opens the log for appending, repairs a torn last line, reads where the
 * account stands. State that is new (nothing issued yet) is made to continue
 * the numbers of the log: open the log before anything is attached.
 */
int pw_log_open(const struct pw_log_config *config, struct pw_log **ret);

/* Descriptor to poll for POLLIN. */
int pw_log_fd(const struct pw_log *log);

/*
 * Writes all that is in the rings. With @settle, a number that neither ring
 * nor the kernel's loss counters account for becomes a gap line, and what was
 * written is sealed by a checkpoint and brought to the disk.
 * Returns how many lines were written, or a negative errno; then nothing is
 * consumed twice and `lost` counts what could not be written.
 */
int pw_log_drain(struct pw_log *log, int settle);

/* The daemon stops: drains, and closes the segment. To be followed by pw_log_close(). */
int pw_log_end(struct pw_log *log);

/* Alone it leaves the segment open, as a crash does. */
struct pw_log *pw_log_close(struct pw_log *log);

/* How it is written from now on. */
void pw_log_set(struct pw_log *log, const struct pw_log_policy *policy);

/* The last checkpoint; NULL: there is none yet. Valid until something is written. */
const struct pw_checkpoint *pw_log_checkpoint(const struct pw_log *log);

/* Up to this number all is in the log, under a checkpoint, and on the disk. */
uint64_t pw_log_sealed(const struct pw_log *log);

/* Whether a segment was closed since this was asked; *@ret is what closes it. */
bool pw_log_closed(struct pw_log *log, struct pw_checkpoint *ret);

#endif
