// SPDX-License-Identifier: BSD-2-Clause
#include "audit/verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include <json-c/json.h>

#include "audit/account.h"
#include "audit/begin.h"
#include "audit/entry.h"
#include "audit/file.h"
#include "audit/lines.h"
#include "audit/reader.h"
#include "audit/scan.h"
#include "audit/tree.h"
#include "common/cleanup.h"

/* Numbers are out of order by what two seconds bring; who has more holes is no log. */
#define HOLES_MAX 65536

struct pass {
	struct pw_verify *v;
	struct pw_tree tree;
	struct pw_state numbers;	/* settled: up to here there is every number */
	struct pw_account account;
	uint64_t told;			/* numbers in lines and gaps, all together */
	uint64_t highest;
	uint64_t segment;
	bool closed;
	bool anchored;
	struct pw_begin begin;		/* segment 0: nothing was deleted */
	bool begin_seen;		/* its record, in this file */
	bool begin_sealed;
	const char *name;		/* of the file */
	uint64_t line;
	struct pw_entries entries;	/* not in the tree yet, in the buffer of the lines */
};

/* ---- What is wrong ------------------------------------------------------------------------ */

__attribute__((format(printf, 2, 3)))
static int broken(struct pass *p, const char *format, ...)
{
	va_list arguments;

	p->v->broken = true;
	snprintf(p->v->file, sizeof(p->v->file), "%s", p->name ? p->name : "");
	p->v->line = p->line;
	va_start(arguments, format);
	vsnprintf(p->v->what, sizeof(p->v->what), format, arguments);
	va_end(arguments);
	return -EUCLEAN;
}

/* ---- Boots -------------------------------------------------------------------------------- */

/* Boots follow each other: one that was there before does not come back. */
static int enter_boot(struct pass *p, const char *id)
{
	struct pw_verify *v = p->v;
	struct pw_verify_boot *more;

	if (v->nboots && !memcmp(v->boots[v->nboots - 1].id, id, PW_BOOT_ID_LEN))
		return 0;
	for (size_t i = 0; i < v->nboots; i++)
		if (!memcmp(v->boots[i].id, id, PW_BOOT_ID_LEN))
			return broken(p, "boot %.36s comes back after another one", id);
	more = reallocarray(v->boots, v->nboots + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	v->boots = more;
	more[v->nboots] = (struct pw_verify_boot){ 0 };
	memcpy(more[v->nboots++].id, id, PW_BOOT_ID_LEN);
	return 0;
}

static void date_boot(struct pw_verify_boot *boot, const char *line, size_t length)
{
	json_tokener *tokener = json_tokener_new_ex(4);
	json_object *record = tokener ? json_tokener_parse_ex(tokener, line, (int)length) : NULL;
	uint64_t mono = record ? pw_record_number(record, "mono", UINT64_MAX) : UINT64_MAX;
	int64_t time;

	if (mono <= INT64_MAX && pw_record_time(record, &time) == 0 &&
	    !__builtin_sub_overflow(time, (int64_t)mono, &boot->began))
		boot->dated = true;
	json_object_put(record);
	if (tokener)
		json_tokener_free(tokener);
}

/* ---- Records ------------------------------------------------------------------------------ */

static const char *find_boot(const char *line, size_t length)
{
	static const char start[] = "{\"schema\":1,\"boot\":\"";
	const char *boot = line + sizeof(start) - 1;

	if (length <= sizeof(start) - 1 + PW_BOOT_ID_LEN ||
	    memcmp(line, start, sizeof(start) - 1) != 0 || boot[PW_BOOT_ID_LEN] != '"')
		return NULL;
	return boot;
}

static int flush(void *data)
{
	struct pass *p = data;

	return pw_entries_flush(&p->entries, &p->tree);
}

static int check_anchor(struct pass *p)
{
	const struct pw_checkpoint *anchor = p->v->anchor;
	uint8_t root[PW_SHA256_LEN];
	int r;

	if (!anchor || p->segment != anchor->segment || p->tree.size + p->entries.n != anchor->size)
		return 0;
	r = flush(p);
	if (!r)
		r = pw_tree_root(&p->tree, root);
	if (r)
		return r;
	if (memcmp(root, anchor->root, sizeof(root)) != 0)
		return broken(p, "the first %" PRIu64 " records are not those of the anchor",
			      anchor->size);
	p->anchored = true;
	return 0;
}

/* Numbers that were issued when the last deleted segment was closed may have stood in it. */
static int take_numbers(struct pass *p, struct pw_range range)
{
	uint64_t deleted = p->begin.expired.last;

	if (range.last <= deleted)
		return 0;
	if (range.first <= deleted)
		range.first = deleted + 1;
	if (pw_account_knows(&p->account, range.first) || pw_account_knows(&p->account, range.last))
		return broken(p, "number %" PRIu64 " stands in the log twice",
			      pw_account_knows(&p->account, range.first) ? range.first : range.last);
	p->told += range.last - range.first + 1;
	if (range.last > p->highest)
		p->highest = range.last;
	if (p->account.n > HOLES_MAX)
		return broken(p, "number %" PRIu64 " is not in the log",
			      (uint64_t)p->numbers.settled + 1);
	return pw_account_add(&p->account, range);
}

static void look_for_begin(struct pass *p, const struct pw_lines *lines)
{
	if (p->begin.segment == p->segment && p->begin.line == lines->number &&
	    p->begin.length == lines->length &&
	    !memcmp(p->begin.record, lines->line, lines->length))
		p->begin_seen = true;
}

static int check_record(struct pass *p, const struct pw_lines *lines)
{
	const char *boot;
	struct pw_range range;
	bool gap;
	int r;

	if (p->closed)
		return broken(p, "a record follows the checkpoint that closes the segment");
	if (!pw_scan_line(lines->line, lines->length, &range, &gap))
		return broken(p, "this is no record");
	boot = find_boot(lines->line, lines->length);
	if (!boot)
		return broken(p, "this is no record");
	r = enter_boot(p, boot);
	if (!r)
		r = take_numbers(p, range);
	if (r)
		return r;
	look_for_begin(p, lines);
	if (!gap && !p->v->boots[p->v->nboots - 1].dated)
		date_boot(&p->v->boots[p->v->nboots - 1], lines->line, lines->length);
	p->v->records += gap ? 0 : range.last - range.first + 1;
	p->v->gapped += gap ? range.last - range.first + 1 : 0;
	p->v->unsealed++;
	pw_entries_put(&p->entries, lines->line, lines->length);
	r = p->entries.n == PW_TREE_MANY ? flush(p) : 0;
	return r ? r : check_anchor(p);
}

/* ---- Checkpoints -------------------------------------------------------------------------- */

static int check_chain(struct pass *p, const struct pw_checkpoint *c)
{
	const struct pw_checkpoint *last = p->v->checkpoints ? &p->v->last : NULL;
	uint8_t digest[PW_SHA256_LEN];
	int r;

	if (!last && p->begin.segment)
		return !c->first && !memcmp(c->previous, p->begin.expired.digest, sizeof(digest)) ? 0 :
		       broken(p, "the segment that was deleted is not the one before this");
	if (!last)
		return c->first ? 0 : broken(p, "the checkpoint before this one is not in the log");
	if (memcmp(c->log, last->log, sizeof(c->log)) != 0)
		return broken(p, "the checkpoint is of another log, %s", c->log);
	r = pw_checkpoint_digest(last, digest);
	if (r)
		return r;
	if (c->first || memcmp(digest, c->previous, sizeof(digest)) != 0)
		return broken(p, "the checkpoint before this one is not the one that it names");
	return 0;
}

static int check_tree(struct pass *p, const struct pw_checkpoint *c)
{
	uint8_t root[PW_SHA256_LEN];
	int r;

	if (c->segment != p->segment)
		return broken(p, "the checkpoint is of segment %" PRIu64 ", this file is %" PRIu64,
			      c->segment, p->segment);
	if (c->size != p->tree.size)
		return broken(p, "the checkpoint is over %" PRIu64 " records, here are %" PRIu64,
			      c->size, p->tree.size);
	r = pw_tree_root(&p->tree, root);
	if (r)
		return r;
	if (memcmp(root, c->root, sizeof(root)) != 0)
		return broken(p, "records of this file above this checkpoint were changed");
	return 0;
}

static int check_numbers(struct pass *p, const struct pw_checkpoint *c)
{
	if (c->settled > p->numbers.settled)
		return broken(p, "number %" PRIu64 " was in the log and is not",
			      (uint64_t)p->numbers.settled + 1);
	if (c->settled > c->records || p->highest > c->records)
		return broken(p, "the log has numbers that were not issued when this was sealed");
	if (p->v->checkpoints && c->records < p->v->last.records)
		return broken(p, "fewer numbers were issued than at the checkpoint before");
	return 0;
}

/* Each seal uses up a key: none is left out, and none is made by another key afterwards. */
static int check_seal(struct pass *p, const struct pw_checkpoint *c)
{
	struct pw_verify_boot *boot;
	int r = enter_boot(p, c->boot);

	if (r)
		return r;
	boot = &p->v->boots[p->v->nboots - 1];
	/* Its seals before this one were in what was deleted. */
	if (c->module && !p->v->checkpoints && p->begin.segment && c->epoch)
		boot->epoch = c->epoch - 1;
	if (c->module && c->epoch != boot->epoch + 1)
		return broken(p, "the seal is number %" PRIu64 " of its boot, the one before was %" PRIu64,
			      c->epoch, boot->epoch);
	if (!c->module && (c->epoch || boot->by_module))
		return broken(p, "the seal is of a key file, and the kernel module had begun to seal");
	boot->epoch = c->epoch;
	boot->by_module += c->module;
	boot->by_file += !c->module;
	r = p->v->keys ? pw_keys_check(p->v->keys, c) : -ENOKEY;
	if (r == -EBADMSG)
		return broken(p, "the checkpoint is forged: the key does not make this seal");
	boot->checked += !r;
	return r == -ENOKEY ? 0 : r;
}

static int check_checkpoint(struct pass *p, const struct pw_lines *lines)
{
	struct pw_checkpoint c;
	int r;

	if (p->closed)
		return broken(p, "a checkpoint follows the one that closes the segment");
	if (pw_checkpoint_parse_line(lines->line, lines->length, &c) < 0)
		return broken(p, "this is no checkpoint");
	r = flush(p);
	if (!r)
		r = check_chain(p, &c);
	if (!r)
		r = check_tree(p, &c);
	if (!r)
		r = check_numbers(p, &c);
	if (!r)
		r = check_seal(p, &c);
	if (r)
		return r;
	p->closed = c.end != PW_END_OPEN;
	p->begin_sealed |= p->begin_seen;
	p->v->last = c;
	p->v->checkpoints++;
	p->v->unsealed = 0;
	return 0;
}

/* ---- Files -------------------------------------------------------------------------------- */

static int check_lines(struct pass *p, struct pw_lines *lines)
{
	int r;

	while ((r = pw_lines_next(lines)) > 0) {
		p->line = lines->number;
		r = pw_checkpoint_is(lines->line, lines->length) ? check_checkpoint(p, lines) :
								   check_record(p, lines);
		if (r)
			return r;
	}
	p->line = lines->number;
	if (r == -EMSGSIZE)
		return broken(p, "the line is longer than any record");
	if (r == -ENODATA)
		return broken(p, "the line has no end");
	if (r == -EBADMSG && pw_lines_packed(lines))
		return broken(p, "what is compressed is damaged behind this line");
	return r;
}

static int check_file(struct pass *p, int dir, const char *name, bool last)
{
	uint64_t number = pw_log_file_number(name);
	struct pw_lines lines;
	int r;

	p->name = name;
	p->line = 0;
	p->segment++;
	if (number && number != p->segment)
		return broken(p, "segment %" PRIu64 " is not in the log", p->segment);
	if (!number != last)
		return broken(p, last ? "the file that grows, " PW_LOG_CURRENT ", is not there" :
					"this is no segment");
	r = pw_lines_open(dir, name, &lines);
	if (r == -EINVAL || r == -ELOOP)
		return broken(p, "this is no regular file");
	if (r)
		return r;
	lines.before_fill = flush;
	lines.data = p;
	pw_tree_clear(&p->tree);
	p->closed = p->begin_seen = false;
	r = check_anchor(p);
	if (!r)
		r = check_lines(p, &lines);
	if (!r && !last && !p->closed)
		r = broken(p, "the segment does not end in a checkpoint that closes it");
	p->v->segments++;
	pw_lines_close(&lines);
	return r;
}

/* Of what was deleted the log still says how the last segment ended. */
static bool deleted_is_anchored(struct pass *p)
{
	const struct pw_checkpoint *anchor = p->v->anchor;
	const struct pw_expired *last = &p->begin.expired;

	p->anchored = anchor->segment == last->segment && anchor->size == last->size &&
		      !memcmp(anchor->root, last->root, sizeof(last->root));
	return p->anchored;
}

static int check_end(struct pass *p)
{
	const struct pw_verify *v = p->v;
	uint64_t covered = p->numbers.settled;

	p->name = NULL;
	p->line = 0;
	if (p->begin.segment && !p->begin_sealed)
		return broken(p, "the record that segment %" PRIu64 " was deleted is not sealed",
			      p->begin.expired.segment);
	for (size_t i = 0; i < p->account.n; i++)
		covered += p->account.seen[i].last - p->account.seen[i].first + 1;
	if (covered != p->told)
		return broken(p, "some numbers stand in the log twice");
	if (v->anchor && v->checkpoints && memcmp(v->anchor->log, v->last.log, PW_LOG_ID_LEN) != 0)
		return broken(p, "the anchor is of another log, %s", v->anchor->log);
	if (v->anchor && v->anchor->segment <= v->expired && !deleted_is_anchored(p))
		return broken(p, "the anchor is of segment %" PRIu64 ", which was deleted",
			      v->anchor->segment);
	if (v->anchor && !p->anchored)
		return broken(p, "the log does not reach the anchor, record %" PRIu64 " of segment %"
			      PRIu64 ": what was written since was removed", v->anchor->size,
			      v->anchor->segment);
	return 0;
}

/* A log need not begin with segment 1, when a record says so. */
static int begin(struct pass *p, int dir, char **names, size_t n)
{
	uint64_t number = n ? pw_log_file_number(names[0]) : 0;
	int r;

	p->v->first = 1;
	if (number <= 1)
		return 0;
	r = pw_begin_find(dir, names, n, number - 1, &p->begin);
	if (r < 0)
		return r;
	p->name = names[0];
	if (!p->begin.segment)
		return broken(p, "segment %" PRIu64 " is not in the log, and no record says that it was "
			      "deleted", number - 1);
	p->segment = p->v->expired = number - 1;
	p->numbers.settled = p->told = p->highest = p->begin.expired.last;
	p->v->first = p->begin.expired.last + 1;
	return 0;
}

int pw_verify(int dir, struct pw_verify *v)
{
	struct pass p = { .v = v };
	char **names;
	size_t n;
	int r = pw_log_file_names(dir, &names, &n);

	if (r < 0)
		return r;
	p.account.state = &p.numbers;
	r = pw_tree_init(&p.tree);
	if (!r)
		r = begin(&p, dir, names, n);
	for (size_t i = 0; !r && i < n; i++)
		r = check_file(&p, dir, names[i], i == n - 1);
	if (!r)
		r = check_end(&p);
	v->complete = p.numbers.settled;
	v->issued = v->checkpoints ? v->last.records : 0;
	pw_entries_done(&p.entries);
	pw_tree_done(&p.tree);
	pw_account_done(&p.account);
	pw_begin_done(&p.begin);
	pw_log_names_free(names, n);
	return r == -EUCLEAN ? 0 : r;
}

void pw_verify_done(struct pw_verify *v)
{
	free(v->boots);
	v->boots = NULL;
	v->nboots = 0;
}
