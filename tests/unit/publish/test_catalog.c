// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "publish/catalog.h"

static int make_dir(char path[32])
{
	strcpy(path, "/tmp/pw-test-XXXXXX");
	assert_non_null(mkdtemp(path));
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static struct pw_catalog *make_catalog(void)
{
	struct pw_catalog *catalog = calloc(1, sizeof(*catalog));

	assert_non_null(catalog);
	catalog->generation = 12;
	catalog->policy = strdup("ct \"console\"\n");
	catalog->version = 3;
	strcpy(catalog->digest, "abcd");
	catalog->subjects[0] = strdup("others");
	catalog->subjects[255] = strdup("last");
	catalog->objects[63] = strdup("images");
	catalog->nroots = 2;
	catalog->roots = calloc(2, sizeof(char *));
	catalog->roots[1] = strdup("/srv/a\\b");
	catalog->nrules = 1;
	catalog->rules = calloc(1, sizeof(*catalog->rules));
	catalog->rules[0].where = strdup("a.yaml:3");
	catalog->rules[0].owner = strdup("last");
	catalog->npeers = 2;
	catalog->peers = calloc(2, sizeof(*catalog->peers));
	catalog->peers[0] = (struct pw_prefix){ .addr = { 10, 1 }, .family = 4, .length = 16,
						.peer = strdup("pacs") };
	catalog->peers[1] = (struct pw_prefix){ .addr = { 0xfd }, .family = 6, .length = 64,
						.peer = strdup("six") };
	catalog->access_rule[255][63] = 1;
	catalog->path_digests[63] = true;
	catalog->subject_where[255] = strdup("a.yaml:2");
	return catalog;
}

static void what_is_written_is_read(void **state)
{
	struct pw_catalog *a = make_catalog(), *b = NULL;
	char path[32];
	int dir = make_dir(path);

	(void)state;
	assert_int_equal(pw_catalog_write(dir, a), 0);
	assert_int_equal(pw_catalog_read(dir, 12, &b), 0);
	assert_string_equal(a->policy, b->policy);
	assert_int_equal(b->version, 3);
	assert_string_equal(b->digest, "abcd");
	assert_string_equal(b->subjects[255], "last");
	assert_null(b->subjects[1]);
	assert_string_equal(b->objects[63], "images");
	assert_int_equal(b->nroots, 2);
	assert_null(b->roots[0]);
	assert_string_equal(b->roots[1], "/srv/a\\b");
	assert_int_equal(b->nprograms, 0);
	assert_string_equal(b->rules[0].where, "a.yaml:3");
	assert_string_equal(b->rules[0].owner, "last");
	for (size_t i = 0; i < 2; i++) {
		assert_memory_equal(a->peers[i].addr, b->peers[i].addr, PW_ADDR_LEN);
		assert_int_equal(a->peers[i].family, b->peers[i].family);
		assert_int_equal(a->peers[i].length, b->peers[i].length);
		assert_string_equal(a->peers[i].peer, b->peers[i].peer);
	}
	assert_int_equal(b->access_rule[255][63], 1);
	assert_int_equal(b->access_rule[0][0], 0);
	assert_true(b->path_digests[63]);
	assert_false(b->path_digests[62]);
	assert_string_equal(b->subject_where[255], "a.yaml:2");
	pw_catalog_free(a);
	pw_catalog_free(b);
	unlinkat(dir, "catalog-12.json", 0);
	close(dir);
	assert_int_equal(rmdir(path), 0);
}

static void put(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void what_is_no_catalog(void **state)
{
	static const char *const texts[] = {
		"", "x", "[]", "{}", "{\"schema\":1,\"generation\":12}",
		"{\"schema\":1,\"generation\":-1,\"policy\":\"p\",\"version\":1,\"digest\":\"\"}",
	};
	struct pw_catalog *catalog = NULL, *good = make_catalog();
	char path[32];
	int dir = make_dir(path);

	(void)state;
	assert_int_equal(pw_catalog_read(dir, 12, &catalog), -ENOENT);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put(dir, "catalog-12.json", texts[i]);
		assert_int_equal(pw_catalog_read(dir, 12, &catalog), -EBADMSG);
	}
	/* A good one under another number. */
	assert_int_equal(pw_catalog_write(dir, good), 0);
	assert_int_equal(renameat(dir, "catalog-12.json", dir, "catalog-13.json"), 0);
	assert_int_equal(pw_catalog_read(dir, 13, &catalog), -EBADMSG);
	assert_null(catalog);
	pw_catalog_free(good);
	unlinkat(dir, "catalog-13.json", 0);
	close(dir);
	assert_int_equal(rmdir(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(what_is_no_catalog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
