// SPDX-License-Identifier: BSD-2-Clause
/*
 * The records in PostgreSQL. libpq is opened when somebody asks for a database: a console has the
 * same command, and needs none.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <postgresql/libpq-fe.h>

#include "common/cleanup.h"
#include "fleet/table.h"

#define LIBRARY "libpq.so.5"
#define QUERY "SELECT serial, extract(epoch FROM received)::bigint, line FROM phiward_console"

/* What of libpq is used; the types are those of its header. */
static struct {
	__typeof__(PQconnectdb) *connectdb;
	__typeof__(PQstatus) *status;
	__typeof__(PQerrorMessage) *error;
	__typeof__(PQexec) *exec;
	__typeof__(PQresultStatus) *result;
	__typeof__(PQntuples) *rows;
	__typeof__(PQgetvalue) *value;
	__typeof__(PQgetlength) *length;
	__typeof__(PQclear) *clear;
	__typeof__(PQfinish) *finish;
} pq;

static bool open_library(char *why, size_t size)
{
	static const char *const names[] = {
		"PQconnectdb", "PQstatus", "PQerrorMessage", "PQexec", "PQresultStatus",
		"PQntuples", "PQgetvalue", "PQgetlength", "PQclear", "PQfinish",
	};
	void **to = (void **)&pq, *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	_Static_assert(sizeof(pq) == sizeof(names), "one name a function");
	for (size_t i = 0; library && i < PW_ARRAY_SIZE(names); i++) {
		to[i] = dlsym(library, names[i]);
		if (!to[i])
			library = NULL;
	}
	if (!library)
		snprintf(why, size, "%s cannot be used: install libpq5", LIBRARY);

	return library;
}

static void say(PGconn *connection, char *why, size_t size)
{
	snprintf(why, size, "%s", pq.error(connection));
	why[strcspn(why, "\n")] = '\0';
}

static int take_rows(struct pw_fleet *fleet, PGresult *result)
{
	int n = pq.rows(result), r = 0;

	for (int i = 0; !r && i < n; i++)
		r = pw_fleet_add(fleet, pq.value(result, i, 0), pq.value(result, i, 2),
				 (size_t)pq.length(result, i, 2),
				 strtoll(pq.value(result, i, 1), NULL, 10));

	return r;
}

int pw_fleet_read_database(struct pw_fleet *fleet, const char *conninfo, char *why, size_t size)
{
	PGresult *result = NULL;
	PGconn *connection;
	int r = -EIO;

	if (!open_library(why, size))
		return -ENOENT;
	connection = pq.connectdb(conninfo);
	if (pq.status(connection) == CONNECTION_OK)
		result = pq.exec(connection, QUERY);
	if (result && pq.result(result) == PGRES_TUPLES_OK)
		r = take_rows(fleet, result);
	else
		say(connection, why, size);
	pq.clear(result);
	pq.finish(connection);

	return r;
}
