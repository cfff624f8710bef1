/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A proof is a function that is never run: the prover goes through it for all
 * values at once. tests/prove/run finds the proofs by PROVE() at the beginning
 * of a line. docs/proofs.md says what they show.
 */
#ifndef PW_TESTS_PROVE_H
#define PW_TESTS_PROVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* @title is the line in the output, @options are the prover's. */
#define PROVE(name, title, options) void prove_##name(void)

/* A variable that may have any value of its type; to the prover that is what is not set. */
#define ANY(type, name) type name

/* Only cases in which this holds are looked at. */
#define given(condition) __CPROVER_assume(condition)

/* Holds in each of them. */
#define must(condition, text) __CPROVER_assert(condition, "must: " text)

/* Holds in at least one of them: what is proved is not proved of nothing. */
#define reach(condition, text) __CPROVER_assert(!(condition), "reach: " text)

#endif
