// SPDX-License-Identifier: BSD-2-Clause
#include "events.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "audit/time.h"

#define S 1000000000LL
/* Tuesday, 2026-11-24 03:18:22.5 UTC, which is 04:18 in Berlin. */
#define NOW (1795490302 * S + S / 2)

static void assert_time(const char *text, int64_t expected)
{
	int64_t ns = -1;

	if (pw_time_parse(text, NOW, &ns) != 0)
		fail_msg("'%s' was refused", text);
	if (ns != expected)
		fail_msg("'%s' is %lld and not %lld", text, (long long)ns, (long long)expected);
}

static void assert_refused(const char *text)
{
	int64_t ns = -1;

	if (pw_time_parse(text, NOW, &ns) == 0)
		fail_msg("'%s' was taken as %lld", text, (long long)ns);
	assert_int_equal(ns, -1);
}

static void words(void **state)
{
	(void)state;
	assert_time("now", NOW);
	assert_time("today", 1795474800 * S);
	assert_time("yesterday", (1795474800 - 86400) * S);
	assert_time("tomorrow", (1795474800 + 86400) * S);
}

static void spans(void **state)
{
	(void)state;
	assert_time("-1h", NOW - 3600 * S);
	assert_time("+1h", NOW + 3600 * S);
	assert_time("-1h 30min", NOW - 5400 * S);
	assert_time("-1h30min", NOW - 5400 * S);
	assert_time("3 weeks ago", NOW - 21 * 86400 * S);
	assert_time("5m ago", NOW - 300 * S);
	assert_time("1M ago", NOW - 2629800 * S);
	assert_time("-250ms", NOW - 250000000);
	assert_time("@1700000000", 1700000000 * S);
	assert_time("@1700000000.25", 1700000000 * S + 250000000);
}

static void calendar(void **state)
{
	(void)state;
	assert_time("2026-11-23", (1795474800 - 86400) * S);
	assert_time("2026-11-24 04:18:22", 1795490302 * S);
	assert_time("2026-11-24 04:18", 1795490280 * S);
	assert_time("04:18:22.5", NOW);
	assert_time("04:18", 1795490280 * S);
	assert_time("2026-11-24 03:18:22 UTC", 1795490302 * S);
	assert_time("2026-11-24T03:18:22.500000000Z", NOW);
	assert_time("2026-07-01 12:00", 1782900000 * S);	/* summer time */
	assert_time("2026-07-01 10:00 UTC", 1782900000 * S);
	assert_time("2024-02-29", 1709161200 * S);
}

static void refused(void **state)
{
	static const char *const texts[] = {
		"", " ", "x", "99", "-", "+", "-1", "-h", "-1q", "-1h x", "1h", "1h agoo", " ago",
		"@", "@x", "@1x", "@99999999999999999999", "@1.", "@1.1234567890",
		"-99999999999999999999h", "-9999999999999y",
		"2026", "2026-11", "2026-13-01", "2026-00-01", "2026-11-00", "2026-11-31",
		"2026-02-29", "26-11-23", "2026-11-23 24:00", "2026-11-23 12", "2026-11-23 1:00",
		"2026-11-23 12:60", "2026-11-23 12:00:61", "2026-11-23 12:00:00.", "2026-11-23x",
		"2026-11-23 12:00 CET", "2026-11-23T", "12:00Z:00", "UTC", "Z", "yesterday 12:00",
		"2026-11-23 12:00\n", "-1h\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_refused(texts[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(spans),
		cmocka_unit_test(calendar),
		cmocka_unit_test(refused),
	};

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
