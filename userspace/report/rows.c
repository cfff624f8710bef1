// SPDX-License-Identifier: BSD-2-Clause
#include "report/rows.h"

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "audit/checkpoint.h"
#include "audit/line.h"
#include "audit/reader.h"
#include "audit/record.h"
#include "common/cleanup.h"
#include "report/segments.h"

#define NS_PER_S 1000000000LL
#define ZONE_STEP_S 900		/* offsets from UTC change at full quarters of an hour */
#define PERSONS_KNOWN 256

/* A run of a program, and by whom it was started. */
struct run {
	uint64_t seq;
	uint32_t chain;
};

struct person {
	bool known;
	uint64_t uid, auid;
	uint32_t id;
};

struct reading {
	struct pw_rows *rows;
	struct pw_members members;
	struct pw_row *row;
	char text[PW_RECORD_LINE_MAX + 256];	/* of a member that is put together */
	struct person persons[PERSONS_KNOWN];
	bool time_known;
	int64_t time_step;
	uint32_t time_ids[3];
	struct run *runs;		/* by their number */
	size_t nruns, runs_capacity;
};

const char *pw_row_text(const struct pw_rows *rows, const struct pw_row *row, enum pw_column column)
{
	return rows->texts[column].entries[row->ids[column]].text;
}

bool pw_row_is(const struct pw_rows *rows, const struct pw_row *row, enum pw_column column,
	       const char *text)
{
	return !strcmp(pw_row_text(rows, row, column), text);
}

/* ---- Texts --------------------------------------------------------------------------------- */

static const struct pw_member *member(const struct reading *r, enum pw_member_id id)
{
	return &r->members.values[id];
}

static int set(struct reading *r, enum pw_column column, const char *text, size_t length)
{
	return pw_dictionary_add(&r->rows->texts[column], text, length, &r->row->ids[column]);
}

__attribute__((format(printf, 3, 4)))
static int set_format(struct reading *r, enum pw_column column, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(r->text, sizeof(r->text), format, arguments);
	va_end(arguments);
	return n < 0 || (size_t)n >= sizeof(r->text) ? -ENOMEM : set(r, column, r->text, (size_t)n);
}

static int set_member(struct reading *r, enum pw_column column, enum pw_member_id id)
{
	const struct pw_member *m = member(r, id);

	return pw_member_is_text(m) ? set(r, column, m->at + 1, m->length - 2) :
				      set(r, column, "", 0);
}

/* For printf: `%.*s` of a text, of which the quotes are no part. */
#define TEXT(m) (int)(m)->length - 2, (m)->at + 1

/* ---- Who ----------------------------------------------------------------------------------- */

static void name_user(const struct reading *r, uint64_t uid, struct pw_line *name)
{
	const struct passwd *user = r->rows->user_names ? getpwuid((uid_t)uid) : NULL;

	if (user) {
		pw_line_untrusted(name, user->pw_name, strlen(user->pw_name));
	} else {
		pw_line_literal(name, "user ");
		pw_line_u64(name, uid);
	}
}

static int describe_person(struct reading *r, uint64_t uid, uint64_t auid)
{
	struct pw_line text = { 0 };
	int e;

	if (uid != UINT64_MAX)
		name_user(r, auid == UINT64_MAX ? uid : auid, &text);
	if (uid != UINT64_MAX && auid == UINT64_MAX)
		pw_line_literal(&text, ", no login");
	if (uid != UINT64_MAX && auid != UINT64_MAX && auid != uid) {
		pw_line_literal(&text, ", as ");
		name_user(r, uid, &text);
	}
	e = text.failed ? -ENOMEM : set(r, PW_COLUMN_PERSON, text.data ?: "", text.length);
	pw_line_done(&text);
	return e;
}

/* A few persons make most of the records. */
static int set_person(struct reading *r)
{
	uint64_t uid = UINT64_MAX, auid = UINT64_MAX;
	struct person *person;
	int e = 0;

	pw_member_number(member(r, PW_MEMBER_UID), &uid);
	pw_member_number(member(r, PW_MEMBER_AUID), &auid);
	if (r->rows->is_public)
		return set(r, PW_COLUMN_PERSON, "", 0);
	person = &r->persons[(uid * 31 + auid) % PERSONS_KNOWN];
	if (!person->known || person->uid != uid || person->auid != auid) {
		e = describe_person(r, uid, auid);
		*person = (struct person){ !e, uid, auid, r->row->ids[PW_COLUMN_PERSON] };
	}
	r->row->ids[PW_COLUMN_PERSON] = person->id;
	return e;
}

static int set_actor(struct reading *r)
{
	const struct pw_member *actor = member(r, PW_MEMBER_ACTOR);
	const struct pw_member *by = member(r, PW_MEMBER_ACTOR_BY);

	if (r->rows->is_public || !pw_member_is_text(actor))
		return set(r, PW_COLUMN_ACTOR, "", 0);
	if (!pw_member_is_text(by))
		return set_member(r, PW_COLUMN_ACTOR, PW_MEMBER_ACTOR);
	return set_format(r, PW_COLUMN_ACTOR, "%.*s, as %.*s stated", TEXT(actor), TEXT(by));
}

/* ---- With what ----------------------------------------------------------------------------- */

/* Without its directories, which may be somebody's. */
static struct pw_member base_of(const struct pw_member *path)
{
	const char *slash = memrchr(path->at, '/', path->length);
	struct pw_member base = *path;

	if (slash) {
		base.length -= (size_t)(slash - path->at);
		base.at = slash;
	}
	return base;
}

static int set_program(struct reading *r)
{
	const struct pw_member *exe = member(r, PW_MEMBER_EXE);
	struct pw_member base;

	if (!pw_member_is_text(exe))
		return r->rows->is_public ? set(r, PW_COLUMN_PROGRAM, "", 0) :
					    set_member(r, PW_COLUMN_PROGRAM, PW_MEMBER_COMM);
	base = r->rows->is_public ? base_of(exe) : *exe;
	return set(r, PW_COLUMN_PROGRAM, base.at + 1, base.length - 2);
}

/* The end of the text that begins at @quote: its other quote. */
static const char *end_of_text(const char *quote)
{
	for (quote++; *quote != '"'; quote++)
		quote += *quote == '\\';
	return quote;
}

/* `/bin/sh, /usr/sbin/sshd, ...`: the parent, its parent, and so on. */
static int set_parents(struct reading *r, const struct pw_member *parents)
{
	static const char name[] = "\"exe\":";
	const char *at = parents->at, *end = parents->at + parents->length;
	size_t length = 0;

	while ((at = memmem(at, (size_t)(end - at), name, sizeof(name) - 1))) {
		struct pw_member exe = { at + sizeof(name) - 1, 0 };

		if (length) {
			memcpy(r->text + length, ", ", 2);
			length += 2;
		}
		if (*exe.at != '"') {
			memcpy(r->text + length, "...", 3);
			length += 3;
			at = exe.at;
			continue;
		}
		at = end_of_text(exe.at) + 1;
		exe.length = (size_t)(at - exe.at);
		if (r->rows->is_public)
			exe = base_of(&exe);
		memcpy(r->text + length, exe.at + 1, exe.length - 2);
		length += exe.length - 2;
	}
	return set(r, PW_COLUMN_CHAIN, r->text, length);
}

static size_t run_slot(const struct reading *r, uint64_t seq)
{
	size_t i = (size_t)(seq * 0x9e3779b97f4a7c15ULL >> 32) & (r->runs_capacity - 1);

	while (r->runs[i].seq && r->runs[i].seq != seq)
		i = (i + 1) & (r->runs_capacity - 1);
	return i;
}

static int remember_run(struct reading *r, uint64_t seq, uint32_t chain)
{
	struct run *before = r->runs;
	size_t n = r->runs_capacity, at;

	if (2 * r->nruns >= n) {
		r->runs_capacity = n ? 2 * n : 1024;
		r->runs = calloc(r->runs_capacity, sizeof(*r->runs));
		if (!r->runs) {
			r->runs = before;
			r->runs_capacity = n;
			return -ENOMEM;
		}
		for (size_t i = 0; i < n; i++)
			if (before[i].seq)
				r->runs[run_slot(r, before[i].seq)] = before[i];
		free(before);
	}
	at = run_slot(r, seq);
	r->nruns += !r->runs[at].seq;
	r->runs[at] = (struct run){ seq, chain };
	return 0;
}

/* By whom it was started: the record says it, or the one that began the run. */
static int set_chain(struct reading *r)
{
	const struct pw_member *parents = member(r, PW_MEMBER_PARENTS);
	uint64_t run;
	int e;

	if (parents->at[0] == '[') {
		e = set_parents(r, parents);
		if (!e && pw_member_is(member(r, PW_MEMBER_TYPE), "\"exec\""))
			e = remember_run(r, r->row->seq, r->row->ids[PW_COLUMN_CHAIN]);
		return e;
	}
	e = set(r, PW_COLUMN_CHAIN, "", 0);
	if (!e && r->nruns && pw_member_number(member(r, PW_MEMBER_RUN), &run))
		r->row->ids[PW_COLUMN_CHAIN] = r->runs[run_slot(r, run)].chain;
	return e;
}

/* ---- What ---------------------------------------------------------------------------------- */

/* As pw_record_what() says it. */
static int set_peer(struct reading *r)
{
	const struct pw_member *addr = member(r, PW_MEMBER_ADDR), *peer = member(r, PW_MEMBER_PEER);
	const struct pw_member *proto = member(r, PW_MEMBER_PROTO);
	static const struct pw_member ip = { "\"ip\"", 4 }, none = { "\"\"", 2 };
	bool named = pw_member_is_text(peer), six = memchr(addr->at, ':', addr->length);
	uint64_t port = 0, pid = 0;
	bool came_in;

	pw_member_number(member(r, PW_MEMBER_PORT), &port);
	pw_member_number(member(r, PW_MEMBER_PID), &pid);
	came_in = !pid && pw_member_is(member(r, PW_MEMBER_ACTION), "\"listen\"");
	if (!pw_member_is_text(proto))
		proto = &ip;
	if (!named)
		peer = &none;
	if (came_in)
		return set_format(r, PW_COLUMN_WHAT, "%.*s %" PRIu64 " from %.*s%s%.*s%s",
				  TEXT(proto), port, TEXT(addr), named ? " (" : "",
				  TEXT(peer), named ? ")" : "");
	return set_format(r, PW_COLUMN_WHAT, "%.*s %s%.*s%s:%" PRIu64 "%s%.*s%s", TEXT(proto),
			  six ? "[" : "", TEXT(addr), six ? "]" : "", port, named ? " (" : "", TEXT(peer), named ? ")" : "");
}

/* As pw_record_is_various() has it. */
static bool is_various(const struct reading *r)
{
	return pw_member_is(member(r, PW_MEMBER_TYPE), "\"file\"") &&
	       pw_member_is(member(r, PW_MEMBER_ACTION), "\"read\"") &&
	       pw_member_is(member(r, PW_MEMBER_VERDICT), "\"allow\"") &&
	       !pw_member_is_text(member(r, PW_MEMBER_PATH)) &&
	       !pw_member_is_text(member(r, PW_MEMBER_VOLUME));
}

static int set_what(struct reading *r)
{
	static const char various[] = "various files";

	if (r->row->folded)
		return set(r, PW_COLUMN_WHAT, various, sizeof(various) - 1);
	if (pw_member_is_text(member(r, PW_MEMBER_ADDR)))
		return set_peer(r);
	if (pw_member_is_text(member(r, PW_MEMBER_PATH)))
		return r->rows->is_public ? set(r, PW_COLUMN_WHAT, "", 0) :
					    set_member(r, PW_COLUMN_WHAT, PW_MEMBER_PATH);
	return set_member(r, PW_COLUMN_WHAT, PW_MEMBER_PEER);
}

static int set_verdict(struct reading *r)
{
	if (pw_member_is(member(r, PW_MEMBER_VERDICT), "\"deny\"") &&
	    !pw_member_is(member(r, PW_MEMBER_ENFORCED), "true"))
		return set(r, PW_COLUMN_VERDICT, "would", 5);
	return set_member(r, PW_COLUMN_VERDICT, PW_MEMBER_VERDICT);
}

static int set_policy(struct reading *r)
{
	const struct pw_member *policy = member(r, PW_MEMBER_POLICY);
	uint64_t version = 0;

	if (!pw_member_is_text(policy))
		return set(r, PW_COLUMN_POLICY, "", 0);
	pw_member_number(member(r, PW_MEMBER_VERSION), &version);
	return set_format(r, PW_COLUMN_POLICY, "%.*s version %" PRIu64, TEXT(policy), version);
}

/* ---- When ---------------------------------------------------------------------------------- */

static int set_time(struct reading *r, enum pw_column column, const char *format, const struct tm *tm)
{
	char text[32];
	size_t n = strftime(text, sizeof(text), format, tm);

	return n ? set(r, column, text, n) : -EOVERFLOW;
}

/* By the clock on the wall, which is asked once a quarter of an hour. */
static int set_local_time(struct reading *r)
{
	static const enum pw_column columns[] = { PW_COLUMN_ZONE, PW_COLUMN_HOUR, PW_COLUMN_DAY };
	static const char *const formats[] = { "%z", "%H", "%Y-%m-%d" };
	time_t second = (time_t)(r->row->time / NS_PER_S);
	int64_t step = second / ZONE_STEP_S;
	int e = 0;
	struct tm tm;

	if (r->time_known && step == r->time_step) {
		for (size_t i = 0; i < PW_ARRAY_SIZE(columns); i++)
			r->row->ids[columns[i]] = r->time_ids[i];
		return 0;
	}
	if (!localtime_r(&second, &tm))
		return -EOVERFLOW;
	for (size_t i = 0; !e && i < PW_ARRAY_SIZE(columns); i++) {
		e = set_time(r, columns[i], formats[i], &tm);
		r->time_ids[i] = r->row->ids[columns[i]];
	}
	r->time_step = step;
	r->time_known = !e;
	return e;
}

/* ---- Rows ---------------------------------------------------------------------------------- */

static bool read_time(const struct pw_member *time, int64_t *ret)
{
	return time->length == PW_RECORD_TIME_LEN + 2 && pw_record_time_parse(time->at + 1, ret) == 0;
}

static bool read_times(struct reading *r)
{
	const struct pw_member *since = member(r, PW_MEMBER_SINCE);
	struct pw_row *row = r->row;

	if (!read_time(member(r, PW_MEMBER_TIME), &row->time))
		return false;
	row->since = row->time;
	return !pw_member_is_text(since) || read_time(since, &row->since);
}

static bool read_numbers(struct reading *r)
{
	uint64_t first, last;
	struct pw_row *row = r->row;

	row->count = 1;
	pw_member_number(member(r, PW_MEMBER_COUNT), &row->count);
	if (pw_member_number(member(r, PW_MEMBER_FIRST), &first) &&
	    pw_member_number(member(r, PW_MEMBER_LAST), &last) && first <= last) {
		row->seq = first;
		row->span = last - first;
	} else if (!pw_member_number(member(r, PW_MEMBER_SEQ), &row->seq)) {
		return false;
	}
	return read_times(r);
}

static int fill_row(struct reading *r)
{
	static const struct {
		enum pw_column column;
		enum pw_member_id id;
	} plain[] = {
		{ PW_COLUMN_TYPE, PW_MEMBER_TYPE }, { PW_COLUMN_ACTION, PW_MEMBER_ACTION },
		{ PW_COLUMN_SUBJECT, PW_MEMBER_SUBJECT }, { PW_COLUMN_OBJECT, PW_MEMBER_OBJECT },
		{ PW_COLUMN_VOLUME, PW_MEMBER_VOLUME }, { PW_COLUMN_RULE, PW_MEMBER_RULE },
		{ PW_COLUMN_REASON, PW_MEMBER_REASON },
	};
	static int (*const composed[])(struct reading *r) = {
		set_verdict, set_person, set_actor, set_program, set_chain, set_what, set_policy,
		set_local_time,
	};
	bool phi = pw_member_is(member(r, PW_MEMBER_PHI), "true");
	int e = set(r, PW_COLUMN_PHI, "yes", phi ? 3 : 0);

	r->row->folded = is_various(r);
	for (size_t i = 0; !e && i < PW_ARRAY_SIZE(plain); i++)
		e = set_member(r, plain[i].column, plain[i].id);
	for (size_t i = 0; !e && i < PW_ARRAY_SIZE(composed); i++)
		e = composed[i](r);
	return e;
}

static int add_row(struct reading *r, const struct pw_row *row)
{
	struct pw_rows *rows = r->rows;

	if (rows->n == PW_ROWS_MAX)
		return -E2BIG;
	if (rows->n == rows->capacity) {
		size_t capacity = rows->capacity ? 2 * rows->capacity : 4096;
		struct pw_row *more = reallocarray(rows->rows, capacity, sizeof(*more));

		if (!more)
			return -ENOMEM;
		rows->rows = more;
		rows->capacity = capacity;
	}
	rows->rows[rows->n++] = *row;
	return 0;
}

/* A session may have begun before the time asked for, and wait for its review. */
static int note_session(struct reading *r)
{
	const struct pw_member *path = member(r, PW_MEMBER_PATH), *reason = member(r, PW_MEMBER_REASON);
	const struct pw_member *action = member(r, PW_MEMBER_ACTION);
	struct pw_sessions *sessions = &r->rows->sessions;
	char word[16];

	if (pw_member_is_text(reason) && pw_sessions_reason(reason->at + 1, reason->length - 2))
		pw_sessions_pass(sessions, r->row->count);
	if (!pw_member_is(member(r, PW_MEMBER_TYPE), "\"breakglass\"") || !pw_member_is_text(path) ||
	    !pw_member_is_text(action) || action->length - 2 >= sizeof(word))
		return 0;
	memcpy(word, action->at + 1, action->length - 2);
	word[action->length - 2] = '\0';
	return pw_sessions_add(sessions, word, pw_member_is(member(r, PW_MEMBER_VERDICT), "\"allow\""),
			       path->at + 1, path->length - 2, r->row->time);
}

static int add_line(struct reading *r, const char *line, size_t length)
{
	const struct pw_rows *rows = r->rows;
	struct pw_row row = { 0 };
	int e;

	r->row = &row;
	if (!pw_members_read(line, length, &r->members) || !read_numbers(r)) {
		r->rows->malformed++;
		return 0;
	}
	e = note_session(r);
	if (e)
		return e;
	/* What began a run before the time asked for is needed in it. */
	if ((rows->since && row.time < rows->since) || (rows->until && row.since > rows->until))
		return set_chain(r);
	e = fill_row(r);
	return e ? e : add_row(r, &row);
}

static int read_segment(struct reading *r, int dir, const struct pw_segment_ref *segment)
{
	_cleanup_free_ char *name = NULL;
	struct pw_lines lines;
	int e = pw_segments_open(dir, segment->number, &lines, &name);

	if (e)
		return e;
	while (!e && (e = pw_lines_next(&lines)) != 0) {
		if (e == -EMSGSIZE) {
			r->rows->malformed++;
			e = pw_lines_skip(&lines);
		} else if (e == -ENODATA) {
			r->rows->malformed += !segment->grows;
			e = 0;
			break;
		} else if (e > 0) {
			e = pw_checkpoint_is(lines.line, lines.length) ?
				    0 : add_line(r, lines.line, lines.length);
		}
	}
	pw_lines_close(&lines);
	return e;
}

int pw_rows_read(int dir, struct pw_rows *rows)
{
	_cleanup_free_ struct pw_segment_ref *segments = NULL;
	struct reading *r = calloc(1, sizeof(*r));
	size_t n;
	int e = r ? pw_segments_list(dir, &segments, &n) : -ENOMEM;

	if (!e)
		r->rows = rows;
	for (size_t i = 0; !e && i < n; i++)
		e = read_segment(r, dir, &segments[i]);
	if (r)
		free(r->runs);
	free(r);
	return e;
}

void pw_rows_done(struct pw_rows *rows)
{
	for (size_t i = 0; i < PW_COLUMNS_N; i++)
		pw_dictionary_done(&rows->texts[i]);
	pw_sessions_done(&rows->sessions);
	free(rows->rows);
	*rows = (struct pw_rows){ 0 };
}
