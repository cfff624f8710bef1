// SPDX-License-Identifier: BSD-2-Clause
#include <inttypes.h>
#include <string.h>

#include "audit/reader.h"
#include "common/cleanup.h"
#include "report/explain.h"
#include "report/sessions.h"
#include "report/table.h"

static bool has_number(json_object *record, uint64_t seq)
{
	if (pw_record_number(record, "last", 0))
		return pw_record_number(record, "first", UINT64_MAX) <= seq &&
		       seq <= pw_record_number(record, "last", 0);
	return pw_record_number(record, "seq", UINT64_MAX) == seq;
}

int pw_explain_add(struct pw_explain *explain, json_object *record)
{
	if (has_number(record, explain->seq)) {
		explain->record = json_object_get(record);
		return 1;
	}
	return pw_record_is(record, "type", "exec") ? pw_why_add(&explain->before, record) : 0;
}

/* What the program of @record entered, or did not, when it was started before. */
static int add_starts(struct pw_explain *explain, struct pw_search *search, json_object *record)
{
	struct pw_query starts = PW_QUERY_ANY;
	struct pw_found found;
	int r;

	starts.type = "exec";
	starts.verdict = "deny";
	starts.program = pw_record_text(record, "exe");
	if (!starts.program)
		return 0;
	r = pw_search_before(search, explain->seq);
	if (!r)
		r = pw_search_begin(search, &starts);
	while (!r && (r = pw_search_next(search, &found)) > 0)
		r = found.record ? pw_explain_add(explain, found.record) : 0;
	return r;
}

static json_object *parents_of(json_object *record)
{
	json_object *parents;

	return record && json_object_object_get_ex(record, "parents", &parents) &&
	       json_object_is_type(parents, json_type_array) ? parents : NULL;
}

/* The record of the exec, for the ancestors. A copy of a part of a log need not have it. */
static int find_run(struct pw_explain *explain, struct pw_search *search)
{
	uint64_t run = pw_record_number(explain->record, "run", 0);
	struct pw_found found;
	int r;

	if (!run || parents_of(explain->record))
		return 0;
	r = pw_search_number(search, run, &found);
	if (r > 0)
		explain->run = json_object_get(found.record);
	return r < 0 ? r : 0;
}

int pw_explain_find(struct pw_explain *explain, struct pw_search *search)
{
	struct pw_found found;
	json_object *record;
	int r = pw_search_number(search, explain->seq, &found);

	if (r <= 0)
		return r;
	record = json_object_get(found.record);
	r = add_starts(explain, search, record);
	if (!r)
		r = pw_explain_add(explain, record);
	json_object_put(record);
	if (r > 0 && explain->record) {
		int run = find_run(explain, search);

		r = run < 0 ? run : r;
	}
	return r;
}

void pw_explain_done(struct pw_explain *explain)
{
	pw_why_done(&explain->before);
	json_object_put(explain->record);
	json_object_put(explain->run);
	*explain = (struct pw_explain){ 0 };
}

/* ---- Its lines ------------------------------------------------------------------------------ */

static void begin(FILE *to, const char *label)
{
	fprintf(to, "\n  %-12s", label);
}

/* ", NAME 12" where the record has that number. */
static void add_number(FILE *to, json_object *record, const char *before, const char *member)
{
	uint64_t number = pw_record_number(record, member, UINT64_MAX);

	if (number != UINT64_MAX)
		fprintf(to, "%s%" PRIu64, before, number);
}

static void print_ancestor(FILE *to, json_object *ancestor)
{
	uint64_t pid = pw_record_number(ancestor, "pid", UINT64_MAX);

	if (pid == UINT64_MAX)
		fputs("and more", to);
	else
		fprintf(to, "%s, process %" PRIu64,
			pw_record_text(ancestor, "exe") ?: "a program that is not known", pid);
}

/* Who called exec, or all ancestors as they were then. */
static void print_starters(FILE *to, const struct pw_explain *explain)
{
	json_object *record = explain->record;
	json_object *parents = parents_of(record) ?: parents_of(explain->run);
	const char *parent = pw_record_text(record, "parent_exe");

	if (pw_record_number(record, "ppid", UINT64_MAX) == UINT64_MAX)
		return;
	begin(to, "started by");
	if (!parents) {
		fprintf(to, "%s%s", parent ? parent : "", parent ? ", " : "");
		add_number(to, record, "process ", "ppid");
		return;
	}
	for (size_t i = 0; i < json_object_array_length(parents); i++) {
		if (i)
			begin(to, "");
		print_ancestor(to, json_object_array_get_idx(parents, i));
	}
}

static void print_program(FILE *to, const struct pw_explain *explain)
{
	json_object *record = explain->record;
	const char *exe = pw_record_text(record, "exe"), *comm = pw_record_text(record, "comm");

	if (exe || comm) {
		begin(to, "program");
		fputs(exe ? exe : comm, to);
		if (exe && comm)
			fprintf(to, ", which calls itself %s", comm);
		add_number(to, record, ", process ", "pid");
		add_number(to, record, ", thread ", "tid");
	}
	print_starters(to, explain);
	if (pw_record_text(record, "cgroup")) {
		begin(to, "belongs to");
		fputs(pw_record_text(record, "cgroup"), to);
	}
}

static void print_user(FILE *to, json_object *record, unsigned int tell)
{
	uint64_t uid = pw_record_number(record, "uid", UINT64_MAX);
	uint64_t login = pw_record_number(record, "auid", UINT64_MAX);

	if (uid == UINT64_MAX)
		return;
	begin(to, "user");
	pw_tell_user(to, uid, tell);
	add_number(to, record, ", group ", "gid");
	if (login == UINT64_MAX) {
		fputs("; nobody had logged in", to);
		return;
	}
	fputs("; logged in as ", to);
	pw_tell_user(to, login, tell);
	add_number(to, record, ", session ", "ses");
}

static void print_actor(FILE *to, json_object *record)
{
	if (!pw_record_text(record, "actor"))
		return;
	begin(to, "at console");
	fprintf(to, "%s, as %s stated", pw_record_text(record, "actor"),
		pw_record_text(record, "actor_by") ?: "somebody");
}

static void print_target(FILE *to, json_object *record)
{
	const char *dev = pw_record_text(record, "dev"), *volume = pw_record_text(record, "volume");
	const char *peer = pw_record_text(record, "peer");
	_cleanup_free_ char *what = NULL;

	if (dev) {
		begin(to, "file");
		fputs(pw_record_text(record, "path") ?: "-", to);
		add_number(to, record, ", inode ", "ino");
		fprintf(to, " of file system %s", dev);
		if (volume)
			fprintf(to, " (%s)", volume);
	} else if (pw_record_is_various(record)) {
		begin(to, "files");
		fputs("not known: the policy has the reads of this subject folded; the first of the run has "
		      "a record of its own", to);
	}
	if (pw_record_text(record, "addr")) {
		what = pw_record_what(record);
		begin(to, "peer");
		fputs(what ? what : "-", to);
	} else if (peer) {
		begin(to, "other side");
		fputs(peer, to);
	}
	if (pw_record_true(record, "phi")) {
		begin(to, "before");
		fputs("the process had opened an object", to);
	}
}

static void print_policy(FILE *to, json_object *record)
{
	if (!pw_record_text(record, "policy"))
		return;
	begin(to, "policy");
	fputs(pw_record_text(record, "policy"), to);
	add_number(to, record, " version ", "version");
	add_number(to, record, ", the number in force in this boot: ", "generation");
}

static void print_head(FILE *to, const struct pw_explain *explain)
{
	char time[PW_LOCAL_TIME_SIZE] = "-";
	int64_t ns;

	if (pw_record_time(explain->record, &ns) == 0)
		pw_local_time(ns, time);
	fprintf(to, "record %" PRIu64 ", %s, ", explain->seq, time);
	if (pw_record_text(explain->record, "since") && pw_record_since(explain->record, &ns) == 0) {
		pw_local_time(ns, time);
		fprintf(to, "which stands for all since %s, ", time);
	}
	fprintf(to, "boot %s\n\n  ", pw_record_text(explain->record, "boot") ?: "-");
}

static void print_gap(FILE *to, const struct pw_explain *explain)
{
	json_object *record = explain->record;

	fprintf(to, "It has no line: it is one of %" PRIu64 " numbers, %" PRIu64 " to %" PRIu64
		", that were lost: %s.\n", pw_record_number(record, "count", 0),
		pw_record_number(record, "first", 0), pw_record_number(record, "last", 0),
		pw_record_text(record, "reason") ?: "no reason is given");
}

void pw_explain_print(FILE *to, const struct pw_explain *explain, unsigned int tell)
{
	json_object *record = explain->record;
	const char *not_entered = pw_why_not_entered(&explain->before, record);
	const char *reason = pw_record_text(record, "reason") ?: "";

	print_head(to, explain);
	if (pw_record_is(record, "type", "gap")) {
		print_gap(to, explain);
		return;
	}
	pw_tell_record(to, record, pw_record_number(record, "count", 1), not_entered, tell);
	if (pw_record_is(record, "verdict", "deny") && !pw_record_true(record, "enforced"))
		fputs(pw_sessions_reason(reason, strlen(reason)) ?
		      " It went through: break-glass was open." :
		      " It went through: the mode was permissive.", to);
	fputc('\n', to);
	print_program(to, explain);
	print_user(to, record, tell);
	print_actor(to, record);
	print_target(to, record);
	print_policy(to, record);
	if (pw_record_is(record, "verdict", "deny")) {
		begin(to, "to allow it");
		pw_why_advice(to, record, not_entered);
	}
	fputc('\n', to);
}
