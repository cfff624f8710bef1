// SPDX-License-Identifier: BSD-2-Clause
/* `phiward fleet status`. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cli/command.h"
#include "cli/fleet_source.h"
#include "common/cleanup.h"

/* ---- Reading ------------------------------------------------------------------------------- */

static int read_records(const struct pw_fleet_source *source, struct pw_fleet *fleet)
{
	char why[512] = "";
	int r = 0;

	if (source->database)
		r = pw_fleet_read_database(fleet, source->database, why, sizeof(why));
	if (r < 0)
		return pw_fail(PW_EXIT_UNKNOWN, "the records in the database cannot be read: %s",
			       *why ? why : strerror(-r));
	if (source->directory)
		r = pw_fleet_read_directory(fleet, source->directory);
	if (r < 0)
		return pw_fail(PW_EXIT_UNKNOWN, "the records in %s cannot be read: %s",
			       source->directory, strerror(-r));

	return PW_EXIT_YES;
}

static int read_tree(const char *path, struct pw_fleet *fleet)
{
	struct pw_diag diag = {};
	int r = pw_fleet_read_tree(fleet, path, &diag);

	pw_diag_print(&diag, stderr);
	pw_diag_done(&diag);

	return r ? pw_fail(PW_EXIT_UNKNOWN, "%s is no published tree: %s", path, strerror(-r)) :
		   PW_EXIT_YES;
}

static int read_inventory(const char *path, struct pw_inventory **ret)
{
	struct pw_diag diag = {};
	int r = pw_inventory_read(path, ret, &diag);

	pw_diag_print(&diag, stderr);
	pw_diag_done(&diag);

	return r ? pw_fail(PW_EXIT_UNKNOWN, "%s is no inventory of devices: %s", path, strerror(-r)) :
		   0;
}

/* The caller frees it; NULL: this user has none. */
static char *cache_directory(void)
{
	const char *cache = secure_getenv("XDG_CACHE_HOME"), *home = secure_getenv("HOME");
	char *path = NULL;

	if (cache && *cache == '/')
		return asprintf(&path, "%s/phiward", cache) < 0 ? NULL : path;
	if (!home || *home != '/' || asprintf(&path, "%s/.cache", home) < 0)
		return NULL;
	mkdir(path, 0700);
	free(path);

	return asprintf(&path, "%s/.cache/phiward", home) < 0 ? NULL : path;
}

int pw_fleet_open(const struct pw_fleet_source *source, struct pw_fleet *fleet,
		  struct pw_authority **ret_authority)
{
	_cleanup_free_ char *cache = NULL;
	int code, r;

	*fleet = (struct pw_fleet){.now = time(NULL), .inventory = source->inventory};
	if (source->ca) {
		r = pw_authority_read(source->ca, ret_authority);
		if (r < 0)
			return pw_fail(PW_EXIT_UNKNOWN, "no certificates in %s: %s", source->ca,
				       strerror(-r));
		fleet->authority = *ret_authority;
	}
	code = source->tree ? read_tree(source->tree, fleet) : PW_EXIT_YES;
	if (code == PW_EXIT_YES)
		code = read_records(source, fleet);
	if (code != PW_EXIT_YES)
		return code;
	cache = cache_directory();
	fleet->cache = cache;
	r = pw_fleet_judge(fleet);
	fleet->cache = NULL;

	return r ? pw_fail(PW_EXIT_INTERNAL, "the records cannot be judged: %s", strerror(-r)) :
		   PW_EXIT_YES;
}

/* ---- Showing ------------------------------------------------------------------------------- */

struct shown {
	const char *output;
	bool json, all;
};

static int write_page(const char *path, const struct pw_fleet *fleet)
{
	_cleanup_fclose_ FILE *to = fopen(path, "we");
	int r = to ? pw_fleet_page(to, fleet) : -errno;

	if (!r && fflush(to))
		r = -errno;

	return r ? pw_fail(PW_EXIT_INTERNAL, "cannot write %s: %s", path, strerror(-r)) : PW_EXIT_YES;
}

static int show(const struct shown *shown, const struct pw_fleet *fleet)
{
	const size_t troubled = pw_fleet_in_trouble(fleet);
	int code = PW_EXIT_YES, r;

	if (shown->output)
		code = write_page(shown->output, fleet);
	if (code != PW_EXIT_YES)
		return code;
	r = shown->json ? pw_fleet_print_json(stdout, fleet) :
			  pw_fleet_print(stdout, fleet, shown->all);
	if (r < 0)
		return pw_fail(PW_EXIT_INTERNAL, "cannot write the output: %s", strerror(-r));

	return pw_flush(troubled ? PW_EXIT_NO : PW_EXIT_YES);
}

int pw_cmd_fleet_status(const struct pw_command *self, int argc, char **argv)
{
	static const struct option options[] = {
		{ "database", required_argument, NULL, 'b' },
		{ "dir", required_argument, NULL, 'd' },
		{ "ca", required_argument, NULL, 'c' },
		{ "tree", required_argument, NULL, 't' },
		{ "devices", required_argument, NULL, 'D' },
		{ "json", no_argument, NULL, 'j' },
		{ "all", no_argument, NULL, 'a' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	_cleanup_(pw_inventory_freep) struct pw_inventory *inventory = NULL;
	struct pw_fleet_source source = {};
	struct pw_authority *authority = NULL;
	const char *devices = NULL;
	struct shown shown = {};
	struct pw_fleet fleet;
	int option, code;

	while ((option = getopt_long(argc, argv, "ho:", options, NULL)) != -1) {
		if (option == 'b')
			source.database = optarg;
		else if (option == 'd')
			source.directory = optarg;
		else if (option == 'c')
			source.ca = optarg;
		else if (option == 't')
			source.tree = optarg;
		else if (option == 'D')
			devices = optarg;
		else if (option == 'j')
			shown.json = true;
		else if (option == 'a')
			shown.all = true;
		else if (option == 'o')
			shown.output = optarg;
		else
			return pw_usage(self, option);
	}
	if (argc != optind || (!source.database && !source.directory))
		return pw_usage(self, '?');
	if (devices && read_inventory(devices, &inventory))
		return PW_EXIT_UNKNOWN;
	source.inventory = inventory;
	code = pw_fleet_open(&source, &fleet, &authority);
	if (code == PW_EXIT_YES)
		code = show(&shown, &fleet);
	pw_fleet_done(&fleet);
	pw_authority_free(authority);

	return code;
}
