// SPDX-License-Identifier: BSD-2-Clause
#include "records.h"

#include <stdio.h>
#include <time.h>

#include <phiward/words.h>

#include "common/words.h"
#include "report/explain.h"

static struct pw_explain explain;

static int set_up(void **state)
{
	(void)state;
	explain = (struct pw_explain){ .seq = 7 };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	pw_explain_done(&explain);
	return 0;
}

static int take(json_object *record)
{
	int r = pw_explain_add(&explain, record);

	json_object_put(record);
	return r;
}

static void assert_says(const char *expected)
{
	char *text = NULL;
	size_t length;
	FILE *to = open_memstream(&text, &length);

	assert_non_null(explain.record);
	pw_explain_print(to, &explain, PW_TELL_PATHS);
	fclose(to);
	if (!strstr(text, expected))
		fail_msg("not said: %s\nin: %s", expected, text);
	free(text);
}

static json_object *refusal(void)
{
	json_object *record = test_record(7);

	set_text(record, "exe", "/usr/bin/cat");
	set_text(record, "comm", "cat");
	set_text(record, "parent_exe", "/usr/bin/bash");
	set_number(record, "ppid", 99);
	set_number(record, "pid", 123);
	set_number(record, "tid", 125);
	set_number(record, "uid", 0);
	set_number(record, "gid", 0);
	set_number(record, "auid", 1000);
	set_number(record, "ses", 3);
	set_text(record, "cgroup", "/user.slice");
	set_text(record, "path", "/srv/a");
	set_text(record, "dev", "8:1");
	set_number(record, "ino", 12);
	set_text(record, "volume", "/dev/sda1");
	set_text(record, "object", "images");
	set_text(record, "rule", "ct.yaml:9");
	set_text(record, "policy", "ct");
	set_number(record, "version", 4);
	set_number(record, "generation", 2);
	return record;
}

static void a_refusal_is_told_whole(void **state)
{
	(void)state;
	assert_int_equal(take(test_record(6)), 0);
	assert_null(explain.record);
	assert_int_equal(take(refusal()), 1);
	assert_says("record 7, 2023-11-14 22:13:27+0000, boot ");
	assert_says("\n\n  /usr/bin/cat run by user 0, logged in as user 1000 was refused reading /srv/a of "
		    "images, because the program is in no subject of the policy (ct.yaml:9, object "
		    "images).\n");
	assert_says("  program     /usr/bin/cat, which calls itself cat, process 123, thread 125\n"
		    "  started by  /usr/bin/bash, process 99\n"
		    "  belongs to  /user.slice\n"
		    "  user        user 0, group 0; logged in as user 1000, session 3\n"
		    "  file        /srv/a, inode 12 of file system 8:1 (/dev/sda1)\n"
		    "  policy      ct version 4, the number in force in this boot: 2\n"
		    "  to allow it name /usr/bin/cat under `exec` of a subject that has `read` in "
		    "`access: {images: [...]}`\n");
}

static void what_was_allowed_needs_no_advice(void **state)
{
	json_object *record = refusal();
	char *text = NULL;
	size_t length;
	FILE *to;

	(void)state;
	set_text(record, "verdict", "allow");
	set_text(record, "subject", "viewer");
	set_text(record, "reason", pw_word_name(&pw_words_reason, PW_REASON_RULE));
	json_object_object_add(record, "phi", json_object_new_boolean(1));
	assert_int_equal(take(record), 1);
	assert_says("/usr/bin/cat (subject viewer) run by user 0, logged in as user 1000 was allowed reading "
		    "/srv/a of images, because a rule allows it (ct.yaml:9, object images).\n");
	assert_says("  before      the process had opened an object\n");
	to = open_memstream(&text, &length);
	pw_explain_print(to, &explain, PW_TELL_PATHS);
	fclose(to);
	assert_null(strstr(text, "to allow it"));
	free(text);
}

static void reads_that_are_one_record_name_no_file(void **state)
{
	json_object *record = refusal();

	(void)state;
	set_text(record, "verdict", "allow");
	set_text(record, "subject", "backup");
	set_text(record, "reason", pw_word_name(&pw_words_reason, PW_REASON_RULE));
	set_text(record, "path", NULL);
	set_text(record, "dev", NULL);
	set_text(record, "ino", NULL);
	set_text(record, "volume", NULL);
	set_number(record, "count", 49);
	assert_int_equal(take(record), 1);
	assert_says("/usr/bin/cat (subject backup) run by user 0, logged in as user 1000 was allowed reading "
		    "various files of images, 49 times, because a rule allows it (ct.yaml:9, object images).\n");
	assert_says("  files       not known: the policy has the reads of this subject folded; the first of "
		    "the run has a record of its own\n");
}

static void who_started_it_and_who_was_there(void **state)
{
	json_object *record = refusal();

	(void)state;
	json_object_object_add(record, "parents",
			       json_tokener_parse("[{\"pid\":99,\"exe\":\"/usr/bin/bash\"},"
						  "{\"pid\":7,\"exe\":null},{\"pid\":null,\"exe\":null}]"));
	set_text(record, "actor", "alice@hospital");
	set_text(record, "actor_by", "ris");
	assert_int_equal(take(record), 1);
	assert_says("  started by  /usr/bin/bash, process 99\n"
		    "              a program that is not known, process 7\n"
		    "              and more\n");
	assert_says("  at console  alice@hospital, as ris stated\n");
}

static void a_record_of_a_run(void **state)
{
	json_object *run = test_record(3);

	(void)state;
	assert_int_equal(take(refusal()), 1);
	json_object_object_add(run, "parents", json_tokener_parse("[{\"pid\":5,\"exe\":\"/bin/init\"}]"));
	explain.run = run;
	assert_says("  started by  /bin/init, process 5\n  belongs to");
}

static void one_of_several_numbers(void **state)
{
	json_object *record = refusal();

	(void)state;
	explain.seq = 9;
	set_number(record, "count", 3);
	set_number(record, "first", 7);
	set_number(record, "last", 9);
	assert_int_equal(take(record), 1);
	assert_says("record 9, ");
	assert_says("3 times");
}

static void what_the_mode_let_through(void **state)
{
	json_object *record = refusal();

	(void)state;
	json_object_object_add(record, "enforced", json_object_new_boolean(0));
	assert_int_equal(take(record), 1);
	assert_says("would have been refused reading /srv/a");
	assert_says(" It went through: the mode was permissive.\n");
}

/* It is one of others because of how it was started before. */
static void what_follows_from_a_wrong_start(void **state)
{
	json_object *start = test_record(5);

	(void)state;
	set_text(start, "type", "exec");
	set_text(start, "action", "exec");
	set_text(start, "peer", "viewer");
	set_text(start, "exe", "/usr/bin/cat");
	assert_int_equal(take(start), 0);
	assert_int_equal(take(refusal()), 1);
	assert_says("because it was not taken for viewer, which names it");
	assert_says("to allow it start the program as `started_by` and `users` of viewer say");
}

static void a_connection_has_its_peer(void **state)
{
	json_object *record = refusal();

	(void)state;
	set_text(record, "type", "net");
	set_text(record, "action", "connect");
	set_text(record, "subject", "sender");
	set_text(record, "object", NULL);
	set_text(record, "path", NULL);
	set_text(record, "dev", NULL);
	set_text(record, "proto", "tcp");
	set_text(record, "addr", "10.20.5.4");
	set_text(record, "peer", "pacs");
	set_number(record, "port", 105);
	set_text(record, "reason", pw_word_name(&pw_words_reason, PW_REASON_NO_RULE));
	assert_int_equal(take(record), 1);
	assert_says("was refused connecting to tcp 10.20.5.4:105 (pacs), because no rule allows it");
	assert_says("  peer        tcp 10.20.5.4:105 (pacs)\n");
}

static void a_number_in_a_gap(void **state)
{
	(void)state;
	assert_int_equal(take(test_gap(8, 9)), 0);
	assert_int_equal(take(test_gap(3, 6)), 0);
	assert_int_equal(take(test_gap(5, 9)), 1);
	assert_says("It has no line: it is one of 5 numbers, 5 to 9, that were lost: ring of others "
		    "full.\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_refusal_is_told_whole), TEST(what_was_allowed_needs_no_advice),
		TEST(reads_that_are_one_record_name_no_file), TEST(what_the_mode_let_through),
		TEST(who_started_it_and_who_was_there),
		TEST(a_record_of_a_run),
		TEST(one_of_several_numbers), TEST(what_follows_from_a_wrong_start),
		TEST(a_connection_has_its_peer), TEST(a_number_in_a_gap),
	};

	setenv("TZ", "UTC0", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
