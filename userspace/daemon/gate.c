// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <string.h>

#include "daemon/daemon.h"
#include "publish/accepted.h"
#include "publish/auditor.h"
#include "publish/first_key.h"
#include "publish/module.h"

static void take_key(struct pw_daemon *daemon)
{
	int r = pw_first_key_take(daemon->directories.state);

	if (r == 0) {
		daemon->key = "the first key of this boot is kept for the auditor";
		return;
	}
	daemon->key = "nobody has the first key of this boot, which is weak";
	if (r == -ENOENT)
		pw_journal_say(daemon->journal, LOG_WARNING, "%s: put the auditor's certificate "
			       "into %s", daemon->key, PW_AUDITOR_FILE);
	else
		pw_journal_say(daemon->journal, LOG_CRIT, "%s: %s (%s)", daemon->key, strerror(-r),
			       PW_AUDITOR_FILE);
}

void pw_gate_begin(struct pw_daemon *daemon)
{
	struct pw_guard_status status;
	int r = pw_module_status(&status);

	if (r < 0 && r != -ENOENT)
		pw_journal_say(daemon->journal, LOG_ERR, "the kernel module cannot be used: %s",
			       strerror(-r));
	if (r < 0 || status.gate != PW_GUARD_GATE_SHUT)
		return;
	if (pw_accepted_exists(daemon->directories.state)) {
		r = pw_module_keep_shut();
		if (r < 0)
			pw_journal_say(daemon->journal, LOG_ERR, "the gate may open by itself: %s",
				       strerror(-r));
	}
	if (!(status.state & PW_GUARD_KEY_GIVEN))
		take_key(daemon);
}
