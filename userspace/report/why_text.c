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

static bool is(json_object *record, const char *member, const char *text)
{
	const char *value = pw_record_text(record, member);

	return value && !strcmp(value, text);
}

static void print_user(FILE *to, const char *before, uint64_t uid)
{
	const struct passwd *user = uid <= UINT32_MAX ? getpwuid((uid_t)uid) : NULL;

	if (user)
		fprintf(to, "%s%s", before, user->pw_name);
	else
		fprintf(to, "%suser %" PRIu64, before, uid);
}

static void print_who(FILE *to, json_object *record)
{
	const char *program = pw_record_text(record, "exe"), *subject = pw_record_text(record, "subject");
	uint64_t uid = pw_record_number(record, "uid", UINT64_MAX);
	uint64_t login = pw_record_number(record, "auid", UINT64_MAX);

	if (!program)
		program = pw_record_text(record, "comm");
	fputs(program ? program : "the kernel", to);
	if (subject && strcmp(subject, "others") != 0)
		fprintf(to, " (subject %s)", subject);
	if (uid != UINT64_MAX)
		print_user(to, " run by ", uid);
	if (login != UINT64_MAX && login != uid)
		print_user(to, ", logged in as ", login);
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

static void print_what(FILE *to, json_object *record, bool paths)
{
	const char *object = pw_record_text(record, "object");
	_cleanup_free_ char *what = pw_record_what(record);

	if (paths || pw_record_text(record, "addr"))
		fprintf(to, "%s%s%s", what ? what : "-", object ? " of " : "", object ? object : "");
	else
		fputs(object ? object : "a file", to);
}

const char *pw_why_policy_fault(json_object *record)
{
	const char *text = pw_record_text(record, "path");

	return text ? strstr(text, ": ") : NULL;
}

/* Who was refused what. Some records are not about a program that asked for something. */
static void print_event(FILE *to, json_object *record, bool paths)
{
	const char *text = pw_record_text(record, "path"), *peer = pw_record_text(record, "peer");
	const char *was = pw_record_true(record, "enforced") ? "was" : "would have been";

	if (is(record, "type", "policy")) {
		const char *fault = pw_why_policy_fault(record) ?: "", *policy = text ?: "a policy";

		fprintf(to, "%s of %.*s %s refused%s", pw_record_text(record, "action") ?: "-",
			(int)(strlen(policy) - strlen(fault)), policy, was, fault);
	} else if (is(record, "type", "system")) {
		fputs(text ? text : "phiwardd", to);
	} else if (is(record, "type", "exec") && peer) {
		print_who(to, record);
		fprintf(to, " was not taken for %s", peer);
	} else if (pw_record_came_in(record)) {
		_cleanup_free_ char *what = pw_record_what(record);

		fprintf(to, "what came in for %s, %s, %s refused",
			pw_record_text(record, "subject") ?: "others", what ? what : "-", was);
	} else {
		print_who(to, record);
		fprintf(to, " %s refused %s ", was, verb_of(record));
		print_what(to, record, paths);
	}
}

/* To the kernel who entered no subject is a stranger, also when a subject names the program. */
static void print_reason(FILE *to, json_object *record, const char *not_entered)
{
	const char *reason = pw_record_text(record, "reason");

	if (not_entered && is(record, "reason", pw_word_name(&pw_words_reason, PW_REASON_STRANGER)))
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
	if (is(record, "type", "exec") && pw_record_text(record, "peer"))
		owner = pw_record_text(record, "peer");
	fprintf(to, " (%s, %s %s)", rule, object ? "object" : "subject",
		object ? object : owner ? owner : "others");
}

void pw_why_print(FILE *to, const struct pw_why *why, size_t i, bool paths)
{
	const struct pw_refusal *refusal = &why->refusals[i];
	json_object *record = refusal->latest;
	const char *not_entered = pw_why_not_entered(why, record);
	char time[PW_LOCAL_TIME_SIZE];

	pw_local_time(refusal->time, time);
	fprintf(to, "%s  ", time);
	print_event(to, record, paths);
	if (refusal->count > 1)
		fprintf(to, " and the like, %" PRIu64 " times", refusal->count);
	if (!is(record, "type", "policy") && !is(record, "type", "system"))
		print_reason(to, record, not_entered);
	print_line(to, record);
	fputs(".\n    to allow it: ", to);
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
