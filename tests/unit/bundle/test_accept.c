// SPDX-License-Identifier: BSD-2-Clause
/* Whose signatures count, and that nothing but what they sign is read. */
#include "pki.h"

#include <errno.h>

#include <openssl/cms.h>

static struct party vendor_ca, site_ca, stranger_ca, between_ca;
static struct party vendor, site_a, site_b, site_c, stranger, below;
static char *vendor_pem, *site_pem, *site_a_pem, *site_b_pem, *site_c_pem;

static int make_all(void **state)
{
	(void)state;
	vendor_ca = make_authority("Vendor CA", NULL);
	site_ca = make_authority("Site CA", NULL);
	stranger_ca = make_authority("Stranger CA", NULL);
	between_ca = make_authority("Vendor CA 2", &vendor_ca);
	vendor = make_party("vendor", &vendor_ca, NULL);
	below = make_party("below", &between_ca, NULL);
	site_a = make_party("site a", &site_ca, NULL);
	site_b = make_party("site b", &site_ca, NULL);
	site_c = make_party("site c", &site_ca, NULL);
	stranger = make_party("stranger", &stranger_ca, NULL);
	vendor_pem = pem_of(vendor_ca.certificate);
	site_pem = pem_of(site_ca.certificate);
	site_a_pem = pem_of(site_a.certificate);
	site_b_pem = pem_of(site_b.certificate);
	site_c_pem = pem_of(site_c.certificate);

	return 0;
}

static int free_all(void **state)
{
	struct party *parties[] = {&vendor_ca, &site_ca, &stranger_ca, &between_ca, &vendor,
				   &site_a, &site_b, &site_c, &stranger, &below};

	(void)state;
	for (size_t i = 0; i < PW_ARRAY_SIZE(parties); i++)
		free_party(parties[i]);
	free(vendor_pem);
	free(site_pem);
	free(site_a_pem);
	free(site_b_pem);
	free(site_c_pem);

	return 0;
}

#define BOTH                                                                                       \
	"phiward_trust: 1\n"                                                                       \
	"roles: {vendor: {certificates: [vendor.pem]}, site: {certificates: [site.pem]}}\n"        \
	"require: [{role: vendor}, {role: site}]\n"

static struct pw_trust *trust_with(const char *text, char *crl)
{
	char *texts[] = {(char *)text, vendor_pem, site_pem, site_a_pem, site_b_pem, site_c_pem,
			 crl ?: (char *)""};
	char *names[] = {"trust.yaml", "vendor.pem", "site.pem", "a.pem", "b.pem", "c.pem",
			 "list.crl"};
	struct pw_source sources[PW_ARRAY_SIZE(texts)] = {};
	struct pw_trust *trust = NULL;
	struct pw_diag diag = {};

	for (size_t i = 0; i < PW_ARRAY_SIZE(texts); i++)
		sources[i] = (struct pw_source){.name = names[i], .text = texts[i],
						.length = strlen(texts[i])};
	if (pw_trust_parse(sources, PW_ARRAY_SIZE(sources), &trust, &diag))
		fail_msg("%u: %s", diag.entries[0].line, diag.entries[0].text);
	pw_diag_done(&diag);

	return trust;
}

struct judged {
	int r;
	struct pw_diag diag;
	struct pw_accept accept;
};

static struct judged judge_at(const struct pw_trust *trust, const struct bytes *bundle,
			      struct pw_clock clock)
{
	struct judged judged = {.accept = {.trust = trust, .clock = clock}};

	judged.r = pw_accept(&judged.accept, "t.phb", bundle->data, bundle->n, &judged.diag);
	assert_true(!judged.r == (judged.accept.bundle && !judged.diag.errors));

	return judged;
}

static void judged_done(struct judged *judged)
{
	pw_accept_done(&judged->accept);
	pw_diag_done(&judged->diag);
}

static void accepted_at(const struct pw_trust *trust, const struct bytes *bundle,
			struct pw_clock clock)
{
	struct judged judged = judge_at(trust, bundle, clock);

	for (size_t i = 0; judged.r && i < judged.diag.n; i++)
		print_message("%s\n", judged.diag.entries[i].text);
	assert_int_equal(judged.r, 0);
	judged_done(&judged);
}

static void refused_at(const struct pw_trust *trust, const struct bytes *bundle,
		       struct pw_clock clock, const char *why)
{
	struct judged judged = judge_at(trust, bundle, clock);

	assert_int_not_equal(judged.r, 0);
	assert_true(says(&judged.diag, why));
	judged_done(&judged);
}

static const struct pw_clock now = {.now = NOW, .synchronised = true};

#define accepted(trust, bundle) accepted_at((trust), (bundle), now)
#define refused(trust, bundle, why) refused_at((trust), (bundle), now, (why))

static struct bytes signed_by(const struct party *first, const struct party *second)
{
	_cleanup_free_ char *content = content_of("");
	struct bytes bundle = build(content);

	if (first)
		assert_int_equal(sign(&bundle, first, NULL), 0);
	if (second)
		assert_int_equal(sign(&bundle, second, NULL), 0);

	return bundle;
}

/* Judged by both, with the signatures of these two. */
static void check_pair(const struct pw_trust *trust, const struct party *first,
		       const struct party *second, const char *why)
{
	struct bytes bundle = signed_by(first, second);

	if (why)
		refused(trust, &bundle, why);
	else
		accepted(trust, &bundle);
	free(bundle.data);
}

static void test_both(void **state)
{
	_cleanup_(pw_trust_freep) struct pw_trust *trust = trust_with(BOTH, NULL);

	(void)state;
	check_pair(trust, &vendor, &site_a, NULL);
	check_pair(trust, &site_a, &vendor, NULL);
	check_pair(trust, NULL, NULL, "nobody has signed it");
	check_pair(trust, &vendor, NULL, "1 signature of the role site is required, 0 count");
	check_pair(trust, &site_a, &site_b, "1 signature of the role vendor is required, 0 count");
	check_pair(trust, &vendor, &stranger, "CN=stranger does not count: its certificate is of no role");
}

static void test_stranger_beside(void **state)
{
	_cleanup_(pw_trust_freep) struct pw_trust *trust = trust_with(BOTH, NULL);
	struct bytes bundle = signed_by(&vendor, &site_a);

	(void)state;
	assert_int_equal(sign(&bundle, &stranger, NULL), 0);
	accepted(trust, &bundle);
	assert_int_equal(sign(&bundle, &stranger, NULL), -EINVAL);
	free(bundle.data);
}

static void test_two_of_three(void **state)
{
	_cleanup_(pw_trust_freep) struct pw_trust *trust = trust_with(
		"phiward_trust: 1\nroles: {site: {certificates: [a.pem, b.pem, c.pem]}}\n"
		"require: [{role: site, signers: 2}]\n", NULL);
	const struct unusual same_key = {.key = site_a.key};
	struct party again;

	(void)state;
	check_pair(trust, &site_a, &site_c, NULL);
	check_pair(trust, &site_b, NULL, "2 signatures of the role site are required, 1 count");
	check_pair(trust, &site_b, &stranger, "2 signatures of the role site are required, 1 count");
	again = make_party("again", &site_ca, &same_key);
	check_pair(trust, &site_a, &again, "CN=again does not count: its certificate is of no role");
	X509_free(again.certificate);
}

static void test_same_key(void **state)
{
	_cleanup_(pw_trust_freep) struct pw_trust *trust = trust_with(
		"phiward_trust: 1\nroles: {site: {certificates: [site.pem]}}\n"
		"require: [{role: site, signers: 2}]\n", NULL);
	const struct unusual same_key = {.key = site_a.key};
	struct party again = make_party("again", &site_ca, &same_key);

	(void)state;
	check_pair(trust, &site_a, &site_b, NULL);
	check_pair(trust, &site_a, &again, "another signature was made with the same key");
	X509_free(again.certificate);
}

static void test_chain(void **state)
{
	_cleanup_(pw_trust_freep) struct pw_trust *trust = trust_with(BOTH, NULL);
	struct bytes with = signed_by(&site_a, NULL), without = signed_by(&site_a, NULL);

	(void)state;
	assert_int_equal(sign(&with, &below, between_ca.certificate), 0);
	accepted(trust, &with);
	assert_int_equal(sign(&without, &below, NULL), 0);
	refused(trust, &without, "CN=below does not count: its certificate is of no role");
	free(with.data);
	free(without.data);
}

/* Who is certified does not certify others, also where the chain lies in the bundle. */
static void test_no_authority(void **state)
{
	_cleanup_(pw_trust_freep) struct pw_trust *trust = trust_with(BOTH, NULL);
	struct party other = make_party("other", &vendor, NULL);
	struct bytes bundle = signed_by(&site_a, NULL);

	(void)state;
	assert_int_equal(sign(&bundle, &other, vendor.certificate), 0);
	refused(trust, &bundle, "CN=other does not count: invalid CA certificate");
	assert_int_equal(sign(&bundle, &vendor, NULL), 0);
	accepted(trust, &bundle);
	free(bundle.data);
	free_party(&other);
}

static void check_vendor(const struct unusual *unusual, const struct party *issuer, const char *why)
{
	_cleanup_(pw_trust_freep) struct pw_trust *trust = trust_with(BOTH, NULL);
	struct party other = make_party("other", issuer ?: &vendor_ca, unusual);

	check_pair(trust, &other, &site_a, why);
	free_party(&other);
}

static void test_certificates(void **state)
{
	struct unusual expired = {.from = NOW - 10 * DAY, .to = NOW - DAY};
	struct unusual early = {.from = NOW + DAY, .to = NOW + 10 * DAY};
	struct unusual usage = {.usage = "critical,keyEncipherment"};
	struct unusual rsa = {.key = EVP_RSA_gen(2048)}, weak = {.key = EVP_RSA_gen(1024)};

	(void)state;
	check_vendor(NULL, NULL, NULL);
	check_vendor(&rsa, NULL, NULL);
	check_vendor(&expired, NULL, "its certificate has expired");
	check_vendor(&early, NULL, "its certificate is not yet valid");
	check_vendor(&usage, NULL, "its certificate is not for digital signatures");
	check_vendor(&weak, NULL, "too weak");
	check_vendor(NULL, &vendor, "its certificate is of no role");
}

static void test_clock(void **state)
{
	_cleanup_(pw_trust_freep) struct pw_trust *trust = trust_with(BOTH, NULL);
	const struct pw_clock late = {NOW + 400 * DAY, true}, lost = {NOW + 400 * DAY, false};
	_cleanup_free_ char *content = content_of("\"not_before\":\"2027-01-01T00:00:00Z\","
						  "\"not_after\":\"2027-02-01T00:00:00Z\",");
	struct bytes bundle = build(content);

	(void)state;
	assert_int_equal(sign(&bundle, &vendor, NULL), 0);
	assert_int_equal(sign(&bundle, &site_a, NULL), 0);
	accepted(trust, &bundle);
	accepted_at(trust, &bundle, (struct pw_clock){1801439999, true});
	refused_at(trust, &bundle, (struct pw_clock){1801440001, true},
		   "the bundle has expired: it was valid until 2027-02-01T00:00:00Z");
	refused_at(trust, &bundle, (struct pw_clock){1798761599, true},
		   "the bundle is not yet valid: it is from 2027-01-01T00:00:00Z");
	refused_at(trust, &bundle, late, "its certificate has expired");
	accepted_at(trust, &bundle, lost);
	free(bundle.data);
}

static void test_revoked(void **state)
{
	_cleanup_free_ char *list = make_list(&vendor_ca, vendor_ca.key, vendor.certificate);
	_cleanup_free_ char *empty = make_list(&vendor_ca, vendor_ca.key, NULL);
	_cleanup_free_ char *other = make_list(&site_ca, site_ca.key, vendor.certificate);
	_cleanup_free_ char *faked = make_list(&vendor_ca, stranger_ca.key, NULL);
	_cleanup_free_ char *authority = make_list(&vendor_ca, vendor_ca.key, between_ca.certificate);
	static const char text[] = BOTH "revoked: [list.crl]\n";
	const struct {
		char *list;
		const char *why;
	} cases[] = {
		{list, "CN=vendor does not count: its certificate is revoked"},
		{faked, "CN=vendor does not count: the revocation list of its issuer has a false signature"},
		{empty, NULL},
		{other, NULL},
		{authority, NULL},
	};
	struct bytes bundle = signed_by(&site_a, NULL);
	struct pw_trust *trust;

	(void)state;
	assert_int_equal(sign(&bundle, &below, between_ca.certificate), 0);
	for (size_t i = 0; i < PW_ARRAY_SIZE(cases); i++) {
		trust = trust_with(text, cases[i].list);
		check_pair(trust, &vendor, &site_a, cases[i].why);
		if (cases[i].list == authority)
			refused(trust, &bundle, "CN=below does not count: its certificate is revoked");
		else if (cases[i].list == empty)
			accepted(trust, &bundle);
		pw_trust_free(trust);
	}
	free(bundle.data);
}

static void test_fingerprint(void **state)
{
	char text[sizeof(BOTH) + 128], hex[2 * PW_DIGEST_LEN + 1];
	uint8_t digest[PW_DIGEST_LEN];
	struct pw_trust *trust;

	(void)state;
	X509_digest(site_a.certificate, EVP_sha256(), digest, NULL);
	pw_text_hex(hex, digest, sizeof(digest));
	snprintf(text, sizeof(text), BOTH "revoked: [\"sha256:%s\"]\n", hex);
	trust = trust_with(text, NULL);
	check_pair(trust, &vendor, &site_a, "CN=site a does not count: its certificate is revoked");
	check_pair(trust, &vendor, &site_b, NULL);
	pw_trust_free(trust);
}

static void test_two_roles(void **state)
{
	_cleanup_(pw_trust_freep) struct pw_trust *trust = trust_with(
		"phiward_trust: 1\nroles: {vendor: {certificates: [site.pem]}, "
		"site: {certificates: [a.pem]}}\nrequire: [{role: vendor}]\n", NULL);

	(void)state;
	check_pair(trust, &site_b, NULL, NULL);
	check_pair(trust, &site_a, NULL, "its certificate leads to two roles");
}

static bool yes(void *asked, const struct pw_bundle *bundle)
{
	assert_string_equal(bundle->head.name, "small");
	++*(int *)asked;

	return true;
}

static bool no(void *asked, const struct pw_bundle *bundle)
{
	(void)bundle;
	++*(int *)asked;

	return false;
}

static int judge_known(const struct pw_trust *trust, const struct party *first,
		       const struct party *second, bool (*known)(void *, const struct pw_bundle *),
		       int *asked)
{
	struct bytes bundle = signed_by(first, second);
	struct pw_accept accept = {.trust = trust, .clock = now, .known = known,
				   .known_data = asked};
	struct pw_diag diag = {};
	int r = pw_accept(&accept, "t.phb", bundle.data, bundle.n, &diag);

	assert_true(!r || (says(&diag, "1 signature of the role vendor is required, 0 count")));
	assert_true(r || accept.site_only == !!*asked);
	pw_accept_done(&accept);
	pw_diag_done(&diag);
	free(bundle.data);

	return r;
}

/* A change of the site's file alone: asked is only when nothing else would do. */
static void test_site_only(void **state)
{
	_cleanup_(pw_trust_freep) struct pw_trust *trust =
		trust_with(BOTH "require_for_site: [{role: site}]\n", NULL);
	_cleanup_(pw_trust_freep) struct pw_trust *without = trust_with(BOTH, NULL);
	int asked = 0;

	(void)state;
	assert_int_equal(judge_known(trust, &site_a, NULL, yes, &asked), 0);
	assert_int_equal(asked, 1);
	assert_int_equal(judge_known(trust, &site_a, NULL, no, &asked), -EACCES);
	assert_int_equal(asked, 2);
	asked = 0;
	assert_int_equal(judge_known(trust, &site_a, NULL, NULL, &asked), -EACCES);
	assert_int_equal(judge_known(trust, &stranger, NULL, yes, &asked), -EACCES);
	assert_int_equal(judge_known(without, &site_a, NULL, yes, &asked), -EACCES);
	assert_int_equal(judge_known(trust, &vendor, &site_a, no, &asked), 0);
	assert_int_equal(asked, 0);
}

static void test_vendor_digest(void **state)
{
	struct pw_bundle_file files[] = {
		{.role = PW_BUNDLE_POLICY, .name = "policy.yaml", .digest = {1}},
		{.role = PW_BUNDLE_SITE, .name = "site.yaml", .digest = {2}},
		{.role = PW_BUNDLE_CASES, .name = "cases.yaml", .digest = {3}},
	};
	struct pw_bundle bundle = {.files = files, .nfiles = PW_ARRAY_SIZE(files)};
	uint8_t before[PW_DIGEST_LEN], after[PW_DIGEST_LEN];

	(void)state;
	assert_int_equal(pw_bundle_digest_vendor(&bundle, before), 0);
	files[1].digest[5]++;
	files[1].name = "other.yaml";
	assert_int_equal(pw_bundle_digest_vendor(&bundle, after), 0);
	assert_memory_equal(before, after, sizeof(before));
	files[2].digest[5]++;
	assert_int_equal(pw_bundle_digest_vendor(&bundle, after), 0);
	assert_memory_not_equal(before, after, sizeof(before));
	files[2].digest[5]--;
	files[2].role = PW_BUNDLE_INCLUDE;
	assert_int_equal(pw_bundle_digest_vendor(&bundle, after), 0);
	assert_memory_not_equal(before, after, sizeof(before));
}

/* ---- What was done to the file ------------------------------------------------------------- */

static void test_cut(void **state)
{
	_cleanup_(pw_trust_freep) struct pw_trust *trust = trust_with(BOTH, NULL);
	struct bytes bundle = signed_by(&vendor, &site_a), part;

	(void)state;
	for (size_t n = 0; n < bundle.n; n++) {
		/* Of the exact size, so that a read beyond it is seen. */
		part = (struct bytes){malloc(n ?: 1), n};
		memcpy(part.data, bundle.data, n);
		refused(trust, &part, "not a bundle");
		free(part.data);
	}
	part = (struct bytes){calloc(1, bundle.n + 1), bundle.n + 1};
	memcpy(part.data, bundle.data, bundle.n);
	refused(trust, &part, "something stands behind the end");
	free(part.data);
	free(bundle.data);
}

/* A byte that is changed where nothing is signed changes nothing of what is read. */
static void test_changed(void **state)
{
	_cleanup_(pw_trust_freep) struct pw_trust *trust = trust_with(BOTH, NULL);
	struct bytes bundle = signed_by(&vendor, &site_a);
	_cleanup_free_ char *content = content_of("");
	size_t held = 0;

	(void)state;
	for (size_t i = 0; i < bundle.n; i += 3) {
		struct judged judged;

		bundle.data[i] ^= 1U << (i & 7);
		judged = judge_at(trust, &bundle, now);
		if (!judged.r) {
			assert_int_equal(judged.accept.cms->length, strlen(content));
			assert_memory_equal(judged.accept.cms->content, content, strlen(content));
			held++;
		}
		judged_done(&judged);
		bundle.data[i] ^= 1U << (i & 7);
	}
	assert_true(held < 20);
	accepted(trust, &bundle);
	free(bundle.data);
}

/* The signatures of one bundle over what another says. */
static void test_swapped(void **state)
{
	_cleanup_(pw_trust_freep) struct pw_trust *trust = trust_with(BOTH, NULL);
	_cleanup_free_ char *other = content_of("\"not_after\":\"2030-01-01\",");
	struct bytes bundle = signed_by(&vendor, &site_a), swapped = {};
	const unsigned char *at = bundle.data;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)bundle.n);
	unsigned char *der = NULL;

	(void)state;
	ASN1_OCTET_STRING_set(*CMS_get0_content(cms), (unsigned char *)other, (int)strlen(other));
	swapped.n = (size_t)i2d_CMS_ContentInfo(cms, &der);
	swapped.data = der;
	refused(trust, &swapped, "it signs something else than what is in the bundle");
	assert_int_equal(sign(&swapped, &stranger, NULL), -EINVAL);
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	free(bundle.data);
}

static struct bytes signed_with(const EVP_MD *md, unsigned int flags, STACK_OF(X509) *others)
{
	_cleanup_free_ char *content = content_of("");
	BIO *bio = BIO_new_mem_buf(content, -1);
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, others, bio, CMS_BINARY | CMS_PARTIAL);
	unsigned char *der = NULL;
	struct bytes bundle;

	assert_non_null(CMS_add1_signer(cms, vendor.certificate, vendor.key, md, flags));
	assert_true(CMS_final(cms, bio, NULL, CMS_BINARY));
	bundle.n = (size_t)i2d_CMS_ContentInfo(cms, &der);
	bundle.data = malloc(bundle.n);
	memcpy(bundle.data, der, bundle.n);
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	BIO_free(bio);

	return bundle;
}

static void test_openssl(void **state)
{
	_cleanup_(pw_trust_freep) struct pw_trust *trust = trust_with(
		"phiward_trust: 1\nroles: {vendor: {certificates: [vendor.pem]}}\n"
		"require: [{role: vendor}]\n", NULL);
	const struct {
		const EVP_MD *md;
		unsigned int flags;
		const char *why;
	} cases[] = {
		{EVP_sha256(), CMS_BINARY, NULL},
		{EVP_sha384(), CMS_BINARY, NULL},
		{EVP_sha1(), CMS_BINARY, "its digest is none of SHA-256"},
		{EVP_sha256(), CMS_BINARY | CMS_NOCERTS, "its certificate is not in the bundle"},
		{EVP_sha256(), CMS_BINARY | CMS_NOATTR, "it signs something else"},
	};

	(void)state;
	for (size_t i = 0; i < PW_ARRAY_SIZE(cases); i++) {
		struct bytes bundle = signed_with(cases[i].md, cases[i].flags, NULL);

		if (cases[i].why) {
			refused(trust, &bundle, cases[i].why);
		} else {
			accepted(trust, &bundle);
			/* The digest of the first is that of the next. */
			assert_int_equal(sign(&bundle, &site_a, NULL), 0);
			accepted(trust, &bundle);
		}
		free(bundle.data);
	}
}

static void test_sizes(void **state)
{
	_cleanup_(pw_trust_freep) struct pw_trust *trust = trust_with(BOTH, NULL);
	struct bytes large = {calloc(1, PW_BUNDLE_BYTES_MAX + 1), PW_BUNDLE_BYTES_MAX + 1};
	uint8_t endless[] = {0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0x06, 0x00};
	struct bytes claims = {endless, sizeof(endless)};

	(void)state;
	memcpy(large.data, "\x30\x83\x80\x00\x00", 5);
	refused(trust, &large, "at most 8 MiB");
	refused(trust, &claims, "not a bundle");
	free(large.data);
}

static void test_wrong_key(void **state)
{
	struct party wrong = {.key = site_b.key, .certificate = site_a.certificate};
	struct bytes bundle = signed_by(&vendor, NULL);

	(void)state;
	assert_int_equal(sign(&bundle, &wrong, NULL), -EINVAL);
	assert_int_equal(sign(&bundle, &site_a, NULL), 0);
	free(bundle.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both),
		cmocka_unit_test(test_stranger_beside),
		cmocka_unit_test(test_two_of_three),
		cmocka_unit_test(test_same_key),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_no_authority),
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_revoked),
		cmocka_unit_test(test_fingerprint),
		cmocka_unit_test(test_two_roles),
		cmocka_unit_test(test_site_only),
		cmocka_unit_test(test_vendor_digest),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_swapped),
		cmocka_unit_test(test_openssl),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_wrong_key),
	};

	return cmocka_run_group_tests(tests, make_all, free_all);
}
