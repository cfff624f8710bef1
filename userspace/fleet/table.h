/* SPDX-License-Identifier: BSD-2-Clause */
/* All consoles of a fleet by their newest status records, and what of them needs a person. */
#ifndef PW_FLEET_TABLE_H
#define PW_FLEET_TABLE_H

#include <stdio.h>

#include "common/sha256.h"
#include "fleet/channel.h"
#include "fleet/inventory.h"
#include "fleet/seen.h"
#include "fleet/told.h"

/* By urgency. */
enum pw_trouble {
	PW_TROUBLE_FORGED,	/* the record is not signed by that console */
	PW_TROUBLE_NEVER,	/* it is in the inventory, and has never told anything */
	PW_TROUBLE_SILENT,	/* it promised one, and none came */
	PW_TROUBLE_OFF,		/* not enforcing */
	PW_TROUBLE_LOST,	/* records of its log */
	PW_TROUBLE_RESCUE,
	PW_TROUBLE_BREAKGLASS,	/* open */
	PW_TROUBLE_UNHEALTHY,	/* a bundle was refused or gone back from */
	PW_TROUBLE_BEHIND,	/* it should have another policy by now */
	PW_TROUBLE_CERTIFICATE,	/* ends within 30 days, or has */
	PW_TROUBLE_CLOCK,	/* it is an hour off */
	PW_TROUBLE_UNLISTED,	/* it tells, and is not in the inventory */
	PW_TROUBLE_MAX_,
};

struct pw_fleet_row {
	char *line;		/* as it came; NULL: never */
	size_t length;
	char *name;		/* under which it was kept */
	int64_t received;
	struct pw_told_signer signer;
	bool verified, parsed;
	bool contradicted;	/* elsewhere is another one under this name, which is not verified */
	uint8_t key[PW_SHA256_LEN];	/* as in fleet/seen.h, of what was verified */
	struct pw_told record;
	const struct pw_device *listed;	/* in the inventory */
	unsigned int trouble;	/* 1 << enum pw_trouble */
};

struct pw_fleet {
	struct pw_fleet_row *rows;
	size_t n, capacity;
	const struct pw_authority *authority;	/* NULL: signatures are not looked at */
	struct pw_channel **channels;	/* of the published tree; with it who is behind is exact */
	size_t nchannels;
	const struct pw_inventory *inventory;	/* NULL: whoever tells is there, and nobody else */
	int64_t now;
	const char *cache;	/* a directory of this user's, where what was verified is kept; NULL: none */
	struct pw_seen_all seen;
};

/* Takes a copy of both texts. */
int pw_fleet_add(struct pw_fleet *fleet, const char *name, const char *line, size_t length,
		 int64_t received);

/* One that has told nothing. */
int pw_fleet_expect(struct pw_fleet *fleet, const struct pw_device *device);

/* Records as nginx has put them: one file a console, named by its serial. */
int pw_fleet_read_directory(struct pw_fleet *fleet, const char *path);

/* From PostgreSQL with share/fleet.sql; why it cannot be is in @why. */
int pw_fleet_read_database(struct pw_fleet *fleet, const char *conninfo, char *why, size_t size);

/* The channels of the tree @path. */
int pw_fleet_read_tree(struct pw_fleet *fleet, const char *path, struct pw_diag *diag);

/*
 * Verifies by all processors, keeps the newest of each console, judges, and sorts: what is most urgent
 * first, then by serial. 0 or -ENOMEM.
 */
int pw_fleet_judge(struct pw_fleet *fleet);
void pw_fleet_row_done(struct pw_fleet_row *row);
void pw_fleet_done(struct pw_fleet *fleet);

/* What its record says, or else the inventory; NULL or "": neither. */
const char *pw_fleet_department(const struct pw_fleet_row *row);
const char *pw_fleet_model(const struct pw_fleet_row *row);

const char *pw_trouble_text(enum pw_trouble trouble);
size_t pw_fleet_in_trouble(const struct pw_fleet *fleet);

/* How many have each version: in the order of policies and versions. */
struct pw_fleet_version {
	const char *policy;
	uint64_t version, site_version;
	size_t n;
};

int pw_fleet_versions(const struct pw_fleet *fleet, struct pw_fleet_version **ret, size_t *ret_n);

/* For people: those in trouble, or @all. For programs. As one page for a browser. 0 or -EIO. */
int pw_fleet_print(FILE *to, const struct pw_fleet *fleet, bool all);
int pw_fleet_print_json(FILE *to, const struct pw_fleet *fleet);
int pw_fleet_page(FILE *to, const struct pw_fleet *fleet);

#endif
