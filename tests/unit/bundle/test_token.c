// SPDX-License-Identifier: BSD-2-Clause
/* Whose tokens of break-glass count, when, where, and for what. */
#include "pki.h"

#include <errno.h>

#include "bundle/token.h"

#define TEXT                                                                                       \
	"phiward_token: 1\nid: night-7\nserial: CT-7\nnot_before: 2027-01-14\n"                     \
	"not_after: 2027-01-16\nlongest: 15m\n"
#define ROLES                                                                                      \
	"phiward_trust: 1\n"                                                                       \
	"roles: {vendor: {certificates: [vendor.pem]}, emergency: {certificates: [site.pem]}}\n"   \
	"require: [{role: vendor}]\n"

static struct party vendor_ca, site_ca, stranger_ca, vendor, site, stranger;
static const struct pw_clock right = {.now = NOW, .synchronised = true};

static int make_all(void **state)
{
	(void)state;
	vendor_ca = make_authority("Vendor CA", NULL);
	site_ca = make_authority("Site CA", NULL);
	stranger_ca = make_authority("Stranger CA", NULL);
	vendor = make_party("vendor", &vendor_ca, NULL);
	site = make_party("site", &site_ca, NULL);
	stranger = make_party("stranger", &stranger_ca, NULL);

	return 0;
}

static int free_all(void **state)
{
	struct party *parties[] = {&vendor_ca, &site_ca, &stranger_ca, &vendor, &site, &stranger};

	(void)state;
	for (size_t i = 0; i < PW_ARRAY_SIZE(parties); i++)
		free_party(parties[i]);

	return 0;
}

static struct pw_trust *trust_with(const char *more)
{
	_cleanup_free_ char *vendor_pem = pem_of(vendor_ca.certificate);
	_cleanup_free_ char *site_pem = pem_of(site_ca.certificate);
	_cleanup_free_ char *text = NULL;
	struct pw_trust *trust = NULL;
	struct pw_diag diag = {};

	assert_true(asprintf(&text, ROLES "%s", more) > 0);
	assert_int_equal(pw_trust_parse((const struct pw_source[]){
			{.name = (char *)"trust.yaml", .text = text, .length = strlen(text)},
			{.name = (char *)"vendor.pem", .text = vendor_pem, .length = strlen(vendor_pem)},
			{.name = (char *)"site.pem", .text = site_pem, .length = strlen(site_pem)},
		}, 3, &trust, &diag), 0);
	pw_diag_done(&diag);

	return trust;
}

/* What is said of it; NULL: it is taken. */
static void judge(const struct pw_trust *trust, const struct bytes *der, const struct pw_clock *clock,
		  const char *complaint)
{
	_cleanup_(pw_token_freep) struct pw_token *token = NULL;
	_cleanup_(pw_cms_freep) struct pw_cms *cms = NULL;
	struct pw_diag diag = {};
	int r = pw_token_accept(trust, clock, der->data, der->n, &token, &cms, &diag);

	assert_int_equal(!r, !complaint);
	assert_int_equal(!r, token != NULL);
	if (complaint)
		assert_true(says(&diag, complaint));
	pw_diag_done(&diag);
}

static struct bytes signed_by(const char *text, const struct party *party)
{
	struct bytes der = build(text);

	if (party)
		assert_int_equal(sign(&der, party, NULL), 0);

	return der;
}

static void it_counts_when_the_right_one_signed_it(void **state)
{
	static const struct {
		const struct party *party;
		const char *complaint;
	} all[] = {
		{&site, NULL},
		{&vendor, "1 signature of the role emergency is required, 0 count"},
		{&stranger, "its certificate is of no role"},
		{NULL, "nobody has signed it"},
	};
	_cleanup_(pw_trust_freep) struct pw_trust *trust =
		trust_with("require_for_token: [{role: emergency}]\n");
	_cleanup_(pw_trust_freep) struct pw_trust *none = trust_with("");

	(void)state;
	for (size_t i = 0; i < PW_ARRAY_SIZE(all); i++) {
		struct bytes der = signed_by(TEXT, all[i].party);

		judge(trust, &der, &right, all[i].complaint);
		judge(none, &der, &right, "no 'require_for_token'");
		free(der.data);
	}
}

static void what_was_changed_or_cut_off_is_none(void **state)
{
	_cleanup_(pw_trust_freep) struct pw_trust *trust =
		trust_with("require_for_token: [{role: emergency}]\n");
	struct bytes der = signed_by(TEXT, &site), large = {.data = calloc(1, PW_TOKEN_BYTES_MAX + 1),
							    .n = PW_TOKEN_BYTES_MAX + 1};
	uint8_t *at = memmem(der.data, der.n, "longest: 15m", 12);

	(void)state;
	for (size_t n = 0; n < der.n; n += 7)
		judge(trust, &(struct bytes){der.data, n}, &right, "this is no token");
	judge(trust, &large, &right, "too large");
	at[9] = '9';
	judge(trust, &der, &right, "is broken: it signs something else");
	at[9] = '1';
	judge(trust, &der, &right, NULL);
	free(der.data);
	free(large.data);
	/* A bundle is no token, whoever signed it. */
	large.data = (uint8_t *)content_of("");
	der = signed_by((char *)large.data, &site);
	judge(trust, &der, &right, "phiward_bundle");
	free(der.data);
	free(large.data);
}

static void it_has_its_time(void **state)
{
	_cleanup_(pw_trust_freep) struct pw_trust *trust =
		trust_with("require_for_token: [{role: emergency}]\n");
	struct bytes der = signed_by(TEXT, &site);
	const struct pw_clock early = {.now = NOW - 2 * DAY, .synchronised = true};
	const struct pw_clock late = {.now = NOW + DAY, .synchronised = true};
	const struct pw_clock wrong = {.now = NOW};

	(void)state;
	judge(trust, &der, &right, NULL);
	judge(trust, &der, &early, "is not yet valid: it is from 2027-01-14T00:00:00Z");
	judge(trust, &der, &late, "has expired: it was valid until 2027-01-16T00:00:00Z");
	judge(trust, &der, &wrong, "was never synchronised");
	free(der.data);
}

/* ---- What it says -------------------------------------------------------------------------- */

static struct pw_token *parse(const char *text, const char *complaint)
{
	struct pw_token *token = NULL;
	struct pw_diag diag = {};
	int r = pw_token_parse("t", text, strlen(text), &token, &diag);

	assert_int_equal(!r, !complaint);
	if (complaint)
		assert_true(says(&diag, complaint));
	pw_diag_done(&diag);

	return token;
}

static void a_token_that_is_wrong_is_refused(void **state)
{
	(void)state;
	parse("phiward_token: 1\n", "'serial' must be stated");
	parse("phiward_token: 1\nid: a\nserial: s\nlongest: 15m\n", "'not_after' must be stated");
	parse("phiward_token: 1\nid: a\nserial: s\nnot_after: 2027-01-16\n", "'longest' must be stated");
	parse(TEXT "subject: a\nobject: b\n", "not both");
	parse(TEXT "more: 1\n", "more");
	parse("phiward_token: 1\nid: '../x'\nserial: s\nlongest: 15m\nnot_after: 2027-01-16\n", "is no name for a token");
	parse("phiward_token: 1\nid: a\nserial: s\nlongest: 48h\nnot_after: 2027-01-16\n", "longest");
	parse("phiward_token: 1\nid: a\nserial: s\nlongest: 15m\nnot_before: 2027-01-17\n"
	      "not_after: 2027-01-16\n", "lies before");
}

static int covers(const struct pw_token *token, uint64_t for_s, const char *subject,
		  const char *object)
{
	struct pw_diag diag = {};
	int r = pw_token_covers(token, NOW, for_s * 1000, subject, object, &diag);

	assert_int_equal(!r, !diag.errors);
	pw_diag_done(&diag);

	return r;
}

static void it_is_as_wide_as_it_says(void **state)
{
	_cleanup_(pw_token_freep) struct pw_token *wide = parse(TEXT, NULL);
	_cleanup_(pw_token_freep) struct pw_token *subject = parse(TEXT "subject: viewer\n", NULL);
	_cleanup_(pw_token_freep) struct pw_token *object = parse(TEXT "object: images\n", NULL);

	(void)state;
	assert_int_equal(covers(wide, 900, "", ""), 0);
	assert_int_equal(covers(wide, 900, "viewer", ""), 0);
	assert_int_equal(covers(wide, 901, "", ""), -EACCES);
	assert_int_equal(covers(subject, 60, "viewer", ""), 0);
	assert_int_equal(covers(subject, 60, "other", ""), -EACCES);
	assert_int_equal(covers(subject, 60, "", ""), -EACCES);
	assert_int_equal(covers(subject, 60, "", "images"), -EACCES);
	assert_int_equal(covers(object, 60, "", "images"), 0);
	assert_int_equal(covers(object, 60, "images", ""), -EACCES);
	wide->not_after = NOW + 100;
	assert_int_equal(covers(wide, 100, "", ""), 0);
	assert_int_equal(covers(wide, 101, "", ""), -EACCES);
}

static int is_for(const struct pw_token *token, const char *serial, bool described)
{
	const struct pw_device device = {.serial = serial};
	struct pw_diag diag = {};
	int r = pw_token_device(token, described ? &device : NULL, &diag);

	assert_int_equal(!r, !diag.errors);
	pw_diag_done(&diag);

	return r;
}

static void it_is_for_one_device(void **state)
{
	_cleanup_(pw_token_freep) struct pw_token *token = parse(TEXT, NULL);
	_cleanup_(pw_token_freep) struct pw_token *star = parse(
		"phiward_token: 1\nid: a\nserial: '*'\nlongest: 15m\nnot_after: 2027-01-16\n", NULL);

	(void)state;
	assert_int_equal(is_for(token, "CT-7", true), 0);
	assert_int_equal(is_for(token, "CT-70", true), -EACCES);
	assert_int_equal(is_for(token, NULL, true), -EACCES);
	assert_int_equal(is_for(token, NULL, false), -EACCES);
	assert_int_equal(is_for(star, "CT-7", true), -EACCES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_counts_when_the_right_one_signed_it),
		cmocka_unit_test(what_was_changed_or_cut_off_is_none),
		cmocka_unit_test(it_has_its_time),
		cmocka_unit_test(a_token_that_is_wrong_is_refused),
		cmocka_unit_test(it_is_as_wide_as_it_says),
		cmocka_unit_test(it_is_for_one_device),
	};

	return cmocka_run_group_tests(tests, make_all, free_all);
}
