// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <string.h>

#include "audit/reader.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "report/query.h"
#include "report/why.h"

/* ---- What is asked about -------------------------------------------------------------------- */

/* `host:port` or `[v6]:port`; false when it has no port. */
static bool parse_host(const char *text, struct pw_why_about *about)
{
	const char *colon = strrchr(text, ':');
	uint64_t port;
	size_t length;

	if (!colon || colon == text || pw_text_number(colon + 1, 1, 65535, &port) < 0)
		return false;
	length = (size_t)(colon - text);
	if (text[0] == '[' && text[length - 1] == ']') {
		text++;
		length -= 2;
	}
	about->owned = strndup(text, length);
	about->host = about->owned;
	about->port = (uint16_t)port;
	return true;
}

int pw_why_parse(const char *text, struct pw_why_about *ret_about)
{
	struct pw_why_about about = { 0 };

	if (text[0] == '/')
		about.path = text;
	else if (!parse_host(text, &about))
		about.program = text;
	else if (!about.host)
		return -ENOMEM;
	*ret_about = about;
	return 0;
}

static bool is_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	while (length > 1 && directory[length - 1] == '/')
		length--;
	return path && strncmp(path, directory, length) == 0 &&
	       (path[length] == '/' || path[length] == '\0' || length == 1);
}

static bool is_peer(json_object *record, const struct pw_why_about *about)
{
	const char *addr = pw_record_text(record, "addr"), *peer = pw_record_text(record, "peer");

	if (pw_record_number(record, "port", 0) != about->port)
		return false;
	return (addr && strcmp(addr, about->host) == 0) ||
	       (peer && strcmp(peer, about->host) == 0) ||
	       (addr && !strcmp(about->host, "localhost") &&
		(!strncmp(addr, "127.", 4) || !strcmp(addr, "::1")));
}

static bool is_about(json_object *record, const struct pw_why_about *about)
{
	if (about->program)
		return pw_query_is_program(record, about->program);
	if (about->path)
		return is_below(pw_record_text(record, "path"), about->path) ||
		       pw_query_is_program(record, about->path);
	if (about->host)
		return is_peer(record, about);
	return true;
}

/* ---- Folding ---------------------------------------------------------------------------------- */

static bool same_text(json_object *a, json_object *b, const char *member)
{
	const char *x = pw_record_text(a, member), *y = pw_record_text(b, member);

	return x == y || (x && y && strcmp(x, y) == 0);
}

/*
 * Whether two files lie in one directory. In an object it does not matter where; elsewhere
 * the directory is what the policy would have to name.
 */
static bool same_directory(json_object *a, json_object *b)
{
	const char *x = pw_record_text(a, "path"), *y = pw_record_text(b, "path");
	const char *end_x, *end_y;

	if (pw_record_text(a, "object") || !x || !y)
		return true;
	end_x = strrchr(x, '/');
	end_y = strrchr(y, '/');
	if (!end_x || !end_y)
		return end_x == end_y;
	return end_x - x == end_y - y && memcmp(x, y, (size_t)(end_x - x)) == 0;
}

/* Alike but for the file, the process and the time. */
static bool is_alike(json_object *a, json_object *b)
{
	static const char *const members[] = { "reason", "subject", "object", "exe", "action",
					       "type", "rule", "addr", "proto", "peer" };

	for (size_t i = 0; i < PW_ARRAY_SIZE(members); i++)
		if (!same_text(a, b, members[i]))
			return false;
	return pw_record_number(a, "port", 0) == pw_record_number(b, "port", 0) &&
	       pw_record_number(a, "uid", 0) == pw_record_number(b, "uid", 0) &&
	       same_directory(a, b) &&
	       pw_record_true(a, "enforced") == pw_record_true(b, "enforced");
}

static struct pw_refusal *slot_for(struct pw_why *why, json_object *record)
{
	struct pw_refusal *slot = why->refusals, *oldest = NULL;

	for (; slot < why->refusals + why->n; slot++) {
		if (is_alike(slot->latest, record))
			return slot;
		if (!oldest || slot->time < oldest->time)
			oldest = slot;
	}
	if (why->n < PW_WHY_MAX) {
		why->refusals[why->n] = (struct pw_refusal){ 0 };
		return &why->refusals[why->n++];
	}
	why->dropped += oldest->count;
	json_object_put(oldest->latest);
	*oldest = (struct pw_refusal){ 0 };
	return oldest;
}

static int add_refusal(struct pw_why *why, json_object *record)
{
	struct pw_refusal *refusal;

	if (!why->refusals)
		why->refusals = calloc(PW_WHY_MAX, sizeof(*why->refusals));
	if (!why->refusals)
		return -ENOMEM;
	refusal = slot_for(why, record);
	json_object_put(refusal->latest);
	refusal->latest = json_object_get(record);
	refusal->count += pw_record_number(record, "count", 1);
	if (pw_record_time(record, &refusal->time) < 0)
		refusal->time = 0;
	if (!pw_record_true(record, "enforced"))
		why->would++;
	return 0;
}

/* A program that entered no subject is refused other things later, as one of others. */
static void remember_start(struct pw_why *why, json_object *record)
{
	size_t i;

	for (i = 0; i < why->nstarts; i++)
		if (same_text(why->starts[i], record, "exe"))
			break;
	if (i == why->nstarts && i < PW_WHY_STARTS)
		why->nstarts++;
	else if (i == PW_WHY_STARTS)
		i = 0;
	json_object_put(why->starts[i]);
	why->starts[i] = json_object_get(record);
}

const char *pw_why_not_entered(const struct pw_why *why, json_object *record)
{
	const char *subject = pw_record_text(record, "subject");

	if (!subject || strcmp(subject, "others") != 0 || !pw_record_text(record, "exe"))
		return NULL;
	for (size_t i = 0; i < why->nstarts; i++)
		if (same_text(why->starts[i], record, "exe"))
			return pw_record_text(why->starts[i], "peer");
	return NULL;
}

int pw_why_add(struct pw_why *why, json_object *record)
{
	const char *type = pw_record_text(record, "type");
	const char *verdict = pw_record_text(record, "verdict");

	if (type && !strcmp(type, "gap")) {
		why->lost += pw_record_number(record, "count", 0);
		return 0;
	}
	if (verdict && type && !strcmp(verdict, "deny") && !strcmp(type, "exec"))
		remember_start(why, record);
	if (!verdict || !is_about(record, &why->about))
		return 0;
	if (!strcmp(verdict, "deny"))
		return add_refusal(why, record);
	why->allowed += pw_record_number(record, "count", 1);
	json_object_put(why->last_allowed);
	why->last_allowed = json_object_get(record);
	return 0;
}

static int newest_first(const void *a, const void *b)
{
	const struct pw_refusal *x = a, *y = b;

	return (x->time < y->time) - (x->time > y->time);
}

void pw_why_sort(struct pw_why *why)
{
	if (why->n)
		qsort(why->refusals, why->n, sizeof(*why->refusals), newest_first);
}

void pw_why_done(struct pw_why *why)
{
	for (size_t i = 0; i < why->n; i++)
		json_object_put(why->refusals[i].latest);
	for (size_t i = 0; i < why->nstarts; i++)
		json_object_put(why->starts[i]);
	json_object_put(why->last_allowed);
	free(why->refusals);
	free(why->about.owned);
	*why = (struct pw_why){ 0 };
}
