/* SPDX-License-Identifier: BSD-2-Clause */
/* What a console's part of the fleet asks phiwardd: all of it over the control socket. */
#ifndef PW_FLEET_PHIWARDD_H
#define PW_FLEET_PHIWARDD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

/*
 * Hands in a bundle, on probation for @try_ms, or with 0 for good. 0: it is in force. -EACCES: it was
 * refused, and why. Any other: it was not judged, phiwardd is not there or may not be asked; why says so too.
 */
int pw_phiwardd_apply(const char *control, const char *der, size_t length, uint64_t try_ms, char *why,
		      size_t size);

/* Ends a probation by @command, PW_COMMAND_CONFIRM or PW_COMMAND_REVERT; -EACCES: it was over before. */
int pw_phiwardd_end(const char *control, const char *command, char *why, size_t size);

/* The status; the caller puts it. */
int pw_phiwardd_status(const char *control, json_object **ret);
int pw_phiwardd_has_policy(const char *control, bool *ret);
int pw_phiwardd_enforcing(const char *control, bool *ret);

/* How much was refused to @subject (NULL: to anybody) since then, in ns since 1970. */
int pw_phiwardd_refusals(const char *control, const char *subject, int64_t since, uint64_t *ret);

#endif
