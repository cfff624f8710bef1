// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>

#include <systemd/sd-daemon.h>

#include "common/cleanup.h"
#include "daemon/addresses.h"
#include "daemon/clock.h"
#include "daemon/daemon.h"
#include "publish/auditor.h"
#include "publish/path_key.h"
#include "publish/pins.h"
#include "publish/status.h"
#include "publish/store.h"

#define SECOND 1000000ULL
#define PACE_USEC 20000ULL
#define REFRESH_USEC (2 * SECOND)	/* paths that are pending */
#define CANARY_USEC (60 * SECOND)
/* One for rings that are full already, and two for all that is counted: the ring of others holds 2,700. */
#define SETTLE_ROUNDS 3

/* ---- The log ------------------------------------------------------------------------------- */

int pw_watch_drain(struct pw_daemon *daemon, bool settle)
{
	int r;

	if (!daemon->log)
		return 0;
	r = pw_log_drain(daemon->log, settle);
	if (r < 0 && !daemon->log_failing)
		pw_journal_say(daemon->journal, LOG_CRIT, "the log in %s cannot be written: %s; "
			       "it is tried again", PW_LOG_DIR, strerror(-r));
	else if (r >= 0 && daemon->log_failing)
		pw_journal_say(daemon->journal, LOG_WARNING, "the log can be written again");
	daemon->log_failing = r < 0;
	if (r >= 0)
		pw_retain_written(daemon);
	/* A full ring would wake us for ever; the clock tries again. */
	sd_event_source_set_enabled(daemon->ring, r < 0 ? SD_EVENT_OFF : SD_EVENT_ON);
	return r;
}

/* True: there was no room for all of it. */
static bool tell_repeats(struct pw_daemon *daemon, bool all)
{
	int r = daemon->ward ? pw_ward_tell_repeats(daemon->ward, all) : 0;

	if (r < 0)
		pw_journal_say(daemon->journal, LOG_ERR,
			       "what was counted cannot be recorded: %s", strerror(-r));
	return r > 0;
}

int pw_watch_settle(struct pw_daemon *daemon, bool all)
{
	int rounds = SETTLE_ROUNDS, r;
	bool left;

	do {
		left = tell_repeats(daemon, all);
		r = pw_watch_drain(daemon, true);
	} while (left && r >= 0 && --rounds);
	return r;
}

/*
 * Records are written in batches: waking up costs more than writing a line, hashing eight together
 * little more than one, and what a program does twice is one line. The ring of others holds what
 * is recorded in PACE_USEC at 65,000 records a second, the members' four times that.
 */
static int on_ring(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct pw_daemon *daemon = data;

	(void)fd;
	(void)events;
	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	sd_event_source_set_time_relative(daemon->pace, PACE_USEC);
	sd_event_source_set_enabled(daemon->pace, SD_EVENT_ONESHOT);
	return 0;
}

static int on_pace(sd_event_source *source, uint64_t usec, void *data)
{
	(void)source;
	(void)usec;
	pw_watch_drain(data, false);
	return 0;
}

int pw_watch_log(struct pw_daemon *daemon)
{
	int r = sd_event_add_io(daemon->event, &daemon->ring, pw_log_fd(daemon->log), EPOLLIN,
				on_ring, daemon);

	if (r < 0)
		return r;
	pw_log_set(daemon->log, pw_retain_policy(daemon));
	pw_retain_begin(daemon);
	return 0;
}

void pw_watch_forget_log(struct pw_daemon *daemon)
{
	pw_retain_end(daemon);
	daemon->ring = sd_event_source_disable_unref(daemon->ring);
}

/* ---- The canary ---------------------------------------------------------------------------- */

int pw_watch_canary(struct pw_daemon *daemon, struct pw_canary *ret)
{
	int r;

	*ret = (struct pw_canary){ 0 };
	if (!daemon->ward || !pw_ward_catalog(daemon->ward))
		return 0;
	r = pw_ward_canary(daemon->ward, ret);
	if (r < 0)
		return r;
	if (!ret->file || !ret->net)
		pw_daemon_note(daemon, PW_RECORD_TAMPER, PW_ACTION_CANARY, PW_VERDICT_ALLOW,
			       PW_REASON_SWITCH, "not refused:%s%s",
			       ret->file ? "" : " opening the canary",
			       ret->net ? "" : " connecting to the canary's address");
	if ((!ret->file || !ret->net) != daemon->canary_failing) {
		daemon->canary_failing = !daemon->canary_failing;
		pw_journal_say(daemon->journal, daemon->canary_failing ? LOG_ALERT : LOG_NOTICE,
			       daemon->canary_failing ?
			       "the canary was not refused: phiward has been switched off" :
			       "the canary is refused again");
	}
	return 0;
}

/* ---- systemd's status ---------------------------------------------------------------------- */

static void tell_systemd(struct pw_daemon *daemon)
{
	json_object *status = NULL, *member;
	const char *state = "off", *policy = "none";

	if (pw_status_collect(daemon->ward, &status) == 0) {
		pw_json_string(status, "state", &state);
		if (json_object_object_get_ex(status, "policy", &member) && member)
			policy = json_object_get_string(member);
	}
	sd_notifyf(0, "STATUS=%s; policy: %s", state, policy);
	json_object_put(status);
}

/* ---- Clocks -------------------------------------------------------------------------------- */

static int again(sd_event_source *source, uint64_t usec)
{
	sd_event_source_set_time_relative(source, usec);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

/* Gaps, what is brought to the disk, and what could not be written. */
static uint64_t flush_usec(const struct pw_daemon *daemon)
{
	return pw_retain_policy(daemon)->flush_ms * 1000;
}

static int on_settle(sd_event_source *source, uint64_t usec, void *data)
{
	struct pw_daemon *daemon = data;

	(void)usec;
	if (daemon->ward && !daemon->log && pw_daemon_open_log(daemon) == 0)
		pw_journal_say(daemon->journal, LOG_WARNING, "the log could be opened now");
	pw_watch_settle(daemon, false);
	pw_retain_tick(daemon);
	return again(source, flush_usec(daemon));
}

static int on_canary(sd_event_source *source, uint64_t usec, void *data)
{
	struct pw_daemon *daemon = data;
	bool failing = daemon->canary_failing;
	struct pw_canary canary;
	int r = pw_watch_canary(daemon, &canary);

	(void)usec;
	if (r < 0)
		pw_journal_say(daemon->journal, LOG_ERR, "the canary cannot be tried: %s",
			       strerror(-r));
	if (failing != daemon->canary_failing)
		tell_systemd(daemon);
	return again(source, CANARY_USEC);
}

static void refresh(struct pw_daemon *daemon)
{
	struct pw_diag diag = { 0 };
	int r;

	if (!daemon->ward || !pw_ward_policy(daemon->ward))
		return;
	r = pw_ward_refresh(daemon->ward, &diag);
	pw_daemon_say_diag(daemon, &diag);
	pw_diag_done(&diag);
	if (r < 0)
		pw_journal_say(daemon->journal, LOG_ERR, "pending paths cannot be resolved: %s",
			       strerror(-r));
	else if (r > 0)
		pw_watch_applied(daemon);
}

static int on_refresh(sd_event_source *source, uint64_t usec, void *data)
{
	(void)usec;
	refresh(data);
	pw_clock_tick(data);
	return again(source, REFRESH_USEC);
}

/* ---- Mounts, addresses, links -------------------------------------------------------------- */

static int on_mounts(sd_event_source *source, int fd, uint32_t events, void *data)
{
	(void)source;
	(void)fd;
	(void)events;
	refresh(data);
	return 0;
}

static void update_addresses(struct pw_daemon *daemon)
{
	int r;

	if (!daemon->ward)
		return;
	r = pw_addresses_update(pw_kernel_map(pw_ward_kernel(daemon->ward), PW_MAP_LOCAL_ADDRS));
	if (r < 0 && !daemon->addresses_failing)
		pw_journal_say(daemon->journal, LOG_ERR, "not all addresses of this machine are "
			       "known to the kernel's part: %s", strerror(-r));
	daemon->addresses_failing = r < 0;
}

static int on_addresses(sd_event_source *source, int fd, uint32_t events, void *data)
{
	(void)source;
	(void)events;
	pw_addresses_clear(fd);
	update_addresses(data);
	return 0;
}

static int on_scan(sd_event_source *source, void *data)
{
	struct pw_daemon *daemon = data;
	int r = daemon->ward ? pw_ward_scan(daemon->ward) : 0;

	if (r > 0)
		return 0;
	if (r < 0)
		pw_journal_say(daemon->journal, LOG_ERR,
			       "the search for further links was not finished: %s", strerror(-r));
	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	pw_control_scan_over(daemon);
	return 0;
}

/* Beside the log, for the auditor, when the policy has digests for names. */
static void give_path_key(struct pw_daemon *daemon)
{
	const struct pw_catalog *catalog = daemon->ward ? pw_ward_catalog(daemon->ward) : NULL;
	size_t o = 0;
	int r;

	while (catalog && o < PW_OBJECT_IDS && !catalog->path_digests[o])
		o++;
	if (!catalog || o == PW_OBJECT_IDS)
		return;
	r = pw_path_key_give(daemon->directories.state, daemon->directories.log);
	if (r == -ENOENT)
		pw_journal_say(daemon->journal, LOG_WARNING, "nobody can tell which file a digest "
			       "stands for: put the auditor's certificate into %s", PW_AUDITOR_FILE);
	else if (r < 0)
		pw_journal_say(daemon->journal, LOG_ERR, "the key of the digests of paths cannot be "
			       "given to the auditor: %s (%s)", strerror(-r), PW_AUDITOR_FILE);
}

void pw_watch_applied(struct pw_daemon *daemon)
{
	struct pw_canary canary;

	/* What was counted under a policy of before needs its catalog, which is not kept for ever. */
	pw_watch_settle(daemon, true);
	pw_glass_look(daemon);
	if (daemon->log)
		pw_log_set(daemon->log, pw_retain_policy(daemon));
	sd_event_source_set_time_relative(daemon->ticks[0], flush_usec(daemon));
	give_path_key(daemon);
	update_addresses(daemon);
	pw_actor_applied(daemon);
	pw_watch_canary(daemon, &canary);
	if (daemon->ward && pw_ward_scanning(daemon->ward))
		sd_event_source_set_enabled(daemon->scan, SD_EVENT_ON);
	tell_systemd(daemon);
}

/* ---- All together -------------------------------------------------------------------------- */

/* The source closes the descriptor. */
static int add_fd(struct pw_daemon *daemon, sd_event_source **ret, int fd, uint32_t events,
		  sd_event_io_handler_t handler)
{
	int r;

	if (fd < 0)
		return fd;
	r = sd_event_add_io(daemon->event, ret, fd, events, handler, daemon);
	if (r < 0) {
		close(fd);
		return r;
	}
	return sd_event_source_set_io_fd_own(*ret, 1);
}

static int watch_mounts(struct pw_daemon *daemon)
{
	int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);

	return add_fd(daemon, &daemon->mounts, fd < 0 ? -errno : fd, EPOLLPRI, on_mounts);
}

int pw_watch_start(struct pw_daemon *daemon)
{
	const struct {
		uint64_t usec;
		sd_event_time_handler_t handler;
	} clocks[PW_ARRAY_SIZE(daemon->ticks)] = {
		{ pw_log_default.flush_ms * 1000, on_settle }, { REFRESH_USEC, on_refresh }, { CANARY_USEC, on_canary },
	};
	int r = watch_mounts(daemon);

	if (r >= 0)
		r = add_fd(daemon, &daemon->addresses, pw_addresses_open(), EPOLLIN, on_addresses);
	for (size_t i = 0; r >= 0 && i < PW_ARRAY_SIZE(clocks); i++)
		r = sd_event_add_time_relative(daemon->event, &daemon->ticks[i], CLOCK_BOOTTIME,
					       clocks[i].usec, 0, clocks[i].handler, daemon);
	if (r >= 0)
		r = sd_event_add_time_relative(daemon->event, &daemon->pace, CLOCK_MONOTONIC,
					       PACE_USEC, PACE_USEC / 10, on_pace, daemon);
	if (r >= 0)
		r = sd_event_source_set_enabled(daemon->pace, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_defer(daemon->event, &daemon->scan, on_scan, daemon);
	if (r >= 0)
		r = sd_event_source_set_priority(daemon->scan, SD_EVENT_PRIORITY_IDLE);
	if (r >= 0)
		r = sd_event_source_set_enabled(daemon->scan, SD_EVENT_OFF);
	if (r >= 0)
		r = pw_retain_start(daemon);
	return r < 0 ? r : 0;
}

void pw_watch_stop(struct pw_daemon *daemon)
{
	pw_watch_forget_log(daemon);
	pw_retain_stop(daemon);
	sd_event_source_disable_unref(daemon->scan);
	sd_event_source_disable_unref(daemon->pace);
	sd_event_source_disable_unref(daemon->mounts);
	sd_event_source_disable_unref(daemon->addresses);
	for (size_t i = 0; i < PW_ARRAY_SIZE(daemon->ticks); i++)
		sd_event_source_disable_unref(daemon->ticks[i]);
}
