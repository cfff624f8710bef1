/* SPDX-License-Identifier: BSD-2-Clause */
/* Moments of a calendar, and whether this machine's clock knows them. Seconds since 1970, UTC. */
#ifndef PW_COMMON_INSTANT_H
#define PW_COMMON_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

#define PW_INSTANT_LEN 20	/* 2026-12-01T08:00:00Z */
#define PW_INSTANT_NONE INT64_MIN

/* "2026-12-01T08:00:00Z", or the date alone, which is its first second; false: neither. */
bool pw_instant_parse(const char *text, int64_t *ret);
void pw_instant_write(int64_t instant, char text[static PW_INSTANT_LEN + 1]);

struct pw_clock {
	int64_t now;
	bool synchronised;	/* the kernel says that something keeps it right */
};

struct pw_clock pw_clock_read(void);

#endif
