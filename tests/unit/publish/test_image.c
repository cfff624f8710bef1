// SPDX-License-Identifier: BSD-2-Clause
/* The bytes of the maps. */
#include <phiward/match.h>

#include "built.h"

static int set_up(void **state)
{
	static const char *const directories[] = {"images", "images/sub", "var", "var/log"};
	char path[256], target[256];

	(void)state;
	if (make_directories(directories, PW_ARRAY_SIZE(directories)) < 0)
		return -1;
	make_file("program", "\177ELF");
	make_file("helper", "\177ELF");
	make_file("canary", "\177ELF");
	make_file("daemon", "\177ELF");
	make_file("script", "#!/a");
	snprintf(path, sizeof(path), "%s/by-link", top);
	snprintf(target, sizeof(target), "%s/images", top);

	return symlink(target, path);
}

static struct pw_identity moved_away;

static bool lay_elsewhere(void *data, const char *path, struct pw_identity *ret)
{
	(void)data;
	(void)path;
	*ret = moved_away;

	return true;
}

static void build(const char *text, pw_before_fn before, struct built *built)
{
	const struct pw_resolver resolver = {.before = before};

	build_with(text, &resolver, built);
}

#define READER(more)                                                                               \
	"subjects:\n  reader:\n    exec: [@/program]\n    started_by: [init]\n" more               \
	"    access: {images: [read, write]}\n"

static const struct pw_root *root_of(const struct pw_image *image, ino_t ino)
{
	struct pw_inode_key key = {.ino = ino};

	return pw_table_find(&image->tables[PW_MAP_ROOTS], &key);
}

static const struct pw_name *name_of(const struct pw_image *image, ino_t parent, const char *name)
{
	struct pw_name_key key = {
		.parent = {.ino = parent},
		.length = (uint32_t)strlen(name),
		.hash = pw_name_hash(name, (uint32_t)strlen(name)),
	};

	return pw_table_find(&image->tables[PW_MAP_NAMES], &key);
}

static bool in_filter(const __u64 *filter, ino_t ino)
{
	return filter[PW_FILTER_WORD(ino)] & PW_FILTER_BIT(ino);
}

/* What the programs find at once is what stands in the map. */
static void assert_known(const struct pw_bank *bank, ino_t ino, const struct pw_root *root)
{
	uint8_t at = bank->root_at[PW_ROOT_SLOT(ino, 0)];

	assert_int_not_equal(at, 0);
	if (at == PW_KNOWN_MANY)
		return;
	assert_int_equal(bank->known[at].key.ino, ino);
	assert_memory_equal(&bank->known[at].root, root, sizeof(*root));
}

static bool is_marked(const struct pw_bank *bank, const char *name)
{
	uint64_t first = 0;
	uint32_t mark;

	memcpy(&first, name, strlen(name) < 8 ? strlen(name) : 8);
	mark = pw_name_mark(first, (uint32_t)strlen(name));

	return (bank->name_marks[mark / 64] & (1ULL << (mark % 64))) &&
	       bank->name_guesses[pw_name_guess(first, (uint32_t)strlen(name))];
}

static void test_object_and_subject(void **state)
{
	const struct pw_program *program;
	struct pw_inode_key key = {.ino = ino_of("program")};
	const struct pw_root *root;
	const struct pw_name *name;
	const struct pw_bank *bank;
	struct built built;

	(void)state;
	build(HEAD IMAGES("@/images") READER("    helpers: [@/helper]\n") OTHERS, NULL, &built);
	assert_int_equal(built.r, 0);
	bank = &built.image->bank;
	root = root_of(built.image, ino_of("images"));
	assert_non_null(root);
	assert_int_equal(root->object, PW_OBJECT_FIRST);
	assert_int_equal(root->generation, (uint32_t)ino_of("images") ^ 77);
	assert_true(root->flags & PW_ROOT_ITSELF);
	assert_known(bank, ino_of("images"), root);
	name = name_of(built.image, ino_of("."), "images");
	assert_non_null(name);
	assert_int_equal(name->object, PW_OBJECT_FIRST);
	assert_int_equal(name->flags, 0);
	assert_int_equal(root_of(built.image, ino_of("."))->flags, PW_ROOT_HOLDS_NAMES);
	assert_known(bank, ino_of("."), root_of(built.image, ino_of(".")));
	assert_true(is_marked(bank, "images"));
	assert_false(is_marked(bank, "imagex"));

	assert_int_equal(bank->object_flags[PW_OBJECT_FIRST],
			 PW_OBJECT_PRESENT | PW_OBJECT_LOSS_DENIES | PW_OBJECT_AUDIT_ALLOWED |
				 PW_OBJECT_AUDIT_DENIED);
	assert_int_equal(bank->access[PW_SUBJECT_FIRST][PW_OBJECT_FIRST],
			 PW_ACTION_BIT(PW_ACTION_READ) | PW_ACTION_BIT(PW_ACTION_WRITE));
	assert_int_equal(bank->access[PW_SUBJECT_OTHERS][PW_OBJECT_FIRST], 0);
	assert_true(bank->subjects[PW_SUBJECT_FIRST].flags & PW_SUBJECT_STARTED_BY_INIT);
	assert_true(bank->subjects[PW_SUBJECT_FIRST].flags & PW_SUBJECT_HAS_ACCESS);
	assert_false(bank->subjects[PW_SUBJECT_FIRST].flags & PW_SUBJECT_STARTED_BY_ANYONE);

	program = pw_table_find(&built.image->tables[PW_MAP_PROGRAMS], &key);
	assert_non_null(program);
	assert_int_equal(program->nroles, 1);
	assert_int_equal(program->roles[0].subject, PW_SUBJECT_FIRST);
	assert_int_equal(program->roles[0].role, PW_ROLE_EXEC);
	assert_true(in_filter(bank->program_filter, key.ino));
	assert_int_equal(root_of(built.image, ino_of("canary"))->object, PW_OBJECT_CANARY);
	assert_int_equal(built.image->npending, 0);
	done(&built);
}

static void test_folded(void **state)
{
	struct built built;

	(void)state;
	build(HEAD IMAGES("@/images") READER("    audit: {images: folded}\n") OTHERS, NULL, &built);
	assert_int_equal(built.r, 0);
	assert_int_equal(built.image->bank.access[PW_SUBJECT_FIRST][PW_OBJECT_FIRST],
			 PW_ACTION_BIT(PW_ACTION_READ) | PW_ACTION_BIT(PW_ACTION_WRITE) |
				 PW_ACCESS_FOLDED);
	done(&built);
}

static void test_missing_path_is_held(void **state)
{
	const struct pw_name *name;
	struct built built;

	(void)state;
	build(HEAD IMAGES("@/later/deep") READER("") OTHERS, NULL, &built);
	assert_int_equal(built.r, 0);
	name = name_of(built.image, ino_of("."), "later");
	assert_non_null(name);
	assert_int_equal(name->object, PW_OBJECT_FIRST);
	assert_true(name->flags & PW_NAME_PENDING);
	assert_int_equal(built.image->npending, 1);
	assert_int_equal(built.image->nscan, 0);
	done(&built);
}

static void test_link_and_target_are_held(void **state)
{
	struct built built;

	(void)state;
	build(HEAD IMAGES("@/by-link") READER("") OTHERS, NULL, &built);
	assert_int_equal(built.r, 0);
	assert_int_equal(root_of(built.image, ino_of("images"))->object, PW_OBJECT_FIRST);
	assert_non_null(name_of(built.image, ino_of("."), "by-link"));
	assert_non_null(name_of(built.image, ino_of("."), "images"));
	done(&built);
}

static void test_what_lay_elsewhere_is_protected_there(void **state)
{
	struct pw_inode_key key = {.ino = 4711};
	const struct pw_root *root = NULL;
	struct built built;

	(void)state;
	moved_away = (struct pw_identity){.fs = {.lo = 1, .hi = 2}, .ino = 4711, .generation = 9};
	build(HEAD IMAGES("@/images") READER("") OTHERS, lay_elsewhere, &built);
	assert_int_equal(built.r, 0);
	assert_int_equal(built.image->npending, 1);
	for (key.fs = 0; !root && key.fs < built.image->bank.nfs; key.fs++)
		root = pw_table_find(&built.image->tables[PW_MAP_ROOTS], &key);
	assert_non_null(root);
	assert_int_equal(root->object, PW_OBJECT_FIRST);
	assert_int_equal(root->generation, 9);
	assert_int_equal(root_of(built.image, ino_of("images"))->object, PW_OBJECT_FIRST);
	done(&built);
}

static void test_places_unite_downwards(void **state)
{
	const struct pw_subject_set *writers;
	struct built built;

	(void)state;
	build(HEAD IMAGES("@/images") READER("    writes: [@/var]\n")
		      "  logger:\n    exec: [@/helper]\n    started_by: [login]\n"
		      "    access: {images: [read]}\n    writes: [@/var/log]\n" OTHERS,
	      NULL, &built);
	assert_int_equal(built.r, 0);
	writers = built.image->bank.place_writers;
	assert_int_equal(root_of(built.image, ino_of("var"))->place, 1);
	assert_int_equal(root_of(built.image, ino_of("var/log"))->place, 2);
	assert_true(pw_subject_in(&writers[1], PW_SUBJECT_FIRST));
	assert_false(pw_subject_in(&writers[1], PW_SUBJECT_FIRST + 1));
	assert_true(pw_subject_in(&writers[2], PW_SUBJECT_FIRST));
	assert_true(pw_subject_in(&writers[2], PW_SUBJECT_FIRST + 1));
	done(&built);
}

static void test_names_of_peers(void **state)
{
	const struct pw_catalog *catalog;
	struct built built;

	(void)state;
	build(HEAD "peers: {pacs: [10.20.5.4, 'fd00:20::/64'], dns: [10.20.0.53]}\n"
		   IMAGES("@/images")
		   READER("    network:\n      - connect: {tcp: [104], to: [pacs]}\n"
			  "      - listen: {tcp: [4242], from: [pacs, 10.20.0.0/16]}\n")
		   "others: {network: [{connect: {udp: [53], to: [dns]}}]}\n",
	      NULL, &built);
	assert_int_equal(built.r, 0);
	catalog = built.image->catalog;
	assert_int_equal(catalog->npeers, 3);
	assert_string_equal(catalog->peers[0].peer, "dns");
	assert_string_equal(catalog->peers[1].peer, "pacs");
	assert_int_equal(catalog->peers[1].family, 4);
	assert_int_equal(catalog->peers[1].length, 32);
	assert_string_equal(catalog->peers[2].peer, "pacs");
	assert_int_equal(catalog->peers[2].length, 64);
	assert_non_null(strstr(catalog->subject_where[PW_SUBJECT_OTHERS], "test.yaml:"));
	done(&built);
}

static void test_remarks(void **state)
{
	const struct pw_catalog *catalog;
	struct built built;

	(void)state;
	build(HEAD "objects:\n  images: {paths: [@/images], on_audit_loss: deny, owner: it}\n"
	      "subjects:\n  reader:\n    exec: [@/program]\n    started_by: [init]\n    owner: ward\n"
	      "    reason: it shows\n    access: {images: {actions: [read], risk: H-1}}\n"
	      "    network: [connect: {tcp: [1], to: [any]}]\n"
	      "others: {network: [connect: {udp: [53], to: [any]}]}\n", NULL, &built);
	assert_int_equal(built.r, 0);
	catalog = built.image->catalog;
	assert_int_equal(catalog->nrules, 3);
	/* Its own remarks; those of its subject; none. */
	assert_non_null(strstr(catalog->rules[0].where, " [H-1]"));
	assert_non_null(strstr(catalog->rules[1].where, " [ward; it shows]"));
	assert_null(strchr(catalog->rules[2].where, '['));
	assert_non_null(strstr(catalog->object_where[PW_OBJECT_FIRST], " [it]"));
	assert_non_null(strstr(catalog->subject_where[PW_SUBJECT_FIRST], " [ward; it shows]"));
	done(&built);
}

static void test_one_directory_two_objects(void **state)
{
	struct built built;

	(void)state;
	build(HEAD IMAGES("@/images") "  more: {paths: [@/by-link], on_audit_loss: deny}\n" READER("")
		      OTHERS,
	      NULL, &built);
	assert_int_equal(built.r, -EINVAL);
	assert_int_equal(built.diag.errors, 1);
	done(&built);
}

#define SCRIPT(more)                                                                               \
	"subjects:\n  reporter:\n    exec: [@/script]\n    started_by: [init]\n" more

static void test_a_script_is_known_by_its_path(void **state)
{
	const struct pw_program *program;
	struct pw_inode_key key = {.ino = ino_of("script")};
	struct pw_script_key path = {};
	const __u32 *number;
	struct built built;

	(void)state;
	build(HEAD IMAGES("@/images") SCRIPT("    network: [{connect: {tcp: [1], to: [any]}}]\n")
	      OTHERS, NULL, &built);
	assert_int_equal(built.r, 0);
	program = pw_table_find(&built.image->tables[PW_MAP_PROGRAMS], &key);
	assert_non_null(program);
	assert_int_equal(built.image->tables[PW_MAP_SCRIPTS].n, 1);
	snprintf(path.path, sizeof(path.path), "%s/script", top);
	number = pw_table_find(&built.image->tables[PW_MAP_SCRIPTS], &path);
	assert_non_null(number);
	assert_int_equal(*number, program->id);
	done(&built);

	build(HEAD IMAGES("@/images") SCRIPT("    access: {images: [read]}\n") OTHERS, NULL, &built);
	assert_int_equal(built.r, -EINVAL);
	assert_non_null(strstr(built.diag.entries[0].text, "is a script"));
	done(&built);
}

static void test_same_but_for_the_generation(void **state)
{
	struct built a, b, c;

	(void)state;
	build(HEAD IMAGES("@/images") READER("") OTHERS, NULL, &a);
	build(HEAD IMAGES("@/images") READER("") OTHERS, NULL, &b);
	build(HEAD IMAGES("@/images/sub") READER("") OTHERS, NULL, &c);
	b.image->bank.generation = 99;
	assert_true(pw_image_same(a.image, b.image));
	assert_false(pw_image_same(a.image, c.image));
	done(&a);
	done(&b);
	done(&c);
}

/* ---- Kept as a file ------------------------------------------------------------------------ */

static void test_kept(void **state)
{
	_cleanup_(pw_image_freep) struct pw_image *again = NULL;
	struct built built;

	(void)state;
	build(HEAD "rescue: none\n" IMAGES("@/images") READER("") OTHERS, NULL, &built);
	assert_int_equal(built.r, 0);
	assert_int_equal(pw_image_decode(built.image->file, built.image->file_length, &again), 0);
	assert_int_equal(again->rescue, PW_RESCUE_NONE);
	assert_string_equal(again->catalog->policy, "t");
	assert_string_equal(again->catalog->subjects[PW_SUBJECT_FIRST], "reader");
	assert_int_equal(again->nscan, built.image->nscan);
	/* The canary and the daemon are those of this boot. */
	assert_null(root_of(again, ino_of("canary")));
	assert_false(pw_image_same(again, built.image));
	assert_int_equal(pw_image_bind(again, built.resolved, built.ids, &built.diag), 0);
	assert_non_null(root_of(again, ino_of("canary")));
	assert_true(pw_image_same(again, built.image));
	assert_int_equal(pw_image_number(again, built.ids), 0);
	assert_int_equal(again->bank.generation, built.image->bank.generation + 1);
	assert_int_equal(again->catalog->generation, again->bank.generation);
	done(&built);
}

static void test_kept_damaged(void **state)
{
	_cleanup_free_ char *copy = NULL;
	struct pw_image *none = NULL;
	struct built built;
	size_t length;

	(void)state;
	build(HEAD IMAGES("@/images") READER("") OTHERS, NULL, &built);
	assert_int_equal(built.r, 0);
	length = built.image->file_length;
	copy = malloc(length);
	assert_non_null(copy);
	memcpy(copy, built.image->file, length);
	for (size_t at = 0; at < length; at += at < 64 ? 1 : 4999) {
		copy[at] ^= 1;
		assert_true(pw_image_decode(copy, length, &none) < 0);
		copy[at] ^= 1;
	}
	for (size_t n = 0; n < length; n += n < 64 ? 1 : 4999)
		assert_int_equal(pw_image_decode(copy, n, &none), -EBADMSG);
	copy[8] ^= 1;	/* the ABI */
	assert_int_equal(pw_image_decode(copy, length, &none), -EPROTO);
	assert_null(none);
	done(&built);
}

static void assert_kept(struct pw_image *image, int expected)
{
	struct pw_image *again = NULL;

	assert_int_equal(pw_image_encode(image), 0);
	assert_int_equal(pw_image_decode(image->file, image->file_length, &again), expected);
	pw_image_free(again);
}

/* Good but for one number, under a digest that is right. */
static void test_kept_beyond_bounds(void **state)
{
	struct pw_table *roots, *programs, *links;
	struct pw_inode_key *key, none = {};
	struct pw_program *program;
	struct pw_image *image;
	struct pw_link *link;
	struct built built;
	char *text;

	(void)state;
	build(HEAD IMAGES("@/images") READER("") OTHERS, NULL, &built);
	assert_int_equal(built.r, 0);
	image = built.image;
	roots = &image->tables[PW_MAP_ROOTS];
	programs = &image->tables[PW_MAP_PROGRAMS];
	links = &image->tables[PW_MAP_LINKS];

	image->bank.nfs = PW_FS_MAX + 1;
	assert_kept(image, -EBADMSG);
	image->bank.nfs = PW_FS_MAX;
	assert_kept(image, 0);

	key = (struct pw_inode_key *)roots->keys + roots->n - 1;
	key->fs = PW_LAYERS;
	assert_kept(image, -EBADMSG);
	key->fs = PW_LAYERS - 1;
	assert_kept(image, 0);

	program = (struct pw_program *)programs->values + programs->n - 1;
	program->nroles = PW_PROGRAM_SUBJECTS + 1;
	assert_kept(image, -EBADMSG);
	program->nroles = PW_PROGRAM_SUBJECTS;
	assert_kept(image, 0);

	link = pw_table_add(links, &none);
	assert_non_null(link);
	link->object = PW_OBJECT_IDS;
	assert_kept(image, -EBADMSG);
	link->object = PW_OBJECT_IDS - 1;
	assert_kept(image, 0);

	image->scan[0].object = PW_OBJECT_IDS;
	assert_kept(image, -EBADMSG);
	image->scan[0].object = PW_OBJECT_IDS - 1;
	assert_kept(image, 0);

	text = image->catalog->programs[1];
	image->catalog->programs[1] = NULL;
	assert_kept(image, -EBADMSG);
	image->catalog->programs[1] = text;
	image->catalog->programs[0] = text;
	assert_kept(image, -EBADMSG);
	image->catalog->programs[0] = NULL;
	assert_kept(image, 0);
	done(&built);
}

static void test_kept_numbers(void **state)
{
	struct pw_image *again = NULL;
	struct pw_ids *ids = NULL;
	struct built built;
	uint32_t id;

	(void)state;
	build(HEAD IMAGES("@/images") READER("") OTHERS, NULL, &built);
	assert_int_equal(pw_image_decode(built.image->file, built.image->file_length, &again), 0);
	assert_int_equal(pw_ids_load(AT_FDCWD, BOOT, &ids), 0);
	assert_int_equal(pw_ids_subject(ids, "other", &id), 0);
	assert_int_equal(pw_image_number(again, ids), -EEXIST);
	pw_ids_free(ids);
	pw_image_free(again);
	done(&built);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_kept_damaged),
		cmocka_unit_test(test_kept_beyond_bounds),
		cmocka_unit_test(test_kept_numbers),
		cmocka_unit_test(test_object_and_subject),
		cmocka_unit_test(test_folded),
		cmocka_unit_test(test_missing_path_is_held),
		cmocka_unit_test(test_link_and_target_are_held),
		cmocka_unit_test(test_what_lay_elsewhere_is_protected_there),
		cmocka_unit_test(test_places_unite_downwards),
		cmocka_unit_test(test_names_of_peers),
		cmocka_unit_test(test_remarks),
		cmocka_unit_test(test_one_directory_two_objects),
		cmocka_unit_test(test_a_script_is_known_by_its_path),
		cmocka_unit_test(test_same_but_for_the_generation),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
