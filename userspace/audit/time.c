// SPDX-License-Identifier: BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "audit/time.h"
#include "common/cleanup.h"

#define NS_PER_S 1000000000LL
#define DAY (24 * 3600 * NS_PER_S)

static const struct {
	const char *name;
	int64_t ns;
} units[] = {
	{ "ns", 1 }, { "nsec", 1 },
	{ "us", 1000 }, { "usec", 1000 },
	{ "ms", 1000000 }, { "msec", 1000000 },
	{ "s", NS_PER_S }, { "sec", NS_PER_S }, { "second", NS_PER_S }, { "seconds", NS_PER_S },
	{ "m", 60 * NS_PER_S }, { "min", 60 * NS_PER_S }, { "minute", 60 * NS_PER_S },
	{ "minutes", 60 * NS_PER_S },
	{ "h", 3600 * NS_PER_S }, { "hr", 3600 * NS_PER_S }, { "hour", 3600 * NS_PER_S },
	{ "hours", 3600 * NS_PER_S },
	{ "d", DAY }, { "day", DAY }, { "days", DAY },
	{ "w", 7 * DAY }, { "week", 7 * DAY }, { "weeks", 7 * DAY },
	/* The lengths that systemd.time(7) gives: 30.44 and 365.25 days. */
	{ "M", 2629800 * NS_PER_S }, { "month", 2629800 * NS_PER_S },
	{ "months", 2629800 * NS_PER_S },
	{ "y", 31557600 * NS_PER_S }, { "year", 31557600 * NS_PER_S },
	{ "years", 31557600 * NS_PER_S },
};

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " ");
}

static int parse_digits(const char **text, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (!isdigit((unsigned char)**text))
		return -EINVAL;
	for (; isdigit((unsigned char)**text); (*text)++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(**text - '0'), &number))
			return -ERANGE;
	*ret_number = number;
	return 0;
}

/* `.` and up to nine digits, as ns; nothing is 0. */
static int parse_fraction(const char **text, int64_t *ret_ns)
{
	int64_t ns = 0, place = NS_PER_S / 10;

	if (**text == '.') {
		(*text)++;
		if (!isdigit((unsigned char)**text))
			return -EINVAL;
		for (; isdigit((unsigned char)**text); (*text)++, place /= 10) {
			if (!place)
				return -EINVAL;
			ns += (**text - '0') * place;
		}
	}
	*ret_ns = ns;
	return 0;
}

static int unit_of(const char **text, int64_t *ret_ns)
{
	size_t length = 0;

	while (isalpha((unsigned char)(*text)[length]))
		length++;
	for (size_t i = 0; i < PW_ARRAY_SIZE(units); i++) {
		if (strlen(units[i].name) == length && !strncmp(units[i].name, *text, length)) {
			*text += length;
			*ret_ns = units[i].ns;
			return 0;
		}
	}
	return -EINVAL;
}

/* `1h 30min`, up to what follows. */
static int parse_span(const char **text, int64_t *ret_ns)
{
	int64_t sum = 0;

	do {
		uint64_t number;
		int64_t unit, part;
		int r = parse_digits(text, &number);

		if (r < 0)
			return r;
		*text = skip_blanks(*text);
		r = unit_of(text, &unit);
		if (r < 0)
			return r;
		if (number > INT64_MAX || __builtin_mul_overflow((int64_t)number, unit, &part) ||
		    __builtin_add_overflow(sum, part, &sum))
			return -ERANGE;
		*text = skip_blanks(*text);
	} while (isdigit((unsigned char)**text));
	*ret_ns = sum;
	return 0;
}

static int parse_relative(const char *text, int64_t now, int64_t *ret_ns)
{
	char sign = *text == '-' || *text == '+' ? *text++ : 0;
	int64_t span;
	int r = parse_span(&text, &span);

	if (r < 0)
		return r;
	if (!sign) {
		if (strcmp(text, "ago") != 0)
			return -EINVAL;
		sign = '-';
	} else if (*text) {
		return -EINVAL;
	}
	if (sign == '-')
		span = -span;
	return __builtin_add_overflow(now, span, ret_ns) ? -ERANGE : 0;
}

static int parse_epoch(const char *text, int64_t *ret_ns)
{
	uint64_t seconds;
	int64_t fraction;
	int r = parse_digits(&text, &seconds);

	if (!r)
		r = parse_fraction(&text, &fraction);
	if (r < 0)
		return r;
	if (*text)
		return -EINVAL;
	if (seconds > INT64_MAX / NS_PER_S - 1)
		return -ERANGE;
	*ret_ns = (int64_t)seconds * NS_PER_S + fraction;
	return 0;
}

static int to_ns(struct tm *tm, bool utc, int64_t fraction, int64_t *ret_ns)
{
	struct tm given = *tm;
	time_t second;

	tm->tm_isdst = -1;
	second = utc ? timegm(tm) : mktime(tm);
	/* A day or an hour that does not exist would silently become another one. */
	if (tm->tm_mday != given.tm_mday || tm->tm_mon != given.tm_mon)
		return -EINVAL;
	if (second > INT64_MAX / NS_PER_S - 1 || second < INT64_MIN / NS_PER_S + 1)
		return -ERANGE;
	*ret_ns = (int64_t)second * NS_PER_S + fraction;
	return 0;
}

static int two_digits(const char **text, int max, int *ret)
{
	const char *t = *text;

	if (!isdigit((unsigned char)t[0]) || !isdigit((unsigned char)t[1]))
		return -EINVAL;
	*ret = (t[0] - '0') * 10 + t[1] - '0';
	*text += 2;
	return *ret <= max ? 0 : -EINVAL;
}

/* `2026-11-23`, into @tm. */
static int parse_date(const char **text, struct tm *tm)
{
	int century, year;

	if (two_digits(text, 99, &century) || two_digits(text, 99, &year) || *(*text)++ != '-' ||
	    two_digits(text, 12, &tm->tm_mon) || *(*text)++ != '-' ||
	    two_digits(text, 31, &tm->tm_mday) || !tm->tm_mon || !tm->tm_mday)
		return -EINVAL;
	tm->tm_year = century * 100 + year - 1900;
	tm->tm_mon--;
	tm->tm_hour = tm->tm_min = tm->tm_sec = 0;
	return 0;
}

/* `02:10`, with seconds and a fraction or without, into @tm. */
static int parse_clock(const char **text, struct tm *tm, int64_t *ret_fraction)
{
	tm->tm_sec = 0;
	*ret_fraction = 0;
	if (two_digits(text, 23, &tm->tm_hour) || *(*text)++ != ':' ||
	    two_digits(text, 59, &tm->tm_min))
		return -EINVAL;
	if (**text != ':')
		return 0;
	(*text)++;
	if (two_digits(text, 60, &tm->tm_sec))
		return -EINVAL;
	return parse_fraction(text, ret_fraction);
}

static bool take_utc(const char **text)
{
	const char *rest = skip_blanks(*text);

	if (strcmp(rest, "UTC") != 0 && strcmp(*text, "Z") != 0)
		return false;
	*text += strlen(*text);
	return true;
}

static int parse_calendar(const char *text, int64_t now, int64_t *ret_ns)
{
	bool utc = strstr(text, "UTC") || strchr(text, 'Z');
	bool has_date = strlen(text) >= 5 && text[4] == '-';
	time_t second = (time_t)(now / NS_PER_S);
	int64_t fraction = 0;
	struct tm tm;
	int r = 0;

	if (!(utc ? gmtime_r(&second, &tm) : localtime_r(&second, &tm)))
		return -ERANGE;
	if (has_date)
		r = parse_date(&text, &tm);
	if (!r && has_date && (*text == 'T' || *text == ' ') && isdigit((unsigned char)text[1]))
		text++;
	if (!r && isdigit((unsigned char)*text))
		r = parse_clock(&text, &tm, &fraction);
	else if (!has_date)
		r = -EINVAL;
	if (r < 0)
		return r;
	if (utc && !take_utc(&text))
		return -EINVAL;
	return *text ? -EINVAL : to_ns(&tm, utc, fraction, ret_ns);
}

static int parse_day(int days, int64_t now, int64_t *ret_ns)
{
	time_t second = (time_t)(now / NS_PER_S);
	struct tm tm;

	if (!localtime_r(&second, &tm))
		return -ERANGE;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_mday += days;
	tm.tm_isdst = -1;
	*ret_ns = (int64_t)mktime(&tm) * NS_PER_S;
	return 0;
}

int pw_time_parse(const char *text, int64_t now, int64_t *ret_ns)
{
	static const struct {
		const char *name;
		int days;
	} days[] = { { "today", 0 }, { "yesterday", -1 }, { "tomorrow", 1 } };
	size_t length = strlen(text);

	if (!strcmp(text, "now")) {
		*ret_ns = now;
		return 0;
	}
	for (size_t i = 0; i < PW_ARRAY_SIZE(days); i++)
		if (!strcmp(text, days[i].name))
			return parse_day(days[i].days, now, ret_ns);
	if (*text == '@')
		return parse_epoch(text + 1, ret_ns);
	if (*text == '-' || *text == '+' || (length > 4 && !strcmp(text + length - 4, " ago")))
		return parse_relative(text, now, ret_ns);
	return parse_calendar(text, now, ret_ns);
}

int64_t pw_time_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}
