// SPDX-License-Identifier: BSD-2-Clause
/* The table for people and for programs: table.h. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/instant.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/text.h"
#include "fleet/table.h"

#define PW_CELL 24

static void print_cell(FILE *to, const char *text, int width)
{
	char cell[PW_CELL + 1];

	/* A name is what a console that is not believed yet calls itself. */
	snprintf(cell, sizeof(cell), "%s", text && *text ? text : "-");
	for (char *c = cell; *c; c++)
		if (pw_text_control(*c))
			*c = '?';
	fprintf(to, "%-*.*s ", width, width, cell);
}

static void print_age(FILE *to, int64_t seconds)
{
	static const struct { int64_t of; char unit; } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}};

	if (seconds < 0)
		seconds = 0;
	for (size_t i = 0; i < PW_ARRAY_SIZE(units); i++)
		if (seconds >= 2 * units[i].of) {
			fprintf(to, "%6" PRId64 "%c  ", seconds / units[i].of, units[i].unit);
			return;
		}
	fprintf(to, "%6" PRId64 "s  ", seconds);
}

static void print_troubles(FILE *to, const struct pw_fleet_row *row)
{
	const char *between = "";

	for (int i = 0; i < PW_TROUBLE_MAX_; i++)
		if (row->trouble & 1U << i) {
			fprintf(to, "%s%s", between, pw_trouble_text(i));
			between = ", ";
		}
	if (row->verified && *row->record.bad && *row->record.why) {
		fputs(": ", to);
		pw_text_print(to, row->record.why);
	}
	if (!row->trouble)
		fputs("ok", to);
	fputc('\n', to);
}

static void print_row(FILE *to, const struct pw_fleet *fleet, const struct pw_fleet_row *row)
{
	const struct pw_told *record = &row->record;
	char version[PW_CELL + 64], site[32] = "";

	if (row->verified && record->site_version)
		snprintf(site, sizeof(site), ", site %" PRIu64, record->site_version);
	snprintf(version, sizeof(version), "%s %" PRIu64 "%s", row->verified ? record->policy : "",
		 row->verified ? record->version : 0, site);
	print_cell(to, row->name, PW_CELL);
	print_cell(to, pw_fleet_department(row), 14);
	print_cell(to, row->verified ? version : "", PW_CELL);
	print_cell(to, row->verified ? record->state : "", 11);
	if (row->line)
		print_age(to, fleet->now - row->received);
	else
		fprintf(to, "%7s  ", "-");
	print_troubles(to, row);
}

static int print_versions(FILE *to, const struct pw_fleet *fleet)
{
	_cleanup_free_ struct pw_fleet_version *versions = NULL;
	size_t n;
	int r = pw_fleet_versions(fleet, &versions, &n);

	if (r < 0)
		return r;
	fprintf(to, "%s%8s  POLICY\n", fleet->n ? "\n" : "", "CONSOLES");
	for (size_t i = 0; i < n; i++) {
		fprintf(to, "%8zu  %s version %" PRIu64, versions[i].n,
			*versions[i].policy ? versions[i].policy : "none", versions[i].version);
		if (versions[i].site_version)
			fprintf(to, ", site version %" PRIu64, versions[i].site_version);
		fputc('\n', to);
	}

	return 0;
}

int pw_fleet_print(FILE *to, const struct pw_fleet *fleet, bool all)
{
	const size_t troubled = pw_fleet_in_trouble(fleet), shown = all ? fleet->n : troubled;
	int r;

	if (shown)
		fprintf(to, "%-24s %-14s %-24s %-11s %7s  %s\n", "SERIAL", "DEPARTMENT", "POLICY",
			"STATE", "HEARD", "WHAT");
	for (size_t i = 0; i < shown; i++)
		print_row(to, fleet, &fleet->rows[i]);
	r = print_versions(to, fleet);
	fprintf(to, "\n%zu consoles, %zu of them need a person\n", fleet->n, troubled);
	if (!fleet->authority)
		fputs("no signature was looked at: --ca FILE\n", to);

	return r ? r : ferror(to) ? -EIO : 0;
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static int add_record(json_object *object, const struct pw_fleet_row *row)
{
	const char *base64;
	size_t text, n;

	if (!pw_told_split(row->line, row->length, &text, &base64, &n))
		return -EINVAL;

	return pw_json_add(object, "status", pw_told_object(row->line, text));
}

static int add_row(json_object *array, const struct pw_fleet_row *row)
{
	json_object *object = json_object_new_object(), *troubles = json_object_new_array();
	char received[PW_INSTANT_LEN + 1];
	int r = pw_json_append(array, object);

	if (r < 0) {
		json_object_put(troubles);
		return r;
	}
	pw_instant_write(row->received, received);
	r = pw_json_add(object, "serial", json_object_new_string(row->name));
	r = r ?: row->line ? pw_json_add(object, "received", json_object_new_string(received)) :
			     json_object_object_add(object, "received", NULL);
	r = r ?: pw_json_add(object, "verified", json_object_new_boolean(row->verified));
	if (r < 0) {
		json_object_put(troubles);
		return r;
	}
	r = pw_json_add(object, "trouble", troubles);
	for (int i = 0; !r && i < PW_TROUBLE_MAX_; i++)
		if (row->trouble & 1U << i)
			r = pw_json_append(troubles, json_object_new_string(pw_trouble_text(i)));
	if (!r && row->verified)
		r = add_record(object, row);

	return r;
}

int pw_fleet_print_json(FILE *to, const struct pw_fleet *fleet)
{
	_cleanup_(pw_json_putp) json_object *object = json_object_new_object();
	json_object *array = json_object_new_array();
	const char *text;
	int r = pw_json_add(object, "consoles", array);

	r = r ?: pw_json_add(object, "need_a_person",
			     json_object_new_uint64(pw_fleet_in_trouble(fleet)));
	r = r ?: pw_json_add(object, "verified", json_object_new_boolean(fleet->authority != NULL));
	for (size_t i = 0; !r && i < fleet->n; i++)
		r = add_row(array, &fleet->rows[i]);
	if (r < 0)
		return r;
	text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
					      JSON_C_TO_STRING_NOSLASHESCAPE);

	return text && fprintf(to, "%s\n", text) >= 0 ? 0 : -EIO;
}
