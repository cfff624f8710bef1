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
	pw_why_print(to, &why.refusals[i], paths);
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
	pw_why_print(to, &why.refusals[0], false);
	fclose(to);
	assert_null(strstr(text, "secret-name"));
	assert_non_null(strstr(text, "reading images,"));
	free(text);
}

static void a_refused_connection(void **state)
{
	json_object *record = refusal(1, "/usr/sbin/Orthanc", NULL);

	(void)state;
	set_text(record, "type", "net");
	set_text(record, "action", "connect");
	set_text(record, "subject", "archive");
	set_text(record, "object", NULL);
	set_text(record, "proto", "tcp");
	set_text(record, "addr", "10.9.9.9");
	set_number(record, "port", 104);
	set_text(record, "reason", pw_word_name(&pw_words_reason, PW_REASON_NO_RULE));
	take(record);
	assert_says(0, true, "2023-11-14 22:13:21+0000  /usr/sbin/Orthanc (subject archive) run by "
		    "root was refused connecting to tcp 10.9.9.9:104, because no rule allows it "
		    "(ct.yaml:9, subject archive).\n"
		    "    to allow it: add `connect: {tcp: [104], to: [10.9.9.9]}` to `network` of "
		    "archive\n");
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
	pw_why_advice(to, record);
	fclose(to);
	assert_non_null(strstr(text, "container"));
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
		pw_why_advice(to, record);
		fclose(to);
		assert_true(length > 10);
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
		TEST(what_is_asked_about), TEST(addresses_and_ports),
		TEST(what_was_allowed_and_lost), TEST(more_kinds_than_are_kept),
		TEST(every_reason_has_advice), TEST(a_container), TEST(a_port_that_is_served),
	};

	setenv("TZ", "UTC0", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
