// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "publish/glass.h"
#include "publish/ward_private.h"

#define NS_PER_MS 1000000ULL
#define NS_PER_S 1000000000ULL

static uint64_t boot_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static bool among(uint32_t wanted, const uint32_t *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == wanted)
			return true;

	return false;
}

bool pw_ward_may_open(const struct pw_ward *ward, enum pw_glass_kind kind, uid_t uid,
		      const gid_t *groups, size_t ngroups)
{
	const struct pw_resolved_glass *who;
	const struct pw_glass_policy *glass;

	if (!ward || !ward->policy || !ward->resolved)
		return false;
	glass = &ward->policy->glass[kind];
	who = &ward->resolved->glass[kind];
	if (among(uid, who->users, glass->nusers))
		return true;
	for (size_t i = 0; i < ngroups; i++)
		if (among(groups[i], who->groups, glass->ngroups))
			return true;

	return false;
}

/* ---- What is open ---------------------------------------------------------------------------- */

bool pw_ward_glass_is_open(const struct pw_ward *ward, struct pw_glass *ret)
{
	*ret = pw_kernel_state(ward->kernel)->glass;

	return boot_ns() < ret->until;
}

void pw_ward_glass_end(struct pw_ward *ward)
{
	struct pw_glass *glass = &pw_kernel_state(ward->kernel)->glass;
	const uint64_t now = boot_ns();

	if (glass->until > now)
		__atomic_store_n(&glass->until, now, __ATOMIC_SEQ_CST);
}

void pw_ward_glass_forget(struct pw_ward *ward)
{
	__atomic_store_n(&pw_kernel_state(ward->kernel)->glass.until, 0, __ATOMIC_SEQ_CST);
}

void pw_ward_glass_before_swap(struct pw_ward *ward, const struct pw_catalog *next)
{
	const struct pw_catalog *now = pw_ward_catalog(ward);

	if (!now || now->version != next->version || strcmp(now->digest, next->digest) != 0)
		pw_ward_glass_end(ward);
}

/* ---- Opening --------------------------------------------------------------------------------- */

static int refuse(struct pw_diag *diag, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int refuse(struct pw_diag *diag, int error, const char *format, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	pw_diag_add(diag, PW_DIAG_ERROR, NULL, "%s", text);

	return error;
}

/* The number of a name of the policy, 0: it has none. */
static uint32_t number_of(char *const *names, size_t n, const char *name)
{
	for (uint32_t i = 1; i < n; i++)
		if (names[i] && strcmp(names[i], name) == 0)
			return i;

	return 0;
}

/* The session's scope in the kernel's numbers. */
static int choose(const struct pw_ward *ward, const struct pw_glass_session *session,
		  struct pw_glass *glass, struct pw_diag *diag)
{
	const struct pw_glass_policy *policy = &ward->policy->glass[session->kind];
	const struct pw_bank *bank = &ward->image->bank;
	const struct pw_catalog *catalog = ward->image->catalog;
	const bool service = session->kind == PW_GLASS_KIND_SERVICE;
	const char *section = pw_glass_names[session->kind];

	if (!policy->given)
		return refuse(diag, -EPERM, "the policy has no '%s'", section);
	glass->flags = service ? PW_GLASS_SERVICE : 0;
	if (*session->subject) {
		glass->subject = number_of(catalog->subjects, PW_SUBJECT_IDS, session->subject);
		if (!(bank->subjects[glass->subject].flags &
		      (service ? PW_SUBJECT_SERVICE : PW_SUBJECT_GLASS)))
			return refuse(diag, -EPERM, "'%s' of the policy does not name the subject '%s'",
				      section, session->subject);
	}
	if (*session->object) {
		glass->object = number_of(catalog->objects, PW_OBJECT_IDS, session->object);
		if (!(bank->object_flags[glass->object] &
		      (service ? PW_OBJECT_SERVICE : PW_OBJECT_GLASS)))
			return refuse(diag, -EPERM, "'%s' of the policy does not name the object '%s'",
				      section, session->object);
	}

	return 0;
}

static int check_time(const struct pw_ward *ward, const struct pw_glass_session *session,
		      uint64_t for_ms, struct pw_diag *diag)
{
	const uint64_t longest = ward->policy->glass[session->kind].longest_ms;

	if (for_ms < 1000)
		return refuse(diag, -ERANGE, "a session has at least 1s");
	if (for_ms > longest)
		return refuse(diag, -ERANGE,
			      "'%s' of the policy allows at most %" PRIu64 " s at a time",
			      pw_glass_names[session->kind], longest / 1000);

	return 0;
}

int pw_ward_glass_prepare(const struct pw_ward *ward, struct pw_glass_session *session,
			  uint64_t for_ms, struct pw_glass *ret, struct pw_diag *diag)
{
	struct pw_glass glass = {};
	int r;

	if (!ward->policy || !ward->image)
		return refuse(diag, -EPERM, "no policy is in force that was read from its text");
	r = choose(ward, session, &glass, diag);
	if (r == 0)
		r = check_time(ward, session, for_ms, diag);
	if (r == 0)
		r = pw_boot_id(session->boot);
	if (r < 0)
		return r;
	session->until = boot_ns() + for_ms * NS_PER_MS;
	session->until_real = time(NULL) + (int64_t)(for_ms / 1000);
	glass.session = session->number;
	glass.until = session->until;

	*ret = glass;
	return 0;
}

/* `until` last: before it nothing of it counts. */
void pw_ward_glass_begin(struct pw_ward *ward, const struct pw_glass *glass)
{
	struct pw_glass *at = &pw_kernel_state(ward->kernel)->glass;

	__atomic_store_n(&at->until, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&at->session, glass->session, __ATOMIC_SEQ_CST);
	__atomic_store_n(&at->subject, glass->subject, __ATOMIC_SEQ_CST);
	__atomic_store_n(&at->object, glass->object, __ATOMIC_SEQ_CST);
	__atomic_store_n(&at->flags, glass->flags, __ATOMIC_SEQ_CST);
	__atomic_store_n(&at->until, glass->until, __ATOMIC_SEQ_CST);
}
