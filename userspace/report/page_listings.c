// SPDX-License-Identifier: BSD-2-Clause
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "report/page_private.h"

#define SHOWN 50	/* rows of a table; the others are counted, and stand among all records */

/* ---- Which rows ---------------------------------------------------------------------------- */

static bool has(const struct pw_rows *rows, const struct pw_row *row, enum pw_column column)
{
	(void)rows;
	return row->ids[column] != 0;
}

static bool is_refusal(const struct pw_rows *rows, const struct pw_row *row)
{
	return pw_row_is(rows, row, PW_COLUMN_VERDICT, "deny") ||
	       pw_row_is(rows, row, PW_COLUMN_VERDICT, "would");
}

static bool is_access(const struct pw_rows *rows, const struct pw_row *row)
{
	return has(rows, row, PW_COLUMN_OBJECT) && pw_row_is(rows, row, PW_COLUMN_TYPE, "file");
}

static bool is_disclosure(const struct pw_rows *rows, const struct pw_row *row)
{
	return has(rows, row, PW_COLUMN_PHI) && pw_row_is(rows, row, PW_COLUMN_TYPE, "net") &&
	       (pw_row_is(rows, row, PW_COLUMN_VERDICT, "allow") || pw_row_passed(rows, row));
}

static bool is_copy(const struct pw_rows *rows, const struct pw_row *row)
{
	static const char *const actions[] = { "write", "create", "rename", "link" };

	if (has(rows, row, PW_COLUMN_OBJECT) || !pw_row_is(rows, row, PW_COLUMN_TYPE, "file") ||
	    !pw_row_is(rows, row, PW_COLUMN_VERDICT, "allow"))
		return false;
	for (size_t i = 0; i < PW_ARRAY_SIZE(actions); i++)
		if (pw_row_is(rows, row, PW_COLUMN_ACTION, actions[i]))
			return true;
	return false;
}

static bool is_tampering(const struct pw_rows *rows, const struct pw_row *row)
{
	return pw_row_is(rows, row, PW_COLUMN_TYPE, "tamper") ||
	       pw_row_is(rows, row, PW_COLUMN_TYPE, "breakglass");
}

static bool is_net_refusal(const struct pw_rows *rows, const struct pw_row *row)
{
	return is_refusal(rows, row) && pw_row_is(rows, row, PW_COLUMN_TYPE, "net");
}

static bool is_policy(const struct pw_rows *rows, const struct pw_row *row)
{
	return pw_row_is(rows, row, PW_COLUMN_TYPE, "policy");
}

static bool is_other_refusal(const struct pw_rows *rows, const struct pw_row *row)
{
	return is_refusal(rows, row) && !pw_row_is(rows, row, PW_COLUMN_TYPE, "net") &&
	       !is_tampering(rows, row) && !is_policy(rows, row);
}

static bool is_gap(const struct pw_rows *rows, const struct pw_row *row)
{
	return pw_row_is(rows, row, PW_COLUMN_TYPE, "gap");
}

static bool has_policy(const struct pw_rows *rows, const struct pw_row *row)
{
	return has(rows, row, PW_COLUMN_POLICY);
}

static bool is_system(const struct pw_rows *rows, const struct pw_row *row)
{
	return pw_row_is(rows, row, PW_COLUMN_TYPE, "system");
}

/* ---- Tables -------------------------------------------------------------------------------- */

enum cell {
	CELL_TEXT, CELL_EVENTS, CELL_READ, CELL_CHANGED, CELL_REFUSED, CELL_FIRST, CELL_LAST,
	CELL_NUMBERS,		/* of the one row: a record's number, or those of a gap */
	CELL_FIRST_SEQ, CELL_LAST_SEQ,
};

struct head {
	const char *text;
	enum cell cell;
	enum pw_column column;
	const char *empty;	/* what stands where there is no text */
};

#define HEADS_MAX 10
#define TEXT(text, column, empty) { text, CELL_TEXT, PW_COLUMN_##column, empty }
#define PERSON TEXT("Person", PERSON, "nobody: the kernel")
#define PROGRAM TEXT("Program", PROGRAM, "none: the kernel")
#define EVENTS { "Events", CELL_EVENTS, 0, NULL }
#define FIRST { "First", CELL_FIRST, 0, NULL }
#define LAST { "Last", CELL_LAST, 0, NULL }

enum order { BY_EVENTS, BY_TEXT, AS_THEY_CAME };

struct listing {
	const char *section;	/* the heading of a section that begins here, or NULL */
	const char *id;		/* of it */
	const char *about;	/* a paragraph below the heading */
	const char *name;	/* of the table, for what counts it */
	const char *caption;
	const char *none;	/* instead of an empty table */
	enum order order;
	bool person;		/* it is left out where no person may be named */
	const char *chart;	/* the id of a chart before it, or NULL */
	struct pw_grouping grouping;
	struct head heads[HEADS_MAX];	/* up to the first without a text */
};

#define COUNTS                                                                                     \
	{ "Read", CELL_READ, 0, NULL }, { "Changed", CELL_CHANGED, 0, NULL },                      \
	{ "Refused", CELL_REFUSED, 0, NULL }

static const struct listing listings[] = {
	{ .section = "Who accessed what?", .id = "access",
	  .about = "Files of protected data. A person is who had logged in, whatever was done since with "
		   "su or sudo; a statement is what a program said about who sat at the console.",
	  .name = "persons", .caption = "By person", .none = "Nobody accessed protected data.",
	  .person = true, .grouping = { { PW_COLUMN_PERSON }, 1, is_access },
	  .heads = { PERSON, COUNTS, FIRST, LAST } },
	{ .name = "actors", .caption = "By statement of who was at the console", .person = true,
	  .none = "Nobody accessed protected data.",
	  .grouping = { { PW_COLUMN_ACTOR, PW_COLUMN_PERSON }, 2, is_access },
	  .heads = { TEXT("Statement", ACTOR, "not stated"), PERSON, COUNTS, FIRST, LAST } },
	{ .name = "programs", .caption = "By program", .none = "No program accessed protected data.",
	  .grouping = { { PW_COLUMN_PROGRAM, PW_COLUMN_SUBJECT }, 2, is_access },
	  .heads = { PROGRAM, TEXT("Subject of the policy", SUBJECT, "none"), COUNTS, FIRST, LAST } },
	{ .name = "objects", .caption = "By protected object", .none = "No object was accessed.",
	  .grouping = { { PW_COLUMN_OBJECT }, 1, is_access },
	  .heads = { TEXT("Object", OBJECT, "none"), COUNTS, FIRST, LAST } },
	{ .name = "hours", .caption = "By hour of the day", .none = "There is no hour with an access.",
	  .order = BY_TEXT, .chart = "chart-hours", .grouping = { { PW_COLUMN_HOUR }, 1, is_access },
	  .heads = { TEXT("Hour", HOUR, ""), COUNTS } },
	{ .name = "days", .caption = "By day", .none = "There is no day with an access.",
	  .order = BY_TEXT, .chart = "chart-days", .grouping = { { PW_COLUMN_DAY }, 1, is_access },
	  .heads = { TEXT("Day", DAY, ""), COUNTS } },

	{ .section = "What left over the network?", .id = "disclosures",
	  .about = "Connections of programs that had opened protected data before. It can have left with them; "
		   "no record says that it did.",
	  .name = "disclosures", .caption = "Connections after protected data was opened",
	  .none = "No program used the network after it had opened protected data.",
	  .grouping = { { PW_COLUMN_WHAT, PW_COLUMN_ACTION, PW_COLUMN_PERSON, PW_COLUMN_ACTOR,
			  PW_COLUMN_PROGRAM, PW_COLUMN_CHAIN }, 6, is_disclosure },
	  .heads = { TEXT("Peer", WHAT, "-"), TEXT("Action", ACTION, "-"), PERSON,
		     TEXT("Statement", ACTOR, "not stated"), PROGRAM,
		     TEXT("Started by", CHAIN, "not recorded"), EVENTS, FIRST, LAST } },
	{ .name = "copies", .caption = "Files written outside of protected data, by file system",
	  .none = "No record says that a file was written outside of protected data.",
	  .grouping = { { PW_COLUMN_VOLUME, PW_COLUMN_PHI, PW_COLUMN_PERSON, PW_COLUMN_PROGRAM }, 4,
			is_copy },
	  .heads = { TEXT("File system", VOLUME, "not known"),
		     TEXT("Protected data opened before", PHI, "no"), PERSON, PROGRAM, EVENTS, FIRST,
		     LAST } },

	{ .section = "What was refused?", .id = "refused",
	  .about = "A verdict of \"would\" was let through because the policy was in permissive mode, or "
		   "by break-glass.",
	  .name = "refusals", .caption = "Files and programs", .none = "Nothing was refused.",
	  .grouping = { { PW_COLUMN_PERSON, PW_COLUMN_PROGRAM, PW_COLUMN_ACTION, PW_COLUMN_OBJECT,
			  PW_COLUMN_VERDICT, PW_COLUMN_REASON, PW_COLUMN_RULE, PW_COLUMN_POLICY }, 8,
			is_other_refusal },
	  .heads = { PERSON, PROGRAM, TEXT("Action", ACTION, "-"), TEXT("Object", OBJECT, "none"),
		     TEXT("Verdict", VERDICT, "-"), TEXT("Why", REASON, "-"),
		     TEXT("Rule", RULE, "none"), TEXT("Policy", POLICY, "none"), EVENTS, LAST } },
	{ .name = "net-refusals", .caption = "Network", .none = "Nothing was refused on the network.",
	  .grouping = { { PW_COLUMN_PERSON, PW_COLUMN_PROGRAM, PW_COLUMN_ACTION, PW_COLUMN_WHAT,
			  PW_COLUMN_VERDICT, PW_COLUMN_REASON, PW_COLUMN_RULE, PW_COLUMN_POLICY }, 8,
			is_net_refusal },
	  .heads = { PERSON, PROGRAM, TEXT("Action", ACTION, "-"), TEXT("Peer", WHAT, "-"),
		     TEXT("Verdict", VERDICT, "-"), TEXT("Why", REASON, "-"),
		     TEXT("Rule", RULE, "none"), TEXT("Policy", POLICY, "none"), EVENTS, LAST } },

	{ .section = "Was the guard attacked?", .id = "tamper",
	  .name = "tampering", .caption = "Attempts on the guard, and emergency access",
	  .none = "No attempt on the guard is recorded.",
	  .grouping = { { PW_COLUMN_TYPE, PW_COLUMN_ACTION, PW_COLUMN_VERDICT, PW_COLUMN_PERSON,
			  PW_COLUMN_PROGRAM, PW_COLUMN_WHAT, PW_COLUMN_REASON }, 7, is_tampering },
	  .heads = { TEXT("Kind", TYPE, "-"), TEXT("Action", ACTION, "-"),
		     TEXT("Verdict", VERDICT, "-"), PERSON, PROGRAM, TEXT("What", WHAT, "-"),
		     TEXT("Why", REASON, "-"), EVENTS, FIRST, LAST } },

	{ .section = "What is missing?", .id = "gaps",
	  .about = "Each number that the kernel gave to a record is in the log, or in a gap, with the reason.",
	  .name = "gaps", .caption = "Gaps", .none = "No record of this time is missing.",
	  .order = AS_THEY_CAME, .grouping = { .wanted = is_gap },
	  .heads = { { "Numbers", CELL_NUMBERS, 0, NULL }, { "Records lost", CELL_EVENTS, 0, NULL },
		     { "Written", CELL_FIRST, 0, NULL }, TEXT("Why", REASON, "not known") } },

	{ .section = "Which policy was in force?", .id = "policy",
	  .name = "policies", .caption = "Policies that decided", .none = "No policy decided anything.",
	  .order = AS_THEY_CAME, .grouping = { { PW_COLUMN_POLICY }, 1, has_policy },
	  .heads = { TEXT("Policy", POLICY, "none"), EVENTS, FIRST, LAST,
		     { "First record", CELL_FIRST_SEQ, 0, NULL },
		     { "Last record", CELL_LAST_SEQ, 0, NULL } } },
	{ .name = "changes", .caption = "Changes of the policy, done or refused",
	  .none = "The policy was not changed.", .order = AS_THEY_CAME,
	  .grouping = { .wanted = is_policy },
	  .heads = { { "Record", CELL_NUMBERS, 0, NULL }, { "When", CELL_FIRST, 0, NULL },
		     TEXT("Action", ACTION, "-"), TEXT("Verdict", VERDICT, "-"),
		     TEXT("What", WHAT, "-"), TEXT("Why", REASON, "-") } },
	{ .name = "starts", .caption = "phiwardd: starts, stops, reports",
	  .none = "phiwardd was neither started nor stopped.", .order = AS_THEY_CAME,
	  .grouping = { .wanted = is_system },
	  .heads = { { "Record", CELL_NUMBERS, 0, NULL }, { "When", CELL_FIRST, 0, NULL },
		     TEXT("Action", ACTION, "-"), TEXT("What", WHAT, "-") } },
};

static bool is_number(enum cell cell)
{
	return cell != CELL_TEXT && cell != CELL_FIRST && cell != CELL_LAST;
}

static void put_text_cell(FILE *to, const struct pw_page *page, const struct pw_group *group,
			  const struct head *head)
{
	if (group->row->ids[head->column])
		pw_html_member(to, pw_row_text(page->rows, group->row, head->column));
	else
		pw_html_text(to, head->empty);
}

static void put_cell(FILE *to, const struct pw_page *page, const struct pw_group *group,
		     const struct head *head)
{
	static const enum pw_deed deeds[] = { [CELL_READ] = PW_DEED_READ,
						 [CELL_CHANGED] = PW_DEED_CHANGE,
						 [CELL_REFUSED] = PW_DEED_REFUSED };
	const struct pw_row *row = group->row;

	switch (head->cell) {
	case CELL_TEXT:
		put_text_cell(to, page, group, head);
		break;
	case CELL_EVENTS:
		fprintf(to, "%" PRIu64, group->events);
		break;
	case CELL_READ:
	case CELL_CHANGED:
	case CELL_REFUSED:
		fprintf(to, "%" PRIu64, group->deeds[deeds[head->cell]]);
		break;
	case CELL_FIRST:
		pw_html_time(to, group->first);
		break;
	case CELL_LAST:
		pw_html_time(to, group->last);
		break;
	case CELL_NUMBERS:
		fprintf(to, "%" PRIu64, row->seq);
		if (row->span)
			fprintf(to, "-%" PRIu64, row->seq + row->span);
		break;
	case CELL_FIRST_SEQ:
		fprintf(to, "%" PRIu64, row->seq);
		break;
	case CELL_LAST_SEQ:
		fprintf(to, "%" PRIu64, group->last_seq);
		break;
	}
}

/* Who may see no person sees no column of them; all rows have that text empty. */
static bool is_shown(const struct pw_page *page, const struct head *head)
{
	return !page->rows->is_public || head->cell != CELL_TEXT ||
	       (head->column != PW_COLUMN_PERSON && head->column != PW_COLUMN_ACTOR);
}

static void put_row(FILE *to, const struct pw_page *page, const struct listing *listing,
		    const struct pw_group *group)
{
	fputs("<tr>", to);
	for (const struct head *head = listing->heads; head < listing->heads + HEADS_MAX && head->text;
	     head++) {
		if (!is_shown(page, head))
			continue;
		fputs(is_number(head->cell) ? "<td class=\"n\">" : "<td>", to);
		put_cell(to, page, group, head);
		fputs("</td>", to);
	}
	fputs("</tr>\n", to);
}

static void put_table(FILE *to, const struct pw_page *page, const struct listing *listing,
		      const struct pw_group *groups, size_t n)
{
	if (listing->chart)
		fprintf(to, "<div class=\"chart\" id=\"%s\"></div>\n", listing->chart);
	fprintf(to, "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-labelledby=\"c-%s\">"
		"<table id=\"t-%s\"><caption id=\"c-%s\">%s</caption><thead><tr>",
		listing->name, listing->name, listing->name, listing->caption);
	for (const struct head *head = listing->heads; head < listing->heads + HEADS_MAX && head->text;
	     head++)
		if (is_shown(page, head))
			fprintf(to, "<th scope=\"col\"%s>%s</th>",
				is_number(head->cell) ? " class=\"n\"" : "", head->text);
	fputs("</tr></thead><tbody>\n", to);
	for (size_t i = 0; i < n && i < SHOWN; i++)
		put_row(to, page, listing, &groups[i]);
	fputs("</tbody></table></div>\n", to);
	if (n > SHOWN)
		fprintf(to, "<p>%zu more rows are not shown here; what they count stands among all "
			"records.</p>\n", n - SHOWN);
}

static int put_listing(FILE *to, const struct pw_page *page, const struct listing *listing)
{
	_cleanup_free_ struct pw_group *groups = NULL;
	size_t n = 0;
	int r;

	if (listing->section)
		fprintf(to, "%s<section aria-labelledby=\"%s\"><h2 id=\"%s\">%s</h2>\n",
			listing == listings ? "" : "</section>\n", listing->id, listing->id,
			listing->section);
	if (listing->section && listing->about)
		fprintf(to, "<p>%s</p>\n", listing->about);
	if (listing->person && page->rows->is_public)
		return 0;
	r = pw_groups_make(page->rows, &listing->grouping, &groups, &n);
	if (r)
		return r;
	if (listing->order == BY_EVENTS)
		pw_groups_sort(groups, n);
	else if (listing->order == BY_TEXT)
		pw_groups_sort_by_text(page->rows, listing->grouping.by[0], groups, n);
	if (n)
		put_table(to, page, listing, groups, n);
	else
		fprintf(to, "<p id=\"t-%s\">%s</p>\n", listing->name, listing->none);
	return 0;
}

int pw_page_listings(FILE *to, const struct pw_page *page)
{
	int r = 0;

	for (size_t i = 0; !r && i < PW_ARRAY_SIZE(listings); i++)
		r = put_listing(to, page, &listings[i]);
	fputs("</section>\n", to);
	return r;
}
