// SPDX-License-Identifier: BSD-2-Clause
/* Whose word a status record is, for each kind of key that a device may have. */
#include <unistd.h>

#include "../bundle/pki.h"
#include "fleet/told.h"

static const char text[] = "{\"serial\":\"CT-1\"}";

static struct party authority, stranger;

static void write_file(const char *path, BIO *bio)
{
	_cleanup_free_ char *text = bio_text(bio);
	_cleanup_fclose_ FILE *to = fopen(path, "we");

	assert_non_null(to);
	assert_true(fputs(text, to) >= 0);
}

static void write_certificate(const char *path, X509 *certificate, EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_true(PEM_write_bio_X509(bio, certificate));
	if (key)
		assert_true(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL));
	write_file(path, bio);
}

static struct pw_authority *believe(const struct party *who)
{
	char path[] = "/tmp/phiward-authority.XXXXXX";
	struct pw_authority *read = NULL;

	close(mkstemp(path));
	write_certificate(path, who->certificate, NULL);
	assert_int_equal(pw_authority_read(path, &read), 0);
	unlink(path);

	return read;
}

/* The caller frees it. */
static char *line_of(EVP_PKEY *key, const char *name, const struct party *issuer)
{
	const struct unusual unusual = {.key = key};
	struct party device = make_party(name, issuer, &unusual);
	char path[] = "/tmp/phiward-device.XXXXXX", *line = NULL;
	struct pw_signing *signing;
	size_t n;

	close(mkstemp(path));
	write_certificate(path, device.certificate, device.key);
	assert_int_equal(pw_signing_read(path, path, &signing), 0);
	assert_int_equal(pw_told_sign(signing, text, strlen(text), &line, &n), 0);
	pw_signing_free(signing);
	unlink(path);
	free_party(&device);

	return line;
}

static int verify(const struct party *who, const struct pw_seen_all *seen, const char *line,
		  const char *serial, struct pw_told_signer *ret)
{
	static const struct pw_seen_all none;
	struct pw_authority *believed = believe(who);
	int r = pw_told_verify(believed, seen ?: &none, line, strlen(line), serial, ret);

	pw_authority_free(believed);

	return r;
}

static void each_kind_of_key_is_taken(void **state)
{
	EVP_PKEY *const keys[] = {EVP_EC_gen("P-256"), EVP_EC_gen("P-384"), EVP_RSA_gen(2048)};

	(void)state;
	for (size_t i = 0; i < PW_ARRAY_SIZE(keys); i++) {
		_cleanup_free_ char *line = line_of(keys[i], "CT-1", &authority);
		struct pw_told_signer signer;

		assert_int_equal(verify(&authority, NULL, line, "CT-1", &signer), 0);
		assert_int_equal(signer.until, NOW + 265 * DAY);
		assert_int_equal(verify(&authority, NULL, line, "CT-2", &signer), -EACCES);
		assert_int_equal(verify(&stranger, NULL, line, "CT-1", &signer), -EACCES);
		line[2]++;
		assert_int_equal(verify(&authority, NULL, line, "CT-1", &signer), -EACCES);
	}
}

/* Nobody has seen it, or all have: what is asked of the record itself is the same. */
static void a_certificate_is_verified_once(void **state)
{
	_cleanup_free_ char *line = line_of(NULL, "CT-1", &stranger);
	struct pw_told_signer signer;
	struct pw_seen_all seen = {.signers = &signer.key, .n = 1};
	struct pw_told_signer ret;

	(void)state;
	assert_int_equal(verify(&stranger, NULL, line, "CT-1", &signer), 0);
	/* As another authority's it is none that was seen. */
	assert_int_equal(verify(&authority, &seen, line, "CT-1", &ret), -EACCES);
	/* What it is refused for is not what is remembered. */
	memcpy(signer.key, ret.key, sizeof(ret.key));
	assert_int_equal(verify(&authority, &seen, line, "CT-1", &ret), 0);
	assert_int_equal(ret.until, NOW + 265 * DAY);
	assert_int_equal(verify(&authority, &seen, line, "CT-2", &ret), -EACCES);
	line[2]++;
	assert_int_equal(verify(&authority, &seen, line, "CT-1", &ret), -EACCES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_key_is_taken),
		cmocka_unit_test(a_certificate_is_verified_once),
	};
	int failed;

	authority = make_authority("Device CA", NULL);
	stranger = make_authority("Other CA", NULL);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free_party(&authority);
	free_party(&stranger);

	return failed;
}
