/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the daemon keeps of its policy: the accepted one, what its names mean
 * on this machine, and the kernel that enforces it. One struct pw_ward a
 * machine. Everything that fails leaves the policy in force as it was.
 */
#ifndef PW_PUBLISH_WARD_H
#define PW_PUBLISH_WARD_H

#include <stdbool.h>
#include <stdint.h>

#include "bundle/trust.h"
#include "policy/diag.h"
#include "policy/policy.h"
#include "publish/catalog.h"
#include "publish/kernel.h"

struct pw_ward;

/*
 * Adopts what is pinned, or loads. Descriptors of PW_STATE_DIR and PW_LOG_DIR, borrowed.
 * -EKEYREJECTED: sealed, and not with these, or with other mounts; that is a record.
 * Makes the calling process the daemon. The log may be opened after this and
 * before pw_ward_restore() or pw_ward_apply(), which attach.
 */
int pw_ward_open(int state_dir, int log_dir, struct pw_ward **ret, struct pw_diag *diag);
struct pw_ward *pw_ward_close(struct pw_ward *ward);

struct pw_kernel *pw_ward_kernel(struct pw_ward *ward);

/* Who wants what is done from here on, for the records of it; at the start "phiwardd". */
void pw_ward_set_by(struct pw_ward *ward, const char *by);

/*
 * The policy that was accepted last, as text: -ENOENT when there is none. The
 * caller parses it (pw_policy_parse) and frees the sources (pw_sources_free).
 */
int pw_ward_accepted(struct pw_ward *ward, struct pw_source **ret, size_t *ret_n,
		     uint64_t *ret_version);

struct pw_apply {
	bool allow_downgrade;
	uint64_t try_ms;	/* on probation for so long (publish/probation.h); 0: for good */
};

/*
 * Compiles @policy, swaps it in for new and running processes, attaches,
 * keeps it as the accepted one. Takes @policy over on success; notes and
 * warnings then say what is absent and what is no longer protected. -ESTALE: its
 * version is lower than the accepted one's, or the same with another text.
 * -ENODATA: nothing is in force that a policy on probation could be gone back from to.
 * Other errors: -EINVAL, -E2BIG, -ENOSPC with a diagnostic, or a system's.
 * What is on probation meanwhile is gone back from first.
 */
int pw_ward_apply(struct pw_ward *ward, struct pw_policy *policy, const struct pw_apply *how,
		  struct pw_diag *diag);

/*
 * What is on probation stays, and is the accepted one from here on. -ESTALE: there is none, or it is
 * over; the policy before decides.
 */
int pw_ward_confirm(struct pw_ward *ward, struct pw_diag *diag);

/*
 * The policy before decides again, with the subjects that running processes had under it. False: there
 * was none on probation. To be followed by pw_ward_restore(), which looks at them anew.
 */
bool pw_ward_go_back(struct pw_ward *ward);

/* Whether the policy before decides, and was not restored yet. */
bool pw_ward_went_back(const struct pw_ward *ward);

/* As pw_probation_on(). */
bool pw_ward_on_probation(const struct pw_ward *ward, struct pw_probation *ret);

/* Whether @policy was on probation here last, and not confirmed. */
bool pw_ward_not_confirmed(const struct pw_ward *ward, const struct pw_policy *policy);

/*
 * The same while sealed, for a policy out of a bundle whose signatures were judged by @trust.
 * -EKEYREJECTED, and nothing else happens: that was another trust.yaml when it was sealed.
 */
int pw_ward_succeed(struct pw_ward *ward, struct pw_policy *policy, const struct pw_trust *trust,
		    uint64_t try_ms, struct pw_diag *diag);

/* Whether @trust is the one of when it was sealed: 0, or -EKEYREJECTED with an error in @diag. */
int pw_ward_knows_trust(const struct pw_ward *ward, const struct pw_trust *trust,
			struct pw_diag *diag);

/*
 * The same for the accepted policy after a start: what lay elsewhere at the
 * last apply stays protected and is pending. -EKEYREJECTED: sealed, and not with this one.
 */
int pw_ward_restore(struct pw_ward *ward, struct pw_policy *policy, struct pw_diag *diag);

/*
 * Puts the image of the accepted policy into force as it is, where the text cannot be used:
 * what its paths are was resolved when it was accepted. -ENOENT, -EBADMSG: there is no good one.
 */
int pw_ward_restore_image(struct pw_ward *ward, struct pw_diag *diag);

/*
 * Before a restore: nothing of objects and the network is denied in this boot, until another
 * policy is applied.
 */
void pw_ward_rescue(struct pw_ward *ward);

/* How far the image of the accepted policy lets the command line go; without one @ret stays. */
void pw_ward_image_rescue(struct pw_ward *ward, enum pw_rescue *ret);

/* Of what is in force; PW_MODE_INVALID: nothing is. */
enum pw_mode pw_ward_mode(const struct pw_ward *ward);

/* For status: what is wrong with the policy that was kept. NULL: nothing. */
void pw_ward_set_trouble(struct pw_ward *ward, const char *text);

/*
 * Resolves what is pending once more and swaps when something has changed.
 * Cheap when nothing is pending. Returns 1 when it swapped.
 */
int pw_ward_refresh(struct pw_ward *ward, struct pw_diag *diag);

/*
 * One bounded step of the search for files with more than one link. Returns 1
 * while there is more to do, 0 when it is done, or a negative errno.
 */
int pw_ward_scan(struct pw_ward *ward);
bool pw_ward_scanning(const struct pw_ward *ward);

/*
 * From here until the next boot the policy stays, nothing is unloaded, and the kernel takes
 * no modules, no other kernel and no settings but from who has the right. 0 also when it is
 * sealed. What the seal is worth without the kernel module is a warning in @diag.
 */
int pw_ward_seal(struct pw_ward *ward, struct pw_diag *diag);
bool pw_ward_sealed(const struct pw_ward *ward);

/* Sealed, and not with @what: a `tamper` record and an error. -EKEYREJECTED. */
int pw_ward_foreign(struct pw_ward *ward, const char *what, struct pw_diag *diag);

struct pw_glass_session;

/* Whether the policy in force lets a user open a session of @kind: by number, or by one of the groups. */
bool pw_ward_may_open(const struct pw_ward *ward, enum pw_glass_kind kind, uid_t uid,
		      const gid_t *groups, size_t ngroups);

/*
 * What @session, whose `subject` and `object` may be empty, is in the kernel when it is open for
 * @for_ms, and its `boot` and `until`. -EPERM and -ERANGE, in @diag, where the policy does not allow it;
 * who wants it was asked before.
 */
int pw_ward_glass_prepare(const struct pw_ward *ward, struct pw_glass_session *session,
			  uint64_t for_ms, struct pw_glass *ret, struct pw_diag *diag);
void pw_ward_glass_begin(struct pw_ward *ward, const struct pw_glass *glass);

/* Whether a session is open; *@ret is the kernel's state in any case. */
bool pw_ward_glass_is_open(const struct pw_ward *ward, struct pw_glass *ret);

/* Ends what is open; that it has ended is still to be recorded, and then forgotten. */
void pw_ward_glass_end(struct pw_ward *ward);
void pw_ward_glass_forget(struct pw_ward *ward);

/* Detaches, forgets the accepted policy. */
int pw_ward_unload(struct pw_ward *ward);

struct pw_canary {
	bool file;	/* the open was refused, and the kernel counted it */
	bool net;	/* the connect was refused */
};

/* Tries the canary; remembered for pw_status_collect(). 0 also when it failed. */
int pw_ward_canary(struct pw_ward *ward, struct pw_canary *ret);

/* One record of the daemon's own about the policy in force. */
int pw_ward_note(struct pw_ward *ward, enum pw_record_type type, enum pw_action action,
		 enum pw_verdict verdict, enum pw_reason reason, const char *text);

/* As pw_kernel_tell_repeats(). */
int pw_ward_tell_repeats(struct pw_ward *ward, bool all);

/* NULL before the first apply. */
const struct pw_policy *pw_ward_policy(const struct pw_ward *ward);
const struct pw_catalog *pw_ward_catalog(const struct pw_ward *ward);

static inline void pw_ward_closep(struct pw_ward **ward)
{
	*ward = pw_ward_close(*ward);
}

#endif
