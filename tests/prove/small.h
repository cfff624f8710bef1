/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Included first: sets of ports with room for four ranges, so that a proof meets
 * them full. The code knows the bound by its name only.
 */
#ifndef PW_TESTS_PROVE_SMALL_H
#define PW_TESTS_PROVE_SMALL_H

#include <phiward/limits.h>

#undef PW_PORT_RANGES
#define PW_PORT_RANGES 4

/* The layouts that the ABI asserts are those of the true bound. */
#define _Static_assert(condition, text) extern int pw_not_asserted

#endif
