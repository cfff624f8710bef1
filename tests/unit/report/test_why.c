// SPDX-License-Identifier: BSD-2-Clause
#include "records.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <phiward/words.h>

#include "common/words.h"
#include "report/why.h"

static struct pw_why why;

static int set_up(void **state)
{
	(void)state;
	memset(&why, 0, sizeof(why));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	pw_why_done(&why);
	return 0;
}

static json_object *refusal(uint64_t seq, const char *exe, const char *path)
{
	json_object *record = test_record(seq);

	set_text(record, "exe", exe);
	set_text(record, "path", path);
	set_text(record, "object", "images");
	set_text(record, "rule", "ct.yaml:9");
	return record;
}

static void take(json_object *record)
{
	assert_int_equal(pw_why_add(&why, record), 0);
	json_object_put(record);
}

static void assert_says(size_t i, bool paths, const char *expected)
{
	char *text = NULL;
	size_t length;
	FILE *to = open_memstream(&text, &length);

	assert_true(i < why.n);
	pw_why_print(to, &why, i, paths);
	fclose(to);
	assert_string_equal(text, expected);
	free(text);
}

static void alike_refusals_are_one(void **state)
{
	(void)state;
	take(refusal(1, "/usr/bin/cat", "/srv/a"));
	take(refusal(2, "/usr/bin/cp", "/srv/a"));
	take(refusal(3, "/usr/bin/cat", "/srv/b"));
	pw_why_sort(&why);
	assert_int_equal(why.n, 2);
	assert_int_equal(why.refusals[0].count, 2);
	assert_says(0, true, "2023-11-14 22:13:23+0000  /usr/bin/cat run by root was refused reading "
		    "/srv/b of images and the like, 2 times, because the program is in no subject "
		    "of the policy (ct.yaml:9, object images).\n"
		    "    to allow it: name /usr/bin/cat under `exec` of a subject that has `read` in "
		    "`access: {images: [...]}`\n");
	assert_int_equal(why.refusals[1].count, 1);
}

/* Who may not see paths is told the object, and nothing below it. */
static void without_paths(void **state)
{
	char *text = NULL;
	size_t length;
	FILE *to;

	(void)state;
	take(refusal(1, "/usr/bin/cat", "/srv/secret-name"));
	to = open_memstream(&text, &length);
	pw_why_print(to, &why, 0, false);
	fclose(to);
	assert_null(strstr(text, "secret-name"));
	assert_non_null(strstr(text, "reading images,"));
	free(text);
}

static json_object *network(const char *action, const char *subject, const char *addr)
{
	json_object *record = refusal(1, "/usr/bin/storescu", NULL);

	set_text(record, "type", "net");
	set_text(record, "action", action);
	set_text(record, "subject", subject);
	set_text(record, "object", NULL);
	set_text(record, "proto", "tcp");
	set_text(record, "addr", addr);
	set_number(record, "port", 4242);
	set_text(record, "reason", pw_word_name(&pw_words_reason, PW_REASON_NO_RULE));
	return record;
}

static void a_refused_connection(void **state)
{
	json_object *record = network("connect", "archive", "10.9.9.9");

	(void)state;
	set_text(record, "exe", "/usr/sbin/Orthanc");
	set_number(record, "port", 104);
	take(record);
	assert_says(0, true, "2023-11-14 22:13:21+0000  /usr/sbin/Orthanc (subject archive) run by "
		    "root was refused connecting to tcp 10.9.9.9:104, because no rule allows it "
		    "(ct.yaml:9, subject archive).\n"
		    "    to allow it: add `connect: {tcp: [104], to: [10.9.9.9]}` to `network` of "
		    "archive\n");
}

/* The policy's own name for a peer is what its rules would say. */
static void a_peer_with_a_name(void **state)
{
	json_object *record = network("connect", "archive", "10.9.9.9");
	char *text = NULL;
	size_t length;
	FILE *to = open_memstream(&text, &length);

	(void)state;
	set_text(record, "peer", "engine");
	set_number(record, "port", 104);
	pw_why_advice(to, record, NULL);
	fclose(to);
	assert_string_equal(text, "add `connect: {tcp: [104], to: [engine]}` to `network` of archive");
	free(text);
	json_object_put(record);
}

/* Nobody here asked for it: the address is that of who came. */
static void a_connection_that_came_in(void **state)
{
	json_object *record = network("listen", "archive", "192.168.77.2");

	(void)state;
	json_object_object_add(record, "pid", NULL);
	set_text(record, "exe", NULL);
	take(record);
	assert_says(0, true, "2023-11-14 22:13:21+0000  what came in for archive, tcp 4242 from "
		    "192.168.77.2, was refused, because no rule allows it (ct.yaml:9, subject "
		    "archive).\n"
		    "    to allow it: add `listen: {tcp: [4242], from: [192.168.77.2]}` to `network` "
		    "of archive\n");
}

static json_object *wrong_start(void)
{
	json_object *record = refusal(1, "/usr/bin/storescu", "/usr/bin/storescu");

	set_text(record, "type", "exec");
	set_text(record, "action", "exec");
	set_text(record, "object", NULL);
	set_text(record, "peer", "sender");
	set_number(record, "auid", 12345678);
	set_text(record, "reason", pw_word_name(&pw_words_reason, PW_REASON_STARTED_BY));
	return record;
}

static void a_program_that_entered_no_subject(void **state)
{
	(void)state;
	take(wrong_start());
	assert_says(0, true, "2023-11-14 22:13:21+0000  /usr/bin/storescu run by root, logged in as "
		    "user 12345678 was not taken for sender, because the program was not started by "
		    "whom the policy names (ct.yaml:9, subject sender).\n"
		    "    to allow it: start the program as its `started_by` says, or add who started "
		    "it there; it ran as others\n");
}

/* What it is refused afterwards comes from there, also when only that is asked about. */
static void what_follows_from_a_wrong_start(void **state)
{
	static const char advice[] = "to allow it: start the program as `started_by` and `users` of "
				     "sender say";
	char *text = NULL;
	size_t length;
	FILE *to = open_memstream(&text, &length);

	(void)state;
	assert_int_equal(pw_why_parse("10.20.5.4:4242", &why.about), 0);
	take(wrong_start());
	take(network("connect", "others", "10.20.5.4"));
	assert_int_equal(why.n, 1);
	pw_why_print(to, &why, 0, true);
	fflush(to);
	assert_non_null(strstr(text, advice));
	pw_why_done(&why);
	rewind(to);
	take(network("connect", "others", "10.20.5.4"));
	pw_why_print(to, &why, 0, true);
	fclose(to);
	assert_null(strstr(text, advice));
	assert_non_null(strstr(text, "name /usr/bin/storescu under `exec`"));
	free(text);
}

/* It is in a subject of the policy, so this is not why. */
static void a_stranger_that_a_subject_names(void **state)
{
	(void)state;
	take(wrong_start());
	take(refusal(2, "/usr/bin/storescu", "/srv/a"));
	pw_why_sort(&why);
	assert_says(0, true, "2023-11-14 22:13:22+0000  /usr/bin/storescu run by root was refused "
		    "reading /srv/a of images, because it was not taken for sender, which names it "
		    "(ct.yaml:9, object images).\n"
		    "    to allow it: start the program as `started_by` and `users` of sender say; it "
		    "was not taken for sender when it was started\n");
}

static void where_a_member_may_not_write(void **state)
{
	static const struct {
		const char *path, *what, *advice;
	} cases[] = {
		{ "\\0:13/", "writing a pipe,", "add `pipe` to" },
		{ "\\0:22/top/var/log", "writing \\0:22/top/var/log,", "overlay" },
		{ "/dev/pts/3", "writing /dev/pts/3,", "add `tty` to" },
		{ "/tmp/leak", "writing /tmp/leak,", "add the directory to" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_object *record = refusal(1, "/usr/bin/dcmdump", cases[i].path);
		char *text = NULL;
		size_t length;
		FILE *to = open_memstream(&text, &length);

		set_text(record, "action", "write");
		set_text(record, "subject", "viewer");
		set_text(record, "object", NULL);
		set_text(record, "volume", NULL);
		set_text(record, "reason", pw_word_name(&pw_words_reason, PW_REASON_WRITES));
		take(record);
		pw_why_print(to, &why, 0, true);
		fclose(to);
		if (!strstr(text, cases[i].what) || !strstr(text, cases[i].advice))
			fail_msg("%s: %s", cases[i].path, text);
		free(text);
		pw_why_done(&why);
	}
}

/* What would allow one of these does not allow the other. */
static void where_a_member_may_not_write_is_not_folded(void **state)
{
	static const char *const paths[] = { "/tmp/a", "/tmp/b", "/tmp/x/a", "\\0:13/", "/a" };

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		json_object *record = refusal(i + 1, "/usr/bin/dcmdump", paths[i]);

		set_text(record, "object", NULL);
		take(record);
	}
	assert_int_equal(why.n, 4);
}

static void a_policy_that_was_not_taken(void **state)
{
	json_object *record = refusal(1, "/usr/sbin/phiwardd", "ct-console version 4, by uid 0");

	(void)state;
	set_text(record, "type", "policy");
	set_text(record, "action", "apply");
	set_text(record, "object", NULL);
	set_text(record, "rule", NULL);
	set_text(record, "reason", pw_word_name(&pw_words_reason, PW_REASON_ADMIN));
	take(record);
	assert_says(0, false, "2023-11-14 22:13:21+0000  apply of ct-console version 4, by uid 0 was "
		    "refused.\n"
		    "    to allow it: `phiward apply` said what was wrong to who applied it\n");
	set_text(record, "path", "ct-console version 4, by uid 0: version 4 is not above version 7");
	assert_says(0, false, "2023-11-14 22:13:21+0000  apply of ct-console version 4, by uid 0 was "
		    "refused: version 4 is not above version 7.\n"
		    "    to allow it: raise its `version`, or apply it with --allow-downgrade\n");
}

static void what_is_asked_about(void **state)
{
	static const struct {
		const char *text;
		size_t found;
	} cases[] = {
		{ "cat", 1 }, { "/usr/bin/cat", 1 }, { "ca", 0 }, { "/srv/a", 1 }, { "/srv", 1 },
		{ "/srv/", 1 }, { "/", 1 }, { "/srv/a/b", 0 }, { "/sr", 0 }, { "10.20.5.4:104", 1 },
		{ "pacs:104", 1 }, { "pacs:105", 0 }, { "[fd00::1]:104", 0 }, { "pacs", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_object *record = refusal(1, "/usr/bin/cat", "/srv/a");

		set_text(record, "addr", "10.20.5.4");
		set_text(record, "peer", "pacs");
		set_number(record, "port", 104);
		assert_int_equal(pw_why_parse(cases[i].text, &why.about), 0);
		take(record);
		if (why.n != cases[i].found)
			fail_msg("'%s' found %zu", cases[i].text, why.n);
		pw_why_done(&why);
	}
}

static void addresses_and_ports(void **state)
{
	struct pw_why_about about;

	(void)state;
	assert_int_equal(pw_why_parse("[fd00::1]:11112", &about), 0);
	assert_string_equal(about.host, "fd00::1");
	assert_int_equal(about.port, 11112);
	free(about.owned);
	assert_int_equal(pw_why_parse("host:0", &about), 0);
	assert_null(about.host);
	assert_string_equal(about.program, "host:0");
	assert_int_equal(pw_why_parse("host:65536", &about), 0);
	assert_null(about.host);
}

static void what_was_allowed_and_lost(void **state)
{
	json_object *allowed = refusal(1, "/usr/bin/cat", "/srv/a");

	(void)state;
	set_text(allowed, "verdict", "allow");
	take(allowed);
	take(test_gap(4, 6));
	assert_int_equal(why.n, 0);
	assert_int_equal(why.allowed, 1);
	assert_int_equal(why.lost, 3);
	assert_non_null(why.last_allowed);
}

static void more_kinds_than_are_kept(void **state)
{
	char exe[32];

	(void)state;
	for (uint64_t n = 1; n <= PW_WHY_MAX + 10; n++) {
		snprintf(exe, sizeof(exe), "/bin/p%lu", (unsigned long)n);
		take(refusal(n, exe, "/srv/a"));
	}
	pw_why_sort(&why);
	assert_int_equal(why.n, PW_WHY_MAX);
	assert_int_equal(why.dropped, 10);
	assert_string_equal(json_object_get_string(json_object_object_get(why.refusals[0].latest,
									  "exe")), exe);
}

static void a_container(void **state)
{
	json_object *record = refusal(1, "/usr/bin/cat", "/srv/a");
	char *text = NULL;
	size_t length;
	FILE *to = open_memstream(&text, &length);

	(void)state;
	set_text(record, "cgroup", "/system.slice/docker-0123.scope");
	pw_why_advice(to, record, NULL);
	fclose(to);
	assert_non_null(strstr(text, "container"));
	free(text);
	json_object_put(record);
}

/* It is in no subject, and phiwardd's record is no reason to give phiwardd a right. */
static void code_of_one_that_was_not_taken_in(void **state)
{
	json_object *record = refusal(1, "/usr/sbin/phiwardd", NULL);
	char *text = NULL;
	size_t length;
	FILE *to = open_memstream(&text, &length);

	(void)state;
	set_text(record, "action", "adopt");
	set_text(record, "subject", "phiwardd");
	set_text(record, "reason", pw_word_name(&pw_words_reason, PW_REASON_CODE));
	pw_why_advice(to, record, NULL);
	fclose(to);
	assert_non_null(strstr(text, "start the program again"));
	assert_null(strstr(text, "phiwardd"));
	free(text);
	json_object_put(record);
}

/* Every reason that the kernel can give has something to say about it. */
static void every_reason_has_advice(void **state)
{
	(void)state;
	for (unsigned int reason = 1; reason < PW_REASON_MAX_; reason++) {
		json_object *record = refusal(1, "/usr/bin/cat", "/srv/a");
		char *text = NULL;
		size_t length;
		FILE *to = open_memstream(&text, &length);

		set_text(record, "reason", pw_word_name(&pw_words_reason, reason));
		pw_why_advice(to, record, NULL);
		fclose(to);
		assert_true(length > 10);
		free(text);
		json_object_put(record);
	}
}

/* What has to be given, and to whom: who was refused, or a subject for the program. */
static void the_right_that_is_missing(void **state)
{
	static const struct {
		enum pw_reason reason;
		const char *subject, *not_entered, *advice;
	} cases[] = {
		{ PW_REASON_NETADMIN, "receiver", NULL, "add `netadmin` to `system` of receiver" },
		{ PW_REASON_CLOCK, "others", NULL, "name /usr/bin/cat under `exec` of a subject that "
						   "has `system: [clock]`" },
		{ PW_REASON_POWER, "receiver", NULL, "add `power` to `system` of receiver" },
		{ PW_REASON_DISPLAY, "receiver", NULL, "add `display` to `system` of receiver" },
		{ PW_REASON_STORAGE, "others", "disks", "`started_by` and `users` of disks" },
		{ PW_REASON_TRACING, "others", NULL, "`system: [trace]`" },
		{ PW_REASON_CODE_SET, "others", NULL, "`updates: true`" },
		{ PW_REASON_CODE, "viewer", NULL, "`code` of viewer" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_object *record = refusal(1, "/usr/bin/cat", "/srv/a");
		char *text = NULL;
		size_t length;
		FILE *to = open_memstream(&text, &length);

		set_text(record, "subject", cases[i].subject);
		set_text(record, "reason", pw_word_name(&pw_words_reason, cases[i].reason));
		pw_why_advice(to, record, cases[i].not_entered);
		fclose(to);
		if (!strstr(text, cases[i].advice))
			fail_msg("%s: %s", cases[i].advice, text);
		free(text);
		json_object_put(record);
	}
}

static void a_port_that_is_served(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	assert_int_equal(pw_port_is_served(ntohs(address.sin_port)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(pw_port_is_served(ntohs(address.sin_port)), 1);
	close(fd);
	assert_int_equal(pw_port_is_served(ntohs(address.sin_port)), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(alike_refusals_are_one), TEST(without_paths), TEST(a_refused_connection),
		TEST(a_peer_with_a_name), TEST(a_stranger_that_a_subject_names),
		TEST(a_connection_that_came_in), TEST(a_program_that_entered_no_subject),
		TEST(what_follows_from_a_wrong_start), TEST(where_a_member_may_not_write),
		TEST(where_a_member_may_not_write_is_not_folded), TEST(a_policy_that_was_not_taken),
		TEST(what_is_asked_about), TEST(addresses_and_ports),
		TEST(what_was_allowed_and_lost), TEST(more_kinds_than_are_kept),
		TEST(every_reason_has_advice), TEST(the_right_that_is_missing),
		TEST(a_container), TEST(code_of_one_that_was_not_taken_in), TEST(a_port_that_is_served),
	};

	setenv("TZ", "UTC0", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
