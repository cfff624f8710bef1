// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/proof.h"
#include "cli/command.h"
#include "cli/control_client.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "common/text.h"
#include "publish/pins.h"

#define PROOF_FILE_MAX (1024 * 1024)

enum prove_option { OPT_KEY = 256, OPT_CHECK };

static const struct option options[] = {
	{ "key", required_argument, NULL, OPT_KEY },
	{ "check", required_argument, NULL, OPT_CHECK },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int print_proof(uint64_t seq, const char *path)
{
	_cleanup_close_ int dir = -EBADF;
	_cleanup_free_ char *text = NULL;
	struct pw_proof proof;
	int r = pw_open_log_directory(path, &dir);

	if (r)
		return r;
	if (!strcmp(path, PW_LOG_DIR))
		pw_control_drain();
	r = pw_proof_make(dir, seq, &proof);
	if (r == -ENOENT)
		return pw_fail(PW_EXIT_NO, "number %" PRIu64 " is not in the log", seq);
	if (r == -EAGAIN)
		return pw_fail(PW_EXIT_UNKNOWN, "number %" PRIu64 " is not under a checkpoint yet", seq);
	if (r == -EBADMSG)
		return pw_fail(PW_EXIT_NO, "the log is broken where number %" PRIu64 " stands; run: "
			       "phiward audit verify", seq);
	if (r < 0)
		return pw_fail(PW_EXIT_UNKNOWN, "cannot read %s: %s", path, strerror(-r));
	text = pw_proof_write(&proof);
	pw_proof_done(&proof);
	if (!text)
		return pw_fail(PW_EXIT_INTERNAL, "out of memory");
	fputs(text, stdout);
	return pw_flush(PW_EXIT_YES);
}

static int check_seal(const struct pw_proof *proof, const char *key)
{
	const struct pw_checkpoint *c = &proof->checkpoint;
	struct pw_keys *keys = NULL;
	int r = pw_open_keys(key, AT_FDCWD, &keys);

	if (r)
		return r;
	if (proof->cms)
		pw_keys_add_cms(keys, proof->cms, proof->cms_length);
	r = pw_keys_check(keys, c);
	pw_keys_close(keys);
	if (r == -ENOKEY)
		return pw_fail(PW_EXIT_UNKNOWN, "the key is not of boot %s", c->boot);
	if (r < 0)
		return pw_fail(PW_EXIT_NO, "the checkpoint is forged: the key does not make its seal");
	printf("sealed by the %s of that machine%s\n", c->module ? "kernel module" : "key file",
	       c->module ? "" : ", which its root could read");
	return 0;
}

static int check_proof(const char *file, const char *key)
{
	_cleanup_free_ char *text = NULL;
	char anchor[PW_CHECKPOINT_MAX];
	struct pw_proof proof;
	size_t length;
	int r = pw_file_read(AT_FDCWD, file, PROOF_FILE_MAX, &text, &length);

	if (r < 0)
		return pw_fail(PW_EXIT_UNKNOWN, "cannot read %s: %s", file, strerror(-r));
	r = pw_proof_read(text, length, &proof);
	if (r < 0)
		return pw_fail(PW_EXIT_NO, "%s: this is no proof", file);
	r = pw_proof_check(&proof);
	if (r < 0) {
		pw_proof_done(&proof);
		return pw_fail(PW_EXIT_NO, "%s: the record is not under this checkpoint", file);
	}
	pw_checkpoint_anchor(&proof.checkpoint, anchor);
	printf("%s\nis record %" PRIu64 " under the checkpoint %s\n", proof.line, proof.index + 1,
	       anchor);
	if (key)
		r = check_seal(&proof, key);
	else
		puts("without --key it is not known who sealed that; compare it with an anchor of the log");
	pw_proof_done(&proof);
	return pw_flush(r);
}

int pw_cmd_audit_prove(const struct pw_command *self, int argc, char **argv)
{
	const char *key = NULL, *check = NULL;
	uint64_t seq;
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == OPT_KEY)
			key = optarg;
		else if (option == OPT_CHECK)
			check = optarg;
		else
			return pw_usage(self, option);
	}
	if (check)
		return optind < argc ? pw_usage(self, '?') : check_proof(check, key);
	if (key || optind == argc || argc - optind > 2)
		return pw_usage(self, '?');
	if (pw_text_number(argv[optind], 1, INT64_MAX, &seq) < 0)
		return pw_fail(PW_EXIT_USAGE, "'%s' is no number of a record", argv[optind]);
	return print_proof(seq, optind + 1 < argc ? argv[optind + 1] : PW_LOG_DIR);
}
