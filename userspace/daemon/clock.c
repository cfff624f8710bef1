// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/clock.h"

#include <errno.h>
#include <string.h>
#include <syslog.h>

#include "daemon/daemon.h"
#include "daemon/journal.h"
#include "policy/expire.h"
#include "publish/ids.h"
#include "publish/store.h"

#define FILE_NAME "clock.json"
#define DAY 86400

/* What is kept: when the clock was last known to be right, and when the policy was judged. */
struct kept {
	uint64_t right;		/* seconds since 1970; 0: never */
	uint64_t judged;
	bool believed;		/* when it was judged */
	char boot[PW_BOOT_ID_LEN + 1];	/* in which; "": none was */
};

static struct kept read_kept(const struct pw_daemon *daemon)
{
	json_object *object = NULL;
	struct kept kept = {};
	const char *boot;

	if (pw_store_read_json(daemon->directories.state, FILE_NAME, &object) < 0)
		return kept;
	if (!pw_json_u64(object, "right", &kept.right) ||
	    !pw_json_u64(object, "judged", &kept.judged) ||
	    !pw_json_bool(object, "believed", &kept.believed) ||
	    !pw_json_string(object, "boot", &boot) || strlen(boot) >= sizeof(kept.boot))
		kept = (struct kept){};
	else
		strcpy(kept.boot, boot);
	json_object_put(object);

	return kept;
}

static void write_kept(struct pw_daemon *daemon, const struct kept *kept)
{
	json_object *object = json_object_new_object();
	int r = object ? 0 : -ENOMEM;

	if (!r)
		r = pw_json_add(object, "right", json_object_new_uint64(kept->right));
	if (!r)
		r = pw_json_add(object, "judged", json_object_new_uint64(kept->judged));
	if (!r)
		r = pw_json_add(object, "believed", json_object_new_boolean(kept->believed));
	if (!r)
		r = pw_json_add(object, "boot", json_object_new_string(kept->boot));
	if (!r)
		r = pw_store_write_json(daemon->directories.state, FILE_NAME, object);
	json_object_put(object);
	if (r < 0)
		pw_journal_say(daemon->journal, LOG_ERR, "the time at which rules were judged cannot "
			       "be kept: %s", strerror(-r));
}

struct pw_clock pw_clock_now(const struct pw_daemon *daemon)
{
	struct pw_clock clock = pw_clock_read();
	struct kept kept;

	if (clock.synchronised)
		return clock;
	kept = read_kept(daemon);
	clock.synchronised = kept.right && clock.now >= (int64_t)kept.right;

	return clock;
}

void pw_clock_expire(struct pw_daemon *daemon, struct pw_policy *policy, bool again,
		     struct pw_diag *diag)
{
	struct pw_clock clock = pw_clock_now(daemon);
	struct kept kept = read_kept(daemon);
	char boot[PW_BOOT_ID_LEN + 1];

	if (again && kept.boot[0] && !pw_boot_id(boot) && !strcmp(boot, kept.boot))
		clock = (struct pw_clock){.now = kept.judged, .synchronised = kept.believed};
	daemon->judged = clock;
	pw_policy_expire(policy, &clock, diag);
}

void pw_clock_applied(struct pw_daemon *daemon)
{
	struct kept kept = read_kept(daemon);
	struct pw_clock clock = pw_clock_read();

	if (clock.synchronised)
		kept.right = clock.now;
	kept.judged = daemon->judged.now;
	kept.believed = daemon->judged.synchronised;
	if (pw_boot_id(kept.boot) < 0)
		kept.boot[0] = '\0';
	write_kept(daemon, &kept);
}

void pw_clock_tick(struct pw_daemon *daemon)
{
	struct pw_clock clock = pw_clock_read();
	struct pw_diag diag = {};
	struct kept kept;

	if (clock.now - daemon->announced < DAY && clock.now >= daemon->announced)
		return;
	if (clock.synchronised) {
		kept = read_kept(daemon);
		kept.right = clock.now;
		write_kept(daemon, &kept);
	}
	daemon->announced = clock.now;
	if (!daemon->ward || !pw_ward_policy(daemon->ward))
		return;
	pw_policy_announce(pw_ward_policy(daemon->ward), &clock, &diag);
	pw_daemon_say_diag(daemon, &diag);
	pw_diag_done(&diag);
}
