// SPDX-License-Identifier: BSD-2-Clause
#include "cli/differences.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "cli/command.h"
#include "cli/control_client.h"
#include "cli/paint.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/text.h"
#include "policy/parse.h"
#include "publish/sources.h"

static const char *const kinds[] = {
	[PW_DIFFERENCE_FILES] = "files",
	[PW_DIFFERENCE_PEERS] = "peers",
	[PW_DIFFERENCE_CLIENTS] = "clients",
	[PW_DIFFERENCE_FACT] = "fact",
};

/* What pw_difference_print() says; the caller frees it. */
static char *in_words(const struct pw_difference *differences, size_t n)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return NULL;
	pw_difference_print(to, differences, n);
	if (!fclose(to))
		return text;
	free(text);

	return NULL;
}

static void print_alike(const struct pw_difference *difference, size_t n)
{
	_cleanup_free_ char *text = in_words(difference, n);
	enum pw_colour colour = difference->allows ? PW_RED : PW_GREEN;

	printf("  %s%s%s %s", pw_paint(stdout, colour), difference->allows ? "+" : "-",
	       pw_paint(stdout, PW_PLAIN), text ?: "");
	if (difference->at.file) {
		fputs("  ", stdout);
		pw_text_print(stdout, difference->at.file);
		printf(":%u", difference->at.line);
	}
	putchar('\n');
}

void pw_differences_show(const struct pw_differences *differences)
{
	size_t i, alike;

	for (i = 0; i < differences->n; i += alike) {
		if (!i && differences->allowed)
			puts("newly allowed");
		if (i == differences->allowed)
			puts("newly denied");
		alike = pw_differences_alike(differences, i);
		print_alike(&differences->list[i], alike);
	}
	printf("%zu newly allowed, %zu newly denied\n", differences->allowed,
	       differences->n - differences->allowed);
}

static json_object *to_json(const struct pw_difference *difference)
{
	_cleanup_free_ char *text = in_words(difference, 1);
	json_object *entry = json_object_new_object();

	json_object_object_add(entry, "allows", json_object_new_boolean(difference->allows));
	json_object_object_add(entry, "kind", json_object_new_string(kinds[difference->kind]));
	json_object_object_add(entry, "of", json_object_new_string(difference->of));
	json_object_object_add(entry, "text", json_object_new_string(text ?: ""));
	json_object_object_add(entry, "file", difference->at.file ?
			       json_object_new_string(difference->at.file) : NULL);
	json_object_object_add(entry, "line", json_object_new_int64(difference->at.line));

	return entry;
}

void pw_differences_show_json(const struct pw_differences *differences)
{
	json_object *all = json_object_new_object(), *list = json_object_new_array();
	size_t i;

	for (i = 0; i < differences->n; i++)
		json_object_array_add(list, to_json(&differences->list[i]));
	json_object_object_add(all, "schema", json_object_new_int(1));
	json_object_object_add(all, "differences", list);
	puts(json_object_to_json_string_ext(all, JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(all);
}

/* ---- The policy in force ----------------------------------------------------------------- */

static int parse(json_object *response, struct pw_policy **ret)
{
	struct pw_source *sources = NULL;
	struct pw_diag diag = {};
	size_t n = 0;
	int r;

	*ret = NULL;
	if (!json_object_object_get_ex(response, "sources", NULL))
		return PW_EXIT_YES;
	r = pw_sources_read(response, &sources, &n);
	if (!r)
		r = pw_policy_parse(sources, n, ret, &diag);
	pw_sources_free(sources, n);
	pw_diag_done(&diag);

	return r ? pw_fail(PW_EXIT_INTERNAL, "the policy in force cannot be read: %s",
			   strerror(-r)) : PW_EXIT_YES;
}

int pw_in_force(struct pw_policy **ret)
{
	_cleanup_(pw_json_putp) json_object *response = NULL;
	int r = pw_control_command(PW_COMMAND_POLICY, &response), code;

	if (r < 0)
		return pw_control_fail(r);
	code = pw_control_report(response);

	return code == PW_EXIT_YES ? parse(response, ret) : code;
}
