/* SPDX-License-Identifier: BSD-2-Clause */
/* What a process would be allowed, without trying it. */
#ifndef PW_DAEMON_FORESEE_H
#define PW_DAEMON_FORESEE_H

#include <json-c/json.h>

struct pw_daemon;

/*
 * The answer to PW_COMMAND_FORESEE: by the subject that the kernel knows the process as, and the
 * policy in force.
 */
json_object *pw_foresee(struct pw_daemon *daemon, json_object *request);

#endif
