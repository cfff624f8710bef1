// SPDX-License-Identifier: BSD-2-Clause
/*
 * Bytes of a log directory, files apart by a byte 0xff: it is whole or its first break is
 * named, and what is proved from it holds. With 0xfe before it, it begins with the second segment.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/proof.h"
#include "audit/verify.h"
#include "audit/wtmp.h"

#define FILES_MAX 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[64];
static int dir = -1;

static void name_of(char name[32], size_t i, size_t n)
{
	if (i == n)
		strcpy(name, "audit.log");
	else
		snprintf(name, 32, "audit-%08zu.log", i);
}

static void remove_log(void)
{
	char name[32];

	for (size_t i = 1; i <= FILES_MAX + 1; i++) {
		name_of(name, i, 0);
		unlinkat(dir, name, 0);
	}
	unlinkat(dir, "audit.log", 0);
}

static void remove_directory(void)
{
	remove_log();
	rmdir(path);
}

static void make_directory(void)
{
	strcpy(path, "/tmp/pw-fuzz-verify-XXXXXX");
	if (!mkdtemp(path))
		abort();
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		abort();
	atexit(remove_directory);
}

static void put_file(const char *name, const uint8_t *data, size_t size)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

static void put_log(const uint8_t *data, size_t size)
{
	const uint8_t *end = data + size, *starts[FILES_MAX];
	size_t n = 1, skipped = size && *data == 0xfe;
	char name[32];

	starts[0] = data += skipped;
	for (const uint8_t *at = data; at < end && n < FILES_MAX; at++)
		if (*at == 0xff)
			starts[n++] = at + 1;
	for (size_t i = 0; i < n; i++) {
		name_of(name, i + 1 + skipped, n + skipped);
		put_file(name, starts[i],
			 (size_t)((i + 1 < n ? starts[i + 1] - 1 : end) - starts[i]));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pw_verify v = {0};
	struct pw_proof proof;
	int64_t *starts;
	size_t n;

	if (!path[0])
		make_directory();
	put_log(data, size);
	if (pw_verify(dir, &v) < 0 || v.broken != (v.what[0] != '\0'))
		abort();
	if (pw_wtmp_unknown(dir, "audit.log", &v, &starts, &n) == 0)
		free(starts);
	if (pw_proof_make(dir, 1, &proof) == 0) {
		if (pw_proof_check(&proof) < 0)
			abort();
		pw_proof_done(&proof);
	}
	pw_verify_done(&v);
	remove_log();
	return 0;
}
