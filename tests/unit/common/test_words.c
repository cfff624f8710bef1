// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <phiward/words.h>

#include "common/words.h"

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(pw_word_name(&pw_words_action, PW_ACTION_READ), "read");
	assert_string_equal(pw_word_name(&pw_words_action, PW_ACTION_ADOPT), "adopt");
	assert_string_equal(pw_word_name(&pw_words_verdict, PW_VERDICT_ALLOW), "allow");
	assert_string_equal(pw_word_name(&pw_words_verdict, 0), "invalid");
	assert_string_equal(pw_word_name(&pw_words_verdict, PW_VERDICT_MAX_), "invalid");
	assert_string_equal(pw_word_name(&pw_words_verdict, ~0U), "invalid");
}

static void test_numbers(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 1; i < pw_words_action.n; i++)
		assert_int_equal(pw_word_number(&pw_words_action, pw_words_action.names[i]), i);
	assert_int_equal(pw_word_number(&pw_words_action, "invalid"), 0);
	assert_int_equal(pw_word_number(&pw_words_action, "Read"), 0);
	assert_int_equal(pw_word_number(&pw_words_action, ""), 0);
}

static const char *near_to(const char *text, const char *const *candidates)
{
	struct pw_near near = {.text = text};

	for (; *candidates; candidates++)
		pw_near_offer(&near, *candidates);

	return near.best;
}

static void test_near(void **state)
{
	static const char *const words[] = {"listen", "connect", "raw", "to", NULL};
	char longer[200];

	(void)state;
	assert_string_equal(near_to("lisen", words), "listen");
	assert_string_equal(near_to("litsen", words), "listen");
	assert_string_equal(near_to("conect", words), "connect");
	assert_string_equal(near_to("rwa", words), "raw");
	assert_string_equal(near_to("too", words), "to");
	assert_null(near_to("xyz", words));
	assert_null(near_to("", words));
	memset(longer, 'l', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_null(near_to(longer, words));
	longer[64] = '\0';
	assert_null(near_to(longer, words));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
