// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include <phiward/version.h>

#include "audit/time.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "common/sha256.h"
#include "common/text.h"
#include "publish/store.h"
#include "report/selftest.h"
#include "report/table.h"

#define PROGRAM_MAX (64 * 1024 * 1024)

/* The first line of a small file of sysfs or /etc, or "-". */
static void print_line(FILE *to, const char *name, const char *path)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	char line[256] = "";

	if (!file || !fgets(line, sizeof(line), file))
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (!line[0])
		strcpy(line, "-");
	fprintf(to, "  %-12s ", name);
	pw_text_print(to, line);
	fputc('\n', to);
}

static void print_digest(FILE *to, const char *path)
{
	_cleanup_(pw_sha256_freep) struct pw_sha256 *sha = NULL;
	_cleanup_free_ char *bytes = NULL;
	uint8_t digest[PW_SHA256_LEN];
	char hex[2 * PW_SHA256_LEN + 1];
	size_t length;
	int r = pw_file_read(AT_FDCWD, path, PROGRAM_MAX, &bytes, &length);

	if (!r)
		r = pw_sha256_start(&sha);
	if (!r)
		r = pw_sha256_add(sha, bytes, length);
	if (!r)
		r = pw_sha256_end(sha, digest);
	if (r < 0) {
		fprintf(to, "  %s: %s\n", path, strerror(-r));
		return;
	}
	pw_text_hex(hex, digest, sizeof(digest));
	fprintf(to, "  %s\n    SHA-256 %s\n", path, hex);
}

static void print_policy(FILE *to, json_object *status)
{
	const char *policy = "none", *digest = "-";
	uint64_t version = 0, generation = 0;

	pw_json_string(status, "policy", &policy);
	pw_json_string(status, "digest", &digest);
	pw_json_u64(status, "version", &version);
	pw_json_u64(status, "generation", &generation);
	fprintf(to, "Policy\n  %s version %lu (generation %lu)\n    SHA-256 %s\n\n", policy,
		(unsigned long)version, (unsigned long)generation, digest);
}

static void print_steps(FILE *to, const struct pw_selftest *test)
{
	static const char *const words[] = {
		[PW_OUTCOME_INVALID] = "invalid", [PW_OUTCOME_PASS] = "passed",
		[PW_OUTCOME_FAIL] = "FAILED", [PW_OUTCOME_UNKNOWN] = "not known",
	};

	for (size_t i = 0; i < test->n; i++)
		fprintf(to, "  %-10s %-52s %s\n", words[test->steps[i].outcome],
			test->steps[i].what, test->steps[i].found);
	fprintf(to, "\n  Result: %s\n\n", words[pw_selftest_outcome(test)]);
}

void pw_selftest_print(FILE *to, const struct pw_selftest *test, const char *const *programs)
{
	char local[PW_LOCAL_TIME_SIZE], utc[32];
	time_t now = (time_t)(pw_time_now() / 1000000000);
	struct utsname kernel = { 0 };
	struct tm tm;

	uname(&kernel);
	pw_local_time(pw_time_now(), local);
	strftime(utc, sizeof(utc), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	fprintf(to, "phiward self-test\n\nDevice\n  %-12s %s\n", "host", kernel.nodename);
	print_line(to, "product", "/sys/class/dmi/id/product_name");
	print_line(to, "serial", "/sys/class/dmi/id/product_serial");
	print_line(to, "machine id", "/etc/machine-id");
	fprintf(to, "  %-12s %s %s\n", "kernel", kernel.sysname, kernel.release);
	fprintf(to, "  %-12s %s (%s)\n\n", "time", local, utc);
	print_policy(to, test->status);
	fprintf(to, "Programs (phiward " PW_VERSION ")\n");
	for (; *programs; programs++)
		print_digest(to, *programs);
	fputs("\nSteps\n", to);
	print_steps(to, test);
	fputs("  Name: ____________________  Date: ____________  Signature: ____________________\n",
	      to);
}
