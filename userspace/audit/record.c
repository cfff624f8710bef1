// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include "audit/record_fields.h"
#include "common/words.h"

#define SAME(member) (a->member == b->member)

static bool same_bytes(const struct pw_event *a, size_t from_a, const struct pw_event *b,
		       size_t from_b, size_t length)
{
	return memcmp(a->bytes + from_a, b->bytes + from_b, length) == 0;
}

static bool same_decision(const struct pw_event *a, const struct pw_event *b)
{
	return SAME(type) && SAME(action) && SAME(verdict) && SAME(flags) && SAME(subject) &&
	       SAME(object) && SAME(generation);
}

static bool same_file(const struct pw_event *a, const struct pw_event *b)
{
	return SAME(object) && SAME(ino) && SAME(dev) && SAME(root) && SAME(flags) && SAME(path_len) &&
	       SAME(generation) && same_bytes(a, 0, b, 0, a->path_len);
}

static bool same_program(const struct pw_event *a, const struct pw_event *b)
{
	return SAME(proto) && SAME(family) && SAME(port) && SAME(program) && SAME(flags) &&
	       SAME(generation) && SAME(exe_dev) && SAME(exe_len) &&
	       memcmp(a->comm, b->comm, sizeof(a->comm)) == 0 &&
	       memcmp(a->addr, b->addr, sizeof(a->addr)) == 0 &&
	       same_bytes(a, a->path_len, b, b->path_len, a->exe_len);
}

static bool same_task(const struct pw_event *a, const struct pw_event *b)
{
	return SAME(tgid) && SAME(tid) && SAME(ppid) && SAME(flags);
}

static bool same_parents(const struct pw_event *a, const struct pw_event *b)
{
	return SAME(parent_dev) && SAME(parent_len) && SAME(run) && SAME(chain_len) && SAME(flags) &&
	       same_bytes(a, (size_t)a->path_len + a->exe_len, b, (size_t)b->path_len + b->exe_len,
			  (size_t)a->parent_len + a->chain_len);
}

static bool same_owner(const struct pw_event *a, const struct pw_event *b)
{
	return SAME(uid) && SAME(gid) && SAME(auid) && SAME(ses) && SAME(cgroup) && SAME(flags);
}

static bool same_actor(const struct pw_event *a, const struct pw_event *b)
{
	return same_task(a, b) && same_owner(a, b) && same_program(a, b) && same_parents(a, b);
}

static bool same_rest(const struct pw_event *a, const struct pw_event *b)
{
	return SAME(peer_subject) && SAME(family) && SAME(dev) && SAME(flags) && SAME(rule) &&
	       SAME(subject) && SAME(object) && SAME(verdict) && SAME(reason) &&
	       SAME(generation) && memcmp(a->addr, b->addr, sizeof(a->addr)) == 0;
}

static bool (*const same[PW_RECORD_GROUPS])(const struct pw_event *a, const struct pw_event *b) = {
	[PW_GROUP_PROGRAM] = same_program,
	[PW_GROUP_TASK] = same_task,
	[PW_GROUP_PARENTS] = same_parents,
	[PW_GROUP_OWNER] = same_owner,
	[PW_GROUP_REST] = same_rest,
	[PW_GROUP_DECISION] = same_decision,
	[PW_GROUP_FILE] = same_file,
};

static bool repeats_group(const struct pw_recorder *recorder, const struct pw_event *event,
			  enum pw_record_group group)
{
	return recorder->before && event && (!same[group] || same[group](recorder->before, event));
}

static bool repeats_head(const struct pw_recorder *recorder, const struct pw_event *event)
{
	const struct pw_event *before = recorder->before;

	return before && event && same_actor(before, event) && same_rest(before, event) &&
	       same_decision(before, event);
}

/* Whatever goes wrong here costs time and not text: the next line is written anew. */
static void remember(struct pw_recorder *recorder, const struct pw_event *event)
{
	size_t size = !event ? 0 : sizeof(*event) + event->path_len + event->exe_len +
					   event->parent_len + event->chain_len;

	if (!size || size > sizeof(recorder->before_bytes)) {
		recorder->before = NULL;
		return;
	}
	memcpy(recorder->before_bytes, event, size);
	recorder->before = (const struct pw_event *)recorder->before_bytes;
}

/* Keeps the text of @line from @start on. What cannot be kept is not repeated. */
static void keep(struct pw_recorder *recorder, struct pw_line *kept, const struct pw_line *line,
		 size_t start)
{
	kept->length = 0;
	if (!line->failed)
		pw_line_add(kept, line->data + start, line->length - start);
	if (kept->failed)
		recorder->stale = true;
	kept->failed = false;
}

/* All of the array is copied, which is two instructions, whatever the length. */
static void put_key(struct pw_line *line, const struct pw_record_writer *writer)
{
	if (!pw_line_reserve(line, sizeof(writer->key)))
		return;
	memcpy(line->data + line->length, writer->key, sizeof(writer->key));
	line->length += writer->length;
}

/* The members from @i on that are in one group; returns what is behind them. */
static size_t put_group(struct pw_line *line, const struct pw_record_source *source, size_t i)
{
	enum pw_record_group group = pw_record_writers[i].group;

	for (; i < pw_record_nfields && pw_record_writers[i].group == group; i++) {
		put_key(line, &pw_record_writers[i]);
		pw_record_writers[i].put(line, source);
	}
	return i;
}

static size_t skip_group(size_t i)
{
	enum pw_record_group group = pw_record_writers[i].group;

	while (pw_record_writers[i].group == group)
		i++;
	return i;
}

static void put_head(struct pw_line *line, const struct pw_record_source *source)
{
	struct pw_recorder *recorder = source->recorder;
	size_t start = line->length, from = 0;

	if (repeats_head(recorder, source->event)) {
		pw_line_add(line, recorder->head.data, recorder->head.length);
		return;
	}
	for (size_t i = 0; i < pw_record_head_fields;) {
		enum pw_record_group group = pw_record_writers[i].group;
		size_t end = recorder->group_ends[group];

		if (repeats_group(recorder, source->event, group)) {
			pw_line_add(line, recorder->head.data + from, end - from);
			i = skip_group(i);
		} else {
			i = put_group(line, source, i);
		}
		from = end;
		recorder->group_ends[group] = line->length - start;
	}
	if (!line->failed)
		line->data[start] = '{';
	keep(recorder, &recorder->head, line, start);
}

/* @i: the first of its members. */
static void put_file(struct pw_line *line, const struct pw_record_source *source, size_t i)
{
	struct pw_recorder *recorder = source->recorder;
	size_t start = line->length;

	if (repeats_group(recorder, source->event, PW_GROUP_FILE)) {
		pw_line_add(line, recorder->file.data, recorder->file.length);
		return;
	}
	put_group(line, source, i);
	keep(recorder, &recorder->file, line, start);
}

static void put_line(struct pw_line *line, const struct pw_record_source *source)
{
	struct pw_recorder *recorder = source->recorder;

	if (recorder->stale) {
		recorder->before = NULL;
		pw_directory_forget(&recorder->directory);
		recorder->stale = false;
	}
	put_head(line, source);
	put_file(line, source, put_group(line, source, pw_record_head_fields));
	pw_line_literal(line, "}\n");
	remember(recorder, line->failed ? NULL : source->event);
}

bool pw_record_repeats(const struct pw_event *first, uint64_t count, const struct pw_event *next)
{
	return (first->type == PW_RECORD_FILE || first->type == PW_RECORD_NET) &&
	       first->count == 1 && next->count == 1 && next->seq == first->seq + count && same_decision(first, next) &&
	       same_file(first, next) && same_actor(first, next) && same_rest(first, next);
}

void pw_record_event(struct pw_recorder *recorder, const struct pw_event *event, uint64_t count,
		     struct pw_line *line)
{
	struct pw_record_source source = {
		.event = event, .recorder = recorder, .count = count > 1 ? count : event->count,
		.first = count > 1 ? event->seq : 0,
		.last = count > 1 ? event->seq + count - 1 : 0,
		.catalog = pw_recorder_catalog(recorder, event->generation),
		.reason = event->reason ? pw_word_name(&pw_words_reason, event->reason) : NULL,
	};

	put_line(line, &source);
}

void pw_record_gap(struct pw_recorder *recorder, uint64_t first, uint64_t last,
		   const char *reason, struct pw_line *line)
{
	struct pw_record_source source = { .recorder = recorder, .count = last - first + 1, .first = first,
				 .last = last, .reason = reason };

	put_line(line, &source);
}
