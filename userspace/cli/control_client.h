/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking phiwardd, see publish/protocol.h. */
#ifndef PW_CLI_CONTROL_CLIENT_H
#define PW_CLI_CONTROL_CLIENT_H

#include <json-c/json.h>

/*
 * Sends one request (borrowed) and reads its answer, which the caller puts.
 * -ENOENT or -ECONNREFUSED: no daemon; -EACCES: no rights; -EBADMSG: the
 * answer is not one; or what the socket gave.
 */
int pw_control_ask(json_object *request, json_object **ret_response);

/* The same for a request that is a command without arguments. */
int pw_control_command(const char *command, json_object **ret_response);

/* Prints why there is no answer and what to do; returns the exit code. */
int pw_control_fail(int error);

/* Prints what the answer says is wrong; returns its exit code. */
int pw_control_report(json_object *response);

/*
 * Asks the daemon to write out what is in the rings. Without a daemon, or without
 * the right to ask it, the log is read as it is; that it cannot be written is said.
 */
void pw_control_drain(void);

#endif
