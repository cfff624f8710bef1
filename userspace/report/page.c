// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include <phiward/version.h>

#include "common/base64.h"
#include "common/cleanup.h"
#include "report/page_private.h"
#include "report/table.h"

/* The assets, as bytes with a NUL behind them. */
#define ASSET(name, file)                                                                          \
	__asm__(".pushsection .rodata\n"                                                           \
		".global " #name "\n" #name ":\n"                                                  \
		".incbin \"build/report/" file "\"\n"                                              \
		".byte 0\n"                                                                        \
		".popsection\n")

ASSET(pw_page_head1, "head1.html");
ASSET(pw_page_head2, "head2.html");
ASSET(pw_page_head3, "head3.html");
ASSET(pw_page_records, "records.html");
ASSET(pw_page_end, "end.html");

/* ---- Text ---------------------------------------------------------------------------------- */

void pw_html_member(FILE *to, const char *text)
{
	for (; *text; text++) {
		text += *text == '\\';
		pw_html_character(to, *text);
	}
}

void pw_html_count(FILE *to, uint64_t n, const char *what)
{
	fprintf(to, "%" PRIu64 " %s%s", n, what, n == 1 ? "" : "s");
}

void pw_html_time(FILE *to, int64_t ns)
{
	char text[PW_LOCAL_TIME_SIZE];

	pw_local_time(ns, text);
	fprintf(to, "<time>%s</time>", text);
}

/* ---- Is it complete? ----------------------------------------------------------------------- */

void pw_page_fingerprint(const struct pw_page *page, char text[static PW_FINGERPRINT_SIZE])
{
	const struct pw_checkpoint *last = &page->verify->last;
	char root[PW_BASE64_LEN(PW_SHA256_LEN) + 1];

	if (!page->verify->checkpoints) {
		strcpy(text, "none");
		return;
	}
	pw_base64_write(root, last->root, sizeof(last->root));
	snprintf(text, PW_FINGERPRINT_SIZE, "%" PRIu64 "/%" PRIu64 " %.12s", last->segment,
		 last->size, root);
}

/* Whether every seal was checked with a key. */
static bool is_checked(const struct pw_verify *v)
{
	for (size_t i = 0; i < v->nboots; i++)
		if (v->boots[i].checked != v->boots[i].by_module + v->boots[i].by_file)
			return false;
	return v->keys;
}

static void put_boots(FILE *to, const struct pw_verify *v)
{
	fputs("<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-labelledby=\"c-boots\">"
	      "<table id=\"t-boots\"><caption id=\"c-boots\">Boots of the machine that have records"
	      "</caption><thead><tr><th scope=\"col\">Begun</th><th scope=\"col\">Sealed by</th>"
	      "<th scope=\"col\">Seals checked with a key</th><th scope=\"col\">Boot</th></tr></thead>"
	      "<tbody>\n", to);
	for (size_t i = 0; i < v->nboots; i++) {
		const struct pw_verify_boot *boot = &v->boots[i];
		uint64_t all = boot->by_module + boot->by_file;

		fputs("<tr><td>", to);
		if (boot->dated)
			pw_html_time(to, boot->began);
		else
			fputs("not known", to);
		fprintf(to, "</td><td>%s</td><td>%" PRIu64 " of %" PRIu64 "</td><td>",
			!all ? "a later boot" : !boot->by_file ? "the kernel module" : boot->by_module ?
			"the kernel module and a key file, which root could read" :
			"a key file, which root could read", boot->checked, all);
		pw_html_text(to, boot->id);
		fputs("</td></tr>\n", to);
	}
	fputs("</tbody></table></div>\n", to);
}

static void put_broken(FILE *to, const struct pw_verify *v)
{
	fputs("<p class=\"verdict bad\" id=\"verdict\"><strong>Broken.</strong> The log is not as "
	      "phiwardd wrote it: ", to);
	if (v->file[0]) {
		pw_html_text(to, v->file);
		fprintf(to, ", line %" PRIu64 ": ", v->line);
	}
	pw_html_text(to, v->what);
	fputs(".</p>\n", to);
	if (v->complete >= v->first)
		fprintf(to, "<p>Before that, every number from %" PRIu64 " to %" PRIu64 " is there.</p>\n",
			v->first, v->complete);
	fputs("<p>What follows on these pages may be false or lack something.</p>\n", to);
}

static void put_whole(FILE *to, const struct pw_page *page)
{
	const struct pw_verify *v = page->verify;
	bool complete = is_checked(v);

	fprintf(to, "<p class=\"verdict %s\" id=\"verdict\"><strong>%s</strong> Every number from %"
		PRIu64 " to %" PRIu64 " stands in the log, over ", complete ? "good" : "middling",
		complete ? "Complete." : "Consistent.", v->first, v->complete);
	pw_html_count(to, v->nboots, "boot");
	fputs(" of the machine: ", to);
	pw_html_count(to, v->records, "record");
	fputs(", and ", to);
	pw_html_count(to, v->gapped, "number");
	fprintf(to, " in gaps. %s</p>\n", complete ?
		"Nobody without the key of the seals can have changed it." :
		"No key was at hand for all seals, so it can have been made anew as a whole.");
	fputs("<ul>\n", to);
	if (v->expired)
		fprintf(to, "<li>What stood before number %" PRIu64 ", segments 1 to %" PRIu64
			", was deleted by the policy's age, and a record says so.</li>\n", v->first,
			v->expired);
	if (v->issued > v->complete)
		fprintf(to, "<li>Up to %" PRIu64 " numbers were issued when the last checkpoint was made; "
			"those above %" PRIu64 " were not written then.</li>\n", v->issued, v->complete);
	if (v->unsealed) {
		fputs("<li>", to);
		pw_html_count(to, v->unsealed, "record");
		fputs(" after the last checkpoint cannot be proved yet.</li>\n", to);
	}
	fputs(v->anchor ? "<li>The anchor, a checkpoint that had left the machine, is in the log.</li>\n" :
	      "<li>Without an anchor, a checkpoint that had left the machine, nobody can know whether records "
	      "were cut off at the end, or the log replaced, before the last restart of the machine.</li>\n",
	      to);
	fputs("</ul>\n", to);
}

static void put_starts(FILE *to, const struct pw_page *page)
{
	if (!page->starts_known) {
		fputs("<p>Whether the machine was started without a record could not be looked for.</p>\n",
		      to);
		return;
	}
	if (!page->nunknown) {
		fputs("<p>No start of the machine is known that has no record.</p>\n", to);
		return;
	}
	fputs("<p class=\"verdict bad\"><strong>Starts of the machine without any record:</strong></p><ul>\n",
	      to);
	for (size_t i = 0; i < page->nunknown; i++) {
		fputs("<li>", to);
		pw_html_time(to, page->unknown_starts[i] * 1000000000);
		fputs("</li>\n", to);
	}
	fputs("</ul>\n", to);
}

void pw_page_verdict(FILE *to, const struct pw_page *page)
{
	const struct pw_verify *v = page->verify;

	fputs("<section aria-labelledby=\"complete\"><h2 id=\"complete\">Is the record complete?</h2>\n",
	      to);
	if (v->broken)
		put_broken(to, v);
	else if (!v->checkpoints)
		fputs("<p class=\"verdict bad\" id=\"verdict\"><strong>Not known.</strong> The log has no "
		      "checkpoint, so nothing of it is proved.</p>\n", to);
	else
		put_whole(to, page);
	if (page->rows->malformed) {
		fputs("<p class=\"verdict bad\">", to);
		pw_html_count(to, page->rows->malformed, "line");
		fputs(" of the log could not be read as a record, and are not counted here.</p>\n", to);
	}
	if (v->nboots)
		put_boots(to, v);
	put_starts(to, page);
	fputs("</section>\n", to);
}

/* ---- The whole of it ----------------------------------------------------------------------- */

/* `records 1 to 549, checkpoint 2/16 bmjtw99y7qPz` */
static char *make_foot(const struct pw_page *page)
{
	const struct pw_rows *rows = page->rows;
	char fingerprint[PW_FINGERPRINT_SIZE], *foot = NULL;
	uint64_t first = UINT64_MAX, last = 0;
	int r;

	for (size_t i = 0; i < rows->n; i++) {
		if (rows->rows[i].seq < first)
			first = rows->rows[i].seq;
		if (rows->rows[i].seq + rows->rows[i].span > last)
			last = rows->rows[i].seq + rows->rows[i].span;
	}
	pw_page_fingerprint(page, fingerprint);
	if (rows->n)
		r = asprintf(&foot, "records %" PRIu64 " to %" PRIu64 ", checkpoint %s", first, last,
			     fingerprint);
	else
		r = asprintf(&foot, "no records, checkpoint %s", fingerprint);
	return r < 0 ? NULL : foot;
}

/* Up to the first line. The foot of printed pages is a style, which the page has to allow by its hash. */
static int put_head(FILE *to, const char *foot)
{
	_cleanup_(pw_sha256_freep) struct pw_sha256 *sha = NULL;
	_cleanup_free_ char *style = NULL;
	char hash[PW_BASE64_LEN(PW_SHA256_LEN) + 1];
	uint8_t digest[PW_SHA256_LEN];
	int n = asprintf(&style, "@page{@bottom-left{content:\"phiward report, %s\";font:8pt sans-serif}"
			 "@bottom-right{content:counter(page) \" of \" counter(pages);"
			 "font:8pt sans-serif}}", foot), r;

	if (n < 0)
		return -ENOMEM;
	r = pw_sha256_start(&sha);
	if (!r)
		r = pw_sha256_add(sha, style, (size_t)n);
	if (!r)
		r = pw_sha256_end(sha, digest);
	if (r)
		return r;
	pw_base64_write(hash, digest, sizeof(digest));
	fprintf(to, "%s%s%s%s%s", pw_page_head1, hash, pw_page_head2, style, pw_page_head3);
	return 0;
}

void pw_page_check(FILE *to, const struct pw_page *page)
{
	char anchor[PW_CHECKPOINT_MAX] = "";

	fputs("<section aria-labelledby=\"how\"><h2 id=\"how\">How do I know?</h2>\n", to);
	if (page->verify->checkpoints) {
		pw_checkpoint_anchor(&page->verify->last, anchor);
		fputs("<p>The last checkpoint is an anchor: keep this report elsewhere, and later let "
		      "<code>phiward audit verify --anchor '", to);
		pw_html_text(to, anchor);
		fputs("'</code> prove that the log still contains it. Its beginning stands at the foot of each "
		      "printed page.</p>\n", to);
	}
	fputs("<p><code>phiward audit prove NUMBER</code> proves a single record of this report to others, "
	      "and <code>phiward explain NUMBER</code> tells all that is known of it.</p>\n", to);
	switch (page->record) {
	case PW_PAGE_RECORDED:
		fputs("<p id=\"recorded\">The making of this report was recorded in the log, with the SHA-256 of "
		      "this file, by the next record of action <code>report</code>.</p>\n", to);
		break;
	case PW_PAGE_COPY:
		fputs("<p id=\"recorded\">This report was made from a copy of the log, so its making is recorded "
		      "nowhere.</p>\n", to);
		break;
	case PW_PAGE_NO_DAEMON:
		fputs("<p id=\"recorded\">phiwardd did not run, so the making of this report is recorded "
		      "nowhere.</p>\n", to);
		break;
	}
	fputs("</section>\n", to);
}

static void put_made(FILE *to, const struct pw_page *page)
{
	fputs("<p>Made ", to);
	pw_html_time(to, page->made);
	if (!page->rows->is_public) {
		fputs(" by ", to);
		pw_html_text(to, page->maker);
	}
	fputs(" with phiward " PW_VERSION, to);
	if (!page->rows->is_public) {
		fputs(" from ", to);
		pw_html_text(to, page->source);
	}
	fputs(page->rows->is_public ?
	      ". For the public: no path and no person is named.</p>\n" : ".</p>\n", to);
}

int pw_page_write(FILE *to, const struct pw_page *page)
{
	_cleanup_free_ char *foot = make_foot(page);
	int r = foot ? put_head(to, foot) : -ENOMEM;

	if (r)
		return r;
	put_made(to, page);
	pw_page_verdict(to, page);
	pw_page_sessions(to, page);
	r = pw_page_overview(to, page);
	if (!r)
		r = pw_page_listings(to, page);
	if (r)
		return r;
	fputs(pw_page_records, to);
	pw_page_check(to, page);
	fputs("</main>\n", to);
	fprintf(to, "<footer id=\"foot\">phiward report, %s</footer>\n", foot);
	r = pw_page_data(to, page);
	fputs(pw_page_end, to);
	return r ? r : fflush(to) == 0 && !ferror(to) ? 0 : -EIO;
}
