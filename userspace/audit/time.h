/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Times as people write them, in the forms of systemd.time(7): `now`, `today`,
 * `yesterday`, `tomorrow`; `2026-11-23`, `2026-11-23 02:10`, `02:10:30.5`,
 * `2026-11-23T02:10:30.123456789Z`, each also with ` UTC`; `-1h 30min`,
 * `+2d`, `3 weeks ago`; `@1700000000`. Local time unless UTC is said.
 */
#ifndef PW_AUDIT_TIME_H
#define PW_AUDIT_TIME_H

#include <stdint.h>

/* ns since 1970. -EINVAL: it is no time; -ERANGE: it is too far away. */
int pw_time_parse(const char *text, int64_t now, int64_t *ret_ns);

int64_t pw_time_now(void);

#endif
