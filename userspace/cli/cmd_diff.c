// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "cli/command.h"
#include "cli/paint.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "policy/compare.h"
#include "policy/parse.h"

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

static void print_table(const struct pw_policy *a, const struct pw_policy *b,
			const struct pw_differences *differences)
{
	const struct pw_policy *policies[] = {a, b};
	size_t i, alike;

	for (i = 0; i < 2; i++)
		printf("%s%s version %llu", i ? " to " : "from ", policies[i]->name,
		       (unsigned long long)policies[i]->version);
	putchar('\n');
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

static void print_json(const struct pw_differences *differences)
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

struct options {
	const char *site_a, *site_b;	/* of a site over A and over B, or NULL */
	bool fail_on_widening;
	bool json;
};

static int diff(char **paths, const struct options *options, struct pw_diag *diag)
{
	_cleanup_(pw_differences_freep) struct pw_differences *differences = NULL;
	_cleanup_(pw_policy_freep) struct pw_policy *a = NULL;
	_cleanup_(pw_policy_freep) struct pw_policy *b = NULL;
	int r;

	r = pw_policy_read_for_site(paths[0], options->site_a, &a, diag);
	if (!r)
		r = pw_policy_read_for_site(paths[1], options->site_b, &b, diag);
	if (!r)
		r = pw_policy_compare(a, b, &differences);
	if (r < 0)
		return r;
	if (options->json)
		print_json(differences);
	else
		print_table(a, b, differences);

	return options->fail_on_widening && differences->allowed ? PW_EXIT_NO : PW_EXIT_YES;
}

int pw_cmd_diff(const struct pw_command *self, int argc, char **argv)
{
	static const struct option names[] = {
		{ "fail-on-widening", no_argument, NULL, 'w' },
		{ "json", no_argument, NULL, 'j' },
		{ "site-a", required_argument, NULL, 'a' },
		{ "site-b", required_argument, NULL, 'b' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct options options = {};
	struct pw_diag diag = {};
	int option, r;

	while ((option = getopt_long(argc, argv, "h", names, NULL)) != -1) {
		if (option == 'w')
			options.fail_on_widening = true;
		else if (option == 'j')
			options.json = true;
		else if (option == 'a')
			options.site_a = optarg;
		else if (option == 'b')
			options.site_b = optarg;
		else
			return pw_usage(self, option);
	}
	if (argc - optind != 2)
		return pw_usage(self, '?');
	r = diff(argv + optind, &options, &diag);
	if (diag.errors)	/* warnings are for `phiward check` */
		pw_diag_print(&diag, stderr);
	if (r < 0)
		r = diag.errors ? PW_EXIT_NO :
		    pw_fail(PW_EXIT_INTERNAL, "cannot compare: %s", strerror(-r));
	pw_diag_done(&diag);

	return pw_flush(r);
}
