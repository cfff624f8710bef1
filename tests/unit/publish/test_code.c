// SPDX-License-Identifier: BSD-2-Clause
/* Code sets: what is in them, whose they are, what is held by its name. */
#include <phiward/match.h>

#include "built.h"

static int set_up(void **state)
{
	static const char *const directories[] = {"images", "bin", "lib", "opt", "etc", "etc/app",
						  "etc/app/sub", "own", "own/sub", "boot"};
	_cleanup_free_ char *by_link = NULL, *etc = NULL, *plain = NULL, *hard = NULL;

	(void)state;
	if (make_directories(directories, PW_ARRAY_SIZE(directories)) < 0)
		return -1;
	make_file("canary", "\177ELF");
	make_file("daemon", "\177ELF");
	make_file("bin/archive", "\177ELF");
	make_file("bin/monitor", "\177ELF");
	make_file("bin/tool", "\177ELF");
	make_file("etc/plain", "text");
	by_link = at_top("@/by-link");
	etc = at_top("@/etc");
	plain = at_top("@/etc/plain");
	hard = at_top("@/etc/hard");

	return symlink(etc, by_link) < 0 ? -1 : link(plain, hard);
}

/* Two subjects, and what each says more. */
#define POLICY(archive, monitor)                                                                   \
	HEAD IMAGES("@/images") "subjects:\n  archive:\n    exec: [@/bin/archive]\n"               \
	"    started_by: [init]\n    access: {images: [read]}\n" archive                           \
	"  monitor:\n    exec: [@/bin/monitor, @/opt/]\n    started_by: [init]\n"                  \
	"    network: [{connect: {tcp: [1], to: [any]}}]\n" monitor OTHERS
#define NO_CODE "    code: []\n"

#define ARCHIVE (1U << 0)
#define MONITOR (1U << 1)
#define DAEMON (1U << 2)

static void build(const char *text, struct built *built)
{
	const struct pw_resolver resolver = {};

	build_with(text, &resolver, built);
	if (built->r < 0)
		pw_diag_print(&built->diag, stderr);
	assert_int_equal(built->r, 0);
}

/* Where @path, absolute or of this test, stands in the bank; PW_FS_MAX: on no file system of it. */
static struct pw_inode_key key_of(const struct pw_image *image, const char *path)
{
	_cleanup_free_ char *whole = at_top(path);
	struct pw_inode_key key = {};
	struct stat st;

	assert_int_equal(stat(whole, &st), 0);
	key.ino = st.st_ino;
	while (key.fs < image->bank.nfs && image->bank.fs[key.fs].id.lo != st.st_dev)
		key.fs++;
	if (key.fs == image->bank.nfs)
		key.fs = PW_FS_MAX;

	return key;
}

static const struct pw_root *root_of(const struct pw_image *image, const char *path)
{
	struct pw_inode_key key = key_of(image, path);

	assert_int_not_equal(key.fs, PW_FS_MAX);
	key.fs = PW_LAYER_CODE(key.fs);

	return pw_table_find(&image->tables[PW_MAP_ROOTS], &key);
}

static const struct pw_name *name_of(const struct pw_image *image, const char *parent,
				     const char *name)
{
	struct pw_name_key key = {
		.parent = key_of(image, parent),
		.length = (uint32_t)strlen(name),
		.hash = pw_name_hash(name, (uint32_t)strlen(name)),
	};

	assert_int_not_equal(key.parent.fs, PW_FS_MAX);
	key.parent.fs = PW_LAYER_CODE(key.parent.fs);

	return pw_table_find(&image->tables[PW_MAP_NAMES], &key);
}

static void assert_set(const struct pw_image *image, uint32_t number, uint32_t members,
		       uint32_t flags)
{
	const struct pw_code_set *set;

	assert_in_range(number, 1, PW_CODE_SETS_MAX - 1);
	set = &image->bank.code_sets[number];
	assert_int_equal(pw_subject_in(&set->members, PW_SUBJECT_OTHERS), 0);
	assert_int_equal(pw_subject_in(&set->members, PW_SUBJECT_INIT), 0);
	assert_int_equal(pw_subject_in(&set->members, PW_SUBJECT_DAEMON), !!(members & DAEMON));
	assert_int_equal(pw_subject_in(&set->members, PW_SUBJECT_FIRST), !!(members & ARCHIVE));
	assert_int_equal(pw_subject_in(&set->members, PW_SUBJECT_FIRST + 1), !!(members & MONITOR));
	assert_int_equal(set->flags, flags);
}

static void assert_root(const struct pw_image *image, const char *path, uint32_t members,
			uint32_t flags)
{
	const struct pw_root *root = root_of(image, path);

	assert_non_null(root);
	assert_true(root->flags & PW_ROOT_ITSELF);
	assert_set(image, root->object, members, flags);
}

static void assert_name(const struct pw_image *image, const char *parent, const char *own,
			uint32_t members, uint32_t flags)
{
	const struct pw_name *name = name_of(image, parent, own);

	assert_non_null(name);
	assert_set(image, name->object, members, 0);
	assert_int_equal(name->flags, flags);
	assert_true(root_of(image, parent)->flags & PW_ROOT_HOLDS_NAMES);
}

static bool is_pending(const struct pw_image *image, const char *path)
{
	_cleanup_free_ char *whole = at_top(path);

	for (size_t i = 0; i < image->npending; i++)
		if (strcmp(image->pending[i], whole) == 0)
			return true;

	return false;
}

static bool is_program_mark(const struct pw_image *image, const char *name)
{
	uint64_t first = 0;
	uint32_t mark;

	memcpy(&first, name, strlen(name) < 8 ? strlen(name) : 8);
	mark = pw_name_mark(first, (uint32_t)strlen(name));

	return image->bank.program_marks[mark / 64] & (1ULL << (mark % 64));
}

/* ---- Whose it is --------------------------------------------------------------------------- */

static void test_default_is_everybodys(void **state)
{
	struct built built;
	uint32_t number;

	(void)state;
	build(POLICY("", ""), &built);
	assert_root(built.image, "/usr", ARCHIVE | MONITOR | DAEMON, 0);
	number = root_of(built.image, "/usr")->object;
	for (size_t i = 0; i < pw_code_ndefault; i++) {
		struct stat st;

		if (stat(pw_code_default[i], &st) < 0)
			assert_false(is_pending(built.image, pw_code_default[i]));
		else if (root_of(built.image, pw_code_default[i]) &&
			 root_of(built.image, pw_code_default[i])->flags & PW_ROOT_ITSELF)
			assert_int_equal(root_of(built.image, pw_code_default[i])->object, number);
	}
	assert_int_equal(built.image->npending, 0);
	done(&built);
}

static void test_stated_code_stands_for_the_default(void **state)
{
	struct built built;

	(void)state;
	build(POLICY("    code: [@/lib]\n", NO_CODE), &built);
	assert_root(built.image, "/usr", DAEMON, 0);
	assert_root(built.image, "@/lib", ARCHIVE, 0);
	assert_root(built.image, "@/daemon", DAEMON, 0);
	done(&built);
}

static void test_programs_and_helpers_are_code(void **state)
{
	struct built built;

	(void)state;
	build(POLICY(NO_CODE "    helpers: [@/bin/tool]\n", NO_CODE "    helpers: [@/bin/tool]\n"),
	      &built);
	assert_root(built.image, "@/bin/archive", ARCHIVE, 0);
	assert_root(built.image, "@/bin/monitor", MONITOR, 0);
	assert_root(built.image, "@/bin/tool", ARCHIVE | MONITOR, 0);
	assert_root(built.image, "@/opt", MONITOR, 0);
	done(&built);
}

static void test_equal_sets_have_one_number(void **state)
{
	struct built built;

	(void)state;
	build(POLICY(NO_CODE "    protect: [@/etc/app, @/lib]\n", NO_CODE "    protect: [@/lib]\n"),
	      &built);
	assert_root(built.image, "@/etc/app", ARCHIVE, 0);
	assert_int_equal(root_of(built.image, "@/etc/app")->object,
			 root_of(built.image, "@/bin/archive")->object);
	assert_root(built.image, "@/lib", ARCHIVE | MONITOR, 0);
	/* Those of the daemon, of each subject, and of both; no more are given. */
	assert_int_equal(built.image->bank.code_sets[5].members.bits[0], 0);
	done(&built);
}

static void test_nested_sets_unite_downwards(void **state)
{
	struct built built;

	(void)state;
	build(POLICY(NO_CODE "    protect: [@/etc/app]\n", NO_CODE "    protect: [@/etc/app/sub]\n"),
	      &built);
	assert_root(built.image, "@/etc/app", ARCHIVE, 0);
	assert_root(built.image, "@/etc/app/sub", ARCHIVE | MONITOR, 0);
	assert_name(built.image, "@/etc/app", "sub", ARCHIVE | MONITOR, 0);
	done(&built);

	/* Who has the one above needs no second root below, but its name stays. */
	build(POLICY(NO_CODE "    protect: [@/etc/app, @/etc/app/sub]\n", NO_CODE), &built);
	assert_root(built.image, "@/etc/app", ARCHIVE, 0);
	assert_null(root_of(built.image, "@/etc/app/sub"));
	assert_name(built.image, "@/etc/app", "sub", ARCHIVE, 0);
	done(&built);
}

/* ---- What is held by its name -------------------------------------------------------------- */

static void test_names_and_links_are_held(void **state)
{
	struct built built;

	(void)state;
	build(POLICY(NO_CODE "    protect: [@/by-link/app]\n", NO_CODE), &built);
	assert_name(built.image, "@", "by-link", ARCHIVE, 0);
	assert_name(built.image, "@/etc", "app", ARCHIVE, 0);
	assert_null(name_of(built.image, "@", "etc"));
	assert_root(built.image, "@/etc/app", ARCHIVE, 0);
	done(&built);
}

static void test_what_is_shared_is_everybodys(void **state)
{
	struct built built;

	(void)state;
	/* One symbolic link leads to both, and one file has two names. */
	build(POLICY(NO_CODE "    protect: [@/by-link/app, @/etc/plain]\n",
		     NO_CODE "    protect: [@/by-link/none, @/etc/hard]\n"),
	      &built);
	assert_name(built.image, "@", "by-link", ARCHIVE | MONITOR, PW_NAME_PENDING);
	assert_root(built.image, "@/etc/plain", ARCHIVE | MONITOR, 0);
	assert_name(built.image, "@/etc", "plain", ARCHIVE, 0);
	assert_name(built.image, "@/etc", "hard", MONITOR, 0);
	assert_root(built.image, "@/etc/app", ARCHIVE, 0);
	done(&built);
}

static void test_missing_code_is_held(void **state)
{
	struct built built;

	(void)state;
	build(POLICY("    code: [@/later/deep]\n", NO_CODE "    protect: [@/etc/none]\n"), &built);
	assert_name(built.image, "@", "later", ARCHIVE, PW_NAME_PENDING);
	assert_name(built.image, "@/etc", "none", MONITOR, PW_NAME_PENDING);
	assert_true(is_pending(built.image, "@/later/deep"));
	assert_true(is_pending(built.image, "@/etc/none"));
	assert_int_equal(built.image->npending, 2);
	done(&built);
}

static void test_programs_are_known_by_name(void **state)
{
	const struct pw_image *image;
	struct built built;

	(void)state;
	build(POLICY(NO_CODE "    protect: [@/etc/plain]\n", NO_CODE), &built);
	image = built.image;
	assert_int_equal(name_of(image, "@/bin", "archive")->program, ino_of("bin/archive"));
	assert_int_equal(name_of(image, "@", "daemon")->program, ino_of("daemon"));
	assert_true(is_program_mark(image, "archive"));
	assert_true(is_program_mark(image, "monitor"));
	assert_true(is_program_mark(image, "daemon"));
	assert_int_equal(name_of(image, "@", "opt")->program, 0);
	assert_int_equal(name_of(image, "@/etc", "plain")->program, 0);
	assert_false(is_program_mark(image, "plain"));
	assert_false(is_program_mark(image, "opt"));
	done(&built);
}

static void test_missing_program_has_no_number(void **state)
{
	const struct pw_name *name;
	struct built built;

	(void)state;
	build(POLICY(NO_CODE "    helpers: [@/bin/none]\n", NO_CODE), &built);
	name = name_of(built.image, "@/bin", "none");
	assert_non_null(name);
	assert_int_equal(name->flags, PW_NAME_PENDING);
	assert_int_equal(name->program, 0);
	assert_set(built.image, name->object, ARCHIVE, 0);
	assert_false(is_program_mark(built.image, "none"));
	assert_true(is_pending(built.image, "@/bin/none"));
	done(&built);
}

static void test_the_way_is_kept(void **state)
{
	struct built built;

	(void)state;
	build(POLICY(NO_CODE "    protect: [@/by-link/app/sub]\n", NO_CODE), &built);
	assert_true(root_of(built.image, "@")->flags & PW_ROOT_WAY);
	assert_true(root_of(built.image, "@/etc")->flags & PW_ROOT_WAY);
	assert_true(root_of(built.image, "@/etc/app")->flags & PW_ROOT_WAY);
	assert_int_equal(root_of(built.image, "@/etc")->object, 0);
	assert_false(root_of(built.image, "@/etc/app/sub")->flags & PW_ROOT_WAY);
	/* That of a program leads to it only by its name. */
	assert_int_equal(root_of(built.image, "@/bin")->flags, PW_ROOT_HOLDS_NAMES);
	done(&built);
}

/* ---- phiward's own ------------------------------------------------------------------------- */

/* Builds with @path as one that phiward guards of its own. */
static void build_own(const char *text, const char *path, uint32_t flags, struct built *built)
{
	_cleanup_free_ char *whole = at_top(path);
	const struct pw_own_path own = {whole, flags};
	const struct pw_resolver resolver = {.own = &own, .nown = 1};

	build_with(text, &resolver, built);
	assert_int_equal(built->r, 0);
	/* What was resolved borrows the path. */
	built->resolved = pw_resolved_free(built->resolved);
}

static void test_own_paths_have_their_flags(void **state)
{
	struct built built;

	(void)state;
	build_own(POLICY(NO_CODE, NO_CODE), "@/own", PW_CODE_OWN, &built);
	assert_root(built.image, "@/own", 0, PW_CODE_OWN);
	done(&built);
	build_own(POLICY(NO_CODE, NO_CODE), "@/boot", PW_CODE_SEALED, &built);
	assert_root(built.image, "@/boot", 0, PW_CODE_SEALED);
	done(&built);
	build_own(POLICY(NO_CODE, NO_CODE), "@/none", PW_CODE_OWN, &built);
	assert_non_null(name_of(built.image, "@", "none"));
	assert_false(is_pending(built.image, "@/none"));
	done(&built);
}

static void test_own_holds_for_all_below(void **state)
{
	struct built built;

	(void)state;
	build_own(POLICY(NO_CODE "    protect: [@/own/sub]\n", NO_CODE), "@/own", PW_CODE_OWN,
		  &built);
	assert_root(built.image, "@/own", 0, PW_CODE_OWN);
	assert_root(built.image, "@/own/sub", ARCHIVE, PW_CODE_OWN);
	done(&built);
	build_own(POLICY(NO_CODE "    protect: [@/own]\n", NO_CODE), "@/own/sub", PW_CODE_OWN,
		  &built);
	assert_root(built.image, "@/own", ARCHIVE, 0);
	assert_root(built.image, "@/own/sub", ARCHIVE, PW_CODE_OWN);
	done(&built);
	build_own(POLICY(NO_CODE "    protect: [@/own]\n", NO_CODE), "@/own", PW_CODE_OWN, &built);
	assert_root(built.image, "@/own", ARCHIVE, PW_CODE_OWN);
	done(&built);
}

static void test_guarded_always_stays_guarded_always(void **state)
{
	static const char *const same[] = {"@/etc/app", "@/by-link/app"};
	struct built built;

	(void)state;
	/* Above, below, the same path, and the same file by another one. */
	build_own(POLICY(NO_CODE "    protect: [@/etc]\n", NO_CODE), "@/etc/app", PW_CODE_SEALED,
		  &built);
	assert_root(built.image, "@/etc", ARCHIVE, 0);
	assert_null(root_of(built.image, "@/etc/app"));
	assert_name(built.image, "@/etc", "app", ARCHIVE, 0);
	done(&built);
	build_own(POLICY(NO_CODE "    protect: [@/etc/app/sub]\n", NO_CODE), "@/etc/app",
		  PW_CODE_SEALED, &built);
	assert_root(built.image, "@/etc/app", 0, PW_CODE_SEALED);
	assert_root(built.image, "@/etc/app/sub", ARCHIVE, 0);
	done(&built);
	for (size_t i = 0; i < PW_ARRAY_SIZE(same); i++) {
		build_own(POLICY(NO_CODE "    protect: [@/etc/app]\n", NO_CODE), same[i],
			  PW_CODE_SEALED, &built);
		assert_root(built.image, "@/etc/app", ARCHIVE, 0);
		assert_name(built.image, "@/etc", "app", ARCHIVE, 0);
		done(&built);
	}
}

/* ---- Layers and bounds --------------------------------------------------------------------- */

static void test_object_and_code_are_two_layers(void **state)
{
	struct pw_inode_key key;
	const struct pw_root *root;
	struct built built;

	(void)state;
	/* The text does not show that they are the same directory. */
	build(HEAD IMAGES("@/etc") "subjects:\n  archive:\n    exec: [@/bin/archive]\n"
				   "    started_by: [init]\n    access: {images: [read]}\n"
				   "    code: []\n    protect: [@/by-link]\n" OTHERS,
	      &built);
	assert_root(built.image, "@/etc", ARCHIVE, 0);
	key = key_of(built.image, "@/etc");
	root = pw_table_find(&built.image->tables[PW_MAP_ROOTS], &key);
	assert_non_null(root);
	assert_ptr_not_equal(root, root_of(built.image, "@/etc"));
	assert_int_equal(root->object, PW_OBJECT_FIRST);
	done(&built);
}

static struct pw_identity moved_away = {.fs = {.lo = 1, .hi = 2}, .ino = 4711};

static bool lay_elsewhere(void *data, const char *path, struct pw_identity *ret)
{
	(void)data;
	(void)path;
	*ret = moved_away;

	return true;
}

static void test_file_systems_with_code_are_marked(void **state)
{
	const struct pw_resolver resolver = {.before = lay_elsewhere};
	const struct pw_bank *bank;
	struct built built;

	(void)state;
	build_with(POLICY("", ""), &resolver, &built);
	assert_int_equal(built.r, 0);
	bank = &built.image->bank;
	assert_true(bank->fs[key_of(built.image, "@/bin").fs].flags & PW_FS_CODE);
	for (uint32_t i = 0; i < bank->nfs; i++) {
		uint8_t at = bank->fs_at[PW_FS_SLOT(bank->fs[i].id.lo)];

		if (bank->fs[i].id.hi == moved_away.fs.hi)
			assert_false(bank->fs[i].flags & PW_FS_CODE);
		assert_true(at == PW_FS_MANY ||
			    (at & PW_FS_AT_INDEX) - 1 == (int)i);
		if (at != PW_FS_MANY)
			assert_int_equal(!!(at & PW_FS_AT_CODE),
					 !!(bank->fs[i].flags & PW_FS_CODE));
	}
	done(&built);
}

/* As if another file system were mounted on this directory. */
static int identify_mounted(void *data, struct pw_identity *ids, size_t n)
{
	const char *name = data;
	int r = identify(NULL, ids, n);

	for (size_t i = 0; r == 0 && i < n; i++)
		if (ids[i].ino == ino_of(name))
			ids[i].fs.lo = 4711;

	return r;
}

/* A walk ends at the top of a file system: what lies above does not hold for it. */
static void test_a_mount_in_a_set_has_its_own(void **state)
{
	const struct pw_resolver resolver = {
		.identify = identify_mounted,
		.identify_data = (char *)"etc/app/sub",
	};
	struct pw_inode_key key = {.ino = ino_of("etc/app/sub")};
	const struct pw_root *root = NULL;
	struct built built;

	(void)state;
	build_with(POLICY(NO_CODE "    protect: [@/etc/app, @/etc/app/sub]\n", NO_CODE), &resolver,
		   &built);
	assert_int_equal(built.r, 0);
	assert_root(built.image, "@/etc/app", ARCHIVE, 0);
	for (uint32_t fs = 0; !root && fs < built.image->bank.nfs; fs++) {
		key.fs = PW_LAYER_CODE(fs);
		root = pw_table_find(&built.image->tables[PW_MAP_ROOTS], &key);
	}
	assert_non_null(root);
	assert_int_equal(root->object, root_of(built.image, "@/etc/app")->object);
	done(&built);
}

#define PROTECTORS 10	/* subjects whose combinations are more than there can be sets */

/* A policy with @n code sets but the daemon's: path i is protected by the subjects in its bits. */
static char *with_sets(unsigned int n)
{
	char *text = NULL;
	size_t length = 0;
	FILE *to = open_memstream(&text, &length);

	assert_non_null(to);
	fputs(HEAD IMAGES("@/images") "subjects:\n", to);
	for (unsigned int s = 0; s < PROTECTORS; s++) {
		fprintf(to, "  s%u:\n    exec: [@/s%u]\n    started_by: [init]\n    code: []\n"
			    "    network: [{connect: {tcp: [1], to: [any]}}]\n    protect: [", s, s);
		for (unsigned int i = 1; i <= n; i++)
			if (i >> s & 1)
				fprintf(to, "%s@/p%u", i == 1U << s ? "" : ", ", i);
		fputs("]\n", to);
	}
	fputs(OTHERS, to);
	assert_int_equal(fclose(to), 0);

	return text;
}

static void test_too_many_sets(void **state)
{
	const struct pw_resolver resolver = {};
	_cleanup_free_ char *most = with_sets(PW_CODE_SETS_MAX - 2);
	_cleanup_free_ char *more = with_sets(PW_CODE_SETS_MAX - 1);
	struct built built;

	(void)state;
	build(most, &built);
	assert_int_not_equal(built.image->bank.code_sets[PW_CODE_SETS_MAX - 1].members.bits[0], 0);
	done(&built);

	build_with(more, &resolver, &built);
	assert_int_equal(built.r, -E2BIG);
	assert_int_equal(built.diag.errors, 1);
	assert_string_equal(built.diag.entries[0].text, "more than 1023 different code sets");
	done(&built);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default_is_everybodys),
		cmocka_unit_test(test_stated_code_stands_for_the_default),
		cmocka_unit_test(test_programs_and_helpers_are_code),
		cmocka_unit_test(test_equal_sets_have_one_number),
		cmocka_unit_test(test_nested_sets_unite_downwards),
		cmocka_unit_test(test_names_and_links_are_held),
		cmocka_unit_test(test_what_is_shared_is_everybodys),
		cmocka_unit_test(test_missing_code_is_held),
		cmocka_unit_test(test_programs_are_known_by_name),
		cmocka_unit_test(test_missing_program_has_no_number),
		cmocka_unit_test(test_the_way_is_kept),
		cmocka_unit_test(test_own_paths_have_their_flags),
		cmocka_unit_test(test_own_holds_for_all_below),
		cmocka_unit_test(test_guarded_always_stays_guarded_always),
		cmocka_unit_test(test_object_and_code_are_two_layers),
		cmocka_unit_test(test_file_systems_with_code_are_marked),
		cmocka_unit_test(test_a_mount_in_a_set_has_its_own),
		cmocka_unit_test(test_too_many_sets),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
