/* SPDX-License-Identifier: BSD-2-Clause */
/* The connection over which this command is used. */
#ifndef PW_CLI_SESSION_H
#define PW_CLI_SESSION_H

#include <stdbool.h>

#include "policy/policy.h"

/*
 * Whether this is a session of ssh on a terminal whose connection @policy refuses, and who uses it does
 * not want that. Asks.
 */
bool pw_session_objects(const struct pw_policy *policy);

#endif
