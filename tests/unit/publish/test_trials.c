// SPDX-License-Identifier: BSD-2-Clause
/* A bundle's policy is taken only with its test cases, under the site's file. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "publish/trials.h"

static char policy_text[] =
	"phiward: 1\nname: tried\nversion: 1\nmode: enforce\n"
	"site_may: {subjects: {viewer: {access: {images: [write]}}}}\n"
	"objects:\n  images: {paths: [/srv/dicom], on_audit_loss: deny}\n"
	"subjects:\n"
	"  viewer: {exec: [/opt/view], started_by: [init], access: {images: [read]}}\n"
	"others: {network: deny}\n";
static char good_cases[] =
	"phiward: 1\ncases:\n"
	"  - {subject: viewer, may: {read: [images]}}\n"
	"  - {subject: others, may_not: {read: [images]}}\n";
static char never_writes[] =
	"phiward: 1\ncases:\n"
	"  - {subject: viewer, may_not: {write: [images]}}\n";
static char broken_cases[] = "phiward: 1\ncases:\n  - {subject: vewer, may: {read: [images]}}\n";
static char no_change[] = "phiward: 1\nsite: s\nversion: 1\n";
static char writes[] = "phiward: 1\nsite: s\nversion: 1\npolicies: {tried: {subjects: {viewer: "
		       "{access: {images: [read, write]}}}}}\n";

static struct pw_bundle_file file(enum pw_bundle_role role, const char *name, char *text)
{
	return (struct pw_bundle_file){.role = role, .name = name, .text = text,
				       .length = strlen(text)};
}

/* What becomes of the policy under @site with @cases, and the first error in @diag. */
static int taken(char *site, char *cases, struct pw_diag *diag)
{
	struct pw_bundle_file files[] = {
		file(PW_BUNDLE_POLICY, "policy.yaml", policy_text),
		file(PW_BUNDLE_SITE, "site.yaml", site),
		file(PW_BUNDLE_CASES, "good.yaml", good_cases),
		file(PW_BUNDLE_CASES, "cases.yaml", cases),
	};
	const struct pw_bundle bundle = {.files = files, .nfiles = 4};
	struct pw_policy *policy = NULL;
	int r = pw_bundle_policy(&bundle, &policy, diag);

	assert_int_equal(r == 0, policy != NULL);
	pw_policy_free(policy);

	return r;
}

static void cases_hold(void **state)
{
	struct pw_diag diag = {};

	(void)state;
	assert_int_equal(taken(no_change, never_writes, &diag), 0);
	assert_int_equal(diag.errors, 0);
	pw_diag_done(&diag);
}

static void site_breaks_a_case(void **state)
{
	struct pw_diag diag = {};

	(void)state;
	assert_int_equal(taken(writes, good_cases, &diag), 0);
	assert_int_equal(taken(writes, never_writes, &diag), -EINVAL);
	assert_int_equal(diag.errors, 1);
	assert_string_equal(diag.entries[0].file, "cases.yaml");
	assert_int_equal(diag.entries[0].line, 3);
	assert_non_null(strstr(diag.entries[0].text, "does not hold: viewer may write images: site.yaml:4"));
	pw_diag_done(&diag);
}

static void broken_case(void **state)
{
	struct pw_diag diag = {};

	(void)state;
	assert_int_equal(taken(no_change, broken_cases, &diag), -EINVAL);
	assert_non_null(strstr(diag.entries[0].text, "did you mean 'viewer'"));
	pw_diag_done(&diag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cases_hold),
		cmocka_unit_test(site_breaks_a_case),
		cmocka_unit_test(broken_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
