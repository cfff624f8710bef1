// SPDX-License-Identifier: BSD-2-Clause
/* What a session of break-glass covers, and that it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <phiward/decide.h>

#define MEMBER PW_SUBJECT_FIRST
#define OTHER (PW_SUBJECT_FIRST + 1)
#define IMAGES PW_OBJECT_FIRST
#define NOTES (PW_OBJECT_FIRST + 1)
#define UNTIL 1000

struct line {
	struct pw_glass glass;
	uint64_t now;
	uint32_t subject, subject_flags, object, object_flags;
	int covers;
};

static void assert_lines(const struct line *lines, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct line *l = &lines[i];
		int covers = pw_glass_covers(&l->glass, l->now, l->subject, l->subject_flags,
					     l->object, l->object_flags);

		if (!!covers != l->covers)
			print_message("line %zu\n", i);
		assert_int_equal(!!covers, l->covers);
	}
}

#define ASSERT_LINES(lines) assert_lines(lines, sizeof(lines) / sizeof((lines)[0]))

static void it_ends_by_the_clock(void **state)
{
	static const struct pw_glass open = {.until = UNTIL}, closed = {.session = 1};
	const struct line lines[] = {
		{open, 0, MEMBER, PW_SUBJECT_GLASS, 0, 0, 1},
		{open, UNTIL - 1, MEMBER, PW_SUBJECT_GLASS, 0, 0, 1},
		{open, UNTIL, MEMBER, PW_SUBJECT_GLASS, 0, 0, 0},
		{open, UNTIL + 1, MEMBER, PW_SUBJECT_GLASS, 0, 0, 0},
		{open, ~0ULL, MEMBER, PW_SUBJECT_GLASS, 0, 0, 0},
		{closed, 0, MEMBER, PW_SUBJECT_GLASS, IMAGES, PW_OBJECT_GLASS, 0},
	};

	(void)state;
	ASSERT_LINES(lines);
}

static void it_covers_what_the_policy_names_alone(void **state)
{
	static const struct pw_glass all = {.until = UNTIL};
	static const struct pw_glass service = {.until = UNTIL, .flags = PW_GLASS_SERVICE};
	const struct line lines[] = {
		{all, 0, MEMBER, ~PW_SUBJECT_GLASS, IMAGES, ~PW_OBJECT_GLASS, 0},
		{all, 0, MEMBER, 0, IMAGES, PW_OBJECT_GLASS, 1},
		{all, 0, PW_SUBJECT_OTHERS, 0, IMAGES, PW_OBJECT_GLASS, 1},
		{all, 0, PW_SUBJECT_OTHERS, ~0U, 0, ~0U, 0},
		{all, 0, PW_SUBJECT_DAEMON, ~0U, 0, ~0U, 0},
		{all, 0, PW_SUBJECT_OTHERS, ~0U, PW_OBJECT_CANARY, ~0U, 0},
		{service, 0, MEMBER, ~PW_SUBJECT_SERVICE, IMAGES, ~PW_OBJECT_SERVICE, 0},
		{service, 0, MEMBER, PW_SUBJECT_SERVICE, 0, 0, 1},
		{service, 0, MEMBER, 0, IMAGES, PW_OBJECT_SERVICE, 1},
		{all, 0, MEMBER, PW_SUBJECT_SERVICE, IMAGES, PW_OBJECT_SERVICE, 0},
	};

	(void)state;
	ASSERT_LINES(lines);
}

static void it_covers_one_subject_or_object(void **state)
{
	static const struct pw_glass member = {.until = UNTIL, .subject = MEMBER};
	static const struct pw_glass images = {.until = UNTIL, .object = IMAGES};
	const struct line lines[] = {
		{member, 0, MEMBER, PW_SUBJECT_GLASS, IMAGES, PW_OBJECT_GLASS, 1},
		{member, 0, MEMBER, PW_SUBJECT_GLASS, 0, 0, 1},
		{member, 0, OTHER, PW_SUBJECT_GLASS, IMAGES, PW_OBJECT_GLASS, 0},
		{member, 0, PW_SUBJECT_OTHERS, 0, IMAGES, PW_OBJECT_GLASS, 0},
		{member, 0, MEMBER, 0, IMAGES, PW_OBJECT_GLASS, 0},
		{images, 0, MEMBER, PW_SUBJECT_GLASS, IMAGES, PW_OBJECT_GLASS, 1},
		{images, 0, PW_SUBJECT_OTHERS, 0, IMAGES, PW_OBJECT_GLASS, 1},
		{images, 0, MEMBER, PW_SUBJECT_GLASS, NOTES, PW_OBJECT_GLASS, 0},
		{images, 0, MEMBER, PW_SUBJECT_GLASS, 0, 0, 0},
		{images, 0, MEMBER, PW_SUBJECT_GLASS, IMAGES, 0, 0},
	};

	(void)state;
	ASSERT_LINES(lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_ends_by_the_clock),
		cmocka_unit_test(it_covers_what_the_policy_names_alone),
		cmocka_unit_test(it_covers_one_subject_or_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
