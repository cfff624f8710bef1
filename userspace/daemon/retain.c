// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/retain.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

#include "common/cleanup.h"
#include "daemon/daemon.h"
#include "publish/pins.h"
#include "publish/store.h"

#define SECOND 1000000000ULL
#define PACK_LEAST 65536	/* bytes; compressed, smaller ones would not save much */
#define LOOK_NS (60 * SECOND)
#define TELL_NS (3600 * SECOND)
/* So much later than the log's last checkpoint it may be when phiwardd starts. */
#define AHEAD_NS (7 * 24 * 3600 * (int64_t)SECOND)

static uint64_t now_of(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec;
}

const struct pw_log_policy *pw_retain_policy(const struct pw_daemon *daemon)
{
	const struct pw_policy *policy = daemon->ward ? pw_ward_policy(daemon->ward) : NULL;

	return policy ? &policy->log : &pw_log_default;
}

/* ---- The journal -------------------------------------------------------------------------- */

static void tell_anchor(struct pw_daemon *daemon, const struct pw_checkpoint *checkpoint)
{
	struct pw_retain *retain = &daemon->retain;
	char anchor[PW_CHECKPOINT_MAX];

	pw_checkpoint_anchor(checkpoint, anchor);
	retain->told = now_of(CLOCK_BOOTTIME);
	if (!strcmp(anchor, retain->anchor))
		return;
	strcpy(retain->anchor, anchor);
	pw_journal_say(daemon->journal, LOG_NOTICE, "anchor of the log: %s", anchor);
}

static void tell_hourly(struct pw_daemon *daemon)
{
	const struct pw_checkpoint *last = pw_log_checkpoint(daemon->log);

	if (last && (!daemon->retain.told ||
		     now_of(CLOCK_BOOTTIME) - daemon->retain.told >= TELL_NS))
		tell_anchor(daemon, last);
}

void pw_retain_written(struct pw_daemon *daemon)
{
	struct pw_checkpoint closed;

	if (!pw_log_closed(daemon->log, &closed))
		return;
	daemon->retain.closed = true;
	tell_anchor(daemon, &closed);
}

/* ---- Room --------------------------------------------------------------------------------- */

static unsigned int percent(uint64_t part, uint64_t whole)
{
	return whole ? (unsigned int)((unsigned __int128)part * 100 / whole) : 100;
}

/* Some file systems make inodes as they are needed, and say that there are none. */
static unsigned int free_of(const struct statvfs *st)
{
	unsigned int blocks = percent(st->f_bavail, st->f_blocks),
		     inodes = percent(st->f_favail, st->f_files);

	return inodes < blocks ? inodes : blocks;
}

static void watch_room(struct pw_daemon *daemon)
{
	struct pw_retain *retain = &daemon->retain;
	uint64_t warn = pw_retain_policy(daemon)->warn_free;
	struct statvfs st;
	bool low;

	if (fstatvfs(daemon->directories.log, &st) < 0)
		return;
	retain->free = free_of(&st);
	low = retain->low ? retain->free <= warn && warn : retain->free < warn;
	if (low == retain->low)
		return;
	retain->low = low;
	pw_journal_say(daemon->journal, low ? LOG_WARNING : LOG_NOTICE,
		       low ? "of the file system of " PW_LOG_DIR " %u%% are free; when it is full, "
			     "records wait in memory, and then on_audit_loss of each object decides" :
			     "of the file system of " PW_LOG_DIR " %u%% are free again", retain->free);
	pw_daemon_note(daemon, PW_RECORD_SYSTEM, PW_ACTION_SPACE, PW_VERDICT_ALLOW, PW_REASON_LOG,
		       "%u%% of the log's file system are %s", retain->free,
		       low ? "free, and no more" : "free again");
}

/* ---- Deleting ----------------------------------------------------------------------------- */

/*
 * A clock that was set far ahead would make all of the log old: time passes no faster than
 * since the log was opened, and not much more than AHEAD_NS went by before.
 */
static int64_t trusted_now(const struct pw_daemon *daemon)
{
	const struct pw_retain *retain = &daemon->retain;
	int64_t now = (int64_t)now_of(CLOCK_REALTIME), limit;

	limit = retain->log_time + AHEAD_NS + (int64_t)(now_of(CLOCK_BOOTTIME) - retain->opened);
	return now < limit ? now : limit;
}

static void fail_to_expire(struct pw_daemon *daemon, int error)
{
	if (!daemon->retain.expire_failing)
		pw_journal_say(daemon->journal, LOG_WARNING, "the oldest segment of the log cannot be "
			       "deleted: %s", error == -EBADMSG ? "it is damaged" : strerror(-error));
	daemon->retain.expire_failing = true;
}

static void remove_expired(struct pw_daemon *daemon)
{
	struct pw_retain *retain = &daemon->retain;
	int r = pw_keep_remove(daemon->directories.log, retain->expired.segment);

	if (r < 0) {
		fail_to_expire(daemon, r);
		return;
	}
	retain->expire_failing = false;
	retain->expired_seq = 0;
	retain->looked = 0;	/* the next one may be as old */
	pw_journal_say(daemon->journal, LOG_NOTICE, "segment %" PRIu64 " of the log was deleted: the "
		       "policy keeps it no longer", retain->expired.segment);
}

static void find_expired(struct pw_daemon *daemon)
{
	struct pw_retain *retain = &daemon->retain;
	uint64_t keep_ms = pw_retain_policy(daemon)->keep_ms;
	char text[PW_EXPIRED_TEXT_MAX];
	int r;

	/* One that is being compressed would come back. */
	if (!keep_ms || retain->pack)
		return;
	r = pw_keep_find(daemon->directories.log, trusted_now(daemon), keep_ms * 1000000,
			 &retain->expired);
	if (r < 0)
		fail_to_expire(daemon, r);
	if (r <= 0)
		return;
	pw_expired_text(&retain->expired, text);
	/* Where no record can be made, the segment stays. */
	if (pw_ward_note(daemon->ward, PW_RECORD_SYSTEM, PW_ACTION_EXPIRE, PW_VERDICT_ALLOW,
			 PW_REASON_LOG, text) == 0)
		retain->expired_seq = __atomic_load_n(
			&pw_kernel_state(pw_ward_kernel(daemon->ward))->seq, __ATOMIC_ACQUIRE);
}

/* ---- Compressing -------------------------------------------------------------------------- */

static void begin_pack(struct pw_daemon *daemon)
{
	struct pw_retain *retain = &daemon->retain;
	uint64_t segment = pw_keep_unpacked(daemon->directories.log, PACK_LEAST);
	int r;

	if (retain->pack || !segment || segment == retain->expired.segment)
		return;
	r = pw_pack_begin(daemon->directories.log, segment, &retain->pack);
	if (r == 0)
		sd_event_source_set_enabled(retain->idle, SD_EVENT_ON);
	else if (!retain->pack_failing)
		pw_journal_say(daemon->journal, LOG_WARNING, "segment %" PRIu64 " of the log cannot be "
			       "compressed: %s", segment, strerror(-r));
	retain->pack_failing = r < 0;
}

static int on_idle(sd_event_source *source, void *data)
{
	struct pw_daemon *daemon = data;
	struct pw_retain *retain = &daemon->retain;
	int r = retain->pack ? pw_pack_step(retain->pack) : 0;

	if (r > 0)
		return 0;
	if (r < 0 && !retain->pack_failing)
		pw_journal_say(daemon->journal, LOG_WARNING, "a segment of the log could not be "
			       "compressed: %s", strerror(-r));
	retain->pack_failing = r < 0;
	retain->pack = pw_pack_end(retain->pack);
	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	if (r == 0)
		begin_pack(daemon);
	return 0;
}

/* ---- All together ------------------------------------------------------------------------- */

static bool is_time_to_look(struct pw_retain *retain)
{
	uint64_t now = now_of(CLOCK_BOOTTIME);

	if (retain->looked && !retain->closed && now - retain->looked < LOOK_NS)
		return false;
	retain->looked = now;
	retain->closed = false;
	return true;
}

void pw_retain_tick(struct pw_daemon *daemon)
{
	struct pw_retain *retain = &daemon->retain;

	if (!daemon->log)
		return;
	tell_hourly(daemon);
	watch_room(daemon);
	if (retain->expired_seq) {
		if (pw_log_sealed(daemon->log) >= retain->expired_seq)
			remove_expired(daemon);
	} else if (is_time_to_look(retain)) {
		find_expired(daemon);
		begin_pack(daemon);
	}
}

void pw_retain_begin(struct pw_daemon *daemon)
{
	const struct pw_checkpoint *last = pw_log_checkpoint(daemon->log);
	struct pw_retain *retain = &daemon->retain;

	retain->opened = now_of(CLOCK_BOOTTIME);
	if (!last || !pw_keep_time(last->time, &retain->log_time))
		retain->log_time = (int64_t)now_of(CLOCK_REALTIME);
	retain->looked = 0;
}

void pw_retain_end(struct pw_daemon *daemon)
{
	struct pw_retain *retain = &daemon->retain;

	retain->pack = pw_pack_end(retain->pack);
	retain->expired_seq = 0;
	if (retain->idle)
		sd_event_source_set_enabled(retain->idle, SD_EVENT_OFF);
}

int pw_retain_start(struct pw_daemon *daemon)
{
	sd_event_source **idle = &daemon->retain.idle;
	int r = sd_event_add_defer(daemon->event, idle, on_idle, daemon);

	if (r >= 0)
		r = sd_event_source_set_priority(*idle, SD_EVENT_PRIORITY_IDLE);
	return r < 0 ? r : sd_event_source_set_enabled(*idle, SD_EVENT_OFF);
}

void pw_retain_stop(struct pw_daemon *daemon)
{
	daemon->retain.pack = pw_pack_end(daemon->retain.pack);
	daemon->retain.idle = sd_event_source_disable_unref(daemon->retain.idle);
}

json_object *pw_retain_status(const struct pw_daemon *daemon)
{
	const struct pw_checkpoint *last = daemon->log ? pw_log_checkpoint(daemon->log) : NULL;
	json_object *object = json_object_new_object();
	char anchor[PW_CHECKPOINT_MAX];
	int r = object ? 0 : -ENOMEM;

	if (!r)
		r = pw_json_add(object, "writable",
				json_object_new_boolean(daemon->log && !daemon->log_failing));
	if (!r)
		r = pw_json_add(object, "free_percent", json_object_new_int((int)daemon->retain.free));
	if (!r)
		r = pw_json_add(object, "low", json_object_new_boolean(daemon->retain.low));
	if (!r && last) {
		pw_checkpoint_anchor(last, anchor);
		r = pw_json_add(object, "anchor", json_object_new_string(anchor));
	}
	if (!r)
		return object;
	json_object_put(object);
	return NULL;
}
