// SPDX-License-Identifier: BSD-2-Clause
#include <inttypes.h>
#include <string.h>

#include "report/page_private.h"

bool pw_row_passed(const struct pw_rows *rows, const struct pw_row *row)
{
	const char *reason = pw_row_text(rows, row, PW_COLUMN_REASON);

	return pw_sessions_reason(reason, strlen(reason));
}

/* Those that wait for their review are shown whenever they were. */
static bool is_shown(const struct pw_rows *rows, const struct pw_session *session)
{
	int64_t end = session->ended ? session->ended : INT64_MAX;

	return !session->reviewed || ((!rows->since || end >= rows->since) &&
				      (!rows->until || session->began <= rows->until));
}

/* @text is somebody's words, which are not for the public; NULL: @otherwise. */
static void put_words(FILE *to, const struct pw_page *page, const char *text, const char *otherwise)
{
	fputs("</td><td>", to);
	if (!text)
		fputs(otherwise, to);
	else if (page->rows->is_public)
		fputs("recorded", to);
	else
		pw_html_member(to, text);
}

static void put_session(FILE *to, const struct pw_page *page, const struct pw_session *session)
{
	fprintf(to, "<tr%s><td>%" PRIu64 "</td><td>", session->reviewed ? "" : " class=\"waits\"",
		session->number);
	pw_html_time(to, session->began);
	put_words(to, page, session->what, "");
	fprintf(to, "</td><td>%" PRIu64, session->passed);
	put_words(to, page, session->end, "not recorded");
	put_words(to, page, session->review, "<strong>waits for its review</strong>");
	fputs("</td></tr>\n", to);
}

static void put_waiting(FILE *to, size_t waiting)
{
	fputs("<p class=\"verdict bad\" id=\"waiting\"><strong>", to);
	pw_html_count(to, waiting, "session");
	fprintf(to, " of break-glass wait%s for a review.</strong> Whoever did not open it signs it off with "
		"<code>phiward review</code>.</p>\n", waiting == 1 ? "s" : "");
}

void pw_page_sessions(FILE *to, const struct pw_page *page)
{
	const struct pw_sessions *sessions = &page->rows->sessions;
	size_t waiting = pw_sessions_waiting(sessions);

	fputs("<section aria-labelledby=\"emergencies\"><h2 id=\"emergencies\">Was it opened in an "
	      "emergency?</h2>\n", to);
	if (waiting)
		put_waiting(to, waiting);
	if (!sessions->n) {
		fputs("<p>No session of break-glass or service stands in the log.</p></section>\n", to);
		return;
	}
	fputs("<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-labelledby=\"c-sessions\">"
	      "<table id=\"t-sessions\"><caption id=\"c-sessions\">Sessions of break-glass and service"
	      "</caption><thead><tr><th scope=\"col\">Session</th><th scope=\"col\">Begun</th>"
	      "<th scope=\"col\">By whom, for what, why</th><th scope=\"col\">Accesses let pass</th>"
	      "<th scope=\"col\">End</th><th scope=\"col\">Review</th></tr></thead><tbody>\n", to);
	for (size_t i = 0; i < sessions->n; i++)
		if (is_shown(page->rows, &sessions->list[i]))
			put_session(to, page, &sessions->list[i]);
	fputs("</tbody></table></div></section>\n", to);
}
