/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In the place of the kernel module, for programs that write logs without a kernel. First keys are
 * made of the boot's id and a salt, and written to a file as an auditor would have them.
 */
#ifndef PW_TEST_MODULE_H
#define PW_TEST_MODULE_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <phiward/abi.h>

#include "common/sha256.h"
#include "common/text.h"
#include "publish/ids.h"
#include "publish/module.h"

static struct {
	char boot[PW_BOOT_ID_LEN + 1];
	bool sealing;
	uint64_t epoch, ahead;
	uint8_t salt[PW_GUARD_HASH_LEN];
	uint8_t key[PW_GUARD_HASH_LEN];
	struct pw_guard_mac last;		/* epoch 0: none */
	const struct pw_state *state;
} module;

static void must(int r, const char *what)
{
	if (r >= 0)
		return;
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(-r));
	exit(1);
}

/* DIR/NAME, made when it is missing. */
static int open_directory(const char *dir, const char *name)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	mkdir(path, 0755);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(fd < 0 ? -errno : 0, path);
	return fd;
}

int pw_boot_id(char boot[static PW_BOOT_ID_LEN + 1])
{
	strcpy(boot, module.boot);
	return 0;
}

int pw_module_key(struct pw_guard_key *ret)
{
	(void)ret;
	return -ENOENT;
}

int pw_module_hold(unsigned int kind, const char *role, int fd)
{
	(void)kind;
	(void)role;
	(void)fd;
	return -ENOENT;
}

int pw_module_drop(unsigned int kind, const char *role)
{
	(void)kind;
	(void)role;
	return 0;
}

int pw_module_status(struct pw_guard_status *ret)
{
	*ret = (struct pw_guard_status){.state = PW_GUARD_KEY_GIVEN};
	return module.sealing ? 0 : -ENOENT;
}

int pw_module_mac(const uint8_t digest[static PW_GUARD_HASH_LEN], struct pw_guard_mac *ret)
{
	struct pw_guard_message message = {.records = module.state->seq + module.ahead,
					   .epoch = module.epoch};
	uint8_t next[PW_GUARD_HASH_LEN];
	char hex[2 * PW_GUARD_BOOT_LEN + 1] = "";

	for (size_t i = 0, n = 0; module.boot[i] && n < sizeof(hex) - 1; i++)
		if (module.boot[i] != '-')
			hex[n++] = module.boot[i];
	pw_text_unhex(message.boot, hex, sizeof(message.boot));
	memcpy(message.label, PW_GUARD_LABEL_MAC, sizeof(message.label));
	memcpy(message.digest, digest, sizeof(message.digest));
	memcpy(ret->digest, digest, sizeof(ret->digest));
	ret->records = message.records;
	ret->epoch = module.epoch++;
	must(pw_hmac_sha256(module.key, &message, sizeof(message), ret->mac), "mac");
	must(pw_hmac_sha256(module.key, PW_GUARD_LABEL_KEY, PW_GUARD_LABEL_LEN, next), "key");
	memcpy(module.key, next, sizeof(module.key));
	module.last = *ret;
	return 0;
}

int pw_module_again(const uint8_t digest[static PW_GUARD_HASH_LEN], struct pw_guard_mac *ret)
{
	if (!module.last.epoch || memcmp(digest, module.last.digest, PW_GUARD_HASH_LEN) != 0)
		return -ENOENT;
	*ret = module.last;
	return 0;
}

/* The machine was started: the module has another first key, which @keys gets, too. */
static void module_first_key(const char *boot, const char *keys)
{
	char hex[2 * PW_GUARD_HASH_LEN + 1];
	FILE *file = fopen(keys, "ae");

	must(file ? 0 : -errno, "keys");
	strcpy(module.boot, boot);
	must(pw_hmac_sha256(module.salt, module.boot, PW_BOOT_ID_LEN, module.key), "key");
	pw_text_hex(hex, module.key, sizeof(module.key));
	fprintf(file, "{\"schema\":1,\"boot\":\"%s\",\"epoch\":1,\"key\":\"%s\"}\n", module.boot, hex);
	fclose(file);
	module.epoch = 1;
	module.last.epoch = 0;
}

#endif
