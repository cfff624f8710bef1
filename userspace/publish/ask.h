/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking phiwardd, see publish/protocol.h. */
#ifndef PW_PUBLISH_ASK_H
#define PW_PUBLISH_ASK_H

#include <json-c/json.h>

/*
 * Sends one request (borrowed) to the socket @path and reads its answer, which the caller puts.
 * -ENOENT or -ECONNREFUSED: no daemon; -EACCES: no rights; -EBADMSG: the answer is not one; or
 * what the socket gave.
 */
int pw_ask(const char *path, json_object *request, json_object **ret_response);

#endif
