// SPDX-License-Identifier: BSD-2-Clause
#include <inttypes.h>
#include <pwd.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <wchar.h>

#include "audit/line.h"
#include "audit/reader.h"
#include "common/cleanup.h"
#include "report/table.h"

#define NS_PER_S 1000000000LL
#define RED "\033[31m"
#define YELLOW "\033[33m"
#define BOLD "\033[1m"
#define PLAIN "\033[0m"
#define COLUMNS_BEFORE_WHAT 96
#define COLUMNS_LEAST 20
#define SEQ_SIZE 21

struct pw_table pw_table_for(FILE *to, bool user_names)
{
	struct pw_table table = { .to = to, .user_names = user_names };
	const char *terminal = getenv("TERM"), *no_colour = getenv("NO_COLOR");
	struct winsize size;

	if (!isatty(fileno(to)))
		return table;
	if (ioctl(fileno(to), TIOCGWINSZ, &size) == 0)
		table.width = size.ws_col;
	table.colour = (!no_colour || !*no_colour) && terminal && strcmp(terminal, "dumb") != 0;
	return table;
}

void pw_local_time(int64_t ns, char text[PW_LOCAL_TIME_SIZE])
{
	time_t second = (time_t)(ns / NS_PER_S);
	struct tm tm;

	if (!localtime_r(&second, &tm) ||
	    !strftime(text, PW_LOCAL_TIME_SIZE, "%Y-%m-%d %H:%M:%S%z", &tm))
		snprintf(text, PW_LOCAL_TIME_SIZE, "-");
}

static size_t columns_of(uint32_t character)
{
	int columns = character < 0x80 ? 1 : wcwidth((wchar_t)character);

	return columns < 0 ? 1 : (size_t)columns;
}

/* Bytes of the first character of @text, and its columns. */
static size_t next_character(const char *text, size_t *ret_columns)
{
	uint32_t character = 0;
	size_t n = pw_utf8_decode(text, strlen(text), &character);

	*ret_columns = n ? columns_of(character) : 1;
	return n ? n : 1;
}

size_t pw_text_columns(const char *text)
{
	size_t columns = 0, one;

	while (*text) {
		text += next_character(text, &one);
		columns += one;
	}
	return columns;
}

void pw_text_fit(FILE *to, const char *text, size_t columns)
{
	size_t all = pw_text_columns(text), used = 0, one, n;

	if (all <= columns || columns < 5) {
		fputs(text, to);
		return;
	}
	for (; used < (columns - 3) / 2; text += n, used += one) {
		n = next_character(text, &one);
		fwrite(text, n, 1, to);
	}
	fputs("...", to);
	for (used = all - used; used > columns - 3 - (columns - 3) / 2; used -= one)
		text += next_character(text, &one);
	fputs(text, to);
}

static const char *base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash && slash[1] ? slash + 1 : path;
}

bool pw_record_came_in(json_object *record)
{
	const char *action = pw_record_text(record, "action");

	return action && !strcmp(action, "listen") && pw_record_text(record, "addr") &&
	       !pw_record_number(record, "pid", 0);
}

bool pw_record_is_pipe(json_object *record)
{
	const char *path = pw_record_text(record, "path"), *action = pw_record_text(record, "action");
	unsigned int major, minor;
	int end = 0;

	return path && action && !strcmp(action, "write") && !pw_record_text(record, "volume") &&
	       sscanf(path, "\\%u:%u/%n", &major, &minor, &end) == 2 && end && !path[end];
}

bool pw_record_is_various(json_object *record)
{
	return pw_record_is(record, "type", "file") && pw_record_is(record, "action", "read") &&
	       pw_record_is(record, "verdict", "allow") && !pw_record_text(record, "path") &&
	       !pw_record_text(record, "volume");
}

/* `tcp 4242 from 10.20.0.2 (scanner)` */
static int what_came_in(json_object *record, const char *proto, const char *addr,
			const char *peer, char **ret)
{
	return asprintf(ret, "%s %" PRIu64 " from %s%s%s%s", proto,
			pw_record_number(record, "port", 0), addr, peer ? " (" : "",
			peer ? peer : "", peer ? ")" : "");
}

char *pw_record_what(json_object *record)
{
	const char *path = pw_record_text(record, "path"), *proto = pw_record_text(record, "proto");
	const char *addr = pw_record_text(record, "addr"), *peer = pw_record_text(record, "peer");
	const char *volume = pw_record_text(record, "volume");
	char *what = NULL;
	int r;

	if (pw_record_came_in(record))
		r = what_came_in(record, proto ? proto : "ip", addr, peer, &what);
	else if (pw_record_is_pipe(record))
		r = asprintf(&what, "a pipe");
	else if (pw_record_is_various(record))
		r = asprintf(&what, "various files");
	else if (addr)
		r = asprintf(&what, strchr(addr, ':') ? "%s [%s]:%" PRIu64 "%s%s%s" :
							"%s %s:%" PRIu64 "%s%s%s",
			     proto ? proto : "ip", addr, pw_record_number(record, "port", 0),
			     peer ? " (" : "", peer ? peer : "", peer ? ")" : "");
	else if (proto)
		r = asprintf(&what, "%s %s", proto, path ? path : peer ? peer : "-");
	else if (!path && !peer && volume)
		r = asprintf(&what, "all of %s", volume);
	else
		r = asprintf(&what, "%s", path ? path : peer ? peer : "-");
	return r < 0 ? NULL : what;
}

static void user_name(const struct pw_table *table, uint64_t uid, char *text, size_t size)
{
	const struct passwd *user = NULL;

	if (table->user_names && uid <= UINT32_MAX)
		user = getpwuid((uid_t)uid);
	if (uid == UINT64_MAX)
		snprintf(text, size, "-");
	else if (user)
		snprintf(text, size, "%s", user->pw_name);
	else
		snprintf(text, size, "%" PRIu64, uid);
}

/* `root`, or `root(alice)` when it is alice who logged in. */
static void who(const struct pw_table *table, json_object *record, char *text, size_t size)
{
	uint64_t uid = pw_record_number(record, "uid", UINT64_MAX);
	uint64_t login = pw_record_number(record, "auid", UINT64_MAX);
	size_t length;

	user_name(table, uid, text, size);
	if (login == UINT64_MAX || login == uid)
		return;
	length = strlen(text);
	if (length + 2 >= size)
		return;
	text[length++] = '(';
	user_name(table, login, text + length, size - length - 1);
	strcat(text, ")");
}

void pw_table_head(const struct pw_table *table)
{
	fprintf(table->to, "%s%8s %-24s  %-6s  %-12s %-7s %-10s %-8s %-10s %s%s\n",
		table->colour ? BOLD : "", "SEQ", "TIME", "", "SUBJECT", "ACTION", "PROGRAM", "USER",
		"OBJECT", "WHAT", table->colour ? PLAIN : "");
}

static void gap_row(const struct pw_table *table, json_object *record, const char *time)
{
	const char *reason = pw_record_text(record, "reason");

	fprintf(table->to, "%s%8s %-24s  gap     %" PRIu64 " records lost (numbers %" PRIu64 " to %"
		PRIu64 "): %s%s\n", table->colour ? YELLOW : "", "-", time,
		pw_record_number(record, "count", 0), pw_record_number(record, "first", 0),
		pw_record_number(record, "last", 0), reason ? reason : "-",
		table->colour ? PLAIN : "");
}

static void seq_text(json_object *record, char text[SEQ_SIZE])
{
	uint64_t seq = pw_record_number(record, "seq", UINT64_MAX);

	if (seq == UINT64_MAX)
		snprintf(text, SEQ_SIZE, "-");
	else
		snprintf(text, SEQ_SIZE, "%" PRIu64, seq);
}

static const char *or_dash(const char *text)
{
	return text ? text : "-";
}

void pw_table_row(const struct pw_table *table, json_object *record)
{
	const char *verdict = or_dash(pw_record_text(record, "verdict"));
	const char *program = pw_record_text(record, "exe");
	uint64_t count = pw_record_number(record, "count", 1);
	bool denied = !strcmp(verdict, "deny"), enforced = pw_record_true(record, "enforced");
	_cleanup_free_ char *what = pw_record_what(record);
	char time[PW_LOCAL_TIME_SIZE] = "-", user[80], seq[SEQ_SIZE];
	int64_t ns;

	if (pw_record_time(record, &ns) == 0)
		pw_local_time(ns, time);
	if (!strcmp(or_dash(pw_record_text(record, "type")), "gap")) {
		gap_row(table, record, time);
		return;
	}
	who(table, record, user, sizeof(user));
	program = base_name(program ? program : pw_record_text(record, "comm"));
	seq_text(record, seq);
	fprintf(table->to, "%8s %-24s  %s%-6s%s  %-12s %-7s %-10s %-8s %-10s ", seq, time,
		table->colour && denied ? RED : "", denied && !enforced ? "would" : verdict,
		table->colour && denied ? PLAIN : "", or_dash(pw_record_text(record, "subject")),
		or_dash(pw_record_text(record, "action")), or_dash(program), user,
		or_dash(pw_record_text(record, "object")));
	if (table->width > COLUMNS_BEFORE_WHAT + COLUMNS_LEAST)
		pw_text_fit(table->to, or_dash(what), table->width - COLUMNS_BEFORE_WHAT);
	else
		fputs(or_dash(what), table->to);
	if (count > 1)
		fprintf(table->to, " (%" PRIu64 " times", count);
	if (count > 1 && pw_record_text(record, "since") && pw_record_since(record, &ns) == 0) {
		pw_local_time(ns, time);
		fprintf(table->to, " since %s", time);
	}
	fputs(count > 1 ? ")\n" : "\n", table->to);
}
