// SPDX-License-Identifier: BSD-2-Clause
/* Who changes code: one line for each kind of set, subject and seal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <phiward/decide.h>

#define OWN PW_CODE_OWN
#define SEALED PW_CODE_SEALED
#define UPDATES PW_SUBJECT_UPDATES
#define MEMBER PW_SUBJECT_FIRST
#define LAST (PW_SUBJECT_IDS - 1)

struct line {
	uint32_t set_flags;
	uint32_t subject;
	uint32_t subject_flags;
	uint32_t sealed;
	enum pw_reason reason;	/* PW_REASON_RULE: allowed */
};

static void assert_lines(const struct line *lines, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct line *line = &lines[i];
		struct pw_answer answer = pw_decide_code(line->set_flags, line->subject,
							 line->subject_flags, line->sealed);

		if (answer.reason != line->reason)
			print_message("line %zu\n", i);
		assert_int_equal(answer.reason, line->reason);
		assert_int_equal(answer.verdict, line->reason == PW_REASON_RULE ? PW_VERDICT_ALLOW
										: PW_VERDICT_DENY);
	}
}

#define ASSERT_LINES(lines) assert_lines(lines, sizeof(lines) / sizeof((lines)[0]))

static void code_is_changed_by_updates_alone(void **state)
{
	static const struct line lines[] = {
		{0, PW_SUBJECT_OTHERS, 0, 0, PW_REASON_CODE_SET},
		{0, PW_SUBJECT_INIT, 0, 0, PW_REASON_CODE_SET},
		{0, PW_SUBJECT_DAEMON, 0, 0, PW_REASON_CODE_SET},
		{0, MEMBER, 0, 0, PW_REASON_CODE_SET},
		{0, MEMBER, 0, 1, PW_REASON_CODE_SET},
		{0, MEMBER, ~UPDATES, 1, PW_REASON_CODE_SET},
		{0, MEMBER, UPDATES, 0, PW_REASON_RULE},
		{0, MEMBER, UPDATES, 1, PW_REASON_RULE},
		{0, LAST, UPDATES, 1, PW_REASON_RULE},
	};

	(void)state;
	ASSERT_LINES(lines);
}

static void built_in_subjects_do_not_update(void **state)
{
	static const struct line lines[] = {
		{0, PW_SUBJECT_OTHERS, UPDATES, 0, PW_REASON_CODE_SET},
		{0, PW_SUBJECT_INIT, UPDATES, 0, PW_REASON_CODE_SET},
		{0, PW_SUBJECT_DAEMON, UPDATES, 0, PW_REASON_CODE_SET},
		{SEALED, PW_SUBJECT_INIT, UPDATES, 1, PW_REASON_CODE_SET},
	};

	(void)state;
	ASSERT_LINES(lines);
}

static void what_the_seal_guards_is_free_before_it(void **state)
{
	static const struct line lines[] = {
		{SEALED, PW_SUBJECT_OTHERS, 0, 0, PW_REASON_RULE},
		{SEALED, PW_SUBJECT_OTHERS, 0, 1, PW_REASON_CODE_SET},
		{SEALED, MEMBER, 0, 0, PW_REASON_RULE},
		{SEALED, MEMBER, 0, 1, PW_REASON_CODE_SET},
		{SEALED, PW_SUBJECT_DAEMON, 0, 1, PW_REASON_CODE_SET},
		{SEALED, MEMBER, UPDATES, 1, PW_REASON_RULE},
	};

	(void)state;
	ASSERT_LINES(lines);
}

static void what_is_phiwardds_is_its_own(void **state)
{
	static const struct line lines[] = {
		{OWN, PW_SUBJECT_DAEMON, 0, 0, PW_REASON_RULE},
		{OWN | SEALED, PW_SUBJECT_DAEMON, 0, 1, PW_REASON_RULE},
		{OWN, PW_SUBJECT_OTHERS, 0, 0, PW_REASON_SELF},
		{OWN, PW_SUBJECT_INIT, 0, 0, PW_REASON_SELF},
		{OWN, MEMBER, 0, 0, PW_REASON_SELF},
		{OWN, MEMBER, UPDATES, 0, PW_REASON_SELF},
		{OWN | SEALED, MEMBER, UPDATES, 0, PW_REASON_SELF},
		{OWN | SEALED, MEMBER, UPDATES, 1, PW_REASON_SELF},
	};

	(void)state;
	ASSERT_LINES(lines);
}

static void no_subject_changes_nothing(void **state)
{
	static const struct line lines[] = {
		{0, PW_SUBJECT_IDS, UPDATES, 0, PW_REASON_BUG},
		{OWN, UINT32_MAX, UPDATES, 0, PW_REASON_BUG},
		{SEALED, PW_SUBJECT_IDS, UPDATES, 0, PW_REASON_BUG},
		{SEALED, LAST, 0, 0, PW_REASON_RULE},
	};

	(void)state;
	ASSERT_LINES(lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(code_is_changed_by_updates_alone),
		cmocka_unit_test(built_in_subjects_do_not_update),
		cmocka_unit_test(what_the_seal_guards_is_free_before_it),
		cmocka_unit_test(what_is_phiwardds_is_its_own),
		cmocka_unit_test(no_subject_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
