/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the records of a fleet are, as the command line says. */
#ifndef PW_CLI_FLEET_SOURCE_H
#define PW_CLI_FLEET_SOURCE_H

#include "fleet/table.h"

struct pw_fleet_source {
	const char *database;	/* one of these two, or both */
	const char *directory;
	const char *ca;		/* NULL: signatures are not looked at */
	const char *tree;	/* NULL: none */
	const struct pw_inventory *inventory;	/* NULL: none */
};

/*
 * Reads and judges all of them. An exit code; when it is not PW_EXIT_YES why was said. The fleet is to
 * be done with, and the authority freed, in any case.
 */
int pw_fleet_open(const struct pw_fleet_source *source, struct pw_fleet *fleet,
		  struct pw_authority **ret_authority);

#endif
