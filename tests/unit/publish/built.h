/* SPDX-License-Identifier: BSD-2-Clause */
/* From a policy's text, over paths of a real directory, to an image. */
#ifndef PW_TESTS_PUBLISH_BUILT_H
#define PW_TESTS_PUBLISH_BUILT_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "policy/parse.h"
#include "publish/image.h"

#define BOOT "aaaaaaaa-0000-4000-8000-000000000001"

static char top[] = "/tmp/pw-image-XXXXXX";

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;

	return remove(path);
}

static void make_file(const char *name, const char magic[static 4])
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", top, name);
	fd = open(path, O_WRONLY | O_CREAT, 0755);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, magic, 4), 4);
	close(fd);
}

static int make_directories(const char *const *names, size_t n)
{
	char path[256];

	if (!mkdtemp(top))
		return -1;
	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", top, names[i]);
		if (mkdir(path, 0755) < 0)
			return -1;
	}

	return 0;
}

static int tear_down(void **state)
{
	(void)state;

	return nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* What the kernel would say of these descriptors. */
static int identify(void *data, struct pw_identity *ids, size_t n)
{
	(void)data;
	for (size_t i = 0; i < n; i++) {
		struct stat st;

		if (fstat((int)ids[i].fd, &st) < 0)
			return -errno;
		ids[i].fs = (struct pw_fs_id){.lo = st.st_dev, .hi = PW_FS_BY_DEV};
		ids[i].ino = st.st_ino;
		ids[i].generation = (uint32_t)st.st_ino ^ 77;
		ids[i].mode = st.st_mode;
	}

	return 0;
}

static ino_t ino_of(const char *name)
{
	char path[256];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", top, name);
	assert_int_equal(stat(path, &st), 0);

	return st.st_ino;
}

struct built {
	struct pw_policy *policy;
	struct pw_resolved *resolved;
	struct pw_ids *ids;
	struct pw_image *image;
	struct pw_diag diag;
	char *canary;	/* paths that @resolved points at */
	char *daemon;
	int r;
};

static void done(struct built *built)
{
	pw_image_free(built->image);
	pw_resolved_free(built->resolved);
	pw_policy_free(built->policy);
	pw_ids_free(built->ids);
	pw_diag_done(&built->diag);
	free(built->canary);
	free(built->daemon);
}

/* The text with the directory of this test for every @; freed by the caller. */
static char *at_top(const char *text)
{
	char *whole = NULL;
	size_t length = 0;
	FILE *to = open_memstream(&whole, &length);

	assert_non_null(to);
	for (; *text; text++)
		if (*text == '@')
			fputs(top, to);
		else
			fputc(*text, to);
	assert_int_equal(fclose(to), 0);

	return whole;
}

/* Builds the policy; every @ in the text is the directory of this test. */
static void build_with(const char *text, const struct pw_resolver *given, struct built *built)
{
	_cleanup_free_ char *whole = at_top(text);
	struct pw_source source = {.name = (char *)"test.yaml", .text = whole};
	struct pw_resolver resolver = *given;

	*built = (struct built){.canary = at_top("@/canary"), .daemon = at_top("@/daemon")};
	if (!resolver.identify)
		resolver.identify = identify;
	resolver.canary = built->canary;
	resolver.daemon = built->daemon;
	source.length = strlen(whole);
	built->r = pw_policy_parse(&source, 1, &built->policy, &built->diag);
	if (built->r < 0)
		pw_diag_print(&built->diag, stderr);
	assert_int_equal(built->r, 0);
	assert_int_equal(pw_ids_load(AT_FDCWD, BOOT, &built->ids), 0);
	built->r = pw_resolve(built->policy, &resolver, &built->resolved, &built->diag);
	if (built->r == 0)
		built->r = pw_image_build(built->policy, built->resolved, built->ids, &built->image,
					  &built->diag);
}

#define HEAD "phiward: 1\nname: t\nversion: 3\nmode: enforce\n"
#define IMAGES(path) "objects:\n  images: {paths: [" path "], on_audit_loss: deny}\n"
#define OTHERS "others: {network: deny}\n"

#endif
