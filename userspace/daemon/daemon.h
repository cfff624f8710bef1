/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The daemon: what it holds, and the steps that its files take on it. One
 * thread works on all of this; another only sends lines to the journal.
 */
#ifndef PW_DAEMON_DAEMON_H
#define PW_DAEMON_DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <json-c/json.h>
#include <systemd/sd-event.h>

#include "audit/log.h"
#include "daemon/actor.h"
#include "daemon/directories.h"
#include "daemon/journal.h"
#include "daemon/probation.h"
#include "daemon/retain.h"
#include "daemon/server.h"
#include "publish/glass.h"
#include "publish/ward.h"

#define PW_WAITING_MAX 8

struct pw_glass_token;

/* Sessions of break-glass. */
struct pw_glass_state {
	struct pw_glass_sessions sessions;
	sd_event_source *expiry;
	bool loaded;
	uint64_t shown;		/* number of the session in the file for the screen, 0: none, */
	bool showing;		/* and whether there is such a file */
};

struct pw_waiting {
	struct pw_client *client;	/* NULL: free */
	json_object *answer;		/* what it gets when the scan is over */
};

struct pw_daemon {
	sd_event *event;
	struct pw_directories directories;
	struct pw_journal *journal;
	struct pw_server *server;
	struct pw_ward *ward;		/* NULL: nothing of phiward is in the kernel */
	struct pw_log *log;		/* with ward; NULL: it could not be opened yet */
	sd_event_source *ring;		/* with log */
	sd_event_source *pace;		/* running: the ring is looked at when it ends */
	sd_event_source *scan;
	sd_event_source *mounts;
	sd_event_source *addresses;
	sd_event_source *ticks[3];
	struct pw_waiting waiting[PW_WAITING_MAX];
	struct pw_retain retain;
	struct pw_actor_state actor;
	struct pw_clock judged;		/* by what it was seen last which rules expired */
	int64_t announced;		/* when it was told last which will; seconds since 1970 */
	struct pw_glass_state glass;
	struct pw_daemon_probation probation;
	const char *key;		/* what became of the boot's first key; NULL: not now */
	bool log_failing;		/* said already */
	bool canary_failing;
	bool addresses_failing;
};

/* ---- phiward in the kernel and its policy: policy.c ------------------------------------------ */

/* Adopts or loads, and opens the log. Where a kernel cannot, the daemon stays to say so. */
int pw_daemon_open(struct pw_daemon *daemon, struct pw_diag *diag);

/* A log that cannot be opened is tried again later; the rings keep what they can. */
int pw_daemon_open_log(struct pw_daemon *daemon);
void pw_daemon_close(struct pw_daemon *daemon);

/*
 * After a start: opens, and puts the policy into force that was accepted last,
 * or the file if its version is higher or there is no other. It fails only when what is in
 * force does not take this process for phiwardd, -EACCES, or is sealed, and not with what is
 * here, -EKEYREJECTED.
 */
int pw_daemon_restore(struct pw_daemon *daemon);

/* Opens where nothing of phiward is in the kernel; an error is in @diag. */
int pw_daemon_want_ward(struct pw_daemon *daemon, struct pw_diag *diag);

/* Puts the accepted policy into force again, where another was and its bank decides already. */
void pw_daemon_put_back(struct pw_daemon *daemon);

/*
 * The same as pw_daemon_apply() for the policy of a bundle that was judged by @trust; sealed or not.
 * @bundle: what counts of it once it is accepted.
 */
int pw_daemon_apply_signed(struct pw_daemon *daemon, struct pw_policy *policy,
			   const struct pw_trust *trust, const struct pw_highest *bundle,
			   const struct pw_apply *how, uid_t uid, struct pw_diag *diag);

/*
 * Takes @policy over in any case. Errors are in @diag. @uid: who wants it. Refused where there
 * is a trust.yaml.
 */
int pw_daemon_apply(struct pw_daemon *daemon, struct pw_policy *policy, const struct pw_apply *how,
		    uid_t uid, struct pw_diag *diag);

/* The user stands in the records of what follows. */
void pw_daemon_act_for(struct pw_daemon *daemon, uid_t uid);

/* After this nothing of phiward is in the kernel; the next apply opens again. */
int pw_daemon_unload(struct pw_daemon *daemon, uid_t uid, struct pw_diag *diag);

/* Until the next boot; the answer's warnings say what that is worth. */
int pw_daemon_seal(struct pw_daemon *daemon, uid_t uid, struct pw_diag *diag);

/* One record of the daemon's own; when there is none, the journal says so. */
void pw_daemon_note(struct pw_daemon *daemon, enum pw_record_type type, enum pw_action action,
		    enum pw_verdict verdict, enum pw_reason reason, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* On the console and in the journal, for whoever stands before the machine. */
void pw_daemon_say_loudly(struct pw_daemon *daemon, const char *text);

/* Says the errors and warnings of @diag in the journal. */
void pw_daemon_say_diag(struct pw_daemon *daemon, const struct pw_diag *diag);

/* ---- The kernel module at a start: gate.c -------------------------------------------------- */

/*
 * While the gate is shut: it stays so where a policy was accepted, and the first key
 * of the boot is taken. Before the system call filter, because of OpenSSL.
 */
void pw_gate_begin(struct pw_daemon *daemon);

/* ---- What happens by itself: watch.c ------------------------------------------------------- */

/* Rings, clocks, mounts, addresses. */
int pw_watch_start(struct pw_daemon *daemon);
void pw_watch_stop(struct pw_daemon *daemon);

/* The rings of a log that was opened; and before it is closed. */
int pw_watch_log(struct pw_daemon *daemon);
void pw_watch_forget_log(struct pw_daemon *daemon);

/* Something was attached or swapped: addresses, canary, search for links, the log, systemd's status. */
void pw_watch_applied(struct pw_daemon *daemon);

/* Writes to the log what is in the rings; with @settle, also what is lost. */
int pw_watch_drain(struct pw_daemon *daemon, bool settle);

/* The same with @settle, and before it what was counted: what is due, or @all. */
int pw_watch_settle(struct pw_daemon *daemon, bool all);

/* Tries the canary; a failure becomes a record. */
int pw_watch_canary(struct pw_daemon *daemon, struct pw_canary *ret);

/* ---- Sessions of break-glass: glass.c ----------------------------------------------------------- */

/*
 * Looks whether a session ended, or is open since before the start: records the end, waits for it,
 * shows it. After each start and swap, and when a session's time is over.
 */
void pw_glass_look(struct pw_daemon *daemon);

/* Opens @session for @peer; errors are in @diag, and who was refused has a record. */
int pw_glass_open(struct pw_daemon *daemon, const struct pw_peer *peer,
		  struct pw_glass_session *session, const struct pw_glass_token *token,
		  uint64_t for_ms, struct pw_diag *diag);
int pw_glass_end(struct pw_daemon *daemon, const struct pw_peer *peer, struct pw_diag *diag);

/* Before all is unloaded. */
void pw_glass_unload(struct pw_daemon *daemon);

/* Signs off a session that has ended, which is not the reviewer's own. */
int pw_glass_review(struct pw_daemon *daemon, const struct pw_peer *peer, uint64_t number,
		    const char *note, struct pw_diag *diag);

/* What is open, without its reason: for everybody on this machine. */
json_object *pw_glass_status(struct pw_daemon *daemon);
void pw_glass_close(struct pw_daemon *daemon);

/* ---- The control socket: control.c --------------------------------------------------------- */

int pw_control_open(struct pw_daemon *daemon);

/* Answers those who wait for the end of the search. */
void pw_control_scan_over(struct pw_daemon *daemon);

#endif
