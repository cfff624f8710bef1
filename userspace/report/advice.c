// SPDX-License-Identifier: BSD-2-Clause
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <phiward/words.h>

#include "audit/reader.h"
#include "common/cleanup.h"
#include "common/words.h"
#include "report/table.h"
#include "report/why.h"

static const char *or_text(const char *text, const char *otherwise)
{
	return text ? text : otherwise;
}

/* The rule that is missing, as it would be written. */
static void advise_rule(FILE *to, json_object *record)
{
	const char *subject = or_text(pw_record_text(record, "subject"), "others");
	const char *object = pw_record_text(record, "object");
	const char *action = or_text(pw_record_text(record, "action"), "read");
	const char *addr = pw_record_text(record, "addr");

	/* The policy's own name for it; of what came in, `peer` can be a subject. */
	if (addr && strcmp(action, "listen") != 0)
		addr = or_text(pw_record_text(record, "peer"), addr);
	if (addr)
		fprintf(to, "add `%s: {%s: [%" PRIu64 "], %s: [%s]}` to `network` of %s",
			!strcmp(action, "listen") ? "listen" : "connect",
			or_text(pw_record_text(record, "proto"), "tcp"),
			pw_record_number(record, "port", 0),
			!strcmp(action, "listen") ? "from" : "to", addr, subject);
	else if (object)
		fprintf(to, "add `%s` to `access: {%s: [...]}` of %s", action, object, subject);
	else
		fprintf(to, "the policy has to give %s the right to %s", subject, action);
}

/* A program of the policy that was started wrongly is not helped by naming it once more. */
static bool advise_start(FILE *to, const char *subject)
{
	if (subject)
		fprintf(to, "start the program as `started_by` and `users` of %s say; it was not "
			"taken for %s when it was started", subject, subject);
	return subject;
}

/* Whether a control group is one that container managers make. */
static bool is_container(const char *cgroup)
{
	static const char *const marks[] = { "docker", "libpod", "containerd", "crio", "lxc",
					     "kubepods", "machine.slice" };

	for (size_t i = 0; cgroup && i < PW_ARRAY_SIZE(marks); i++)
		if (strstr(cgroup, marks[i]))
			return true;
	return false;
}

static void advise_stranger(FILE *to, json_object *record, const char *not_entered)
{
	const char *exe = or_text(pw_record_text(record, "exe"), "the program");
	const char *object = pw_record_text(record, "object");

	if (is_container(pw_record_text(record, "cgroup")))
		fputs("run it outside its container; programs in containers are in no subject", to);
	else if (advise_start(to, not_entered))
		return;
	else
		fprintf(to, "name %s under `exec` of a subject that has `%s` in "
			"`access: {%s: [...]}`", exe,
			or_text(pw_record_text(record, "action"), "read"), object);
}

static void advise_subject(FILE *to, json_object *record, const char *before, const char *after)
{
	fprintf(to, "%s%s%s", before, or_text(pw_record_text(record, "subject"), "the subject"),
		after);
}

/* What is not taken in is of no subject yet, and has mapped it already. */
static void advise_code(FILE *to, json_object *record)
{
	if (!strcmp(or_text(pw_record_text(record, "action"), ""), "adopt"))
		fputs("start the program again without what it maps, or with the directory of that in "
		      "`code` of its subject", to);
	else
		advise_subject(to, record, "add the directory of what it maps to `code` of ", "");
}

/* Network that others have no rule for. */
static void advise_others(FILE *to, json_object *record)
{
	const char *exe = pw_record_text(record, "exe");

	advise_rule(to, record);
	if (exe)
		fprintf(to, ", which allows it to every program; better: name %s under `exec` of a "
			"subject that has this rule", exe);
}

/* Where a member may write is said by directories, or by words for what is no file. */
static void advise_writes(FILE *to, json_object *record)
{
	const char *path = or_text(pw_record_text(record, "path"), "");
	const char *subject = or_text(pw_record_text(record, "subject"), "the subject");

	if (pw_record_is_pipe(record))
		fprintf(to, "add `pipe` to `writes` of %s; who reads from the pipe then gets what "
			"it writes", subject);
	else if (!strncmp(path, "/dev/pts/", 9) || !strncmp(path, "/dev/tty", 8))
		fprintf(to, "add `tty` to `writes` of %s", subject);
	else if (path[0] == '\\')
		fputs("keep its directory on a file system that phiwardd sees mounted; what lies on "
		      "an overlay is judged where the overlay keeps it", to);
	else
		fprintf(to, "add the directory to `writes` of %s", subject);
}

/* Only of a version does the record itself say what was wrong. */
static void advise_admin(FILE *to, json_object *record)
{
	if (pw_why_policy_fault(record))
		fputs("raise its `version`, or apply it with --allow-downgrade", to);
	else
		fputs("`phiward apply` said what was wrong to who applied it", to);
}

/* The word of `system` that would have allowed it, or NULL. */
static const char *right_for(unsigned int reason)
{
	static const unsigned int rights[PW_REASON_MAX_] = {
		[PW_REASON_STORAGE] = PW_SYSTEM_STORAGE,
		[PW_REASON_NETADMIN] = PW_SYSTEM_NETADMIN,
		[PW_REASON_MODULES] = PW_SYSTEM_MODULES,
		[PW_REASON_KEXEC] = PW_SYSTEM_KEXEC,
		[PW_REASON_KERNEL] = PW_SYSTEM_KERNEL,
		[PW_REASON_POWER] = PW_SYSTEM_POWER,
		[PW_REASON_CLOCK] = PW_SYSTEM_CLOCK,
		[PW_REASON_DISPLAY] = PW_SYSTEM_DISPLAY,
	};

	if (reason >= PW_REASON_MAX_ || !rights[reason])
		return NULL;

	return pw_word_name(&pw_words_system, rights[reason]);
}

static void advise_right(FILE *to, json_object *record, const char *not_entered, const char *right)
{
	const char *subject = or_text(pw_record_text(record, "subject"), "the subject");
	const char *exe = or_text(pw_record_text(record, "exe"), "the program");

	if (!strcmp(subject, "others") && advise_start(to, not_entered))
		return;
	if (!strcmp(subject, "others"))
		fprintf(to, "name %s under `exec` of a subject that has `system: [%s]`", exe, right);
	else
		fprintf(to, "add `%s` to `system` of %s", right, subject);
}

/* What does not depend on who was refused, or NULL. */
static const char *fixed_advice(unsigned int reason)
{
	switch (reason) {
	case PW_REASON_UNRESOLVED:
		return "open the file by its path; by a handle, or when its directory was deleted, "
		       "nobody can tell what it belongs to";
	case PW_REASON_PENDING:
		return "mount or create what the policy names; `phiward status` lists it";
	case PW_REASON_STARTED_BY:
		return "start the program as its `started_by` says, or add who started it there; "
		       "it ran as others";
	case PW_REASON_USER:
		return "run the program as one of its `users`, or add this user there; it ran as "
		       "others";
	case PW_REASON_BORDER:
		return "give the right on both sides of the border, or copy instead";
	case PW_REASON_MEMBER:
		return "nothing can; a debugger sees what its victim reads, so a program that is "
		       "to be debugged must be in no subject";
	case PW_REASON_PASS_FOR:
		return "nothing can while phiward enforces; programs of the policy are known by "
		       "the file that they run";
	case PW_REASON_TRACING:
		return "name the program under `exec` of a subject that has `system: [trace]`; for "
		       "the kernel's memory, ports and registers nothing can while phiward enforces";
	case PW_REASON_GATE:
	case PW_REASON_SWITCH:
		return "nothing can while phiward enforces; `phiward unload` ends that";
	case PW_REASON_SELF:
		return "let PID 1 do it (`systemctl restart phiwardd`); `phiward unload` ends what "
		       "is enforced, and then nothing of phiward is guarded";
	case PW_REASON_ELSEWHERE:
		return "start it as a service with no mounts or root directory of its own";
	case PW_REASON_NO_RECORD:
		return "make room for the log (`phiward status` says what is wrong), or write "
		       "`on_audit_loss: keep_working`";
	case PW_REASON_SEALED:
		return "nothing can before the next boot; restart the machine. Another policy can, as "
		       "a bundle signed as /etc/phiward/trust.yaml requires";
	case PW_REASON_UNSIGNED:
		return "apply a bundle for which `phiward bundle verify` has no errors";
	case PW_REASON_FOREIGN:
		return "start phiwardd by its unit, with the files that were there when it was "
		       "sealed; or restart the machine";
	case PW_REASON_COVER:
		return "mount it elsewhere";
	case PW_REASON_CODE_SET:
		return "let the package manager do it, as `packages` of base-debian.yaml: in a login "
		       "session; or give `updates: true` to the subject that installs";
	case PW_REASON_LOGIN:
		return "let what opens the session (login, sshd, a display manager) run as root";
	case PW_REASON_SCRIPT:
		return "call the script by the path that the policy names, outside containers and "
		       "chroots; with access to objects it must be a program";
	case PW_REASON_BREAKGLASS:
		return "what belongs to everyday work needs a rule; the session and its review are "
		       "listed by `phiward review --all`";
	case PW_REASON_TRACED:
	case PW_REASON_PASSED:
		return "start the program again under the present policy";
	case PW_REASON_BUG:
		return "this is a defect of phiward; please report it with `phiward status --json`";
	default:
		return NULL;
	}
}

void pw_why_advice(FILE *to, json_object *record, const char *not_entered)
{
	const char *text = pw_record_text(record, "reason");
	unsigned int reason = text ? pw_word_number(&pw_words_reason, text) : PW_REASON_NO_RULE;
	const char *fixed = fixed_advice(reason), *right = right_for(reason);

	if (fixed) {
		fputs(fixed, to);
		return;
	}
	if (right) {
		advise_right(to, record, not_entered, right);
		return;
	}
	switch (reason) {
	case PW_REASON_ADMIN:
		advise_admin(to, record);
		break;
	case PW_REASON_STRANGER:
		advise_stranger(to, record, not_entered);
		break;
	case PW_REASON_WRITES:
		advise_writes(to, record);
		break;
	case PW_REASON_DOOR:
	case PW_REASON_OWN_ADDRESS:
		if (!advise_start(to, not_entered))
			fputs("add the client's subject to `local` of the rule that serves the port",
			      to);
		break;
	case PW_REASON_FAMILY:
		advise_subject(to, record, "add a `raw` or `unix` rule to `network` of ", "");
		break;
	case PW_REASON_CODE:
		advise_code(to, record);
		break;
	case PW_REASON_NETNS:
		advise_subject(to, record, "add `netns: any` to the rule of ", "");
		break;
	default:
		if (advise_start(to, not_entered))
			break;
		if (!strcmp(or_text(pw_record_text(record, "subject"), "others"), "others") &&
		    pw_record_text(record, "addr"))
			advise_others(to, record);
		else
			advise_rule(to, record);
	}
}
