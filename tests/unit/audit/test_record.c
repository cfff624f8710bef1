// SPDX-License-Identifier: BSD-2-Clause
#include "events.h"

#include <stdlib.h>

#include <json-c/json.h>

#include "audit/reader.h"
#include "audit/record.h"
#include "audit/ring.h"

#define GENERATION 7

struct fixture {
	struct pw_recorder recorder;
	struct pw_catalog *catalog;
	struct pw_line line;
	json_object *record;
};

static struct pw_catalog *make_catalog(void)
{
	struct pw_catalog *catalog = calloc(1, sizeof(*catalog));

	assert_non_null(catalog);
	catalog->generation = GENERATION;
	catalog->policy = strdup("ct-console");
	catalog->version = 3;
	catalog->subjects[3] = strdup("archive");
	catalog->objects[2] = strdup("images");
	catalog->nroots = catalog->nprograms = 2;
	catalog->roots = calloc(2, sizeof(char *));
	catalog->roots[1] = strdup("/srv/dicom");
	catalog->programs = calloc(2, sizeof(char *));
	catalog->programs[1] = strdup("/usr/sbin/Orthanc");
	catalog->nrules = 1;
	catalog->rules = calloc(1, sizeof(*catalog->rules));
	catalog->rules[0].where = strdup("ct.yaml:23");
	catalog->rules[0].owner = strdup("archive");
	catalog->access_rule[3][2] = 1;
	catalog->object_where[2] = strdup("ct.yaml:9");
	catalog->subject_where[PW_SUBJECT_OTHERS] = strdup("ct.yaml:60");
	catalog->subject_where[3] = strdup("ct.yaml:17");
	catalog->npeers = 2;
	catalog->peers = calloc(2, sizeof(*catalog->peers));
	catalog->peers[0] = (struct pw_prefix){ .addr = { 10, 20 }, .family = 4, .length = 16,
						.peer = strdup("hospital") };
	catalog->peers[1] = (struct pw_prefix){ .addr = { 10, 20, 5, 4 }, .family = 4,
						.length = 32, .peer = strdup("pacs") };
	return catalog;
}

static int set_up(void **state)
{
	static char mounts[] =
		"21 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n"
		"30 21 8:17 / /media/my\\040stick rw - vfat /dev/sdb1 rw\n"
		"31 21 8:33 /a/b /mnt/part rw - ext4 /dev/sdc1 rw\n";
	struct fixture *f = calloc(1, sizeof(*f));
	char *copy = strdup(mounts);

	assert_non_null(f);
	assert_int_equal(pw_recorder_init(&f->recorder, -1), 0);
	f->recorder.real_offset = 1700000000LL * 1000000000;
	f->recorder.now = 1700000100LL * 1000000000;
	f->recorder.batch = 1;
	f->recorder.catalogs[0] = (struct pw_catalog_slot){ .catalog = make_catalog(),
							    .generation = GENERATION, .batch = 1 };
	assert_int_equal(pw_mounts_parse(&f->recorder.mounts, copy), 0);
	free(copy);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	json_object_put(f->record);
	pw_recorder_done(&f->recorder);
	pw_line_done(&f->line);
	free(f);
	return 0;
}

/* The line of @e, parsed; checks what is true of every line. */
static void record(struct fixture *f, const struct test_event *e)
{
	size_t at = 0;

	if (e) {
		assert_true(pw_event_is_valid(&e->event, e->event.size));
		pw_record_event(&f->recorder, &e->event, 1, &f->line);
	}
	assert_false(f->line.failed);
	assert_int_equal(f->line.data[f->line.length - 1], '\n');
	assert_null(memchr(f->line.data, '\n', f->line.length - 1));
	pw_line_add(&f->line, "", 1);
	json_object_put(f->record);
	f->record = json_tokener_parse(f->line.data);
	assert_non_null(f->record);
	json_object_object_foreach(f->record, key, value) {
		(void)value;
		assert_string_equal(key, pw_record_fields[at++]);
	}
	assert_int_equal(at, pw_record_nfields);
	f->line.length = 0;
}

static void assert_text(const struct fixture *f, const char *member, const char *expected)
{
	const char *text = pw_record_text(f->record, member);

	if (!expected) {
		assert_null(text);
		return;
	}
	assert_non_null(text);
	assert_string_equal(text, expected);
}

static void assert_null_members(const struct fixture *f, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		json_object *member = NULL;

		assert_true(json_object_object_get_ex(f->record, names[i], &member));
		assert_null(member);
	}
}

#define ASSERT_NULL_MEMBERS(f, ...)                                                                \
	do {                                                                                       \
		const char *const names_[] = { __VA_ARGS__ };                                      \
		assert_null_members(f, names_, sizeof(names_) / sizeof(names_[0]));                \
	} while (0)

static void refused(struct test_event *e)
{
	test_event_init(e, 42);
	e->event.generation = GENERATION;
	e->event.object = 2;
	e->event.root = 1;
	test_event_names(e, &e->event.path_len, NAMES("a.dcm\0study"));
}

static void a_refusal_in_an_object(void **state)
{
	struct fixture *f = *state;
	struct test_event e;

	refused(&e);
	test_event_names(&e, &e.event.exe_len, NAMES("cat\0bin\0usr"));
	e.event.exe_dev = 254 << 20 | 1;
	record(f, &e);
	assert_int_equal(pw_record_number(f->record, "seq", 0), 42);
	assert_text(f, "time", "2023-11-14T22:13:21.000000042Z");
	assert_text(f, "type", "file");
	assert_text(f, "action", "read");
	assert_text(f, "verdict", "deny");
	assert_true(pw_record_true(f->record, "enforced"));
	assert_text(f, "subject", "others");
	assert_text(f, "object", "images");
	assert_text(f, "path", "/srv/dicom/study/a.dcm");
	assert_text(f, "dev", "254:1");
	assert_text(f, "exe", "/usr/bin/cat");
	assert_text(f, "comm", "cat");
	assert_text(f, "volume", "/dev/vda1");
	assert_text(f, "policy", "ct-console");
	assert_text(f, "rule", "ct.yaml:9");
	assert_text(f, "reason", "the program is in no subject of the policy");
	assert_int_equal(pw_record_number(f->record, "version", 0), 3);
	assert_int_equal(pw_record_number(f->record, "uid", 99), 0);
	assert_int_equal(pw_record_number(f->record, "count", 0), 1);
	ASSERT_NULL_MEMBERS(f, "auid", "ses", "proto", "addr", "port", "peer", "actor", "actor_by",
			    "study", "patient", "first", "last", "parent_exe");
}

/* HMAC-SHA256 of the path below the object, here `study/a.dcm`, under 32 bytes of 0x0b. */
#define DIGEST "bf52253c768da6ae42898a4c9639aa50bf29e6991f522887000bbf28c20fc618"

static void a_digest_for_names(void **state)
{
	struct fixture *f = *state;
	struct test_event e;

	refused(&e);
	f->recorder.catalogs[0].catalog->path_digests[2] = true;
	memset(f->recorder.path_key, 0x0b, sizeof(f->recorder.path_key));
	f->recorder.has_path_key = true;
	record(f, &e);
	assert_text(f, "path", "/srv/dicom/\\#" DIGEST);

	/* Without the key no name either. */
	f->recorder.has_path_key = false;
	e.event.seq++;
	e.event.ino++;
	record(f, &e);
	assert_text(f, "path", "/srv/dicom/\\#");

	/* The object itself has no name below it. */
	e.event.size = (uint16_t)(e.event.size - e.event.path_len);
	e.event.path_len = 0;
	e.event.seq++;
	record(f, &e);
	assert_text(f, "path", "/srv/dicom");

	/* Nor have reads that are folded. */
	e.event.dev = 0;
	e.event.ino = 0;
	e.event.root = 0;
	e.event.seq++;
	record(f, &e);
	assert_text(f, "path", NULL);
}

static void an_allowed_access_of_a_member(void **state)
{
	struct fixture *f = *state;
	struct test_event e;

	test_event_init(&e, 43);
	e.event.generation = GENERATION;
	e.event.verdict = PW_VERDICT_ALLOW;
	e.event.reason = PW_REASON_RULE;
	e.event.subject = 3;
	e.event.object = 2;
	e.event.root = 1;
	e.event.program = 1;
	e.event.auid = 1000;
	record(f, &e);
	assert_text(f, "verdict", "allow");
	assert_text(f, "subject", "archive");
	assert_text(f, "exe", "/usr/sbin/Orthanc");
	assert_text(f, "path", "/srv/dicom");
	assert_text(f, "rule", "ct.yaml:23");
	assert_int_equal(pw_record_number(f->record, "auid", 0), 1000);
}

static void a_connection(void **state)
{
	struct fixture *f = *state;
	struct test_event e;

	test_event_init(&e, 44);
	e.event.generation = GENERATION;
	e.event.type = PW_RECORD_NET;
	e.event.action = PW_ACTION_CONNECT;
	e.event.proto = PW_PROTO_TCP;
	e.event.family = 4;
	memcpy(e.event.addr, (const unsigned char[]){ 10, 20, 5, 4 }, 4);
	e.event.port = 11112;
	e.event.dev = 0;
	e.event.ino = 0;
	e.event.rule = 1;
	record(f, &e);
	assert_text(f, "proto", "tcp");
	assert_text(f, "addr", "10.20.5.4");
	assert_text(f, "peer", "pacs");
	assert_text(f, "rule", "ct.yaml:23");
	assert_int_equal(pw_record_number(f->record, "port", 0), 11112);
	ASSERT_NULL_MEMBERS(f, "path", "dev", "ino", "object", "volume");

	e.event.addr[3] = 5;
	record(f, &e);
	assert_text(f, "peer", "hospital");
	e.event.addr[1] = 21;
	record(f, &e);
	assert_text(f, "peer", NULL);
	e.event.family = 6;
	memcpy(e.event.addr, (const unsigned char[16]){ 0xfd, 0, 0, 0x20, [15] = 1 }, 16);
	record(f, &e);
	assert_text(f, "addr", "fd00:20::1");
}

static void a_program_below_a_directory_of_the_policy(void **state)
{
	struct fixture *f = *state;
	struct test_event e;

	test_event_init(&e, 57);
	e.event.generation = GENERATION;
	e.event.program = 1 | PW_PROGRAM_BELOW;
	e.event.exe_dev = 254 << 20 | 1;
	test_event_names(&e, &e.event.exe_len, NAMES("storescu\0hospital\0opt"));
	record(f, &e);
	assert_text(f, "exe", "/opt/hospital/storescu");
}

/* Where no rule decided, the line is that of who has none. */
static void refusals_that_no_rule_explains(void **state)
{
	struct fixture *f = *state;
	struct test_event e;

	test_event_init(&e, 54);
	e.event.generation = GENERATION;
	e.event.type = PW_RECORD_NET;
	e.event.action = PW_ACTION_CONNECT;
	record(f, &e);
	assert_text(f, "rule", "ct.yaml:60");
	e.event.subject = 3;
	record(f, &e);
	assert_text(f, "rule", "ct.yaml:17");

	test_event_init(&e, 55);
	e.event.generation = GENERATION;
	e.event.type = PW_RECORD_EXEC;
	e.event.action = PW_ACTION_EXEC;
	e.event.peer_subject = 3;
	record(f, &e);
	assert_text(f, "subject", "others");
	assert_text(f, "peer", "archive");
	assert_text(f, "rule", "ct.yaml:17");

	test_event_init(&e, 56);
	e.event.generation = GENERATION;
	e.event.type = PW_RECORD_TAMPER;
	e.event.action = PW_ACTION_RAW;
	record(f, &e);
	assert_text(f, "rule", NULL);
}

static void without_a_task(void **state)
{
	struct fixture *f = *state;
	struct test_event e;

	test_event_init(&e, 45);
	e.event.flags = PW_EVENT_NO_TASK;
	record(f, &e);
	ASSERT_NULL_MEMBERS(f, "pid", "tid", "ppid", "uid", "gid", "comm", "phi", "cgroup");
	assert_false(pw_record_true(f->record, "enforced"));
}

static void paths_outside_objects(void **state)
{
	struct fixture *f = *state;
	struct test_event e;

	test_event_init(&e, 46);
	e.event.dev = 8 << 20 | 17;
	test_event_names(&e, &e.event.path_len, NAMES("leak"));
	record(f, &e);
	assert_text(f, "path", "/media/my stick/leak");

	e.event.dev = 9 << 20 | 1;
	record(f, &e);
	assert_text(f, "path", "\\9:1/leak");
	assert_text(f, "volume", NULL);

	e.event.flags |= PW_EVENT_PATH_CUT;
	e.event.dev = 254 << 20 | 1;
	record(f, &e);
	assert_text(f, "path", "/\\.../leak");

	test_event_init(&e, 47);
	record(f, &e);
	assert_text(f, "path", "/");

	test_event_init(&e, 48);
	e.event.dev = 8 << 20 | 33;
	test_event_names(&e, &e.event.path_len, NAMES("f\0b\0a"));
	record(f, &e);
	assert_text(f, "path", "/mnt/part/f");

	test_event_init(&e, 49);
	e.event.dev = 8 << 20 | 33;
	test_event_names(&e, &e.event.path_len, NAMES("f\0other\0a"));
	record(f, &e);
	assert_text(f, "path", "\\8:33/a/other/f");
}

/* Neither a file's name nor a program's can end the line or the string. */
static void hostile_names(void **state)
{
	struct fixture *f = *state;
	struct test_event e;

	test_event_init(&e, 50);
	memcpy(e.event.comm, "a\"}\n{\"seq\":1", 12);
	test_event_names(&e, &e.event.path_len, NAMES("x\",\"verdict\":\"allow\n\\\0d\xff"));
	record(f, &e);
	assert_text(f, "verdict", "deny");
	assert_text(f, "comm", "a\"}\\x0a{\"seq\":1");
	assert_text(f, "path", "/d\\xff/x\",\"verdict\":\"allow\\x0a\\\\");
}

static void a_note_of_the_daemon(void **state)
{
	struct fixture *f = *state;
	struct test_event e;

	test_event_init(&e, 51);
	e.event.type = PW_RECORD_POLICY;
	e.event.action = PW_ACTION_APPLY;
	e.event.subject = PW_SUBJECT_DAEMON;
	e.event.dev = 0;
	e.event.ino = 0;
	test_event_names(&e, &e.event.path_len, NAMES("applied by root"));
	record(f, &e);
	assert_text(f, "path", "applied by root");
	assert_text(f, "subject", "phiwardd");
}

static void numbers_without_a_catalog(void **state)
{
	struct fixture *f = *state;
	struct test_event e;

	test_event_init(&e, 52);
	e.event.generation = 99;
	e.event.subject = 12;
	e.event.object = 5;
	e.event.root = 400;
	e.event.rule = 17;
	test_event_names(&e, &e.event.path_len, NAMES("a"));
	record(f, &e);
	assert_text(f, "subject", "#12");
	assert_text(f, "object", "#5");
	assert_text(f, "path", "/a");
	assert_int_equal(pw_record_number(f->record, "generation", 0), 99);
	ASSERT_NULL_MEMBERS(f, "policy", "version", "rule");
}

static void numbers_beyond_the_catalog(void **state)
{
	struct fixture *f = *state;
	struct test_event e;

	test_event_init(&e, 53);
	e.event.generation = GENERATION;
	e.event.subject = 0xffffffff;
	e.event.object = 0xffffffff;
	e.event.root = 0xffffffff;
	e.event.program = 0xffffffff;
	e.event.rule = 0xffffffff;
	e.event.peer_subject = 0xffffffff;
	record(f, &e);
	assert_text(f, "subject", "#4294967295");
	assert_text(f, "object", "#4294967295");
	assert_text(f, "peer", "#4294967295");
	ASSERT_NULL_MEMBERS(f, "exe", "rule");
}

static void a_gap(void **state)
{
	struct fixture *f = *state;

	pw_record_gap(&f->recorder, 5, 9, "ring of others full", &f->line);
	record(f, NULL);
	assert_text(f, "type", "gap");
	assert_text(f, "time", "2023-11-14T22:15:00.000000000Z");
	assert_text(f, "reason", "ring of others full");
	assert_int_equal(pw_record_number(f->record, "count", 0), 5);
	assert_int_equal(pw_record_number(f->record, "first", 0), 5);
	assert_int_equal(pw_record_number(f->record, "last", 0), 9);
	ASSERT_NULL_MEMBERS(f, "seq", "mono", "action", "verdict", "enforced", "subject", "object",
			    "path", "pid", "policy");
}

/* The line that a recorder writes which has seen nothing before. */
static void assert_line_is_fresh(struct fixture *f, const struct test_event *e)
{
	struct pw_line warm = { 0 };

	pw_record_event(&f->recorder, &e->event, 1, &warm);
	f->line.length = 0;
	f->recorder.stale = true;
	pw_record_event(&f->recorder, &e->event, 1, &f->line);
	assert_int_equal(warm.length, f->line.length);
	assert_memory_equal(warm.data, f->line.data, warm.length);
	pw_line_done(&warm);
}

/*
 * What a line repeats of the one before is copied. Whichever byte of the event
 * has changed, the line is the same as one that was written from nothing.
 */
static void a_line_after_another(void **state)
{
	struct fixture *f = *state;
	struct test_event first, e;

	test_event_init(&first, 60);
	first.event.generation = GENERATION;
	first.event.object = 2;
	first.event.proto = PW_PROTO_TCP;
	first.event.family = 4;
	memcpy(first.event.addr, (const unsigned char[]){ 10, 20, 5, 4 }, 4);
	test_event_names(&first, &first.event.path_len, NAMES("a.dcm\0study"));
	test_event_names(&first, &first.event.exe_len, NAMES("cat\0bin"));
	test_event_names(&first, &first.event.parent_len, NAMES("sh\0bin"));
	test_event_ancestor(&first, 7, NAMES("sh\0bin"));
	for (size_t i = 0; i < first.event.size; i++) {
		for (int bit = 0; bit < 8; bit++) {
			e = first;
			((char *)&e.event)[i] ^= (char)(1 << bit);
			if (!pw_event_is_valid(&e.event, sizeof(e)))
				continue;
			pw_record_event(&f->recorder, &first.event, 1, &f->line);
			assert_line_is_fresh(f, &e);
		}
	}
}

/* Each of these files after each: of one directory and not, where a root ends in a file, with digests. */
static void a_file_after_another(void **state)
{
	static const struct {
		uint32_t dev, root, flags;
	} above[] = {
		{ 254 << 20 | 1, 1, 0 }, { 254 << 20 | 1, 0, 0 }, { 254 << 20 | 1, 0, PW_EVENT_PATH_CUT },
		{ 9 << 20 | 1, 0, 0 }, { 9 << 20 | 2, 0, 0 }, { 8 << 20 | 33, 0, 0 }, { 0, 0, 0 },
	};
	static const char *const names[] = { "", "a\0", "b\0", "b\0a\0", "c \"\\\n\0a\0", "\0a\0", "b\0b\0a\0" };
	static const size_t lengths[] = { 0, 2, 2, 4, 8, 3, 6 }, n = 7;
	struct fixture *f = *state;
	struct test_event e[2];

	f->recorder.catalogs[0].catalog->path_digests[3] = true;
	for (size_t i = 0; i < 4 * n * n * n * n; i++) {
		for (size_t k = 0, at = i / 4; k < 2; k++, at /= n * n) {
			test_event_init(&e[k], 70 + k);
			e[k].event.generation = GENERATION;
			e[k].event.object = i >> k & 1 ? 2 : 3;
			e[k].event.dev = above[at % n].dev;
			e[k].event.root = above[at % n].root;
			e[k].event.flags |= above[at % n].flags;
			test_event_names(&e[k], &e[k].event.path_len, names[at / n % n], lengths[at / n % n]);
		}
		f->recorder.stale = true;
		pw_record_event(&f->recorder, &e[0].event, 1, &f->line);
		assert_line_is_fresh(f, &e[1]);
	}
}

static void a_line_after_the_mounts_changed(void **state)
{
	static char mounts[] = "21 1 254:1 / /elsewhere rw - ext4 /dev/vdz rw\n";
	struct fixture *f = *state;
	char *copy = strdup(mounts);
	struct test_event e;

	test_event_init(&e, 61);
	record(f, &e);
	assert_text(f, "path", "/");
	assert_int_equal(pw_mounts_parse(&f->recorder.mounts, copy), 0);
	f->recorder.stale = true;
	record(f, &e);
	assert_text(f, "path", "/elsewhere");
	assert_text(f, "volume", "/dev/vdz");
	free(copy);
}

/* The members `run` and `parents` as they stand in the line of @e. */
static void assert_run(struct fixture *f, const struct test_event *e, const char *expected)
{
	json_object *run, *parents;
	char text[512];

	record(f, e);
	assert_true(json_object_object_get_ex(f->record, "run", &run));
	assert_true(json_object_object_get_ex(f->record, "parents", &parents));
	snprintf(text, sizeof(text), "%s %s", json_object_to_json_string_ext(run, 0),
		 json_object_to_json_string_ext(parents, JSON_C_TO_STRING_PLAIN |
							 JSON_C_TO_STRING_NOSLASHESCAPE));
	assert_string_equal(text, expected);
}

static void who_started_it(void **state)
{
	struct fixture *f = *state;
	struct test_event e;

	test_event_init(&e, 70);
	assert_run(f, &e, "null null");
	e.event.run = 12;
	test_event_ancestor(&e, 7, NAMES("a\"b\0bin"));
	assert_run(f, &e, "12 [{\"pid\":7,\"exe\":\"/bin/a\\\"b\"}]");
	test_event_ancestor(&e, 2, "", 0);
	assert_run(f, &e, "12 [{\"pid\":7,\"exe\":\"/bin/a\\\"b\"},{\"pid\":2,\"exe\":null}]");
	e.event.flags |= PW_EVENT_CHAIN_CUT;
	assert_run(f, &e, "12 [{\"pid\":7,\"exe\":\"/bin/a\\\"b\"},{\"pid\":2,\"exe\":null},"
			  "{\"pid\":null,\"exe\":null}]");
	test_event_init(&e, 71);
	e.event.flags |= PW_EVENT_CHAIN_CUT;
	assert_run(f, &e, "null [{\"pid\":null,\"exe\":null}]");
}

/* One number for many: nobody else may have it for one. */
static void what_was_tried_again(void **state)
{
	struct fixture *f = *state;
	struct test_event e, next;
	int64_t time, since;

	test_event_init(&e, 72);
	e.event.count = 700;
	e.event.first = e.event.mono - 500000000;
	record(f, &e);
	assert_int_equal(pw_record_number(f->record, "count", 0), 700);
	ASSERT_NULL_MEMBERS(f, "first", "last");
	assert_int_equal(pw_record_time(f->record, &time), 0);
	assert_int_equal(pw_record_since(f->record, &since), 0);
	assert_int_equal(since, time - 500000000);
	test_event_init(&next, 73);
	next.event.first = next.event.mono;
	record(f, &next);
	ASSERT_NULL_MEMBERS(f, "since");
	assert_int_equal(pw_record_time(f->record, &time), 0);
	assert_int_equal(pw_record_since(f->record, &since), 0);
	assert_int_equal(since, time);
	assert_false(pw_record_repeats(&e.event, 1, &next.event));
	assert_false(pw_record_repeats(&next.event, 1, &e.event));
	test_event_init(&e, 72);
	assert_true(pw_record_repeats(&e.event, 1, &next.event));
}

static void events_that_are_none(void **state)
{
	struct test_event e;

	(void)state;
#define REFUSED(change)                                                                            \
	do {                                                                                       \
		test_event_init(&e, 1);                                                            \
		test_event_names(&e, &e.event.path_len, NAMES("name"));                            \
		assert_true(pw_event_is_valid(&e.event, e.event.size));                            \
		change;                                                                            \
		assert_false(pw_event_is_valid(&e.event, sizeof(struct pw_event) + 5));            \
	} while (0)
	REFUSED(e.event.size = sizeof(struct pw_event) - 1);
	REFUSED(e.event.size++);
	REFUSED(e.event.abi++);
	REFUSED(e.event.type = 0);
	REFUSED(e.event.type = PW_RECORD_MAX_);
	REFUSED(e.event.action = PW_ACTION_MAX_);
	REFUSED(e.event.verdict = 0);
	REFUSED(e.event.verdict = PW_VERDICT_MAX_);
	REFUSED(e.event.reason = PW_REASON_MAX_);
	REFUSED(e.event.proto = PW_PROTO_MAX_);
	REFUSED(e.event.seq = 0);
	REFUSED(e.event.family = 5);
	REFUSED(e.event.path_len++);
	REFUSED(e.event.path_len--);
	REFUSED(e.event.exe_len = 0xffff);
	REFUSED(e.event.parent_len = 1);
	REFUSED(e.bytes[4] = 'x');
	REFUSED(e.event.chain_len = 1);
	REFUSED(e.event.count = 0);
#undef REFUSED
	test_event_init(&e, 1);
	test_event_ancestor(&e, 7, NAMES("sh\0bin"));
	test_event_ancestor(&e, 1, "", 0);
	assert_true(pw_event_is_valid(&e.event, e.event.size));
	for (__u16 left = 1; left < e.event.chain_len; left++) {
		struct test_event cut = e;

		cut.event.chain_len = (__u16)(cut.event.chain_len - left);
		assert_int_equal(pw_event_is_valid(&cut.event, e.event.size), left == 12);
	}
	e.bytes[12 + 6] = 'x';
	assert_false(pw_event_is_valid(&e.event, e.event.size));
	assert_false(pw_event_is_valid(&e.event, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_refusal_in_an_object, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_digest_for_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_allowed_access_of_a_member, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_connection, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_program_below_a_directory_of_the_policy, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refusals_that_no_rule_explains, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_a_task, set_up, tear_down),
		cmocka_unit_test_setup_teardown(paths_outside_objects, set_up, tear_down),
		cmocka_unit_test_setup_teardown(hostile_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_note_of_the_daemon, set_up, tear_down),
		cmocka_unit_test_setup_teardown(numbers_without_a_catalog, set_up, tear_down),
		cmocka_unit_test_setup_teardown(numbers_beyond_the_catalog, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_gap, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_line_after_another, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_file_after_another, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_line_after_the_mounts_changed, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(who_started_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_was_tried_again, set_up, tear_down),
		cmocka_unit_test(events_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
