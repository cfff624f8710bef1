// SPDX-License-Identifier: BSD-2-Clause
/* What consoles tell, whose word it is, what needs a person, and when canaries let the others go on. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "fleet/canaries.h"

#define NOW 1800000000
#define HEX "0100000000000000000000000000000000000000000000000000000000000000"

/* One that is well. */
static struct pw_told well(const char *serial)
{
	return (struct pw_told){
		.serial = serial, .channel = "stable", .policy = "ct", .version = 7,
		.state = "enforcing", .bundle = HEX, .health = "good", .daemon = true,
		.enforcing = true, .time = NOW - 10, .applied = NOW - 7200, .next_s = 4500,
	};
}

static void add(struct pw_fleet *fleet, const struct pw_told *told, const char *name)
{
	_cleanup_free_ char *text = NULL, *line = NULL;
	size_t n;

	assert_int_equal(pw_told_write(told, &text, &n), 0);
	assert_true(asprintf(&line, "%s AAAA\n", text) > 0);
	assert_int_equal(pw_fleet_add(fleet, name ?: told->serial, line, strlen(line), NOW - 10), 0);
}

/* The trouble of one console that is as @told. */
static unsigned int trouble_of(const struct pw_told *told, const char *name)
{
	struct pw_fleet fleet = {.now = NOW};
	unsigned int trouble;

	add(&fleet, told, name);
	pw_fleet_judge(&fleet);
	trouble = fleet.rows[0].trouble;
	pw_fleet_done(&fleet);

	return trouble;
}

static void each_trouble_is_seen(void **state)
{
	struct pw_told told = well("A");

	(void)state;
	assert_int_equal(trouble_of(&told, NULL), 0);
	assert_int_equal(trouble_of(&told, "B"), 1U << PW_TROUBLE_FORGED);
#define IS(member, value, which)                                                                   \
	do {                                                                                       \
		told = well("A");                                                                  \
		told.member = (value);                                                             \
		assert_int_equal(trouble_of(&told, NULL), 1U << (which));                          \
	} while (0)
	IS(enforcing, false, PW_TROUBLE_OFF);
	IS(lost, 1, PW_TROUBLE_LOST);
	IS(rescue, true, PW_TROUBLE_RESCUE);
	IS(breakglass, true, PW_TROUBLE_BREAKGLASS);
	IS(bad, HEX, PW_TROUBLE_UNHEALTHY);
	IS(time, NOW + 3700, PW_TROUBLE_CLOCK);
#undef IS
	/* An old record that somebody gives out as a new one. */
	told = well("A");
	told.time = NOW - 86400;
	assert_true(trouble_of(&told, NULL) & 1U << PW_TROUBLE_SILENT);
}

static void who_is_behind_is_known_from_what_was_published(void **state)
{
	struct pw_channel channel = {.channel = "stable", .share = PW_SHARE_ALL, .digest = {1},
				     .since = NOW - 7200}, *channels = &channel;
	struct pw_fleet fleet = {.now = NOW, .channels = &channels, .nchannels = 1};
	const struct pw_told has = well("A");
	struct pw_told has_not = well("B");

	(void)state;
	has_not.bundle = "";
	add(&fleet, &has, NULL);
	add(&fleet, &has_not, NULL);
	pw_fleet_judge(&fleet);
	assert_string_equal(fleet.rows[0].name, "B");
	assert_int_equal(fleet.rows[0].trouble, 1U << PW_TROUBLE_BEHIND);
	assert_int_equal(fleet.rows[1].trouble, 0);
	channel.since = NOW - 60;
	pw_fleet_judge(&fleet);
	assert_int_equal(pw_fleet_in_trouble(&fleet), 0);
	fleet.channels = NULL;
	fleet.nchannels = 0;
	pw_fleet_done(&fleet);
}

/* ---- Of two places --------------------------------------------------------------------------- */

static void the_newest_of_two_is_kept(void **state)
{
	struct pw_fleet fleet = {.now = NOW};
	struct pw_told older = well("A"), newer = well("A");

	(void)state;
	older.time -= 100;
	older.reports = 900;
	older.lost = 1;
	newer.reports = 3;
	add(&fleet, &newer, NULL);
	add(&fleet, &older, NULL);
	assert_int_equal(pw_fleet_judge(&fleet), 0);
	assert_int_equal(fleet.n, 1);
	assert_int_equal(fleet.rows[0].record.reports, 3);
	assert_int_equal(fleet.rows[0].trouble, 0);
	pw_fleet_done(&fleet);
	/* Within a second it is how many it made. */
	older.time = newer.time;
	add(&fleet, &newer, NULL);
	add(&fleet, &older, NULL);
	assert_int_equal(pw_fleet_judge(&fleet), 0);
	assert_int_equal(fleet.rows[0].record.reports, 900);
	pw_fleet_done(&fleet);
}

static void a_false_record_hides_no_true_one(void **state)
{
	struct pw_fleet fleet = {.now = NOW};
	struct pw_told told = well("A");

	(void)state;
	add(&fleet, &told, NULL);
	told = well("B");
	told.time += 5;
	add(&fleet, &told, "A");
	assert_int_equal(pw_fleet_judge(&fleet), 0);
	assert_int_equal(fleet.n, 1);
	assert_true(fleet.rows[0].verified);
	assert_int_equal(fleet.rows[0].trouble, 1U << PW_TROUBLE_FORGED);
	pw_fleet_done(&fleet);
}

/* ---- The inventory ------------------------------------------------------------------------- */

static void who_never_told_anything_is_known_from_the_inventory(void **state)
{
	struct pw_device devices[] = {{.serial = "A", .department = "cellar"},
				      {.serial = "C", .department = "radiology"}};
	const struct pw_inventory inventory = {.devices = devices, .n = 2};
	struct pw_fleet fleet = {.now = NOW, .inventory = &inventory};
	struct pw_told a = well("A"), b = well("B");
	_cleanup_free_ char *text = NULL;
	size_t n;
	FILE *to = open_memstream(&text, &n);

	(void)state;
	a.department = "ward 3";
	add(&fleet, &a, NULL);
	add(&fleet, &b, NULL);
	assert_int_equal(pw_fleet_judge(&fleet), 0);
	assert_int_equal(fleet.n, 3);
	assert_string_equal(fleet.rows[0].name, "C");
	assert_int_equal(fleet.rows[0].trouble, 1U << PW_TROUBLE_NEVER);
	assert_string_equal(pw_fleet_department(&fleet.rows[0]), "radiology");
	assert_string_equal(fleet.rows[1].name, "B");
	assert_int_equal(fleet.rows[1].trouble, 1U << PW_TROUBLE_UNLISTED);
	assert_string_equal(fleet.rows[2].name, "A");
	assert_int_equal(fleet.rows[2].trouble, 0);
	assert_string_equal(pw_fleet_department(&fleet.rows[2]), "ward 3");
	assert_int_equal(pw_fleet_print_json(to, &fleet), 0);
	fclose(to);
	assert_non_null(strstr(text, "{\"serial\":\"C\",\"received\":null,\"verified\":false,"
				     "\"trouble\":[\"never seen\"]}"));
	pw_fleet_done(&fleet);
}

/* ---- Canaries ------------------------------------------------------------------------------ */

static void canaries_are_those_who_are_well(void **state)
{
	struct pw_channel channel = {.channel = "stable", .digest = {1}, .arena = pw_arena_new()};
	struct pw_fleet fleet = {.now = NOW};
	struct pw_diag diag = {};
	char serial[8];

	(void)state;
	for (int i = 0; i < 6; i++) {
		struct pw_told told;

		snprintf(serial, sizeof(serial), "S%d", i);
		told = well(serial);
		told.lost = i == 0;
		told.channel = i == 1 ? "other" : "stable";
		add(&fleet, &told, NULL);
	}
	pw_fleet_judge(&fleet);
	assert_int_equal(pw_canaries_choose(&fleet, 5, &channel, &diag), -EINVAL);
	assert_int_equal(diag.errors, 1);
	assert_int_equal(pw_canaries_choose(&fleet, 4, &channel, &diag), 0);
	assert_int_equal(channel.canaries.n, 4);
	for (size_t i = 0; i < 4; i++)
		assert_true(strcmp(channel.canaries.list[i], "S0") &&
			    strcmp(channel.canaries.list[i], "S1"));
	pw_diag_done(&diag);
	pw_fleet_done(&fleet);
	pw_arena_free(channel.arena);
}

static int judged(const struct pw_told *told, uint64_t hold_s, uint64_t refusals)
{
	const char *canary = "A";
	const struct pw_channel channel = {.channel = "stable", .digest = {1}, .hold_s = hold_s,
					   .canaries = {&canary, 1}};
	struct pw_fleet fleet = {.now = NOW};
	struct pw_diag diag = {};
	int r;

	if (told)
		add(&fleet, told, NULL);
	pw_fleet_judge(&fleet);
	r = pw_canaries_judge(&fleet, &channel, refusals, &diag);
	assert_int_equal(!r, !diag.errors);
	pw_diag_done(&diag);
	pw_fleet_done(&fleet);

	return r;
}

static void canaries_let_the_others_go_on_when_all_is_well(void **state)
{
	struct pw_told told = well("A");

	(void)state;
	assert_int_equal(judged(&told, 3600, 0), 0);
	assert_int_equal(judged(&told, 86400, 0), -EAGAIN);
	assert_int_equal(judged(NULL, 0, 0), -EAGAIN);
	told.refusals = 2;
	assert_int_equal(judged(&told, 3600, 1), -EAGAIN);
	assert_int_equal(judged(&told, 3600, 2), 0);
	told = well("A");
	told.health = "trying";
	assert_int_equal(judged(&told, 3600, 0), -EAGAIN);
	told = well("A");
	told.bundle = "";
	assert_int_equal(judged(&told, 3600, 0), -EAGAIN);
	told = well("A");
	told.enforcing = false;
	assert_int_equal(judged(&told, 3600, 0), -EAGAIN);
}

/* ---- Text ---------------------------------------------------------------------------------- */

static void what_is_no_record_is_refused(void **state)
{
	const struct pw_told told = well("A");
	_cleanup_free_ char *text = NULL;
	struct pw_told read;
	size_t n;

	(void)state;
	assert_int_equal(pw_told_write(&told, &text, &n), 0);
	assert_int_equal(pw_told_parse(text, n, &read), 0);
	assert_string_equal(read.serial, "A");
	assert_int_equal(read.version, 7);
	pw_told_done(&read);
	assert_int_equal(pw_told_parse(text, n - 1, &read), -EINVAL);
	memcpy(strstr(text, "\"lost\""), "\"last\"", 6);
	assert_int_equal(pw_told_parse(text, n, &read), -EINVAL);
	assert_int_equal(pw_told_parse("{}", 2, &read), -EINVAL);
}

static void another_file_of_the_site_is_another_version(void **state)
{
	_cleanup_free_ struct pw_fleet_version *versions = NULL;
	_cleanup_free_ char *text = NULL;
	struct pw_told first = well("A"), second = well("B"), third = well("C");
	struct pw_fleet fleet = {.now = NOW};
	size_t n;
	FILE *to = open_memstream(&text, &n);

	(void)state;
	assert_non_null(to);
	second.site_version = 2;
	third.site_version = 2;
	add(&fleet, &first, NULL);
	add(&fleet, &second, NULL);
	add(&fleet, &third, NULL);
	pw_fleet_judge(&fleet);
	assert_int_equal(pw_fleet_print(to, &fleet, true), 0);
	fclose(to);
	assert_non_null(strstr(text, "ct 7 "));
	assert_non_null(strstr(text, "ct 7, site 2 "));
	assert_non_null(strstr(text, "1  ct version 7\n"));
	assert_non_null(strstr(text, "2  ct version 7, site version 2\n"));
	assert_int_equal(pw_fleet_versions(&fleet, &versions, &n), 0);
	assert_int_equal(n, 2);
	pw_fleet_done(&fleet);
}

static void text_of_consoles_is_no_markup(void **state)
{
	struct pw_fleet fleet = {.now = NOW};
	struct pw_told told = well("A<script>");
	_cleanup_free_ char *page = NULL;
	size_t n;
	FILE *to = open_memstream(&page, &n);

	(void)state;
	told.department = "\"><img src=x>";
	add(&fleet, &told, NULL);
	pw_fleet_judge(&fleet);
	assert_int_equal(pw_fleet_page(to, &fleet), 0);
	fclose(to);
	assert_null(strstr(page, "<script"));
	assert_null(strstr(page, "<img"));
	assert_non_null(strstr(page, "A&lt;script&gt;"));
	pw_fleet_done(&fleet);
}

static void text_of_consoles_moves_no_cursor(void **state)
{
	struct pw_fleet fleet = {.now = NOW};
	const struct pw_told told = well("A");
	_cleanup_free_ char *text = NULL;
	size_t n;
	FILE *to = open_memstream(&text, &n);

	(void)state;
	add(&fleet, &told, "A\033[2J");
	pw_fleet_judge(&fleet);
	assert_int_equal(pw_fleet_print(to, &fleet, true), 0);
	fclose(to);
	assert_null(strchr(text, '\033'));
	assert_non_null(strstr(text, "A?[2J"));
	pw_fleet_done(&fleet);
}

static void what_was_seen_is_found_again(void **state)
{
	const struct pw_seen seen[3] = {{.key = {3}, .signer = {7}, .until = 3},
					{.key = {1}, .signer = {9}, .until = 1},
					{.key = {2}, .signer = {8}, .until = 2}};
	char directory[] = "/tmp/phiward-seen.XXXXXX";
	const uint8_t wanted[PW_SHA256_LEN] = {2}, other[PW_SHA256_LEN] = {4};
	const uint8_t signer[PW_SHA256_LEN] = {9}, stranger[PW_SHA256_LEN] = {3};
	struct pw_seen_all read;
	char path[64];

	(void)state;
	assert_non_null(mkdtemp(directory));
	assert_int_equal(pw_seen_write(directory, seen, 3), 0);
	assert_int_equal(pw_seen_read(directory, &read), 0);
	assert_int_equal(read.n, 3);
	assert_int_equal(pw_seen_line(&read, wanted)->until, 2);
	assert_int_equal(pw_seen_line(&read, wanted)->signer[0], 8);
	assert_null(pw_seen_line(&read, other));
	assert_true(pw_seen_signer(&read, signer));
	assert_false(pw_seen_signer(&read, stranger));
	pw_seen_done(&read);
	snprintf(path, sizeof(path), "%s/fleet-seen", directory);
	assert_int_equal(truncate(path, 200), 0);
	assert_int_equal(pw_seen_read(directory, &read), 0);
	assert_int_equal(read.n, 0);
	pw_seen_done(&read);
	assert_int_equal(chmod(path, 0622), 0);
	assert_int_equal(pw_seen_read(directory, &read), 0);
	assert_int_equal(read.n, 0);
	unlink(path);
	rmdir(directory);
}

static void a_line_is_as_long_as_it_is(void **state)
{
	struct pw_fleet fleet = {.now = NOW};
	char line[4096] = "{";

	(void)state;
	assert_int_equal(pw_fleet_add(&fleet, "A", line, sizeof(line), NOW), 0);
	assert_int_equal(pw_fleet_add(&fleet, "B", line, 0, NOW), 0);
	pw_fleet_judge(&fleet);
	assert_int_equal(fleet.rows[0].trouble, 1U << PW_TROUBLE_FORGED);
	assert_int_equal(fleet.rows[1].trouble, 1U << PW_TROUBLE_FORGED);
	pw_fleet_done(&fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_trouble_is_seen),
		cmocka_unit_test(who_is_behind_is_known_from_what_was_published),
		cmocka_unit_test(the_newest_of_two_is_kept),
		cmocka_unit_test(a_false_record_hides_no_true_one),
		cmocka_unit_test(who_never_told_anything_is_known_from_the_inventory),
		cmocka_unit_test(canaries_are_those_who_are_well),
		cmocka_unit_test(canaries_let_the_others_go_on_when_all_is_well),
		cmocka_unit_test(what_is_no_record_is_refused),
		cmocka_unit_test(another_file_of_the_site_is_another_version),
		cmocka_unit_test(text_of_consoles_is_no_markup),
		cmocka_unit_test(text_of_consoles_moves_no_cursor),
		cmocka_unit_test(what_was_seen_is_found_again),
		cmocka_unit_test(a_line_is_as_long_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
