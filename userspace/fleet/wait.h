/* SPDX-License-Identifier: BSD-2-Clause */
/* When a console asks again: never all at once, and less often while the server does not answer. */
#ifndef PW_FLEET_WAIT_H
#define PW_FLEET_WAIT_H

#include <stdint.h>

/*
 * Milliseconds until the next poll after @failures of them in a row. @random is any number: over
 * all of them the result is spread evenly over [7/8, 9/8] of @every_s, and after failures over
 * [1/2, 1] of a time that begins with a minute, or with @every_s where that is less, doubles each
 * time, and ends at four times @every_s.
 */
uint64_t pw_wait_ms(uint64_t every_s, unsigned int failures, uint64_t random);

#endif
