// SPDX-License-Identifier: BSD-2-Clause
/*
 * many N DIR LATER CA: status records of N consoles, each with a key and a certificate of its own, as
 * files in DIR, and the next one of each in LATER; the authority's certificate is written to CA.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "common/cleanup.h"
#include "fleet/told.h"

struct party {
	EVP_PKEY *key;
	X509 *certificate;
};

static struct party make(const char *name, const struct party *issuer)
{
	struct party party = {EVP_EC_gen("P-256"), X509_new()};
	X509_NAME *subject = X509_get_subject_name(party.certificate);
	X509_EXTENSION *authority =
		X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints,
				    issuer ? "critical,CA:FALSE" : "critical,CA:TRUE");
	static long serial;

	X509_set_version(party.certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(party.certificate), ++serial);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(party.certificate,
			     issuer ? X509_get_subject_name(issuer->certificate) : subject);
	X509_gmtime_adj(X509_getm_notBefore(party.certificate), -86400);
	X509_gmtime_adj(X509_getm_notAfter(party.certificate), 365 * 86400);
	X509_set_pubkey(party.certificate, party.key);
	X509_add_ext(party.certificate, authority, -1);
	X509_EXTENSION_free(authority);
	X509_sign(party.certificate, issuer ? issuer->key : party.key, EVP_sha256());

	return party;
}

static void write_pem(const char *path, const struct party *party)
{
	_cleanup_fclose_ FILE *to = fopen(path, "we");

	if (!to || !PEM_write_X509(to, party->certificate) ||
	    !PEM_write_PrivateKey(to, party->key, NULL, NULL, 0, NULL, NULL))
		abort();
}

static void write_one(const char *directory, const struct pw_signing *signing, const char *serial, int reports)
{
	const struct pw_told told = {
		.serial = serial, .manufacturer = "Example", .model = "CT-2000",
		.department = "radiology", .location = "building 4, room 12", .channel = "stable",
		.policy = "ct-console", .version = 12, .state = "enforcing", .daemon = true,
		.digest = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
		.bundle = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
		.enforcing = true, .sealed = true, .guard = true, .health = "good", .reports = reports,
		.time = time(NULL), .applied = time(NULL), .next_s = 4500,
	};
	_cleanup_free_ char *path = NULL, *text = NULL, *line = NULL;
	size_t length, n;
	FILE *to;

	if (asprintf(&path, "%s/%s", directory, serial) < 0 ||
	    pw_told_write(&told, &text, &length) ||
	    pw_told_sign(signing, text, length, &line, &n))
		abort();
	to = fopen(path, "we");
	if (!to || fwrite(line, 1, n, to) != n || fclose(to))
		abort();
}

int main(int argc, char **argv)
{
	struct pw_signing *signing;
	struct party authority, device;
	char serial[32];

	if (argc != 5)
		return 2;
	authority = make("Device CA", NULL);
	for (int i = 0; i < atoi(argv[1]); i++) {
		snprintf(serial, sizeof(serial), "CT-%06d", i);
		device = make(serial, &authority);
		write_pem(argv[4], &device);
		if (pw_signing_read(argv[4], argv[4], &signing))
			abort();
		write_one(argv[2], signing, serial, 1000);
		write_one(argv[3], signing, serial, 1001);
		pw_signing_free(signing);
		EVP_PKEY_free(device.key);
		X509_free(device.certificate);
	}
	write_pem(argv[4], &authority);

	return 0;
}
