// SPDX-License-Identifier: BSD-2-Clause
#include "common/instant.h"

#include <stdio.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

/* Years that four digits hold. */
#define FIRST 0LL
#define LAST 253402300799LL

void pw_instant_write(int64_t instant, char text[static PW_INSTANT_LEN + 1])
{
	time_t seconds = instant < FIRST ? FIRST : instant > LAST ? LAST : instant;
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, PW_INSTANT_LEN + 1, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* strptime(3) and timegm(3) take much else: what they made of it must be what stood there. */
bool pw_instant_parse(const char *text, int64_t *ret)
{
	char whole[PW_INSTANT_LEN + 1], again[PW_INSTANT_LEN + 1];
	struct tm tm = {};
	const char *end;
	time_t seconds;

	if (strlen(text) == strlen("2026-12-01"))
		snprintf(whole, sizeof(whole), "%sT00:00:00Z", text);
	else if (strlen(text) == PW_INSTANT_LEN)
		memcpy(whole, text, sizeof(whole));
	else
		return false;
	end = strptime(whole, "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (!end || *end)
		return false;
	seconds = timegm(&tm);
	if (seconds < FIRST || seconds > LAST)
		return false;
	pw_instant_write(seconds, again);
	if (strcmp(again, whole))
		return false;
	*ret = seconds;

	return true;
}

struct pw_clock pw_clock_read(void)
{
	struct timex timex = {};
	int state = adjtimex(&timex);

	return (struct pw_clock){
		.now = time(NULL),
		.synchronised = state >= 0 && state != TIME_ERROR && !(timex.status & STA_UNSYNC),
	};
}
