// SPDX-License-Identifier: BSD-2-Clause
/* What is said of a policy that is taken: absent names, and what the one before protected. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "policy/parse.h"
#include "publish/changes.h"

#define HEAD "phiward: 1\nname: x\nversion: 1\nmode: enforce\nothers: {network: allow}\n"
#define OBJECT(name, paths) "  " name ": {paths: [" paths "], on_audit_loss: deny}\n"
#define READER "subjects:\n  reader: {exec: [/usr/bin/env, /usr/bin/haed], started_by: [init]," \
	       " access: {images: [read]}}\n"

/* Every file its own number, on a file system with one. */
static int identify(void *data, struct pw_identity *ids, size_t n)
{
	(void)data;
	for (size_t i = 0; i < n; i++) {
		ids[i].fs.lo = 1;
		ids[i].ino = i + 1;
		ids[i].mode = 0100755;
	}

	return 0;
}

struct taken {
	struct pw_policy *policy;
	struct pw_resolved *resolved;
};

static struct taken take(const char *main, const char *included)
{
	const struct pw_resolver resolver = {
		.identify = identify, .canary = "/usr/bin/env", .daemon = "/usr/bin/env",
	};
	struct pw_source sources[] = {
		{.name = (char *)"main.yaml", .text = (char *)main, .length = strlen(main)},
		{.name = (char *)"os.yaml", .text = (char *)included,
		 .length = included ? strlen(included) : 0},
	};
	struct pw_diag diag = {};
	struct taken taken = {};

	if (pw_policy_parse(sources, included ? 2 : 1, &taken.policy, &diag) < 0 ||
	    pw_resolve(taken.policy, &resolver, &taken.resolved, &diag) < 0) {
		pw_diag_print(&diag, stderr);
		fail();
	}
	pw_diag_done(&diag);

	return taken;
}

static void let_go(struct taken *taken)
{
	pw_resolved_free(taken->resolved);
	pw_policy_free(taken->policy);
}

static void assert_said(struct pw_diag *diag, const char *expected)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	pw_diag_print(diag, to);
	fclose(to);
	assert_string_equal(text, expected);
	free(text);
	pw_diag_done(diag);
}

static void absent_names(void **state)
{
	struct taken all = take(HEAD "objects:\n" OBJECT("images", "/usr, /nowhere/pluse") READER,
				NULL);
	struct pw_diag diag = {};

	(void)state;
	pw_note_absent(all.resolved, &diag);
	assert_said(&diag, "main.yaml:7:26: note: /nowhere/pluse is not there yet: what appears "
			   "there is protected\n"
			   "main.yaml:9:33: note: /usr/bin/haed is not there yet\n");
	let_go(&all);
}

static void absent_services_are_one_note(void **state)
{
	struct taken all = take(HEAD "include: [os.yaml]\n",
				"phiward: 1\nsubjects:\n"
				"  a: {exec: [/usr/bin/env, /nowhere/a], system: [storage]}\n"
				"  b: {exec: [/nowhere/b], system: [storage]}\n");
	struct pw_diag diag = {};

	(void)state;
	pw_note_absent(all.resolved, &diag);
	assert_said(&diag, "note: 2 programs of os.yaml are not on this machine; phiward status "
			   "lists them\n");
	let_go(&all);
}

static void dropped(const char *before, const char *now, const char *expected)
{
	struct taken first = take(before, NULL), second = take(now, NULL);
	struct pw_diag diag = {};

	pw_warn_dropped(first.resolved, second.resolved, &diag);
	assert_said(&diag, expected);
	let_go(&second);
	let_go(&first);
}

#define BEFORE HEAD "objects:\n" OBJECT("images", "/usr/bin, /nowhere") OBJECT("more", "/usr/lib")

static void what_is_no_longer_protected(void **state)
{
	(void)state;
	dropped(BEFORE, BEFORE, "");
	dropped(BEFORE, HEAD "objects:\n" OBJECT("other", "/usr/bin"),
		"warning: no longer protected: images (/nowhere)\n"
		"warning: no longer protected: more (/usr/lib)\n");
	dropped(BEFORE, HEAD,
		"warning: no longer protected: images (/usr/bin, /nowhere)\n"
		"warning: no longer protected: more (/usr/lib)\n");
	/* By another name, by what lies above, by where a link leads; not by what lies below or beside. */
	dropped(BEFORE, HEAD "objects:\n" OBJECT("all", "/usr, /nowhere"), "");
	dropped(HEAD "objects:\n" OBJECT("images", "/bin"),
		HEAD "objects:\n" OBJECT("images", "/usr"), "");
	dropped(HEAD "objects:\n" OBJECT("images", "/usr"),
		HEAD "objects:\n" OBJECT("images", "/usr/bin, /usr2"),
		"warning: no longer protected: images (/usr)\n");
}

#define VOLUME "UUID=11111111-2222-3333-4444-555555555555"
#define STICKS "  sticks: {media: removable, on_audit_loss: deny}\n"
#define DISK(name) "  " name ": {volumes: [" VOLUME "], on_audit_loss: deny}\n"

static void volumes_and_media_are_protected_too(void **state)
{
	(void)state;
	dropped(HEAD "objects:\n" DISK("disk") STICKS, HEAD "objects:\n" DISK("other") STICKS, "");
	dropped(HEAD "objects:\n" DISK("disk") STICKS, HEAD "objects:\n" STICKS,
		"warning: no longer protected: disk (UUID=11111111-2222-3333-4444-555555555555)\n");
	dropped(HEAD "objects:\n" DISK("disk") STICKS, HEAD "objects:\n" DISK("disk"),
		"warning: no longer protected: sticks (removable media)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(absent_names),
		cmocka_unit_test(absent_services_are_one_note),
		cmocka_unit_test(what_is_no_longer_protected),
		cmocka_unit_test(volumes_and_media_are_protected_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
