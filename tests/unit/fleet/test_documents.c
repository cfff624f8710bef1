// SPDX-License-Identifier: BSD-2-Clause
/* The document of a channel, fleet.yaml, who gets a bundle, and when a console asks again. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "fleet/config.h"
#include "fleet/inventory.h"
#include "fleet/rollout.h"
#include "fleet/wait.h"

#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HEAD                                                                                       \
	"{\"phiward_channel\":1,\"channel\":\"stable\",\"sequence\":7,\"bundle\":\"ct\","          \
	"\"version\":3,\"sha256\":\"" HEX "\",\"size\":1000,\"share\":2500,"                       \
	"\"since\":\"2026-12-01T08:00:00Z\""

static struct pw_channel *channel_of(const char *text)
{
	const struct pw_source source = {.name = (char *)"c", .text = (char *)text,
					 .length = strlen(text)};
	struct pw_channel *channel = NULL;
	struct pw_diag diag = {};
	int r = pw_channel_parse(&source, &channel, &diag);

	assert_int_equal(!r, !diag.errors);
	for (size_t i = 0; i < diag.n; i++)
		print_message("# %s\n", diag.entries[i].text);
	pw_diag_done(&diag);

	return channel;
}

static void a_channel_is_written_as_it_is_read(void **state)
{
	static const char whole[] = HEAD ",\"tags\":[\"ct\",\"mr*\"],\"canaries\":[\"A\"],\"hold\":86400,"
				    "\"paused\":true}\n";
	_cleanup_(pw_channel_freep) struct pw_channel *channel = channel_of(whole);
	_cleanup_free_ char *text = NULL;
	size_t n;

	(void)state;
	assert_non_null(channel);
	assert_int_equal(channel->sequence, 7);
	assert_int_equal(channel->digest[1], 0x11);
	assert_int_equal(pw_channel_write(channel, &text, &n), 0);
	assert_string_equal(text, whole);
	assert_int_equal(n, strlen(whole));
}

static void a_channel_that_is_wrong_is_refused(void **state)
{
	static const char *const wrong[] = {
		"", "[]", "{}", HEAD, HEAD ",\"more\":1}", HEAD ",\"size\":1}",
		HEAD ",\"paused\":\"true\"}", HEAD ",\"tags\":[\"*a*b*c*d*\"]}",
		"{\"phiward_channel\":2}",
	};
	static const char good[] = HEAD "}";
	struct pw_channel *channel;

	(void)state;
	for (size_t i = 0; i < PW_ARRAY_SIZE(wrong); i++)
		assert_null(channel_of(wrong[i]));
	channel = channel_of(good);
	assert_non_null(channel);
	pw_channel_free(channel);
	assert_true(pw_channel_is_name("stable-2"));
	assert_false(pw_channel_is_name("../stable"));
	assert_false(pw_channel_is_name(""));
	assert_false(pw_channel_is_name("2"));
}

/* ---- Who gets it --------------------------------------------------------------------------- */

static const char *tag = "ct-9";
static const struct pw_device device = {.serial = "S1", .tags = {&tag, 1}};
static const struct pw_device nameless = {.tags = {&tag, 1}};

static void all_get_what_is_for_all(void **state)
{
	const struct pw_channel all = {.share = PW_SHARE_ALL}, none = {}, paused = {
		.share = PW_SHARE_ALL, .paused = true};

	(void)state;
	assert_int_equal(pw_rollout_judge(&all, &device), PW_ROLLOUT_YES);
	assert_int_equal(pw_rollout_judge(&all, NULL), PW_ROLLOUT_YES);
	assert_int_equal(pw_rollout_judge(&none, &device), PW_ROLLOUT_LATER);
	assert_int_equal(pw_rollout_judge(&none, &nameless), PW_ROLLOUT_NO_SERIAL);
	assert_int_equal(pw_rollout_judge(&paused, &device), PW_ROLLOUT_PAUSED);
}

static void tags_and_canaries_choose(void **state)
{
	const char *ct = "ct-*", *mr = "mr", *me = "S1", *other = "S2";
	struct pw_channel channel = {.share = PW_SHARE_ALL, .tags = {&ct, 1}};

	(void)state;
	assert_int_equal(pw_rollout_judge(&channel, &device), PW_ROLLOUT_YES);
	assert_int_equal(pw_rollout_judge(&channel, NULL), PW_ROLLOUT_TAGS);
	channel.tags.list = &mr;
	assert_int_equal(pw_rollout_judge(&channel, &device), PW_ROLLOUT_TAGS);
	channel.tags.list = &ct;
	channel.canaries = (struct pw_texts){&other, 1};
	assert_int_equal(pw_rollout_judge(&channel, &device), PW_ROLLOUT_CANARIES);
	channel.canaries.list = &me;
	assert_int_equal(pw_rollout_judge(&channel, &device), PW_ROLLOUT_YES);
	assert_int_equal(pw_rollout_judge(&channel, &nameless), PW_ROLLOUT_NO_SERIAL);
}

/* A share is what it says, grows by adding, and begins with others for another bundle. */
static void shares_are_even(void **state)
{
	const uint8_t first[PW_DIGEST_LEN] = {1}, second[PW_DIGEST_LEN] = {2};
	unsigned int in_first = 0, in_both = 0, a, b;
	char serial[16];

	(void)state;
	for (unsigned int i = 0; i < 20000; i++) {
		snprintf(serial, sizeof(serial), "CT-%05u", i);
		assert_true(pw_rollout_place(first, serial, &a));
		assert_true(pw_rollout_place(second, serial, &b));
		assert_true(a < PW_SHARE_ALL);
		in_first += a < 1000;
		in_both += a < 1000 && b < 1000;
	}
	assert_in_range(in_first, 1850, 2150);
	assert_in_range(in_both, 140, 260);
}

/* ---- When ---------------------------------------------------------------------------------- */

static void polls_are_spread(void **state)
{
	const uint64_t numbers[] = {0, 1, 12345, UINT64_MAX / 2, UINT64_MAX};
	uint64_t last_most = 0;

	(void)state;
	for (size_t i = 0; i < PW_ARRAY_SIZE(numbers); i++)
		assert_in_range(pw_wait_ms(900, 0, numbers[i]), 900000 * 7 / 8, 900000 * 9 / 8);
	for (unsigned int failures = 1; failures < 40; failures++) {
		uint64_t most = pw_wait_ms(900, failures, 0) * 2;

		assert_true(most >= last_most && most <= 4 * 900000);
		for (size_t i = 0; i < PW_ARRAY_SIZE(numbers); i++)
			assert_in_range(pw_wait_ms(900, failures, numbers[i]), most / 2, most);
		last_most = most;
	}
	assert_int_equal(last_most, 4 * 900000);
	assert_in_range(pw_wait_ms(900, UINT32_MAX, 7), 2 * 900000, 4 * 900000);
	assert_in_range(pw_wait_ms(10, 1, 7), 5000, 10000);
}

/* ---- fleet.yaml ---------------------------------------------------------------------------- */

#define FLEET                                                                                      \
	"phiward_fleet: 1\nurl: https://p.example/tree\nchannel: stable\nca: /c\n"                 \
	"certificate: /d\nkey: /k\n"

static bool fleet_holds(const char *text, struct pw_fleet_config **ret)
{
	const struct pw_source source = {.name = (char *)"fleet.yaml", .text = (char *)text,
					 .length = strlen(text)};
	struct pw_fleet_config *config = NULL;
	struct pw_diag diag = {};
	bool holds = !pw_fleet_config_parse(&source, &config, &diag);

	assert_int_equal(holds, !diag.errors);
	pw_diag_done(&diag);
	if (ret)
		*ret = config;
	else
		pw_fleet_config_free(config);

	return holds;
}

static void a_fleet_yaml_says_where(void **state)
{
	_cleanup_(pw_fleet_config_freep) struct pw_fleet_config *config = NULL;

	(void)state;
	assert_true(fleet_holds(FLEET, &config));
	assert_int_equal(config->every_s, 900);
	assert_int_equal(config->grace_s, 7 * 86400);
	assert_null(config->put);
	assert_true(fleet_holds(FLEET "report: {put: 'https://p.example/status', every: 2h}", NULL));
	assert_true(fleet_holds(FLEET "report: {syslog: 'log.example:6514'}\nevery: 10s", NULL));
}

static void a_fleet_yaml_that_is_wrong_is_refused(void **state)
{
	static const char *const wrong[] = {
		"", "phiward_fleet: 1\n", FLEET "more: 1\n", FLEET "every: 9s\n", FLEET "every: 1\n",
		FLEET "grace: 59s\n", FLEET "report: {every: 1h}\n",
		FLEET "report: {put: 'http://p.example'}\n",
		FLEET "report: {put: 'https://p.example', syslog: 'a:1'}\n",
		FLEET "report: {syslog: 'log.example'}\n", FLEET "report: {syslog: 'a/b:1'}\n",
		"phiward_fleet: 1\nurl: file:///etc\nchannel: c\nca: /c\ncertificate: /d\nkey: /k\n",
		"phiward_fleet: 1\nurl: https://p/\nchannel: c\nca: /c\ncertificate: /d\nkey: /k\n",
		"phiward_fleet: 1\nurl: https://p\nchannel: ../c\nca: /c\ncertificate: /d\nkey: /k\n",
		"phiward_fleet: 1\nurl: https://p\nchannel: c\nca: c\ncertificate: /d\nkey: /k\n",
	};

	(void)state;
	for (size_t i = 0; i < PW_ARRAY_SIZE(wrong); i++)
		if (fleet_holds(wrong[i], NULL))
			fail_msg("taken: %s", wrong[i]);
}

/* ---- The inventory ------------------------------------------------------------------------- */

static struct pw_inventory *inventory_of(const char *text, const char *complaint)
{
	const struct pw_source source = {.name = (char *)"devices.yaml", .text = (char *)text,
					 .length = strlen(text)};
	struct pw_inventory *inventory = NULL;
	struct pw_diag diag = {};
	int r = pw_inventory_parse(&source, &inventory, &diag);

	assert_int_equal(!r, !complaint);
	if (complaint)
		assert_non_null(strstr(diag.entries[0].text, complaint));
	pw_diag_done(&diag);

	return inventory;
}

static void an_inventory_is_read(void **state)
{
	_cleanup_(pw_inventory_freep) struct pw_inventory *inventory = inventory_of(
		"phiward_devices: 1\ndevices:\n- {serial: B, department: radiology, tags: [ct]}\n"
		"- {serial: 17, udi: (01)9}\n", NULL);

	(void)state;
	assert_int_equal(inventory->n, 2);
	assert_string_equal(pw_inventory_find(inventory, "B")->department, "radiology");
	assert_string_equal(pw_inventory_find(inventory, "17")->udi, "(01)9");
	assert_null(pw_inventory_find(inventory, "A"));
	/* What programs write is JSON, and as good. */
	pw_inventory_free(inventory);
	inventory = inventory_of("{\"phiward_devices\": 1, \"devices\": [{\"serial\": \"A\"}]}", NULL);
	assert_non_null(pw_inventory_find(inventory, "A"));
}

static void an_inventory_that_is_wrong_is_refused(void **state)
{
	(void)state;
	inventory_of("devices: [{serial: A}]", "phiward_devices");
	inventory_of("phiward_devices: 1", "devices");
	inventory_of("phiward_devices: 1\ndevices: []", "devices");
	inventory_of("phiward_devices: 1\ndevices: [A]", "devices");
	inventory_of("phiward_devices: 1\ndevices: [{model: CT}]", "no 'serial'");
	inventory_of("phiward_devices: 1\ndevices: [{serial: ''}]", "text of 1 to");
	inventory_of("phiward_devices: 1\ndevices: [{serial: A, seral: B}]", "seral");
	inventory_of("phiward_devices: 1\ndevices: [{serial: A}, {serial: B}, {serial: A}]",
		     "two devices have the serial 'A'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_channel_is_written_as_it_is_read),
		cmocka_unit_test(a_channel_that_is_wrong_is_refused),
		cmocka_unit_test(all_get_what_is_for_all),
		cmocka_unit_test(tags_and_canaries_choose),
		cmocka_unit_test(shares_are_even),
		cmocka_unit_test(polls_are_spread),
		cmocka_unit_test(a_fleet_yaml_says_where),
		cmocka_unit_test(a_fleet_yaml_that_is_wrong_is_refused),
		cmocka_unit_test(an_inventory_is_read),
		cmocka_unit_test(an_inventory_that_is_wrong_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
