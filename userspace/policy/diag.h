/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the policy compiler has to say: errors, warnings and notes, each with
 * its position. Printed by the programs at the edge, as
 * `FILE:LINE:COL: error: text`. At most PW_DIAGNOSTICS_MAX are kept.
 */
#ifndef PW_POLICY_DIAG_H
#define PW_POLICY_DIAG_H

#include <stdbool.h>
#include <stdio.h>

#include "policy/policy.h"

enum pw_diag_level { PW_DIAG_NOTE = 1, PW_DIAG_WARNING, PW_DIAG_ERROR };

struct pw_diag_entry {
	enum pw_diag_level level;
	char *file;		/* NULL: no position */
	unsigned int line;	/* 0: no position */
	unsigned int column;
	char *text;
};

struct pw_diag {
	struct pw_diag_entry *entries;
	size_t n;
	size_t errors;
	bool overflow;		/* more than the bound of entries: the rest is counted, not kept */
	size_t dropped;
};

void pw_diag_add(struct pw_diag *diag, enum pw_diag_level level, const struct pw_position *at,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Adds the errors of @from to @to. */
void pw_diag_add_errors(struct pw_diag *to, const struct pw_diag *from);
/* By source in the order of first mention, then by line and column; what has no position comes last. */
void pw_diag_sort(struct pw_diag *diag);
void pw_diag_print(const struct pw_diag *diag, FILE *to);
void pw_diag_done(struct pw_diag *diag);

#endif
