// SPDX-License-Identifier: BSD-2-Clause
/* `phiward bundle build`, `sign` and `verify`; `inspect` is in cmd_inspect.c. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bundle/accept.h"
#include "bundle/certificate.h"
#include "bundle/key.h"
#include "bundle/manifest.h"
#include "bundle/token.h"
#include "cli/command.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "common/text.h"
#include "publish/store.h"
#include "publish/trials.h"

/* Prints @diag and takes it away. What a file has wrong is a no; the rest is not. */
static int finish(int error, const char *file, struct pw_diag *diag)
{
	int code = PW_EXIT_YES;

	pw_diag_print(diag, stderr);
	if (diag->errors)
		code = PW_EXIT_NO;
	else if (error < 0)
		code = pw_fail(error == -ENOMEM ? PW_EXIT_INTERNAL : PW_EXIT_UNKNOWN,
			       "cannot read %s: %s", file, strerror(-error));
	pw_diag_done(diag);

	return code;
}

/* The old file or the new one, never half of it. */
static int write_file(const char *path, const uint8_t *data, size_t length)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *name = slash ? strndup(path, slash + 1 - path) : strdup(".");
	_cleanup_close_ int directory = -EBADF;
	const mode_t mask = umask(0);
	int r;

	umask(mask);
	directory = name ? open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	r = directory < 0 ? -errno :
			    pw_store_write(directory, slash ? slash + 1 : path, (const char *)data,
					   length);
	/* What lies in the store is nobody else's; a bundle is for others. */
	if (!r && chmod(path, 0666 & ~mask) < 0)
		r = -errno;

	return r < 0 ? pw_fail(PW_EXIT_INTERNAL, "cannot write %s: %s", path, strerror(-r)) :
		       PW_EXIT_YES;
}

/* ---- build --------------------------------------------------------------------------------- */

static int write_unsigned(const char *output, const uint8_t *der, size_t n)
{
	int code = write_file(output, der, n);

	if (code != PW_EXIT_YES)
		return code;
	printf("%s: nobody has signed it yet: phiward bundle sign\n", output);

	return pw_flush(PW_EXIT_YES);
}

static int build(const char *manifest, const char *output)
{
	_cleanup_free_ uint8_t *der = NULL;
	_cleanup_(pw_bundle_freep) struct pw_bundle *bundle = NULL;
	_cleanup_(pw_policy_freep) struct pw_policy *policy = NULL;
	_cleanup_free_ char *content = NULL;
	struct pw_diag diag = {};
	size_t length, n;
	int r, code;

	r = pw_manifest_build(manifest, &content, &length, &diag);
	if (!r)
		r = pw_bundle_parse(manifest, content, length, &bundle, &diag);
	if (!r)
		r = pw_bundle_policy(bundle, &policy, &diag);
	if (!r)
		r = pw_cms_build(content, length, &der, &n);
	code = finish(r, manifest, &diag);

	return code == PW_EXIT_YES ? write_unsigned(output, der, n) : code;
}

/* What makes a file out of another. */
static int make(const struct pw_command *self, int argc, char **argv,
		int (*maker)(const char *file, const char *output))
{
	static const struct option options[] = { { "help", no_argument, NULL, 'h' }, { 0 } };
	const char *output = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "ho:", options, NULL)) != -1) {
		if (option != 'o')
			return pw_usage(self, option);
		output = optarg;
	}
	if (!output || argc - optind != 1)
		return pw_usage(self, '?');

	return maker(argv[optind], output);
}

int pw_cmd_bundle_build(const struct pw_command *self, int argc, char **argv)
{
	return make(self, argc, argv, build);
}

/* ---- token --------------------------------------------------------------------------------- */

static int build_token(const char *file, const char *output)
{
	_cleanup_(pw_token_freep) struct pw_token *token = NULL;
	_cleanup_free_ uint8_t *der = NULL;
	_cleanup_free_ char *text = NULL;
	struct pw_diag diag = {};
	size_t length, n;
	int r, code;

	r = pw_file_read(AT_FDCWD, file, PW_TOKEN_BYTES_MAX, &text, &length);
	if (!r)
		r = pw_token_parse(file, text, length, &token, &diag);
	if (!r)
		r = pw_cms_build(text, length, &der, &n);
	code = finish(r, file, &diag);

	return code == PW_EXIT_YES ? write_unsigned(output, der, n) : code;
}

int pw_cmd_bundle_token(const struct pw_command *self, int argc, char **argv)
{
	return make(self, argc, argv, build_token);
}

/* ---- sign ---------------------------------------------------------------------------------- */

static void free_key(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

static int read_chain(const char *path, STACK_OF(X509) **ret, struct pw_diag *diag)
{
	const struct pw_position at = {.file = path};
	_cleanup_free_ char *text = NULL;
	size_t length;
	int r = pw_file_read(AT_FDCWD, path, PW_TRUST_FILE_BYTES_MAX, &text, &length);

	if (r < 0)
		return r;
	*ret = pw_certificates_read(text, length);
	if (!*ret)
		pw_diag_add(diag, PW_DIAG_ERROR, &at, "no certificate, in PEM or in DER");

	return *ret ? 0 : -EINVAL;
}

static int sign(const char *file, const char *key_uri, const char *certificate, const char *output)
{
	_cleanup_(pw_certificates_free) STACK_OF(X509) *chain = NULL;
	_cleanup_free_ uint8_t *der = NULL;
	_cleanup_(free_key) EVP_PKEY *key = NULL;
	_cleanup_free_ char *data = NULL;
	const char *at = certificate;
	struct pw_diag diag = {};
	size_t length, n;
	int r, code;

	r = pw_key_open(key_uri, &key, &diag);
	if (!r)
		r = read_chain(certificate, &chain, &diag);
	if (!r) {
		at = file;
		r = pw_file_read(AT_FDCWD, file, PW_BUNDLE_BYTES_MAX, &data, &length);
	}
	if (!r)
		r = pw_cms_sign(file, data, length, chain, key, &der, &n, &diag);
	code = finish(r, at, &diag);

	return code == PW_EXIT_YES ? write_file(output ?: file, der, n) : code;
}

int pw_cmd_bundle_sign(const struct pw_command *self, int argc, char **argv)
{
	static const struct option options[] = { { "key", required_argument, NULL, 'k' },
						 { "certificate", required_argument, NULL, 'c' },
						 { "help", no_argument, NULL, 'h' },
						 { 0 } };
	const char *key = NULL, *certificate = NULL, *output = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "ho:", options, NULL)) != -1) {
		if (option == 'k')
			key = optarg;
		else if (option == 'c')
			certificate = optarg;
		else if (option == 'o')
			output = optarg;
		else
			return pw_usage(self, option);
	}
	if (!key || !certificate || argc - optind != 1)
		return pw_usage(self, '?');

	return sign(argv[optind], key, certificate, output);
}

/* ---- verify -------------------------------------------------------------------------------- */

static void print_signers(const struct pw_cms *cms)
{
	for (size_t i = 0; i < cms->nsigners; i++) {
		const struct pw_signer *signer = &cms->signers[i];

		printf("%s: ", signer->role ?: "not counted");
		pw_text_print(stdout, signer->subject);
		printf("%s%s\n", signer->role ? "" : ": ", signer->role ? "" : signer->uncounted);
	}
}

/* Whether it is for the device that @path describes. Without one this may be no device at all. */
static int verify_device(const struct pw_accept *accept, const char *path, struct pw_diag *diag)
{
	_cleanup_(pw_device_freep) struct pw_device *device = NULL;
	int r = pw_device_read(path ?: PW_DEVICE_FILE, &device, diag);

	if (r == -ENOENT && !path) {
		if (!pw_selectors_any(&accept->bundle->head.devices))
			pw_diag_add(diag, PW_DIAG_NOTE, NULL, "it is for certain devices: --device "
				    "FILE tells whether for one");
		return 0;
	}

	return r ? r : pw_accept_device(accept, device, diag);
}

static int verify_policy(const struct pw_accept *accept, struct pw_diag *diag)
{
	_cleanup_(pw_policy_freep) struct pw_policy *policy = NULL;

	return pw_bundle_policy(accept->bundle, &policy, diag);
}

/* What a console has accepted before is not known here. */
static bool may_be_known(void *data, const struct pw_bundle *bundle)
{
	(void)data, (void)bundle;
	return true;
}

static int verify(struct pw_accept *accept, const char *file, const char *data, size_t length,
		  const char *device)
{
	struct pw_diag diag = {}, policy = {};
	int r = pw_accept(accept, file, data, length, &diag), code;

	if (!r)
		r = verify_device(accept, device, &diag);
	if (!r)
		r = verify_policy(accept, &policy);
	code = finish(0, file, &policy);
	if (r && policy.errors)
		r = 0;
	r = finish(r, file, &diag);

	return r > code ? r : code;
}

static int read_trust(const char *path, struct pw_trust **ret)
{
	struct pw_diag diag = {};
	int r = pw_trust_read(path ?: PW_TRUST_FILE, 0, ret, &diag);

	if (r == -ENOENT && !path) {
		pw_diag_done(&diag);
		return pw_fail(PW_EXIT_UNKNOWN, "there is no " PW_TRUST_FILE ": --trust FILE says "
			       "whose signatures count");
	}

	return finish(r, path ?: PW_TRUST_FILE, &diag);
}

static int verify_file(const char *file, const char *trust_path, const char *device)
{
	_cleanup_(pw_trust_freep) struct pw_trust *trust = NULL;
	struct pw_accept accept = {.clock = pw_clock_read()};
	_cleanup_free_ char *data = NULL;
	size_t length;
	int code, r;

	code = read_trust(trust_path, &trust);
	if (code != PW_EXIT_YES)
		return code;
	r = pw_file_read(AT_FDCWD, file, PW_BUNDLE_BYTES_MAX, &data, &length);
	if (r < 0)
		return pw_fail(r == -EFBIG ? PW_EXIT_NO : PW_EXIT_UNKNOWN, "cannot read %s: %s", file,
			       strerror(-r));
	accept.trust = trust;
	accept.known = may_be_known;
	code = verify(&accept, file, data, length, device);
	if (code == PW_EXIT_YES) {
		printf("%s: %s version %" PRIu64 "\n", file, accept.bundle->head.name,
		       accept.bundle->head.version);
		print_signers(accept.cms);
	}
	if (code == PW_EXIT_YES && accept.site_only)
		code = pw_fail(PW_EXIT_UNKNOWN, "%s: enough have signed it for a change of the site's file "
			       "alone; whether all else is as it was accepted before, the console knows",
			       file);
	pw_accept_done(&accept);

	return pw_flush(code);
}

int pw_cmd_bundle_verify(const struct pw_command *self, int argc, char **argv)
{
	static const struct option options[] = { { "trust", required_argument, NULL, 't' },
						 { "device", required_argument, NULL, 'd' },
						 { "help", no_argument, NULL, 'h' },
						 { 0 } };
	const char *trust = NULL, *device = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 't')
			trust = optarg;
		else if (option == 'd')
			device = optarg;
		else
			return pw_usage(self, option);
	}
	if (argc - optind != 1)
		return pw_usage(self, '?');

	return verify_file(argv[optind], trust, device);
}
