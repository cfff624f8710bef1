// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "audit/keys.h"
#include "audit/place.h"
#include "cli/command.h"
#include "common/cleanup.h"
#include "publish/pins.h"

enum digest_option { OPT_KEY = 256, OPT_LOG };

static const struct option options[] = {
	{ "key", required_argument, NULL, OPT_KEY },
	{ "log", required_argument, NULL, OPT_LOG },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* What @path is below @root, or NULL. */
static const char *below(const char *root, const char *path)
{
	size_t length = strlen(root);

	while (length && root[length - 1] == '/')
		length--;
	if (strncmp(path, root, length) != 0 || path[length] != '/')
		return NULL;
	path += length;
	while (*path == '/')
		path++;
	return *path ? path : NULL;
}

static int print_digests(const uint8_t *key, int n, char **paths)
{
	char hex[2 * PW_SHA256_LEN + 1];

	for (int i = 1; i < n; i++) {
		const char *relative = below(paths[0], paths[i]);

		if (!relative)
			return pw_fail(PW_EXIT_USAGE, "'%s' is not below '%s'", paths[i], paths[0]);
		if (!pw_place_digest(key, relative, strlen(relative), hex))
			return pw_fail(PW_EXIT_INTERNAL, "OpenSSL makes no HMAC");
		printf("%s  %s\n", hex, paths[i]);
	}
	return pw_flush(PW_EXIT_YES);
}

static int read_key(const char *file, const char *log, uint8_t *key)
{
	_cleanup_close_ int dir = -EBADF;
	int r = pw_open_log_directory(log, &dir);

	if (r)
		return r;
	r = pw_keys_path_key(file, dir, key);
	if (r == -EBADMSG)
		return pw_fail(PW_EXIT_UNKNOWN, "%s does not open %s/%s", file, log, PW_PATH_KEY_CMS);
	if (r < 0)
		return pw_fail(PW_EXIT_UNKNOWN, "cannot read %s or %s/%s: %s", file, log,
			       PW_PATH_KEY_CMS, strerror(-r));
	return PW_EXIT_YES;
}

int pw_cmd_audit_digest(const struct pw_command *self, int argc, char **argv)
{
	const char *file = NULL, *log = PW_LOG_DIR;
	uint8_t key[PW_PATH_KEY_LEN];
	int option, r;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == OPT_KEY)
			file = optarg;
		else if (option == OPT_LOG)
			log = optarg;
		else
			return pw_usage(self, option);
	}
	if (!file || argc - optind < 2)
		return pw_usage(self, '?');
	r = read_key(file, log, key);
	if (r)
		return r;
	r = print_digests(key, argc - optind, argv + optind);
	OPENSSL_cleanse(key, sizeof(key));
	return r;
}
