// SPDX-License-Identifier: BSD-2-Clause
#include <inttypes.h>
#include <pwd.h>
#include <string.h>

#include <phiward/words.h>

#include "audit/reader.h"
#include "common/cleanup.h"
#include "common/words.h"
#include "report/table.h"
#include "report/why.h"

#define SHOWN 20

void pw_tell_user(FILE *to, uint64_t uid, unsigned int tell)
{
	const struct passwd *user = NULL;

	if (tell & PW_TELL_NAMES && uid <= UINT32_MAX)
		user = getpwuid((uid_t)uid);
	if (user)
		fputs(user->pw_name, to);
	else
		fprintf(to, "user %" PRIu64, uid);
}

static void print_who(FILE *to, json_object *record, unsigned int tell)
{
	const char *program = pw_record_text(record, "exe"), *subject = pw_record_text(record, "subject");
	uint64_t uid = pw_record_number(record, "uid", UINT64_MAX);
	uint64_t login = pw_record_number(record, "auid", UINT64_MAX);

	if (!program)
		program = pw_record_text(record, "comm");
	fputs(program ? program : "the kernel", to);
	if (subject && strcmp(subject, "others") != 0)
		fprintf(to, " (subject %s)", subject);
	if (uid != UINT64_MAX) {
		fputs(" run by ", to);
		pw_tell_user(to, uid, tell);
	}
	if (login != UINT64_MAX && login != uid) {
		fputs(", logged in as ", to);
		pw_tell_user(to, login, tell);
	}
}

static const char *verb_of(json_object *record)
{
	static const struct {
		const char *action, *verb;
	} verbs[] = {
		{ "read", "reading" }, { "write", "writing" }, { "create", "creating" },
		{ "delete", "deleting" }, { "rename", "renaming" }, { "link", "linking" },
		{ "attr", "changing the attributes of" }, { "exec", "running" },
		{ "connect", "connecting to" }, { "listen", "serving" }, { "send", "sending to" },
		{ "trace", "tracing" }, { "mount", "mounting over" },
		{ "raw", "raw access to" }, { "bpf", "loading a program into the kernel," },
		{ "tune", "changing" }, { "receive", "receiving" }, { "signal", "sending a signal to" },
		{ "module", "loading or unloading a kernel module," },
		{ "kexec", "loading another kernel," }, { "start", "starting with" },
	};
	const char *action = pw_record_text(record, "action");

	for (size_t i = 0; action && i < PW_ARRAY_SIZE(verbs); i++)
		if (!strcmp(verbs[i].action, action))
			return verbs[i].verb;
	return action ? action : "something with";
}

static void print_what(FILE *to, json_object *record, unsigned int tell)
{
	const char *object = pw_record_text(record, "object");
	_cleanup_free_ char *what = pw_record_what(record);

	if (tell & PW_TELL_PATHS || pw_record_text(record, "addr"))
		fprintf(to, "%s%s%s", what ? what : "-", object ? " of " : "", object ? object : "");
	else
		fputs(object ? object : "a file", to);
}

const char *pw_why_policy_fault(json_object *record)
{
	const char *text = pw_record_text(record, "path");

	return text ? strstr(text, ": ") : NULL;
}

static const char *verdict_of(json_object *record)
{
	if (!pw_record_is(record, "verdict", "deny"))
		return "was allowed";
	return pw_record_true(record, "enforced") ? "was refused" : "would have been refused";
}

/* Who was refused what. Some records are not about a program that asked for something. */
static void print_event(FILE *to, json_object *record, unsigned int tell)
{
	const char *text = pw_record_text(record, "path"), *peer = pw_record_text(record, "peer");
	const char *was = verdict_of(record);

	if (pw_record_is(record, "type", "policy")) {
		const char *fault = pw_why_policy_fault(record) ?: "", *policy = text ?: "a policy";

		fprintf(to, "%s of %.*s %s%s", pw_record_text(record, "action") ?: "-",
			(int)(strlen(policy) - strlen(fault)), policy, was, fault);
	} else if (pw_record_is(record, "type", "system")) {
		fputs(text ? text : "phiwardd", to);
	} else if (peer && pw_record_is(record, "type", "exec") &&
		   pw_record_is(record, "verdict", "deny")) {
		print_who(to, record, tell);
		fprintf(to, " was not taken for %s", peer);
	} else if (pw_record_came_in(record)) {
		_cleanup_free_ char *what = pw_record_what(record);

		fprintf(to, "what came in for %s, %s, %s",
			pw_record_text(record, "subject") ?: "others", what ? what : "-", was);
	} else {
		print_who(to, record, tell);
		fprintf(to, " %s %s ", was, verb_of(record));
		print_what(to, record, tell);
	}
}

/* To the kernel who entered no subject is a stranger, also when a subject names the program. */
static void print_reason(FILE *to, json_object *record, const char *not_entered)
{
	const char *reason = pw_record_text(record, "reason");

	if (pw_record_is(record, "reason", pw_word_name(&pw_words_reason, PW_REASON_RULE)))
		fputs(", because a rule allows it", to);
	else if (not_entered && pw_record_is(record, "reason",
					     pw_word_name(&pw_words_reason, PW_REASON_STRANGER)))
		fprintf(to, ", because it was not taken for %s, which names it", not_entered);
	else
		fprintf(to, ", because %s", reason ? reason : "no rule allows it");
}

/* The line of the policy that the verdict comes from, and whose it is. */
static void print_line(FILE *to, json_object *record)
{
	const char *rule = pw_record_text(record, "rule"), *object = pw_record_text(record, "object");
	const char *owner = pw_record_text(record, "subject");

	if (!rule)
		return;
	if (pw_record_is(record, "type", "exec") && pw_record_text(record, "peer"))
		owner = pw_record_text(record, "peer");
	fprintf(to, " (%s, %s %s)", rule, object ? "object" : "subject",
		object ? object : owner ? owner : "others");
}

void pw_tell_record(FILE *to, json_object *record, uint64_t count, const char *not_entered,
		    unsigned int tell)
{
	print_event(to, record, tell);
	if (pw_record_is_various(record))
		fprintf(to, ", %" PRIu64 " time%s", count, count == 1 ? "" : "s");
	else if (count > 1)
		fprintf(to, " and the like, %" PRIu64 " times", count);
	if (!pw_record_is(record, "type", "policy") && !pw_record_is(record, "type", "system"))
		print_reason(to, record, not_entered);
	print_line(to, record);
	fputc('.', to);
}

void pw_why_print(FILE *to, const struct pw_why *why, size_t i, bool paths)
{
	const struct pw_refusal *refusal = &why->refusals[i];
	json_object *record = refusal->latest;
	const char *not_entered = pw_why_not_entered(why, record);
	char time[PW_LOCAL_TIME_SIZE];

	pw_local_time(refusal->time, time);
	fprintf(to, "%s  ", time);
	pw_tell_record(to, record, refusal->count, not_entered,
		       PW_TELL_NAMES | (paths ? PW_TELL_PATHS : 0));
	fputs("\n    to allow it: ", to);
	pw_why_advice(to, record, not_entered);
	fputc('\n', to);
}

void pw_why_print_all(FILE *to, const struct pw_why *why, bool paths)
{
	for (size_t i = 0; i < why->n && i < SHOWN; i++)
		pw_why_print(to, why, i, paths);
	if (why->n > SHOWN || why->dropped)
		fprintf(to, "...and more kinds of refusals before; see: phiward audit query "
			"--verdict deny\n");
	if (why->lost)
		fprintf(to, "%" PRIu64 " records of this time are lost; see: phiward audit query "
			"--type gap\n", why->lost);
}
