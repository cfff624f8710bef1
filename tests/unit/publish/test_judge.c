// SPDX-License-Identifier: BSD-2-Clause
/* Test cases of policies: how they are read, and what is decided without a kernel. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "policy/parse.h"
#include "publish/judge.h"

static const char policy_text[] =
	"phiward: 1\nname: judged\nversion: 1\nmode: enforce\n"
	"objects:\n"
	"  images: {paths: [/srv/dicom], on_audit_loss: deny}\n"
	"  inner: {paths: [/srv/dicom/inner], on_audit_loss: deny}\n"
	"subjects:\n"
	"  archive:\n"
	"    exec: [/opt/archive]\n"
	"    started_by: [init]\n"
	"    protect: [/etc/archive]\n"
	"    access: {images: [read, create]}\n"
	"    writes: [/var/log/archive]\n"
	"    network:\n"
	"      - listen: {tcp: [4242], from: [10.20.0.0/16], local: [viewer]}\n"
	"      - connect: {tcp: [104], to: [10.0.0.0/8, \"fd00::/8\"]}\n"
	"      - connect: {tcp: [11112], to: [10.1.2.3]}\n"
	"  viewer: {exec: [/opt/view/], started_by: [anyone]}\n"
	"  bedside: {exec: [/opt/bedside], started_by: [init], never_block: true}\n"
	"  updater: {exec: [/opt/update], started_by: [init], updates: true}\n"
	"  twice: {exec: [/opt/shared], started_by: [init], users: [alice]}\n"
	"  again: {exec: [/opt/shared], started_by: [init], users: [bob]}\n"
	"others: {network: [loopback, {connect: {udp: [53], to: [10.20.0.53]}}]}\n";

struct tried {
	struct pw_policy *policy;
	struct pw_cases *cases;
	struct pw_judge *judge;
	struct pw_diag diag;
	int r;
};

/* @cases: what stands in the list, each with its "- ". */
static struct tried try(const char *cases)
{
	const struct pw_source source = {.name = (char *)"policy.yaml", .text = (char *)policy_text,
					 .length = sizeof(policy_text) - 1};
	char text[2048];
	const struct pw_source given = {
		.name = (char *)"cases.yaml", .text = text,
		.length = (size_t)snprintf(text, sizeof(text), "phiward: 1\ncases:\n%s", cases)};
	struct tried t = {};

	assert_int_equal(pw_policy_parse(&source, 1, &t.policy, &t.diag), 0);
	assert_int_equal(pw_judge_open(t.policy, &t.judge, &t.diag), 0);
	pw_diag_done(&t.diag);
	t.diag = (struct pw_diag){};
	t.r = pw_cases_parse(&given, t.policy, &t.cases, &t.diag);

	return t;
}

static void done(struct tried *t)
{
	pw_cases_free(t->cases);
	pw_judge_close(t->judge);
	pw_policy_free(t->policy);
	pw_diag_done(&t->diag);
}

/* All @n trials are as the cases say. */
static void hold(const char *cases, size_t n)
{
	struct tried t = try(cases);

	pw_diag_print(&t.diag, stderr);
	assert_int_equal(t.r, 0);
	assert_int_equal(t.cases->n, n);
	for (size_t i = 0; i < n; i++) {
		struct pw_judgement judgement = pw_judge_trial(t.judge, &t.cases->trials[i]);

		if ((judgement.answer.verdict == PW_VERDICT_ALLOW) != t.cases->trials[i].may)
			fail_msg("line %u: %s", t.cases->trials[i].at.line, cases);
		if (judgement.answer.verdict != PW_VERDICT_ALLOW)
			assert_int_equal(judgement.rule, 0);
	}
	done(&t);
}

/* The line of the policy that allows the only trial; 0: none of its own. */
static unsigned int line_of(const char *cases)
{
	struct tried t = try(cases);
	struct pw_judgement judgement;
	unsigned int line = 0;

	assert_int_equal(t.r, 0);
	assert_int_equal(t.cases->n, 1);
	judgement = pw_judge_trial(t.judge, t.cases->trials);
	assert_int_equal(judgement.answer.verdict, PW_VERDICT_ALLOW);
	if (judgement.rule)
		line = t.policy->rules[judgement.rule - 1].at.line;
	done(&t);

	return line;
}

/* Reading @cases fails with the one error @text at @line. */
static void wrong(const char *cases, unsigned int line, const char *text)
{
	struct tried t = try(cases);

	assert_int_equal(t.r, -EINVAL);
	assert_true(t.diag.errors >= 1);
	assert_string_equal(t.diag.entries[0].file, "cases.yaml");
	assert_int_equal(t.diag.entries[0].line, line);
	if (!strstr(t.diag.entries[0].text, text))
		fail_msg("'%s' is not in '%s'", text, t.diag.entries[0].text);
	done(&t);
}

static void files_of_objects(void **state)
{
	(void)state;
	hold("- {subject: archive, may: {read: [images], create: [/srv/dicom/a/b]},"
	     " may_not: {delete: [images], write: [/srv/dicom], read: [inner, /srv/dicom/inner/x]}}\n"
	     "- {subject: others, may_not: {read: [images, /srv/dicom]}, may: {read: [/srv/dicomx]}}\n"
	     "- {subject: init, may_not: {read: [images]}}\n"
	     "- {subject: bedside, may: {read: [images], delete: [inner]}}\n", 12);
	assert_int_equal(line_of("- {subject: archive, may: {read: [/srv/dicom/x]}}\n"), 13);
}

static void files_outside(void **state)
{
	(void)state;
	hold("- {subject: archive, may: {read: [/tmp/x], create: [/var/log/archive/x], delete: [/tmp/x]},"
	     " may_not: {create: [/tmp/x], write: [/var/log/archive2]}}\n"
	     "- {subject: others, may: {write: [/tmp/x]}}\n"
	     "- {subject: viewer, may: {write: [/tmp/x]}}\n", 7);
}

static void code_is_for_updates(void **state)
{
	(void)state;
	hold("- {subject: others, may: {read: [/opt/archive]},"
	     " may_not: {write: [/opt/archive, /etc/archive/x, /usr/lib/x, /opt/view/tool],"
	     " rename: [/opt/archive], attr: [/opt/archive]}}\n"
	     "- {subject: bedside, may_not: {write: [/opt/archive]}}\n"
	     "- {subject: updater, may: {write: [/opt/archive, /etc/archive/x]},"
	     " may_not: {write: [/var/lib/phiward/x, /var/log/phiward/audit.log]}}\n", 12);
}

static void programs(void **state)
{
	(void)state;
	hold("- {program: /opt/archive, may: {read: [images]}}\n"
	     "- {program: /opt/view/a/tool, may: {connect: {tcp: [4242], to: [127.0.0.1]}}}\n"
	     "- {program: /opt/view, may_not: {connect: {tcp: [4242], to: [127.0.0.1]}}}\n"
	     "- {program: /bin/cat, may_not: {read: [images]}}\n", 4);
	wrong("- {program: /opt/shared, may: {read: [images]}}\n", 3,
	      "'/opt/shared' is a program of 'twice' and of 'again'");
}

static void connections(void **state)
{
	(void)state;
	/* The longest prefix that covers an address speaks for all of them. */
	hold("- {subject: archive, may: {connect: {tcp: [104, 11112], to: [10.1.2.3]}},"
	     " may_not: {connect: {tcp: [105], udp: [104], to: [10.1.2.3]}}}\n"
	     "- {subject: archive, may: {connect: {tcp: [104], to: [10.9.9.9, \"fd00::1\","
	     " \"::ffff:10.9.9.9\"]}}, may_not: {connect: {tcp: [11112], to: [10.1.2.4]}}}\n"
	     "- {subject: archive, may_not: {connect: {tcp: [104], to: [11.0.0.1, \"fe00::1\"]}}}\n"
	     "- {subject: bedside, may: {connect: {tcp: [1], to: [203.0.113.1]}}}\n"
	     "- {subject: viewer, may_not: {connect: {udp: [53], to: [10.20.0.53]}}}\n"
	     "- {subject: others, may: {connect: {udp: [53], to: [10.20.0.53]}},"
	     " may_not: {connect: {tcp: [53], to: [10.20.0.53]}}}\n"
	     "- {subject: init, may: {connect: {udp: [53], to: [10.20.0.53]}}}\n", 15);
	assert_int_equal(line_of("- {subject: archive, may: {connect: {tcp: [11112], to: [10.1.2.3]}}}\n"), 18);
	assert_int_equal(line_of("- {subject: archive, may: {connect: {tcp: [104], to: [10.1.2.3]}}}\n"), 17);
}

static void doors(void **state)
{
	(void)state;
	hold("- {subject: viewer, may: {connect: {tcp: [4242], to: [127.0.0.1, \"::1\"]}}}\n"
	     "- {subject: others, may: {connect: {tcp: [80], to: [127.8.0.1]}},"
	     " may_not: {connect: {tcp: [4242], to: [127.0.0.1, \"::1\"]}, listen: {tcp: [4242]}}}\n"
	     "- {subject: init, may_not: {connect: {tcp: [4242], to: [127.0.0.1]}}}\n", 7);
	assert_int_equal(line_of("- {subject: viewer, may: {connect: {tcp: [4242], to: [127.0.0.1]}}}\n"), 16);
}

static void listeners(void **state)
{
	(void)state;
	hold("- {subject: archive, may: {listen: {tcp: [4242], from: [10.20.255.1]}},"
	     " may_not: {listen: {tcp: [4242], from: [10.21.0.1, \"fd00::1\"]}}}\n"
	     "- {subject: archive, may: {listen: {tcp: [4242]}}, may_not: {listen: {tcp: [4243], udp: [4242]}}}\n"
	     "- {subject: others, may: {listen: {tcp: [80]}}, may_not: {listen: {udp: [80]}}}\n"
	     "- {subject: others, may_not: {listen: {tcp: [80], from: [10.20.0.1]}}}\n"
	     "- {subject: bedside, may: {listen: {udp: [80], from: [10.20.0.1]}}}\n", 10);
}

static void what_is_no_case(void **state)
{
	(void)state;
	wrong("- {subject: archiv, may: {read: [images]}}\n", 3, "did you mean 'archive'?");
	wrong("- {subject: archive, may: {read: [image]}}\n", 3, "did you mean 'images'?");
	wrong("- {subject: archive, may: {reed: [images]}}\n", 3, "did you mean 'read'?");
	wrong("- {subject: archive, program: /opt/archive, may: {read: [images]}}\n", 3,
	      "one 'subject' or one 'program'");
	wrong("- {may: {read: [images]}}\n", 3, "one 'subject' or one 'program'");
	wrong("- {subject: archive}\n", 3, "nothing is tried");
	wrong("- {subject: archive, may: {connect: {to: [10.0.0.1]}}}\n", 3, "names no port");
	wrong("- {subject: archive, may: {connect: {tcp: [1]}}}\n", 3, "'to' must be stated");
	wrong("- {subject: archive, may: {connect: {tcp: [1], to: [10.0.0.0/8]}}}\n", 3,
	      "single addresses, not networks");
	wrong("- {subject: archive, may: {connect: {tcp: [1], to: [pacs]}}}\n", 3, "'pacs'");
	wrong("- {subject: archive, may: {listen: {tcp: [1], from: [127.0.0.1]}}}\n", 3,
	      "write a 'connect' of that subject");
	wrong("- {subject: archive, may: {connect: {tcp: [0], to: [10.0.0.1]}}}\n", 3, "0");
	wrong("- {subject: archive, may: {connect: {tcp: [1-65535], to: [10.0.0.1, 10.0.0.2]}}}\n", 3,
	      "more than 65536 things are tried");
	wrong("- {subject: others, may: {read: [srv/dicom]}}\n", 3,
	      "neither an object of the policy nor an absolute path");
	wrong("- read\n", 3, "'cases' must be a mapping");
	wrong("  []\n", 3, "'cases' is empty");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_of_objects),
		cmocka_unit_test(files_outside),
		cmocka_unit_test(code_is_for_updates),
		cmocka_unit_test(programs),
		cmocka_unit_test(connections),
		cmocka_unit_test(doors),
		cmocka_unit_test(listeners),
		cmocka_unit_test(what_is_no_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
