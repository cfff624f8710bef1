// SPDX-License-Identifier: BSD-2-Clause
/* The table as one page that needs nothing else and runs no script: table.h. */
#include <errno.h>
#include <inttypes.h>

#include "common/cleanup.h"
#include "common/html.h"
#include "common/instant.h"
#include "fleet/table.h"

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	"<meta name=\"viewport\" content=\"width=device-width\">\n<title>Consoles</title>\n<style>\n"
	"body { font: 14px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 90em; padding: 0 1em; color: #1a1a1a; background: #fff }\n"
	"table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .3em .8em; border-bottom: 1px solid #ddd }\n"
	"th { font-weight: 600; border-bottom: 2px solid #888 } td.n { text-align: right; font-variant-numeric: tabular-nums }\n"
	"tr.bad td:last-child { color: #a40000; font-weight: 600 } .bad-count { color: #a40000 } .good-count { color: #00622f }\n"
	"@media (prefers-color-scheme: dark) { body { color: #e6e6e6; background: #161616 } th, td { border-color: #444 }\n"
	"tr.bad td:last-child, .bad-count { color: #ff8a80 } .good-count { color: #7bd88f } }\n"
	"@media print { tr { break-inside: avoid } thead { display: table-header-group } }\n"
	"</style></head><body>\n";

static void put_cell(FILE *to, const char *text)
{
	fputs("<td>", to);
	pw_html_text(to, text && *text ? text : "–");
	fputs("</td>", to);
}

/* Of a site's file 0: there is none. */
static void put_number(FILE *to, uint64_t number)
{
	fprintf(to, "<td class=\"n\">%" PRIu64 "</td>", number);
}

static void put_row(FILE *to, const struct pw_fleet_row *row)
{
	const struct pw_told none = {.policy = ""};
	const struct pw_told *record = row->verified ? &row->record : &none;
	char received[PW_INSTANT_LEN + 1];
	const char *between = "";

	pw_instant_write(row->received, received);
	fprintf(to, "<tr%s>", row->trouble ? " class=\"bad\"" : "");
	put_cell(to, row->name);
	put_cell(to, pw_fleet_model(row));
	put_cell(to, pw_fleet_department(row));
	put_cell(to, record->policy);
	put_number(to, record->version);
	put_number(to, record->site_version);
	put_cell(to, record->state);
	put_cell(to, row->line ? received : "never");
	fputs("<td>", to);
	for (int i = 0; i < PW_TROUBLE_MAX_; i++)
		if (row->trouble & 1U << i) {
			fprintf(to, "%s%s", between, pw_trouble_text(i));
			between = ", ";
		}
	if (row->verified && *record->bad && *record->why) {
		fputs(": ", to);
		pw_html_text(to, record->why);
	}
	fputs(row->trouble ? "</td></tr>\n" : "ok</td></tr>\n", to);
}

static int put_versions(FILE *to, const struct pw_fleet *fleet)
{
	_cleanup_free_ struct pw_fleet_version *versions = NULL;
	size_t n;
	int r = pw_fleet_versions(fleet, &versions, &n);

	if (r < 0)
		return r;
	fputs("<h2>Who is on what</h2>\n<table><thead><tr><th>Policy</th><th>Version</th><th>Site's</th>"
	      "<th>Consoles</th></tr></thead><tbody>\n", to);
	for (size_t i = 0; i < n; i++) {
		fputs("<tr>", to);
		put_cell(to, versions[i].policy);
		put_number(to, versions[i].version);
		put_number(to, versions[i].site_version);
		put_number(to, versions[i].n);
		fputs("</tr>\n", to);
	}
	fputs("</tbody></table>\n", to);

	return 0;
}

int pw_fleet_page(FILE *to, const struct pw_fleet *fleet)
{
	const size_t troubled = pw_fleet_in_trouble(fleet);
	char now[PW_INSTANT_LEN + 1];
	int r;

	pw_instant_write(fleet->now, now);
	fputs(head, to);
	fprintf(to, "<h1>%zu consoles, <span class=\"%s\">%zu need a person</span></h1>\n<p>%s%s</p>\n",
		fleet->n, troubled ? "bad-count" : "good-count", troubled, now,
		fleet->authority ? "; the signature of each record was verified" :
				   "; no signature was looked at");
	r = put_versions(to, fleet);
	fputs("<h2>Consoles</h2>\n<table><thead><tr><th>Serial</th><th>Model</th><th>Department</th>"
	      "<th>Policy</th><th>Version</th><th>Site's</th><th>State</th><th>Heard</th><th>What</th></tr></thead><tbody>\n",
	      to);
	for (size_t i = 0; i < fleet->n; i++)
		put_row(to, &fleet->rows[i]);
	fputs("</tbody></table>\n</body></html>\n", to);

	return r ? r : ferror(to) ? -EIO : 0;
}
