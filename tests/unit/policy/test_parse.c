// SPDX-License-Identifier: BSD-2-Clause
/* What is no policy at all, what is far too much, and where policies come from. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "common/file.h"
#include "policy/lint.h"
#include "policy/parse.h"

#define EXAMPLE "tests/golden/good-example.yaml"
#define BASE "tests/golden/include/base.yaml"

static int parse(const char *text, size_t length, struct pw_diag *diag)
{
	/* Of the exact size, so that a read beyond it is seen. */
	_cleanup_free_ char *copy = malloc(length ?: 1);
	_cleanup_(pw_policy_freep) struct pw_policy *policy = NULL;
	struct pw_source source = {.name = (char *)"dir/t.yaml", .text = copy, .length = length};
	int r;

	assert_non_null(copy);
	memcpy(copy, text, length);
	r = pw_policy_parse(&source, 1, &policy, diag);
	assert_true(r == 0 ? policy && !diag->errors : !policy && diag->errors);

	return r;
}

static void assert_refused(const char *text, size_t length, unsigned int line, unsigned int column,
			   const char *why)
{
	struct pw_diag diag = {};

	assert_int_not_equal(parse(text, length, &diag), 0);
	assert_string_equal(diag.entries[0].file, "dir/t.yaml");
	if (diag.entries[0].line != line || diag.entries[0].column != column ||
	    !strstr(diag.entries[0].text, why))
		fail_msg("%u:%u: %s", diag.entries[0].line, diag.entries[0].column,
			 diag.entries[0].text);
	pw_diag_done(&diag);
}

#define refused(text, ...) assert_refused((text), sizeof(text) - 1, __VA_ARGS__)

static void test_no_text(void **state)
{
	(void)state;
	refused("", 1, 1, "empty");
	refused("# only a comment\n", 1, 1, "empty");
	refused("phiward: 1\nname: \0x\n", 2, 7, "control character (0x00)");
	refused("phiward: 1\nname: \x1b[0m\n", 2, 7, "control character (0x1b)");
	refused("\x7f" "ELF\x02\x01\x01", 1, 1, "control character (0x7f)");
	refused("\x89PNG\r\n", 1, 1, "0x89 is not UTF-8");
	refused("phiward: 1\nname: \xc3", 2, 7, "0xc3 is not UTF-8");
	refused("\xff\xfep\0h\0i\0", 1, 1, "0xff is not UTF-8");
	refused("phiward: 1\n\xef\xbf\xbd: \xed\xa0\x80\n", 2, 4, "0xed is not UTF-8");
	refused("phiward: 1\n\r%\n", 2, 1, "a line break other than");
	refused("a:\n  b\xe2\x80\xa9", 2, 4, "a line break other than");
	refused("%YAML 1.2\n---\nphiward: 1\n", 1, 1, "directives (%)");
	refused("\xef\xbb\xbf%%%", 1, 1, "directives (%)");
	refused("a: b: c\n", 1, 5, "not YAML");
	refused("{", 2, 1, "not YAML");
	refused("phiward: 1\n}", 2, 1, "not YAML");
}

static void fill(char *text, size_t length, const char *unit)
{
	size_t i, n = strlen(unit);

	for (i = 0; i < length; i++)
		text[i] = unit[i % n];
}

/* Each of these makes a parser that recurses, or looks back, suffer. */
static void test_huge(void **state)
{
	static const char *const units[] = {"[", "{a: ", "- ", "? ", "a: ", "\"", "'", "[\n", "- a\n",
					    "a\n", "[a, ", "&a ", "*a ", "!!a ", "| ", "\n", " ", "#",
					    "---\n", "a: {a: [", "%", "\xc3\xa4", "{a,", ",", ":", "- - a\n"};
	size_t length = PW_POLICY_BYTES_MAX / 4, i;
	_cleanup_free_ char *text = malloc(PW_POLICY_BYTES_MAX + 1);
	struct pw_diag diag = {};
	clock_t start;

	(void)state;
	assert_non_null(text);
	for (i = 0; i < PW_ARRAY_SIZE(units); i++) {
		fill(text, length, units[i]);
		start = clock();
		assert_int_not_equal(parse(text, length, &diag), 0);
		/* Under sanitizers; a square of the length would take hours. */
		if ((clock() - start) / CLOCKS_PER_SEC > 20)
			fail_msg("'%s' takes %ld s", units[i], (clock() - start) / CLOCKS_PER_SEC);
		assert_true(diag.n <= PW_DIAGNOSTICS_MAX);
		pw_diag_done(&diag);
	}
	memset(text, '#', PW_POLICY_BYTES_MAX + 1);
	assert_refused(text, PW_POLICY_BYTES_MAX + 1, 1, 1, "at most 1048576 bytes");
}

static void test_ten_megabytes(void **state)
{
	char name[] = "/tmp/pw-test-XXXXXX";
	_cleanup_close_ int fd = mkstemp(name);
	struct pw_policy *policy = NULL;
	struct pw_diag diag = {};

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 10 << 20), 0);
	assert_int_equal(pw_policy_read(name, &policy, &diag), -EFBIG);
	assert_null(policy);
	assert_int_equal(diag.errors, 1);
	assert_string_equal(diag.entries[0].file, name);
	assert_int_equal(diag.entries[0].line, 1);
	pw_diag_done(&diag);
	unlink(name);
}

static void test_unreadable(void **state)
{
	struct pw_policy *policy = NULL;
	struct pw_diag diag = {};

	(void)state;
	assert_int_equal(pw_policy_read("/tmp/pw-there-is-no-such-file", &policy, &diag), -ENOENT);
	assert_int_equal(pw_policy_read("/", &policy, &diag), -EISDIR);
	assert_int_equal(pw_policy_read("/dev/zero", &policy, &diag), -EINVAL);
	assert_int_equal(diag.errors, 3);
	assert_null(policy);
	pw_diag_done(&diag);
}

/* Values in every way of writing them. */
static void test_scalars(void **state)
{
	static const char *const written[] = {
		"/a b/c", "'/a b/c'", "\"/a b/c\"", "\"/\\x61\\u0020b\\x2fc\"",
		"\"\\x2f\\x61\\x20\\x62\\x2f\\x63\"", "'/a\n    b/c'", "/a\n    b/c", ">-\n    /a\n    b/c",
		"\"/a\\\n    \\ b/c\"",
	};
	_cleanup_free_ char *many = calloc(1, 4096);
	struct pw_diag diag = {};
	size_t i;

	(void)state;
	for (i = 0; i < PW_ARRAY_SIZE(written); i++) {
		_cleanup_(pw_policy_freep) struct pw_policy *policy = NULL;
		_cleanup_free_ char *text = NULL;
		struct pw_source source = {.name = (char *)"t.yaml"};

		source.length = asprintf(&text, "phiward: 1\nname: t\nversion: 1\nmode: enforce\n"
					 "subjects:\n  a:\n   exec:\n   - %s\n"
					 "others: {network: deny}\n", written[i]);
		source.text = text;
		if (pw_policy_parse(&source, 1, &policy, &diag))
			fail_msg("%s: %s", written[i], diag.entries[0].text);
		assert_string_equal(policy->subjects[0].exec[0].path, "/a b/c");
	}
	assert_non_null(many);
	strcpy(many, "phiward: '");
	memset(many + strlen(many), '\'', 4000);
	strcat(many, "\n'");
	assert_int_equal(parse(many, strlen(many), &diag), -EINVAL);
	pw_diag_done(&diag);
}

/* A policy with @n paths, half of them under code. */
static char *with_code(unsigned int n)
{
	char *text = NULL;
	size_t length = 0;
	FILE *to = open_memstream(&text, &length);
	unsigned int i;

	assert_non_null(to);
	fputs("phiward: 1\nname: t\nversion: 1\nmode: enforce\nsubjects:\n  a:\n"
	      "    exec: [/bin/a]\n    started_by: [init]\n    code: [/c0", to);
	for (i = 1; i < n / 2; i++)
		fprintf(to, ", /c%u", i);
	fputs("]\n    protect: [/p0", to);
	for (i = 1; i < n - n / 2; i++)
		fprintf(to, ", /p%u", i);
	fputs("]\nothers: {network: deny}\n", to);
	assert_int_equal(fclose(to), 0);

	return text;
}

static void test_code_counts(void **state)
{
	_cleanup_free_ char *most = with_code(PW_ROOTS_MAX - 1), *more = with_code(PW_ROOTS_MAX);
	struct pw_diag diag = {};

	(void)state;
	assert_int_equal(parse(most, strlen(most), &diag), 0);
	assert_int_equal(diag.errors, 0);
	assert_int_equal(parse(more, strlen(more), &diag), -EINVAL);
	assert_int_equal(diag.errors, 1);
	assert_string_equal(diag.entries[diag.n - 1].text, "more than 4095 paths of objects, "
			    "'writes', 'code', 'protect' and sockets");
	pw_diag_done(&diag);
}

struct fixture {
	struct pw_source sources[2];
};

static int read_example(struct fixture *f)
{
	int r;

	f->sources[0].name = (char *)"elsewhere/policy.yaml";
	f->sources[1].name = (char *)"include/base.yaml";
	r = pw_file_read(AT_FDCWD, EXAMPLE, PW_POLICY_BYTES_MAX, &f->sources[0].text,
			 &f->sources[0].length);
	if (!r)
		r = pw_file_read(AT_FDCWD, BASE, PW_POLICY_BYTES_MAX, &f->sources[1].text,
				 &f->sources[1].length);

	return r;
}

static void free_example(struct fixture *f)
{
	free(f->sources[0].text);
	free(f->sources[1].text);
}

static void test_memory(void **state)
{
	_cleanup_(pw_policy_freep) struct pw_policy *read = NULL, *parsed = NULL, *changed = NULL;
	struct fixture f = {};
	struct pw_diag diag = {};

	(void)state;
	assert_int_equal(read_example(&f), 0);
	assert_int_equal(pw_policy_read(EXAMPLE, &read, &diag), 0);
	assert_int_equal(pw_policy_parse(f.sources, 2, &parsed, &diag), 0);
	/* The same policy wherever it lies, and another one as soon as a byte differs. */
	assert_memory_equal(read->digest, parsed->digest, PW_DIGEST_LEN);
	assert_string_equal(parsed->sources[1].path, "elsewhere/include/base.yaml");
	assert_string_equal(parsed->subjects[parsed->nsubjects - 1].at.file,
			    "elsewhere/include/base.yaml");
	f.sources[1].text[f.sources[1].length - 1] = ' ';
	assert_int_equal(pw_policy_parse(f.sources, 2, &changed, &diag), 0);
	assert_memory_not_equal(read->digest, changed->digest, PW_DIGEST_LEN);
	assert_string_equal(read->sources[1].text + read->sources[1].length - 1, "\n");

	assert_int_equal(pw_policy_parse(f.sources, 1, &changed, &diag), -EINVAL);
	assert_int_equal(diag.errors, 1);
	assert_int_equal(diag.entries[diag.n - 1].line, 8);
	assert_int_equal(pw_policy_parse(NULL, 0, &changed, &diag), -EINVAL);
	pw_diag_done(&diag);
	free_example(&f);
}

/* Cut after every byte, and with every byte changed. */
static void test_torn(void **state)
{
	static const char others[] = {'\0', '\n', ' ', '"', '[', '}', ':', '-', '#', '0', '\xff'};
	struct fixture f = {};
	struct pw_policy *policy;
	struct pw_diag diag = {};
	size_t i, length;
	char kept;

	(void)state;
	assert_int_equal(read_example(&f), 0);
	length = f.sources[0].length;
	for (i = 0; i < length; i += 3) {
		kept = f.sources[0].text[i];
		f.sources[0].text[i] = others[i % sizeof(others)];
		policy = NULL;
		if (!pw_policy_parse(f.sources, 2, &policy, &diag))
			pw_policy_lint(policy, 0, &diag);
		else
			assert_true(diag.errors > 0 && !policy);
		pw_policy_free(policy);
		pw_diag_done(&diag);
		f.sources[0].text[i] = kept;

		assert_int_equal(parse(f.sources[0].text, i, &diag), -EINVAL);
		pw_diag_done(&diag);
	}
	free_example(&f);
}

/* As many names, and as many that are not known, as fit. */
static void test_many_names(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct pw_diag diag = {};
	size_t size, i;
	FILE *to = open_memstream(&text, &size);
	clock_t start;

	(void)state;
	fputs("phiward: 1\nname: t\nversion: 1\nmode: enforce\npeers:\n", to);
	for (i = 0; i < 15000; i++)
		fprintf(to, " p%zu: [10.0.0.1]\n", i);
	fputs("subjects:\n a:\n  exec: [/a]\n  network:\n", to);
	for (i = 0; i < 15000; i++)
		fprintf(to, "  - connect: {tcp: [1], to: [q%zu]}\n", i);
	fputs("others: {network: deny}\n", to);
	fclose(to);
	assert_true(size < PW_POLICY_BYTES_MAX);
	start = clock();
	assert_int_equal(parse(text, size, &diag), -EINVAL);
	assert_true((clock() - start) / CLOCKS_PER_SEC < 20);
	assert_int_equal(diag.errors, 15000);
	assert_int_equal(diag.n, PW_DIAGNOSTICS_MAX);
	assert_true(diag.overflow);
	assert_int_equal(diag.dropped, 30000 - PW_DIAGNOSTICS_MAX);
	pw_diag_done(&diag);
}

/* A few bytes that stand for very many addresses. */
static void test_expanded(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct pw_diag diag = {};
	size_t size, i;
	FILE *to = open_memstream(&text, &size);

	(void)state;
	fputs("phiward: 1\nname: t\nversion: 1\nmode: enforce\npeers:\n p: [", to);
	for (i = 0; i < 20000; i++)
		fprintf(to, "%s10.0.%zu.%zu", i ? ", " : "", i / 256, i % 256);
	fputs("]\nsubjects:\n a:\n  exec: [/a]\n  network:\n", to);
	for (i = 0; i < 14; i++)
		fputs("  - connect: {tcp: [1], to: [p]}\n", to);
	fputs("others: {network: deny}\n", to);
	fclose(to);
	assert_int_equal(parse(text, size, &diag), -EINVAL);
	assert_int_equal(diag.entries[0].line, 24);
	assert_non_null(strstr(diag.entries[0].text, "addresses in all rules together"));
	pw_diag_done(&diag);
}

static void test_script(void **state)
{
	char name[] = "/tmp/pw-test-XXXXXX";
	_cleanup_close_ int fd = mkstemp(name);
	static const char *const heads[] = {"#!/bin/sh\n", "\177ELF", "#", "#!"};
	_cleanup_(pw_policy_freep) struct pw_policy *policy = NULL;
	_cleanup_free_ char *text = NULL;
	struct pw_source source = {.name = (char *)"t.yaml"};
	struct pw_diag diag = {};
	size_t i;

	(void)state;
	assert_true(fd >= 0);
	source.length = asprintf(&text, "phiward: 1\nname: t\nversion: 1\nmode: enforce\nobjects:\n"
				 "  o: {paths: [/o], on_audit_loss: deny}\nsubjects:\n  a:\n"
				 "    exec: [%s]\n    started_by: [init]\n    access: {o: [create]}\n"
				 "  b: {exec: [/b], started_by: [init], helpers: [%s],\n"
				 "    access: {o: [create]}}\n"
				 "  c: {exec: [%s/]}\nothers: {network: deny}\n", name, name,
				 "/tmp/none");
	source.text = text;
	assert_int_equal(pw_policy_parse(&source, 1, &policy, &diag), 0);
	for (i = 0; i < PW_ARRAY_SIZE(heads); i++) {
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, heads[i], strlen(heads[i]), 0), strlen(heads[i]));
		pw_diag_done(&diag);
		pw_policy_lint(policy, PW_LINT_FILES, &diag);
		assert_int_equal(diag.errors, heads[i][0] == '#' && heads[i][1] == '!' ? 2 : 0);
		pw_diag_done(&diag);
		pw_policy_lint(policy, 0, &diag);
		assert_int_equal(diag.errors, 0);
	}
	pw_diag_done(&diag);
	unlink(name);
}

static void assert_default_code(const struct pw_subject_policy *subject)
{
	size_t i;

	assert_true(subject->code_default);
	assert_int_equal(subject->ncode, pw_code_ndefault);
	for (i = 0; i < pw_code_ndefault; i++) {
		assert_string_equal(subject->code[i].path, pw_code_default[i]);
		assert_false(subject->code[i].below);
		assert_string_equal(subject->code[i].at.file, "t.yaml");
		assert_int_equal(subject->code[i].at.line, subject->at.line);
		assert_int_equal(subject->code[i].at.column, subject->at.column);
	}
}

static void test_code(void **state)
{
	static char text[] = "phiward: 1\nname: t\nversion: 1\nmode: enforce\nsubjects:\n"
			     "  a: {exec: [/a]}\n"
			     "  b: {exec: [/b], code: [], protect: [/etc/b/], updates: true}\n"
			     "  c: {exec: [/c], code: [/opt/c], updates: false}\n"
			     "others: {network: deny}\n";
	struct pw_source source = {.name = (char *)"t.yaml", .text = text,
				   .length = sizeof(text) - 1};
	_cleanup_(pw_policy_freep) struct pw_policy *policy = NULL;
	struct pw_diag diag = {};

	(void)state;
	assert_int_equal(pw_policy_parse(&source, 1, &policy, &diag), 0);
	assert_default_code(&policy->subjects[0]);
	assert_int_equal(policy->subjects[0].nprotect, 0);
	assert_false(policy->subjects[0].updates);
	assert_false(policy->subjects[1].code_default);
	assert_int_equal(policy->subjects[1].ncode, 0);
	assert_int_equal(policy->subjects[1].nprotect, 1);
	assert_string_equal(policy->subjects[1].protect[0].path, "/etc/b");
	assert_false(policy->subjects[1].protect[0].below);
	assert_true(policy->subjects[1].updates);
	assert_false(policy->subjects[2].code_default);
	assert_int_equal(policy->subjects[2].ncode, 1);
	assert_string_equal(policy->subjects[2].code[0].path, "/opt/c");
	assert_false(policy->subjects[2].updates);
}

/* What `apply` prints of who may change code: nothing but what is open to many. */
static void test_updates_brief(void **state)
{
	static char text[] = "phiward: 1\nname: t\nversion: 1\nmode: enforce\nsubjects:\n"
			     "  a: {exec: [/a], started_by: [init], updates: true}\n"
			     "  b: {exec: [/b], started_by: [a, login], updates: true}\n"
			     "others: {network: deny}\n";
	struct pw_source source = {.name = (char *)"t.yaml", .text = text,
				   .length = sizeof(text) - 1};
	_cleanup_(pw_policy_freep) struct pw_policy *policy = NULL;
	struct pw_diag diag = {};

	(void)state;
	assert_int_equal(pw_policy_parse(&source, 1, &policy, &diag), 0);
	pw_policy_lint(policy, 0, &diag);
	assert_int_equal(diag.n, 2);
	assert_int_equal(diag.entries[0].level, PW_DIAG_NOTE);
	assert_non_null(strstr(diag.entries[0].text, "(init)"));
	pw_diag_done(&diag);
	pw_policy_lint(policy, PW_LINT_BRIEF, &diag);
	assert_int_equal(diag.n, 1);
	assert_int_equal(diag.entries[0].level, PW_DIAG_WARNING);
	assert_non_null(strstr(diag.entries[0].text, "(a, login)"));
	pw_diag_done(&diag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_text),
		cmocka_unit_test(test_huge),
		cmocka_unit_test(test_ten_megabytes),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_code_counts),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_torn),
		cmocka_unit_test(test_many_names),
		cmocka_unit_test(test_expanded),
		cmocka_unit_test(test_script),
		cmocka_unit_test(test_code),
		cmocka_unit_test(test_updates_brief),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
