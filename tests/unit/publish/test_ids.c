// SPDX-License-Identifier: BSD-2-Clause
/* Numbers are given once per name and boot. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "publish/ids.h"

#define BOOT_A "aaaaaaaa-0000-4000-8000-000000000001"
#define BOOT_B "bbbbbbbb-0000-4000-8000-000000000002"

static char directory[] = "/tmp/pw-ids-XXXXXX";
static int state_dir = -1;

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	state_dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return state_dir < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlinkat(state_dir, "ids.json", 0);
	close(state_dir);

	return rmdir(directory);
}

static uint32_t subject(struct pw_ids *ids, const char *name)
{
	uint32_t id = 0;

	assert_int_equal(pw_ids_subject(ids, name, &id), 0);
	return id;
}

static uint32_t program(struct pw_ids *ids, const char *path)
{
	uint32_t id = 0;

	assert_int_equal(pw_ids_program(ids, path, &id), 0);
	return id;
}

static void test_kept_within_a_boot(void **state)
{
	_cleanup_(pw_ids_freep) struct pw_ids *first = NULL, *second = NULL, *other = NULL;
	uint32_t archive, viewer;

	(void)state;
	assert_int_equal(pw_ids_load(state_dir, BOOT_A, &first), 0);
	archive = subject(first, "archive");
	viewer = subject(first, "viewer");
	assert_true(archive >= PW_SUBJECT_FIRST);
	assert_int_not_equal(archive, viewer);
	assert_int_equal(subject(first, "archive"), archive);
	assert_int_equal(program(first, "/usr/bin/a"), 1);
	assert_int_equal(program(first, "/usr/bin/b"), 2);
	assert_int_equal(program(first, "/usr/bin/a"), 1);
	first->generation = 41;
	assert_int_equal(pw_ids_save(state_dir, first), 0);

	assert_int_equal(pw_ids_load(state_dir, BOOT_A, &second), 0);
	assert_int_equal(subject(second, "viewer"), viewer);
	assert_int_not_equal(subject(second, "sender"), archive);
	assert_int_equal(program(second, "/usr/bin/c"), 3);
	assert_int_equal(program(second, "/usr/bin/b"), 2);
	assert_int_equal(second->generation, 41);

	/* A new boot begins anew, but generations go on. */
	assert_int_equal(pw_ids_load(state_dir, BOOT_B, &other), 0);
	assert_int_equal(subject(other, "viewer"), PW_SUBJECT_FIRST);
	assert_int_equal(program(other, "/usr/bin/c"), 1);
	assert_int_equal(other->generation, 41);
}

static void test_refused_when_used_up(void **state)
{
	_cleanup_(pw_ids_freep) struct pw_ids *ids = NULL;
	char name[24];
	uint32_t id;

	(void)state;
	assert_int_equal(pw_ids_load(state_dir, BOOT_B, &ids), 0);
	for (int i = PW_OBJECT_FIRST; i < PW_OBJECT_IDS; i++) {
		snprintf(name, sizeof(name), "object%d", i);
		assert_int_equal(pw_ids_object(ids, name, &id), 0);
		assert_int_equal(id, i);
	}
	assert_int_equal(pw_ids_object(ids, "one-more", &id), -ENOSPC);
	assert_int_equal(pw_ids_object(ids, "object5", &id), 0);
	assert_int_equal(id, 5);

	for (int i = 1; i < PW_PROGRAM_IDS; i++) {
		snprintf(name, sizeof(name), "/usr/bin/%d", i);
		ids->programs[i] = strdup(name);
	}
	ids->nprograms = PW_PROGRAM_IDS;
	assert_int_equal(pw_ids_program(ids, "/usr/bin/0", &id), -ENOSPC);
	assert_int_equal(pw_ids_program(ids, "/usr/bin/5", &id), 0);
	assert_int_equal(id, 5);
}

static void test_taken_from_an_image(void **state)
{
	char *none[PW_SUBJECT_IDS] = { NULL }, *objects[PW_OBJECT_IDS] = { NULL };
	char *programs[] = { NULL, (char *)"/usr/bin/a", (char *)"/usr/bin/b" };
	char *others[] = { NULL, (char *)"/usr/bin/a", (char *)"/usr/bin/c" };
	_cleanup_(pw_ids_freep) struct pw_ids *ids = NULL;

	(void)state;
	assert_int_equal(pw_ids_load(state_dir, BOOT_B, &ids), 0);
	assert_int_equal(program(ids, "/usr/bin/a"), 1);
	assert_int_equal(pw_ids_take(ids, none, objects, programs, 3), 0);
	assert_int_equal(ids->nprograms, 3);
	assert_int_equal(pw_ids_take(ids, none, objects, others, 3), -EEXIST);
	assert_int_equal(program(ids, "/usr/bin/c"), 3);
	assert_int_equal(pw_ids_take(ids, none, objects, others, PW_PROGRAM_IDS + 1), -EEXIST);
}

static void test_reserved_for_the_kernel(void **state)
{
	_cleanup_(pw_ids_freep) struct pw_ids *ids = NULL;
	_cleanup_free_ struct pw_bank *bank = calloc(1, sizeof(*bank));

	(void)state;
	assert_non_null(bank);
	assert_int_equal(pw_ids_load(state_dir, BOOT_B, &ids), 0);
	bank->generation = 1000;
	bank->subjects[PW_SUBJECT_FIRST].flags = PW_SUBJECT_PRESENT;
	assert_int_equal(pw_ids_reserve(ids, bank), 0);
	assert_int_equal(subject(ids, "archive"), PW_SUBJECT_FIRST + 1);
	assert_int_equal(ids->generation, 1000);
}

static void test_broken_file(void **state)
{
	_cleanup_close_ int fd = openat(state_dir, "ids.json", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	struct pw_ids *ids = NULL;

	(void)state;
	assert_int_equal(write(fd, "{\"boot\":7", 9), 9);
	assert_int_equal(pw_ids_load(state_dir, BOOT_A, &ids), -EBADMSG);
	assert_null(ids);
	assert_int_equal(unlinkat(state_dir, "ids.json", 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kept_within_a_boot),
		cmocka_unit_test(test_refused_when_used_up),
		cmocka_unit_test(test_taken_from_an_image),
		cmocka_unit_test(test_reserved_for_the_kernel),
		cmocka_unit_test(test_broken_file),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
