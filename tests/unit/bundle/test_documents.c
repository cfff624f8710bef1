// SPDX-License-Identifier: BSD-2-Clause
/* What stands in a bundle, a trust.yaml, a device.yaml and a manifest, and what does not. */
#include "pki.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "bundle/manifest.h"
#include "policy/parse.h"

/* ---- A bundle ------------------------------------------------------------------------------ */

static void bundle_refused(const char *text, size_t length, const char *why)
{
	_cleanup_free_ char *copy = malloc(length ?: 1);
	struct pw_bundle *bundle = NULL;
	struct pw_diag diag = {};

	memcpy(copy, text, length);
	assert_int_equal(pw_bundle_parse("t.phb", copy, length, &bundle, &diag), -EINVAL);
	assert_null(bundle);
	assert_true(says(&diag, why));
	pw_diag_done(&diag);
}

/* The text of a bundle in which the first @what is @with. */
static char *changed(const char *what, const char *with)
{
	_cleanup_free_ char *text = content_of("");
	const size_t at = (size_t)(strstr(text, what) - text), n = strlen(what);
	char *ret = malloc(strlen(text) - n + strlen(with) + 1);

	memcpy(ret, text, at);
	strcpy(ret + at, with);
	strcat(ret, text + at + n);

	return ret;
}

static void test_bundle(void **state)
{
	static const struct {
		const char *what, *with, *why;
	} cases[] = {
		{"{\"phiward_bundle\":1,", "{", "'phiward_bundle' must be stated"},
		{"_bundle\":1", "_bundle\":2", "unknown schema 2"},
		{"\"name\":\"small\",", "", "'name' must be stated"},
		{"\"small\"", "\"a/b\"", "'a/b' is no name for a bundle"},
		{"\"small\"", "\"\\u0000\"", "a control character (0x00)"},
		{"\"small\"", "[]", "'name' must be a single value"},
		{"\"version\":7,", "", "'version' must be stated"},
		{"7", "0", "'version' must be a whole number from 1"},
		{"7", "-7", "'version' must be a whole number"},
		{"7", "\"7\"", "this is \"7\""},
		{"7", "9223372036854775808", "'version' must be a whole number"},
		{"7", "7,\"version\":8", "'version' is given twice"},
		{"7", "7,\"not_after\":\"2026-13-01\"", "'not_after' must be a date"},
		{"7", "7,\"not_after\":\"2026-02-30\"", "'not_after' must be a date"},
		{"7", "7,\"not_before\":\"2026-02-03T00:00:60Z\"", "'not_before' must be a date"},
		{"7", "7,\"not_before\":\" 026-02-03\"", "'not_before' must be a date"},
		{"7", "7,\"not_before\":\"2027-02-03\",\"not_after\":\"2027-02-02\"", "lies before"},
		{"7", "7,\"devices\":{}", "'devices' is empty"},
		{"7", "7,\"devices\":{\"modell\":[\"x\"]}", "did you mean 'model'?"},
		{"7", "7,\"devices\":{\"model\":\"x\"}", "'model' must be a list"},
		{"7", "7,\"devices\":{\"model\":[\"\"]}", "'model' must be a text of 1 to 128 bytes"},
		{"7", "7,\"devices\":{\"model\":[\"*a*b*c*d*\"]}", "more than 4 stars"},
		{"7", "7,\"health\":{}", "'health' is empty"},
		{"7", "7,\"health\":{\"within\":\"5s\"}", "'health' must have one of"},
		{"7", "7,\"health\":{\"within\":\"2h\",\"enforcing\":true}", "from 1s to 1h"},
		{"7", "7,\"health\":{\"run\":[\"x\"]}", "unknown key 'run'"},
		{"7", "7,\"health\":{\"connect\":[\"host\"]}", "a list of HOST:PORT"},
		{"7", "7,\"health\":{\"connect\":[\"host:0\"]}", "a list of HOST:PORT"},
		{"7", "7,\"health\":{\"units\":[\"../x.service\"]}", "a list of units"},
		{"7", "7,\"filles\":[]", "unknown key 'filles'"},
		{"\"role\":\"policy\",", "", "'role' must be stated"},
		{"\"policy\",", "\"polcy\",", "unknown word 'polcy'"},
		{"\"policy\",", "\"include\",", "a bundle has one file with the role 'policy'"},
		{"\"name\":\"policy.yaml\",", "", "'name' must be stated in a file of a bundle"},
		{"policy.yaml", "/etc/passwd", "the name of a file of a bundle has no '/'"},
		{"\"policy\",\"name\":\"policy.yaml\"", "\"include\",\"name\":\"../../etc/passwd\"",
		 "is written without '//', '.' and '..'"},
		{"\"policy\",\"name\":\"policy.yaml\"", "\"include\",\"name\":\"/etc/passwd\"",
		 "is relative to"},
		{"policy.yaml", "..", "is written without"},
		{"sha256\":\"", "sha256\":\"0", "64 hexadecimal digits"},
		{"cGhpd2FyZDog", "cGhpd2FyZDoh", "'sha256' is not that of the file"},
		{"cGhpd2FyZDog", "cGhpd2FyZDo", "'base64' is no Base64"},
		{"cGhpd2FyZDog", "cGhpd2FyZ!og", "'base64' is no Base64"},
		{"cGhpd2FyZDog", "cGhpd2FyZ og", "'base64' is no Base64"},
		{"}]}", "},null]}", "'files' must be a mapping"},
		{"}]}", "}],", "not YAML"},
		{"\"files\":[{", "\"files\":{\"a\":{", "not YAML"},
		{"{\"phiward_bundle\"", "--- &a {\"phiward_bundle\"", "anchors are not"},
	};

	(void)state;
	for (size_t i = 0; i < PW_ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text = changed(cases[i].what, cases[i].with);

		bundle_refused(text, strlen(text), cases[i].why);
	}
	bundle_refused("", 0, "empty");
	bundle_refused("[]", 2, "not a bundle: it must be a mapping");
	bundle_refused("a\0b", 3, "a control character");
}

static void test_whole_bundle(void **state)
{
	_cleanup_free_ char *text = content_of("\"not_after\":\"2030-01-01\",\"devices\":"
					       "{\"model\":[\"CT-*\"],\"tags\":[\"icu\",\"er\"]},"
					       "\"health\":{\"within\":\"90s\",\"enforcing\":true,"
					       "\"connect\":[\"[::1]:104\"],\"units\":[\"a.service\"],"
					       "\"no_refusals_of\":[\"modality\"]},");
	_cleanup_(pw_bundle_freep) struct pw_bundle *bundle = NULL;
	_cleanup_(pw_policy_freep) struct pw_policy *policy = NULL;
	_cleanup_free_ struct pw_source *sources = NULL;
	_cleanup_free_ char *again = NULL;
	struct pw_diag diag = {};
	size_t n, length;

	(void)state;
	assert_int_equal(pw_bundle_parse("t.phb", text, strlen(text), &bundle, &diag), 0);
	assert_string_equal(bundle->head.name, "small");
	assert_int_equal(bundle->head.version, 7);
	assert_int_equal(bundle->head.not_after, 1893456000);
	assert_true(bundle->head.not_before == PW_INSTANT_NONE);
	assert_int_equal(bundle->head.devices.tags.n, 2);
	assert_int_equal(bundle->nfiles, 1);
	assert_string_equal(bundle->files[0].text, policy_text);
	assert_int_equal(pw_bundle_sources(bundle, &sources, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(pw_policy_parse(sources, n, &policy, &diag), 0);
	assert_string_equal(policy->name, "small");
	/* What is written of it says the same. */
	assert_int_equal(pw_bundle_write(&bundle->head, bundle->files, bundle->nfiles, &again,
					 &length), 0);
	bundle = pw_bundle_free(bundle);
	assert_int_equal(pw_bundle_parse("t.phb", again, length, &bundle, &diag), 0);
	assert_string_equal(bundle->head.devices.model.list[0], "CT-*");
	assert_int_equal(bundle->head.health.within_s, 90);
	assert_true(bundle->head.health.enforcing);
	assert_string_equal(bundle->head.health.connect.list[0], "[::1]:104");
	assert_string_equal(bundle->head.health.units.list[0], "a.service");
	assert_string_equal(bundle->head.health.no_refusals_of.list[0], "modality");
	assert_string_equal(bundle->files[0].text, policy_text);
	pw_diag_done(&diag);
}

static void test_largest(void **state)
{
	const size_t large = 5U << 20;
	_cleanup_(pw_bundle_freep) struct pw_bundle *bundle = NULL;
	_cleanup_free_ char *text = malloc(large), *content = NULL;
	struct pw_bundle_file file = {.role = PW_BUNDLE_POLICY, .name = "policy.yaml",
				      .text = text, .length = large};
	struct pw_bundle_head head = {.name = "large", .version = 1,
				      .not_before = PW_INSTANT_NONE, .not_after = PW_INSTANT_NONE};
	struct pw_diag diag = {};
	size_t length;

	(void)state;
	for (size_t i = 0; i < large; i++)
		text[i] = (char)i;
	EVP_Digest(text, large, file.digest, NULL, EVP_sha256(), NULL);
	assert_int_equal(pw_bundle_write(&head, &file, 1, &content, &length), 0);
	assert_int_equal(pw_bundle_parse("t.phb", content, length, &bundle, &diag), 0);
	assert_memory_equal(bundle->files[0].text, text, large);
	pw_diag_done(&diag);
}

static void test_site(void **state)
{
	static const struct pw_bundle_file files[] = {
		{.role = PW_BUNDLE_POLICY, .name = "policy.yaml"},
		{.role = PW_BUNDLE_SITE, .name = "site.yaml"},
	};
	struct pw_bundle bundle = {.files = (struct pw_bundle_file *)files, .nfiles = 2};
	struct pw_source *sources = NULL;
	size_t n;

	(void)state;
	assert_int_equal(pw_bundle_sources(&bundle, &sources, &n), 0);
	assert_int_equal(n, 2);
	assert_string_equal(sources[0].name, "policy.yaml");
	assert_false(sources[0].site);
	assert_string_equal(sources[1].name, "site.yaml");
	assert_true(sources[1].site);
	free(sources);
}

/* ---- A trust.yaml -------------------------------------------------------------------------- */

static char *pem, *other_pem;

static int trust_of(const char *text, struct pw_diag *diag)
{
	_cleanup_(pw_trust_freep) struct pw_trust *trust = NULL;
	const struct pw_source sources[] = {
		{.name = (char *)"dir/trust.yaml", .text = (char *)text, .length = strlen(text)},
		{.name = (char *)"a.pem", .text = pem, .length = strlen(pem)},
		{.name = (char *)"b.pem", .text = other_pem, .length = strlen(other_pem)},
		{.name = (char *)"cut.pem", .text = pem, .length = strlen(pem) / 2},
		{.name = (char *)"empty.pem", .text = (char *)"", .length = 0},
	};

	return pw_trust_parse(sources, PW_ARRAY_SIZE(sources), &trust, diag);
}

#define T "phiward_trust: 1\n"
#define R "roles: {a: {certificates: [a.pem]}, b: {certificates: [b.pem]}}\n"
#define Q "require: [{role: a}]\n"

static void test_trust(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{T R Q, NULL},
		{T R "require: [{role: a, signers: 2}, {role: b}]\n", NULL},
		{R Q, "'phiward_trust' must be stated"},
		{"phiward_trust: 2\n" R Q, "unknown schema 2"},
		{T Q, "'roles' must be stated"},
		{T R, "'require' must be stated"},
		{T R "require: []\n", "'require' is empty"},
		{T R "require: a\n", "'require' must be a list"},
		{T R "require: [a]\n", "'require' must be a mapping"},
		{T R "require: [{role: c}]\n", "unknown role 'c'"},
		{T R "require: [{signers: 1}]\n", "'role' must be stated in a requirement"},
		{T R "require: [{role: a, signers: 0}]\n", "'signers' must be a whole number from 1 to 16"},
		{T R "require: [{role: a, signers: 17}]\n", "'signers' must be a whole number"},
		{T R "require: [{role: a}, {role: a}]\n", "the role 'a' is required twice"},
		{T R Q "require_for_site: [{role: b}]\n", NULL},
		{T R Q "require_for_site: []\n", "'require_for_site' is empty"},
		{T R Q "require_for_site: [{role: c}]\n", "unknown role 'c'"},
		{T R Q "require_for_site: [{role: b}, {role: b}]\n", "the role 'b' is required twice"},
		{T R Q "requires: []\n", "did you mean 'require'?"},
		{T "roles: {}\n" Q, "'roles' is empty"},
		{T "roles: {a: }\n" Q, "'a' has no value"},
		{T "roles: {a: {}}\n" Q, "'a' is empty"},
		{T "roles: {a: {certificates: []}}\n" Q, "'certificates' is empty"},
		{T "roles: {a: {certificates: a.pem}}\n" Q, "write [a.pem]"},
		{T "roles: {a: {certificates: [/etc/a.pem]}}\n" Q, "lies beside this one"},
		{T "roles: {a: {certificates: [../a.pem]}}\n" Q, "lies beside this one"},
		{T "roles: {a: {certificates: [none.pem]}}\n" Q, "cannot read 'none.pem'"},
		{T "roles: {a: {certificates: [cut.pem]}}\n" Q, "'cut.pem' is no certificate"},
		{T "roles: {a: {certificates: [empty.pem]}}\n" Q, "'empty.pem' is no certificate"},
		{T "roles: {a: {certificates: [a.pem]}, b: {certificates: [a.pem]}}\n" Q,
		 "a certificate of 'a.pem' is also one of the role 'a'"},
		{T "roles: {a: {certificates: [a.pem, a.pem]}}\n" Q, "named once"},
		{T "roles: {a: {certificates: [a.pem]}, a: {certificates: [b.pem]}}\n" Q,
		 "'a' is given twice"},
		{T "roles: {../a: {certificates: [a.pem]}}\n" Q, "is no name for a role"},
		{T R Q "revoked: [a.pem]\n", "'a.pem' is no revocation list"},
		{T R Q "revoked: [\"sha256:00\"]\n", "a fingerprint is 'sha256:'"},
		{T R Q "revoked: [\"sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef\"]\n",
		 "a fingerprint is 'sha256:'"},
		{T R Q "revoked: [\"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"]\n",
		 NULL},
		{"", "empty"},
		{"- x\n", "not a trust.yaml"},
	};
	struct party a = make_authority("a", NULL), b = make_authority("b", NULL);

	(void)state;
	pem = pem_of(a.certificate);
	other_pem = pem_of(b.certificate);
	for (size_t i = 0; i < PW_ARRAY_SIZE(cases); i++) {
		struct pw_diag diag = {};
		int r = trust_of(cases[i].text, &diag);

		assert_int_equal(r, cases[i].why ? -EINVAL : 0);
		assert_true(!cases[i].why || says(&diag, cases[i].why));
		assert_true(!cases[i].why || !strcmp(diag.entries[0].file, "dir/trust.yaml") ||
			    !strcmp(diag.entries[0].file, "trust.yaml"));
		pw_diag_done(&diag);
	}
	free_party(&a);
	free_party(&b);
	free(pem);
	free(other_pem);
}

/* ---- A device.yaml ------------------------------------------------------------------------- */

static struct pw_device *device_of(const char *text, const char *why)
{
	const struct pw_source source = {.name = (char *)"device.yaml", .text = (char *)text,
					 .length = strlen(text)};
	struct pw_device *device = NULL;
	struct pw_diag diag = {};
	int r = pw_device_parse(&source, &device, &diag);

	assert_int_equal(r, why ? -EINVAL : 0);
	assert_true(!why || says(&diag, why));
	pw_diag_done(&diag);

	return device;
}

#define CT "phiward_device: 1\nmanufacturer: Example\nmodel: CT-2000\nserial: \"17\"\n"            \
	   "tags: [icu, floor-2]\n"

static void test_device(void **state)
{
	_cleanup_(pw_device_freep) struct pw_device *device = device_of(CT, NULL);
	const char *texts[] = {"CT-*", "MR-*", "icu", "er", "1?", "17"};
	const struct {
		struct pw_selectors selectors;
		const char *other;
	} cases[] = {
		{{}, NULL},
		{{.model = {texts, 2}}, NULL},
		{{.model = {texts + 1, 1}}, "model"},
		{{.model = {texts, 1}, .tags = {texts + 3, 1}}, "tags"},
		{{.model = {texts, 1}, .tags = {texts + 2, 2}}, NULL},
		{{.serial = {texts + 4, 1}}, NULL},
		{{.manufacturer = {texts, 1}}, "manufacturer"},
	};
	char text[300] = "phiward_device: 1\nmodel: ";

	(void)state;
	assert_string_equal(device->model, "CT-2000");
	assert_int_equal(device->tags.n, 2);
	for (size_t i = 0; i < PW_ARRAY_SIZE(cases); i++) {
		const char *other = pw_selectors_mismatch(&cases[i].selectors, device);

		assert_true(!other == !cases[i].other);
		assert_true(!other || !strcmp(other, cases[i].other));
	}
	device_of("model: x\n", "'phiward_device' must be stated");
	device_of(CT "owner: me\n", "unknown key 'owner'");
	device_of(CT "udi: [x]\n", "'udi' must be a single value");
	device_of(CT "contact:\n", "'contact' has no value");
	device_of(CT "location: \"a\\tb\"\n", "a control character");
	memset(text + strlen(text), 'x', 129);
	device_of(text, "'model' must be a text of 1 to 128 bytes");
	device_of("", "empty");
}

/* What a bundle asks for and the device does not state does not match. */
static void test_unstated(void **state)
{
	_cleanup_(pw_device_freep) struct pw_device *device = device_of("phiward_device: 1\n", NULL);
	const char *any = "*";
	const struct pw_selectors selectors = {.serial = {&any, 1}};

	(void)state;
	assert_string_equal(pw_selectors_mismatch(&selectors, device), "serial");
}

/* ---- A manifest ---------------------------------------------------------------------------- */

static char directory[] = "/tmp/phiward-manifest-XXXXXX";

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *to;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	to = fopen(path, "we");
	assert_non_null(to);
	fputs(text, to);
	fclose(to);
}

static void manifest_gives(const char *text, const char *why)
{
	_cleanup_(pw_bundle_freep) struct pw_bundle *bundle = NULL;
	_cleanup_free_ char *content = NULL;
	struct pw_diag diag = {};
	char path[128];
	size_t length;
	int r;

	put("manifest.yaml", text);
	snprintf(path, sizeof(path), "%s/manifest.yaml", directory);
	r = pw_manifest_build(path, &content, &length, &diag);
	if (why) {
		assert_int_not_equal(r, 0);
		assert_true(says(&diag, why));
	} else {
		assert_int_equal(r, 0);
		assert_int_equal(pw_bundle_parse("m", content, length, &bundle, &diag), 0);
		assert_int_equal(bundle->nfiles, 3);
		assert_int_equal(bundle->files[1].role, PW_BUNDLE_INCLUDE);
		assert_string_equal(bundle->files[1].name, "sub/part.yaml");
		assert_string_equal(bundle->files[2].name, "cases.yaml");
	}
	pw_diag_done(&diag);
}

#define M "phiward_bundle: 1\nname: m\nversion: 1\n"

static void test_manifest(void **state)
{
	char command[160];

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(command, sizeof(command), "%s/sub", directory);
	assert_int_equal(mkdir(command, 0700), 0);
	put("policy.yaml", "phiward: 1\nname: m\nversion: 1\nmode: enforce\n"
	    "include: [sub/part.yaml]\nothers: {network: loopback}\n");
	put("sub/part.yaml", "phiward: 1\npeers: {lan: [10.0.0.0/8]}\n");
	put("cases.yaml", "phiward: 1\ncases: []\n");
	put("wrong.yaml", "phiward: 1\n");
	manifest_gives(M "policy: policy.yaml\ncases: [cases.yaml]\n", NULL);
	manifest_gives(M, "'policy' must be stated");
	manifest_gives(M "policy: /etc/policy.yaml\n", "is relative to");
	manifest_gives(M "policy: ../policy.yaml\n", "is written without");
	manifest_gives(M "policy: none.yaml\n", "No such file");
	manifest_gives(M "policy: wrong.yaml\n", "must be stated in a policy");
	manifest_gives(M "policy: policy.yaml\ncases: [none.yaml]\n", "cannot read");
	manifest_gives(M "policy: policy.yaml\ncases: [sub/part.yaml, cases.yaml, cases.yaml]\n",
		       "two files have the name 'cases.yaml'");
	manifest_gives(M "policy: policy.yaml\nsite: cases.yaml\n", "must be stated in a site's file");
	manifest_gives(M "policy: policy.yaml\nfiles: []\n", "unknown key 'files'");
	snprintf(command, sizeof(command), "rm -r '%s'", directory);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bundle),
		cmocka_unit_test(test_whole_bundle),
		cmocka_unit_test(test_largest),
		cmocka_unit_test(test_site),
		cmocka_unit_test(test_trust),
		cmocka_unit_test(test_device),
		cmocka_unit_test(test_unstated),
		cmocka_unit_test(test_manifest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
