// SPDX-License-Identifier: BSD-2-Clause
/* What a session of break-glass covers: every session, every moment, every subject and object. */
#include <phiward/decide.h>

#include "prove.h"

/* As the daemon opens one: for a subject, an object, or all. */
static bool is_for(const struct pw_glass *glass, __u32 subject, __u32 object)
{
	return (!glass->subject && !glass->object) || (glass->subject && glass->subject == subject) ||
	       (glass->object && glass->object == object);
}

PROVE(glass_ends, "break-glass: nothing is covered from its end on, and by none that was closed", "")
{
	ANY(struct pw_glass, glass);
	ANY(__u64, now);
	ANY(__u32, subject);
	ANY(__u32, subject_flags);
	ANY(__u32, object);
	ANY(__u32, object_flags);
	bool covers = pw_glass_covers(&glass, now, subject, subject_flags, object, object_flags);

	must(!covers || now < glass.until, "not after its end");
	must(!covers || glass.until, "not when it is closed");
	reach(covers && now == glass.until - 1, "its last moment");
	reach(!covers && now < glass.until, "open, and not for this");
}

PROVE(glass_named, "break-glass: what the policy does not name is never covered", "")
{
	ANY(struct pw_glass, glass);
	ANY(__u64, now);
	ANY(__u32, subject);
	ANY(__u32, subject_flags);
	ANY(__u32, object);
	ANY(__u32, object_flags);
	__u32 service = glass.flags & PW_GLASS_SERVICE;
	bool by_subject = subject_flags & (service ? PW_SUBJECT_SERVICE : PW_SUBJECT_GLASS);
	bool by_object = object_flags & (service ? PW_OBJECT_SERVICE : PW_OBJECT_GLASS);
	bool covers = pw_glass_covers(&glass, now, subject, subject_flags, object, object_flags);

	must(!covers || by_subject || by_object, "named as a subject or as an object");
	must(!covers || is_for(&glass, subject, object), "what it was opened for");
	must(!covers || subject >= PW_SUBJECT_FIRST || by_object, "of no built-in subject");
	must(!covers || object != PW_OBJECT_CANARY || by_subject, "not the canary as an object");
	reach(covers && !by_object, "a subject");
	reach(covers && !by_subject, "an object");
	reach(covers && subject == PW_SUBJECT_OTHERS, "somebody in no subject");
	reach(covers && service, "service");
	reach(!covers && now < glass.until && by_subject && by_object, "named, and not opened");
}
