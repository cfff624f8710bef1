// SPDX-License-Identifier: BSD-2-Clause
#include <inttypes.h>
#include <string.h>

#include "common/cleanup.h"
#include "report/page_private.h"

/* What the first page says in numbers. */
struct totals {
	uint64_t records, events, refused, permitted, passed, disclosures, tampering, breakglass, lost, gaps;
	uint64_t accesses, stated;
	int64_t first, last;
};

static void count_row(const struct pw_rows *rows, const struct pw_row *row, struct totals *t)
{
	const char *type = pw_row_text(rows, row, PW_COLUMN_TYPE);
	bool allowed = pw_row_is(rows, row, PW_COLUMN_VERDICT, "allow");
	bool passed = pw_row_passed(rows, row);

	if (row->time < t->first)
		t->first = row->time;
	if (row->time > t->last)
		t->last = row->time;
	if (!strcmp(type, "gap")) {
		t->gaps++;
		t->lost += row->count;
		return;
	}
	t->records++;
	t->events += row->count;
	t->tampering += !strcmp(type, "tamper") ? row->count : 0;
	t->breakglass += !strcmp(type, "breakglass") ? row->count : 0;
	if (pw_row_is(rows, row, PW_COLUMN_VERDICT, "deny"))
		t->refused += row->count;
	if (passed)
		t->passed += row->count;
	else if (pw_row_is(rows, row, PW_COLUMN_VERDICT, "would"))
		t->permitted += row->count;
	if ((allowed || passed) && !strcmp(type, "net") && row->ids[PW_COLUMN_PHI])
		t->disclosures += row->count;
	if (!strcmp(type, "file") && row->ids[PW_COLUMN_OBJECT]) {
		t->accesses += row->count;
		t->stated += row->ids[PW_COLUMN_ACTOR] ? row->count : 0;
	}
}

static void put_number(FILE *to, const char *id, const char *label, uint64_t n)
{
	fprintf(to, "<div><dt>%s</dt><dd id=\"n-%s\">%" PRIu64 "</dd></div>\n", label, id, n);
}

static bool is_folded(const struct pw_rows *rows, const struct pw_row *row)
{
	(void)rows;
	return row->folded;
}

/* Subjects of whose reads one record stands for many. */
static int put_folded(FILE *to, const struct pw_page *page)
{
	static const struct pw_grouping by_subject = { { PW_COLUMN_SUBJECT }, 1, is_folded };
	_cleanup_free_ struct pw_group *groups = NULL;
	size_t n = 0;
	int r = pw_groups_make(page->rows, &by_subject, &groups, &n);

	if (r)
		return r;
	if (!n) {
		fputs("<p id=\"folded\">No record stands for files that it does not name.</p>\n", to);
		return 0;
	}
	pw_groups_sort(groups, n);
	fputs("<p id=\"folded\">Of these subjects one record stands for reads of many files that it does not "
	      "name: ", to);
	for (size_t i = 0; i < n; i++) {
		if (i)
			fputs(", ", to);
		pw_html_member(to, pw_row_text(page->rows, groups[i].row, PW_COLUMN_SUBJECT));
		fprintf(to, " (%" PRIu64 " events)", groups[i].events);
	}
	fputs(".</p>\n", to);
	return 0;
}

static void put_period(FILE *to, const struct pw_rows *rows, const struct totals *t)
{
	fputs("<p id=\"period\">", to);
	if (rows->since || rows->until) {
		fputs("Asked for: ", to);
		if (rows->since) {
			fputs("from ", to);
			pw_html_time(to, rows->since);
		}
		if (rows->until) {
			fputs(rows->since ? " to " : "up to ", to);
			pw_html_time(to, rows->until);
		}
		fputs(". ", to);
	} else {
		fputs("All of the log. ", to);
	}
	if (rows->n) {
		fputs("The first record is of ", to);
		pw_html_time(to, t->first);
		fputs(", the last of ", to);
		pw_html_time(to, t->last);
		fputs(".", to);
	} else {
		fputs("It has no record of that time.", to);
	}
	fputs("</p>\n", to);
}

int pw_page_overview(FILE *to, const struct pw_page *page)
{
	struct totals t = { .first = INT64_MAX, .last = INT64_MIN };
	int r;

	for (size_t i = 0; i < page->rows->n; i++)
		count_row(page->rows, &page->rows->rows[i], &t);
	fputs("<section aria-labelledby=\"overview\"><h2 id=\"overview\">In numbers</h2>\n", to);
	put_period(to, page->rows, &t);
	fputs("<dl class=\"numbers\">\n", to);
	put_number(to, "records", "records", t.records);
	put_number(to, "events", "events they stand for", t.events);
	put_number(to, "accesses", "accesses to protected data", t.accesses);
	put_number(to, "refused", "refused", t.refused);
	put_number(to, "permitted", "refused, but let through in permissive mode", t.permitted);
	put_number(to, "passed", "refused, but let through by break-glass", t.passed);
	put_number(to, "disclosures", "network uses after protected data was opened", t.disclosures);
	put_number(to, "tampering", "attempts on the guard", t.tampering);
	put_number(to, "breakglass", "records of emergency access", t.breakglass);
	put_number(to, "lost", "records lost", t.lost);
	put_number(to, "gaps", "gaps", t.gaps);
	fputs("</dl>\n", to);
	if (!page->rows->is_public)
		fprintf(to, "<p id=\"stated\">Who was at the console was stated for %" PRIu64 " of %" PRIu64
			" accesses, and not stated for %" PRIu64 ".</p>\n", t.stated, t.accesses,
			t.accesses - t.stated);
	fputs("<p>Times are those of the time zone of where this report was made, with their offset from "
	      "UTC.</p>\n", to);
	r = put_folded(to, page);
	fputs("</section>\n", to);
	return r;
}
