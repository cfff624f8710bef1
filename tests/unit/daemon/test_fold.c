// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "daemon/fold.c"

#define S 1000000000ULL
#define START (1000 * S)

static struct pw_event refusal(uint32_t subject, uint32_t object)
{
	return (struct pw_event){ .type = PW_RECORD_FILE,
				  .action = PW_ACTION_READ,
				  .verdict = PW_VERDICT_DENY,
				  .reason = PW_REASON_STRANGER,
				  .flags = PW_EVENT_ENFORCED,
				  .generation = 3,
				  .count = 1,
				  .subject = subject,
				  .object = object };
}

static void add(struct pw_folds *folds, struct pw_event event, uint64_t now)
{
	pw_folds_add(folds, &event, NULL, now);
}

static void the_first_is_said_at_once(void **state)
{
	struct pw_folds folds = { 0 };
	struct pw_fold fold;
	uint64_t next;

	(void)state;
	assert_false(pw_folds_take(&folds, START, &fold, &next));
	assert_int_equal(next, UINT64_MAX);
	add(&folds, refusal(0, 2), START);
	assert_true(pw_folds_take(&folds, START, &fold, &next));
	assert_int_equal(fold.count, 1);
	assert_false(pw_folds_take(&folds, START, &fold, &next));
}

static void what_is_alike_is_counted(void **state)
{
	struct pw_folds folds = { 0 };
	struct pw_fold fold;
	uint64_t next;

	(void)state;
	add(&folds, refusal(0, 2), START);
	assert_true(pw_folds_take(&folds, START, &fold, &next));
	for (int i = 0; i < 1000; i++)
		add(&folds, refusal(0, 2), START + S);
	assert_false(pw_folds_take(&folds, START + S, &fold, &next));
	assert_int_equal(next, START + FOLD_NS);
	assert_true(pw_folds_take(&folds, START + FOLD_NS, &fold, &next));
	assert_int_equal(fold.count, 1000);
	assert_false(pw_folds_take(&folds, START + 2 * FOLD_NS, &fold, &next));
	assert_int_equal(next, UINT64_MAX);
}

static void any_difference_is_another_kind(void **state)
{
	struct pw_event events[8];
	struct pw_folds folds = { 0 };
	struct pw_fold fold;
	uint64_t next;

	(void)state;
	for (size_t i = 0; i < PW_ARRAY_SIZE(events); i++)
		events[i] = refusal(0, 2);
	events[1].subject = 3;
	events[2].object = 3;
	events[3].action = PW_ACTION_WRITE;
	events[4].rule = 1;
	events[5].flags = 0;
	events[6].type = events[7].type = PW_RECORD_EXEC;
	events[7].peer_subject = 3;
	for (size_t i = 0; i < PW_ARRAY_SIZE(events); i++)
		add(&folds, events[i], START);
	for (size_t i = 0; i < PW_ARRAY_SIZE(events); i++) {
		assert_true(pw_folds_take(&folds, START, &fold, &next));
		assert_int_equal(fold.count, 1);
	}
	assert_false(pw_folds_take(&folds, START, &fold, &next));
}

static void what_has_no_room_is_counted_and_room_comes_back(void **state)
{
	struct pw_folds folds = { 0 };
	struct pw_fold fold;
	uint64_t next = UINT64_MAX;

	(void)state;
	for (uint32_t i = 0; i < PW_FOLD_KINDS + 7; i++)
		add(&folds, refusal(i, 2), START);
	assert_int_equal(pw_folds_take_others(&folds, START, &next), 7);
	assert_int_equal(pw_folds_take_others(&folds, START, &next), 0);
	for (uint32_t i = 0; i < PW_FOLD_KINDS; i++)
		assert_true(pw_folds_take(&folds, START, &fold, &next));
	add(&folds, refusal(200, 2), START + FOLD_NS);
	assert_true(pw_folds_take(&folds, START + FOLD_NS, &fold, &next));
	assert_int_equal(fold.key.subject, 200);
	assert_int_equal(folds.others, 0);
}

static void the_sentence_names_object_and_rule_and_no_path(void **state)
{
	struct pw_catalog *catalog = calloc(1, sizeof(*catalog));
	struct pw_catalog_rule rule = { "ct.yaml:23", "archive" };
	struct { struct pw_event event; char path[32]; } e = { .event = refusal(3, 2) };
	struct pw_folds folds = { 0 };
	struct pw_fold fold;
	char text[512];
	uint64_t next;

	(void)state;
	assert_non_null(catalog);
	catalog->subjects[3] = (char *)"archive";
	catalog->objects[2] = (char *)"images";
	catalog->rules = &rule;
	catalog->nrules = 1;
	catalog->access_rule[3][2] = 1;
	strcpy(e.path, "secret-name.dcm");
	e.event.path_len = 16;
	pw_folds_add(&folds, &e.event, catalog, START);
	pw_folds_add(&folds, &e.event, catalog, START);
	assert_true(pw_folds_take(&folds, START, &fold, &next));
	pw_fold_text(&fold, text, sizeof(text));
	assert_string_equal(text, "refused: read of images by archive: the program is in no "
				  "subject of the policy, ct.yaml:23 (2 times)");
	free(catalog);
}

static void numbers_out_of_range_name_nothing(void **state)
{
	struct pw_catalog *catalog = calloc(1, sizeof(*catalog));
	struct pw_folds folds = { 0 };
	struct pw_fold fold;
	uint64_t next;

	(void)state;
	assert_non_null(catalog);
	pw_folds_add(&folds, &(struct pw_event){ .subject = UINT32_MAX, .object = UINT32_MAX, .count = 1 },
		     catalog, START);
	assert_true(pw_folds_take(&folds, START, &fold, &next));
	assert_string_equal(fold.subject, "number 4294967295");
	assert_string_equal(fold.rule, "");
	free(catalog);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_is_said_at_once),
		cmocka_unit_test(what_is_alike_is_counted),
		cmocka_unit_test(any_difference_is_another_kind),
		cmocka_unit_test(what_has_no_room_is_counted_and_room_comes_back),
		cmocka_unit_test(the_sentence_names_object_and_rule_and_no_path),
		cmocka_unit_test(numbers_out_of_range_name_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
